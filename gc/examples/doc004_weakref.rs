//! A weak handle follows an object, not the variable that held it.

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::collections::BTreeSet;

use gordian::Gc;

fn main() {
    let mut numbers = Gc::new(BTreeSet::from([0, 1]));
    let weak = Gc::downgrade(&numbers);
    println!("{weak:?}");
    println!("{:?}", weak.upgrade());

    numbers = Gc::new(BTreeSet::from([2, 3, 4]));
    println!("{weak:?}");
    println!("{:?}", weak.upgrade());
    println!("{}", weak.upgrade().is_none());
    println!("{numbers:?}");

    // Names go, objects go with the last of them.
    let other = numbers.clone();
    let weak = Gc::downgrade(&other);
    drop(numbers);
    println!("{:?}", weak.upgrade());
    drop(other);
    println!("{:?}", weak.upgrade());
}

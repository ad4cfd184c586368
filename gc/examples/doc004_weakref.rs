//! A weak handle follows an object, not the variable that held it.
//!
//! `cargo run --example doc004_weakref`

use std::collections::BTreeSet;
use std::io::{self, Write};

use gordian::Gc;

/// Writes what the program prints.
pub(crate) fn run(out: &mut dyn Write) -> io::Result<()> {
    let mut numbers = Gc::new(BTreeSet::from([0, 1]));
    let weak = Gc::downgrade(&numbers);
    writeln!(out, "{weak:?}")?;
    writeln!(out, "{:?}", weak.upgrade())?;

    numbers = Gc::new(BTreeSet::from([2, 3, 4]));
    writeln!(out, "{weak:?}")?;
    writeln!(out, "{:?}", weak.upgrade())?;
    writeln!(out, "{}", weak.upgrade().is_none())?;
    writeln!(out, "{numbers:?}")?;

    // Names go, objects go with the last of them.
    let other = numbers.clone();
    let weak = Gc::downgrade(&other);
    drop(numbers);
    writeln!(out, "{:?}", weak.upgrade())?;
    drop(other);
    writeln!(out, "{:?}", weak.upgrade())?;
    Ok(())
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}

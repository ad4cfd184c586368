//! An object may outlive every borrow, so it borrows nothing.

use gordian::Gc;

fn main() {
    let text = String::from("a");
    let _name: Gc<&str> = Gc::new(text.as_str());
}

//! What lives as long as the program can be borrowed.

use gordian::Gc;

fn main() {
    let _name: Gc<&str> = Gc::new("a");
}

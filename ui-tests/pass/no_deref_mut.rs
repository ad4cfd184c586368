//! A `Gc` lends `&mut` while it is the only handle.

use gordian::Gc;

fn main() {
    let mut list = Gc::new(vec![1]);
    if let Some(list) = Gc::get_mut(&mut list) {
        list.push(2);
    }
}

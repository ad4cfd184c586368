//! A `Gc` is shared, so it lends no `&mut`.

use gordian::Gc;

fn main() {
    let list = Gc::new(vec![1]);
    list.push(2);
}

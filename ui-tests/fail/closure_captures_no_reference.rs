//! A capture is owned: a borrow could end before the closure does.

use gordian::closure;

fn main() {
    let text = String::from("borrowed");
    let _length = closure!([text = text.as_str()] || text.len());
}

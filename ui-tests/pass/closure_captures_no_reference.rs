//! A capture that is owned, and one that is borrowed for ever.

use gordian::closure;

fn main() {
    let text = String::from("owned");
    let length = closure!([text, word = "static"] || text.len() + word.len());
    assert_eq!(length.call(()), 11);
}

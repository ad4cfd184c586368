//! The examples print what the files beside this one say, and the JSON encoder among them agrees
//! with `serde_json`.

use std::fs;
use std::io;
use std::path::Path;

#[path = "../../gc/examples/doc000_closures.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run`")]
mod doc000_closures;
#[path = "../../gc/examples/doc003_iterators.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run`")]
mod doc003_iterators;
#[path = "../../gc/examples/doc003_json_encoder/main.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run`")]
mod doc003_json_encoder;
#[path = "../../gc/examples/doc004_cheese.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run`")]
mod doc004_cheese;
#[path = "../../gc/examples/doc004_weakref.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run`")]
mod doc004_weakref;
mod json;

/// Each address replaced by the number of its first occurrence: `0x1`, `0x2` and so on.
fn mask_addresses(text: &str) -> String {
    let mut known = Vec::new();
    let mut parts = text.split("0x");
    let mut masked = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        let at = known.iter().position(|known| *known == address);
        let number = at.unwrap_or_else(|| {
            known.push(address);
            known.len() - 1
        });
        masked += &format!("0x{}{rest}", number + 1);
    }
    masked
}

/// Compares what an example writes with its file, which is written anew if `EXAMPLES=overwrite`.
fn check(name: &str, run: fn(&mut dyn io::Write) -> io::Result<()>) {
    let mut written = Vec::new();
    run(&mut written).unwrap();
    let written = mask_addresses(&String::from_utf8(written).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.txt"));
    if std::env::var_os("EXAMPLES").is_some_and(|what| what == "overwrite") {
        fs::write(&file, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(file).unwrap());
}

#[test]
fn doc000_closures() {
    check("doc000_closures", doc000_closures::run);
}

#[test]
fn doc003_iterators() {
    check("doc003_iterators", doc003_iterators::run);
}

#[test]
fn doc003_json_encoder() {
    check("doc003_json_encoder", doc003_json_encoder::run);
}

#[test]
fn doc004_cheese() {
    check("doc004_cheese", doc004_cheese::run);
}

#[test]
fn doc004_weakref() {
    check("doc004_weakref", doc004_weakref::run);
}

#[test]
fn addresses_are_masked_and_told_apart() {
    assert_eq!(
        mask_addresses("at 0xab, 0xcd and 0xab."),
        "at 0x1, 0x2 and 0x1."
    );
    assert_eq!(mask_addresses("none"), "none");
    assert_eq!(mask_addresses("0xff"), "0x1");
}

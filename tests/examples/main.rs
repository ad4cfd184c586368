//! The examples print what the files beside this one say, and the JSON encoder among them agrees
//! with `serde_json`.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

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

/// The time that a collection took, at the end of a line, replaced by `T`.
fn mask_time(line: &str) -> String {
    match line.strip_suffix("s elapsed") {
        Some(before) => {
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before}T s elapsed\n")
        }
        None => format!("{line}\n"),
    }
}

/// Compares what an example has written with its file, which is written anew if
/// `EXAMPLES=overwrite`.
#[track_caller]
fn compare(name: &str, written: Vec<u8>) {
    let written = mask_addresses(&String::from_utf8(written).unwrap());
    let written: String = written.lines().map(mask_time).collect();
    assert_ne!(written, "");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.txt"));
    if env::var_os("EXAMPLES").is_some_and(|what| what == "overwrite") {
        fs::write(&file, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(file).unwrap());
}

/// An example that writes to where it is told.
#[track_caller]
fn check(name: &str, run: fn(&mut dyn io::Write) -> io::Result<()>) {
    let mut written = Vec::new();
    run(&mut written).unwrap();
    compare(name, written);
}

/// An example that needs a process of its own, as it counts what is on the heap.
#[track_caller]
fn check_program(name: &str, program: &str) {
    let output = Command::new(program).output().expect("the example runs");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    compare(name, output.stdout);
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

#[test]
fn doc001_destructors() {
    let program = env!("CARGO_BIN_EXE_doc001_destructors");
    check_program("doc001_destructors", program);
}

#[test]
fn doc002_article() {
    check_program("doc002_article", env!("CARGO_BIN_EXE_doc002_article"));
}

#[test]
fn leak_hunt() {
    check_program("leak_hunt", env!("CARGO_BIN_EXE_leak_hunt"));
}

#[test]
fn parallel_graph() {
    let program = env!("CARGO_BIN_EXE_parallel_graph");
    check_program("parallel_graph", program);
}

/// Lines that are no edges are named with their numbers, and the others are loaded all the same.
#[test]
fn parallel_graph_names_malformed_lines() {
    let file = env::temp_dir().join(format!("edges-{}", std::process::id()));
    fs::write(
        &file,
        "# comment\n1\t2\n\nthree\tfour\n2\t3\r\n5 6\n-1\t2\n",
    )
    .unwrap();
    let program = env!("CARGO_BIN_EXE_parallel_graph");
    let output = Command::new(program)
        .arg(&file)
        .args(["--threads", "3"])
        .output();
    fs::remove_file(&file).unwrap();
    let output = output.expect("the example runs");
    assert!(!output.status.success());
    let lines = String::from_utf8(output.stderr).unwrap();
    let numbers: Vec<_> = lines.lines().map(|line| &line[16..22]).collect();
    assert_eq!(numbers, ["line 4", "line 6", "line 7"], "{lines}");
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("3 nodes and 2 edges with 3 threads"), "{out}");
    assert!(out.contains("3 of 3 nodes are gone"), "{out}");
}

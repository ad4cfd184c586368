//! The examples of the `gc` module print what `examples/*.txt` say, but for addresses and times.
//!
//! With `GORDIAN_BLESS` in the environment the files are written instead of compared: read the
//! difference before keeping it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Replaces what differs from run to run: every address, and the time that a collection took.
fn masked(output: &str) -> String {
    let mut parts = output.split("0x");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("0xADDR");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    let line = |line: &str| match line.strip_suffix("s elapsed") {
        Some(before) => {
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before}T s elapsed\n")
        }
        None => format!("{line}\n"),
    };
    masked.lines().map(line).collect()
}

#[track_caller]
fn check(name: &str, program: &str) {
    let output = Command::new(program).output().expect("the example runs");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("it prints text");
    let actual = masked(&printed);
    assert_ne!(actual, "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let path = path.join(name).with_extension("txt");
    if env::var_os("GORDIAN_BLESS").is_some() {
        fs::write(&path, &actual).expect("the file can be written");
    }
    let expected = fs::read_to_string(&path).expect("the file can be read");
    assert_eq!(actual, expected, "{} differs", path.display());
}

#[test]
fn doc001_destructors() {
    check(
        "doc001_destructors",
        env!("CARGO_BIN_EXE_doc001_destructors"),
    );
}

#[test]
fn doc002_article() {
    check("doc002_article", env!("CARGO_BIN_EXE_doc002_article"));
}

#[test]
fn leak_hunt() {
    check("leak_hunt", env!("CARGO_BIN_EXE_leak_hunt"));
}

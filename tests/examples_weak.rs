//! The examples on weak handles and weak maps print what they are expected to.

use std::path::Path;
use std::process::Command;

/// Addresses are masked.
fn masked(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut masked = String::from(parts.next().unwrap_or_default());
    for part in parts {
        masked.push_str("0x?");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    masked
}

fn check(name: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "gordian", "--example", name])
        .current_dir(tests)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let expected = tests.join("examples").join(name).with_extension("txt");
    let expected = std::fs::read_to_string(expected).unwrap();
    assert_eq!(masked(&String::from_utf8(output.stdout).unwrap()), expected);
}

#[test]
fn addresses_are_masked() {
    assert_eq!(masked("at 0x1f2, 0xgg and 7"), "at 0x?, 0x?gg and 7");
}

#[test]
fn doc004_weakref() {
    check("doc004_weakref");
}

#[test]
fn doc004_cheese() {
    check("doc004_cheese");
}

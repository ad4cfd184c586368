//! The end of a program. What lives until the end of a thread leaks: see `leaks.rs`.

use std::process::{Command, Output};

use super::HEAP;

pub(super) fn run(program: &str) -> Output {
    Command::new(program)
        .arg(HEAP)
        .output()
        .expect("the program was built along with this test")
}

/// The lines a program printed.
pub(super) fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout)
        .expect("programs print text")
        .lines()
        .collect()
}

pub(super) fn errors(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("programs print text")
}

/// GCTests.test_gc_main_module_at_shutdown
#[test]
fn s_01_dead_cycle_at_exit() {
    let output = run(env!("CARGO_BIN_EXE_exit_main"));
    assert!(output.status.success());
    assert_eq!(lines(&output), ["main returns", "finalized"]);
    assert_eq!(errors(&output), "");
}

/// GCTests.test_gc_ordinary_module_at_shutdown
#[test]
fn s_02_cycles_of_another_module_and_of_statics() {
    let output = run(env!("CARGO_BIN_EXE_exit_module"));
    assert!(output.status.success());
    let lines = lines(&output);
    assert_eq!(lines[0], "main returns");
    let mut finalized = lines[1..].to_vec();
    finalized.sort_unstable();
    let expected = [
        "finalized: dead cycle of a module",
        "finalized: held by a later static",
        "finalized: held by an earlier static",
    ];
    assert_eq!(finalized, expected);
    assert_eq!(errors(&output), "");
}

/// GCTests.test_global_del_SystemExit
#[test]
fn s_03_exit_by_error() {
    let output = run(env!("CARGO_BIN_EXE_exit_error"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output), ["main fails", "finalized"]);
    assert!(errors(&output).contains("the error"));
}

/// GCTests.test_global_del_SystemExit, with the call that `std::process::exit` wants before it.
#[test]
fn s_03_process_exit_after_shutdown() {
    let output = run(env!("CARGO_BIN_EXE_exit_process"));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(lines(&output), ["finalized", "exit"]);
    assert_eq!(errors(&output), "");
}

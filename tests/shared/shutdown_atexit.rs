//! Finalizers that wait for the end of a program.

use super::shutdown::{errors, lines, run};

/// FinalizeTestCase.test_atexit
#[test]
fn s_05_atexit() {
    let output = run(env!("CARGO_BIN_EXE_exit_atexit"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(lines(&output), ["f4", "f3 error", "g1", "f1"]);
    assert!(
        errors(&output).contains("panic of f3"),
        "the panic is reported"
    );
}

//! What must not compile, beside its neighbour that does.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("../ui-tests/fail/*.rs");
    cases.pass("../ui-tests/pass/*.rs");
}

//! What fuzzers have found, and some of what they come by, in `fuzz/findings`: each file is a program.

use std::fs;
use std::path::Path;

use gordian_tests::oracle::{Op, check, check_shared, program};

fn replay(target: &str, check: fn(&[Op]) -> Result<(), String>) {
    let findings = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/findings");
    let mut replayed = 0;
    let few = if cfg!(miri) { 2 } else { usize::MAX };
    for entry in fs::read_dir(findings.join(target)).unwrap().take(few) {
        let path = entry.unwrap().path();
        let program = program(&fs::read(&path).unwrap());
        if let Err(difference) = check(&program) {
            panic!("{}: {difference}", path.display());
        }
        replayed += 1;
    }
    assert!(replayed > 0, "there are none");
}

#[test]
fn on_the_heap_of_a_thread() {
    replay("local", check);
}

#[test]
fn on_the_heap_of_all_threads() {
    replay("sync", check_shared);
}

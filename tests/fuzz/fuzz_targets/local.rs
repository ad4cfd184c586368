//! The heap of a thread against the model.
#![no_main]

use gordian_tests::oracle::{check, program};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = check(&program(bytes)) {
        panic!("{difference}");
    }
});

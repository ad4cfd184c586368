//! The heap that threads share against the model.
#![no_main]

use gordian_tests::oracle::{check_shared, program};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = check_shared(&program(bytes)) {
        panic!("{difference}");
    }
});

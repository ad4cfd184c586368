//! Random programs against the model, shrunk when they differ.

use gordian_tests::oracle::{Op, check, check_shared, decode, lighten};
use proptest::collection::vec;
use proptest::prelude::*;

fn operations() -> impl Strategy<Value = Vec<Op>> {
    let all = vec(any::<[u8; 4]>().prop_map(decode), 1..120);
    (all, 0..4).prop_map(|(program, sort)| match sort {
        0 => lighten(&program),
        _ => program,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn programs_do_what_the_model_says(program in operations()) {
        check(&program).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn programs_on_the_heap_of_all_threads_do_so_too(program in operations()) {
        check_shared(&program).map_err(TestCaseError::fail)?;
    }
}

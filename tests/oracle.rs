//! Random programs against the model, shrunk when they differ.

use gordian_tests::oracle::{Op, check, decode};
use proptest::collection::vec;
use proptest::prelude::*;

fn operations() -> impl Strategy<Value = Vec<Op>> {
    vec(any::<[u8; 4]>().prop_map(decode), 1..120)
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
        if let Err(difference) = check(&program) {
            return Err(TestCaseError::fail(difference));
        }
    }
}

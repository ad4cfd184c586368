//! Weak handles compared: equality and hashing, and no order.

use std::marker::PhantomData;

use super::{Gc, Weak, fresh};

/// `ReferencesTestCase.test_equality`.
#[test]
fn w_19_equality() {
    fresh();
    let (a, b, c) = (Gc::new(1_u8), Gc::new(1_u8), Gc::new(2_u8));
    let [to_a, to_b, to_c] = [&a, &b, &c].map(Gc::downgrade);
    assert!(to_a == to_b && to_a != to_c, "alive: by the value");
    drop(a);
    assert!(to_a != to_b, "dead and alive");
    drop((b, c));
    assert!(
        to_a == to_a.clone() && to_a != to_b && to_b != to_c,
        "dead: by identity"
    );
}

/// `ReferencesTestCase.test_hashing`.
#[test]
fn w_20_hashing() {
    use std::hash::{BuildHasher, RandomState};
    fresh();
    let hasher = RandomState::new();
    let (a, b) = (Gc::new(1_u8), Gc::new(1_u8));
    let [to_a, to_b] = [&a, &b].map(Gc::downgrade);
    let alive = hasher.hash_one(&to_a);
    assert_eq!(
        alive,
        hasher.hash_one(Gc::downgrade(&b)),
        "alive: that of the value"
    );
    let unhashed = Gc::downgrade(&Gc::new(1_u8));
    drop((a, b));
    assert_eq!(
        (hasher.hash_one(&to_a), hasher.hash_one(&to_b)),
        (alive, alive),
        "remembered"
    );
    let result =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hasher.hash_one(&unhashed)));
    assert!(result.is_err(), "never hashed");
}

/// `ReferencesTestCase.test_ordering`; that it does not compile is a test elsewhere.
#[test]
fn w_21_weak_is_not_ordered() {
    struct Probe<T>(PhantomData<T>);
    trait Otherwise {
        const ORDERED: bool = false;
    }
    impl<T> Otherwise for Probe<T> {}
    impl<T: PartialOrd> Probe<T> {
        const ORDERED: bool = true;
    }
    const {
        assert!(
            Probe::<Gc<i32>>::ORDERED,
            "the probe finds an order where there is one"
        );
        assert!(!Probe::<Weak<i32>>::ORDERED);
    }
    let _ = Probe::<i32>(PhantomData).0;
}

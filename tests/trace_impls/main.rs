//! Every impl of `Trace` for the standard library reports what it owns, once, and nothing else.

use gordian::trace::Tracer;
use gordian::{Gc, Trace};

mod bare;
mod cells;
mod containers;
mod finalizers;
mod parking_lot;
mod rest;
mod tracked;
mod values;

/// Distinct objects to hold handles to.
fn objects<const N: usize>() -> [Gc<u8>; N] {
    let mut next = 0;
    std::array::from_fn(|_| {
        next += 1;
        Gc::new(next)
    })
}

/// Asserts that `value` reports a handle to each of `expected` once, in any order, and no other.
#[track_caller]
fn assert_reports<T: Trace + ?Sized>(value: &T, expected: &[&Gc<u8>]) {
    let mut reported = Tracer::edges_of(value);
    let mut addresses: Vec<*const ()> = expected
        .iter()
        .map(|handle| Gc::as_ptr(handle).cast())
        .collect();
    reported.sort_unstable();
    addresses.sort_unstable();
    assert_eq!(reported, addresses);
}

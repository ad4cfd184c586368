//! What cells and locks report: their content, when it is there and nobody changes it.

use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, OnceLock, RwLock};

use gordian::trace::Tracer;
use gordian::{Gc, Trace};

use super::{assert_reports, objects};

#[test]
fn cell() {
    let [a] = objects();
    let cell = Cell::new(Some(a.clone()));
    assert_reports(&cell, &[&a]);
    assert_eq!(cell.take(), Some(a));
    assert_reports(&cell, &[]);
}

#[test]
fn ref_cell() {
    let [a] = objects();
    let cell = RefCell::new(a.clone());
    assert_reports(&cell, &[&a]);
    let shared = cell.borrow();
    assert_reports(&cell, &[&a]);
    drop(shared);
    let exclusive = cell.borrow_mut();
    assert_reports(&cell, &[]);
    drop(exclusive);
    assert_reports(&cell, &[&a]);
    assert!(
        cell.try_borrow_mut().is_ok(),
        "tracing gave its borrow back"
    );
}

#[test]
fn once_cells() {
    let [a] = objects();
    let (cell, lock) = (OnceCell::new(), OnceLock::new());
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
    cell.get_or_init(|| {
        assert_reports(&cell, &[]);
        a.clone()
    });
    lock.get_or_init(|| {
        assert_reports(&lock, &[]);
        a.clone()
    });
    assert_reports(&cell, &[&a]);
    assert_reports(&lock, &[&a]);
}

#[test]
fn lazy_cells_are_not_forced() {
    let [a] = objects();
    let forced = Cell::new(0);
    let compute = || {
        forced.set(forced.get() + 1);
        a.clone()
    };
    let (cell, lock) = (LazyCell::new(compute), LazyLock::new(compute));
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
    assert_eq!(forced.get(), 0);
    LazyCell::force(&cell);
    LazyLock::force(&lock);
    assert_reports(&cell, &[&a]);
    assert_reports(&lock, &[&a]);
    assert_eq!(forced.get(), 2);
}

#[test]
fn poisoned_lazy_cells_report_nothing() {
    let cell = LazyCell::<Gc<u8>>::new(|| panic!("no value"));
    let lock = LazyLock::<Gc<u8>>::new(|| panic!("no value"));
    assert!(catch_unwind(AssertUnwindSafe(|| **cell)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| **lock)).is_err());
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
}

#[test]
fn mutex() {
    let [a] = objects();
    let mutex = Mutex::new(a.clone());
    assert_reports(&mutex, &[&a]);
    let guard = mutex.lock().unwrap();
    assert_reports(&mutex, &[]);
    drop(guard);
    assert_reports(&mutex, &[&a]);
    assert!(mutex.try_lock().is_ok(), "tracing released the lock");
    poison(|| mutex.lock().unwrap());
    assert!(mutex.is_poisoned());
    assert_reports(&mutex, &[&a]);
}

#[test]
fn rw_lock() {
    let [a] = objects();
    let lock = RwLock::new(a.clone());
    assert_reports(&lock, &[&a]);
    let reader = lock.read().unwrap();
    assert_reports(&lock, &[&a]);
    drop(reader);
    let writer = lock.write().unwrap();
    assert_reports(&lock, &[]);
    drop(writer);
    assert!(lock.try_write().is_ok(), "tracing released the lock");
    poison(|| lock.write().unwrap());
    assert!(lock.is_poisoned());
    assert_reports(&lock, &[&a]);
}

/// Panics while holding what `lock` returns.
fn poison<G>(lock: impl FnOnce() -> G) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock();
        panic!("poison");
    }));
    assert!(outcome.is_err());
}

/// A value whose `trace` panics.
struct Panicking;

// SAFETY: it reports nothing.
unsafe impl Trace for Panicking {
    fn trace(&self, _: &mut Tracer) {
        panic!("trace");
    }
}

#[test]
fn a_panicking_trace_leaves_cells_and_locks_as_they_were() {
    let (cell, mutex, lock) = (
        RefCell::new(Panicking),
        Mutex::new(Panicking),
        RwLock::new(Panicking),
    );
    for value in [&cell as &dyn Trace, &mutex, &lock] {
        assert!(catch_unwind(AssertUnwindSafe(|| Tracer::edges_of(value))).is_err());
    }
    assert!(cell.try_borrow_mut().is_ok());
    assert!(mutex.try_lock().is_ok());
    assert!(lock.try_write().is_ok());
}

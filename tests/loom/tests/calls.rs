//! The calls of a closure, and its end. Who calls needs no lock for the captures: that is for those who drop
//! them, and for the collector.

#[path = "../../../gc/src/sync/calls.rs"]
mod calls;

use gordian_loom::atomic::UnsafeCell;
use gordian_loom::{atomic, explore};
use loom::sync::{Arc, Mutex};
use loom::thread;

use self::calls::{Begun, Calls, Captures};

struct Closure {
    calls: Calls,
    captures: UnsafeCell<Option<u32>>,
    /// Held by who drops them. Whether somebody has.
    are_gone: Mutex<bool>,
}

impl Closure {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            calls: Calls::new(false),
            captures: UnsafeCell::new(Some(7)),
            are_gone: Mutex::new(false),
        })
    }

    /// A call that does this. Whether it was in time.
    fn call(&self, body: impl FnOnce()) -> bool {
        let is_in_time = self.calls.begin() == Begun::InTime;
        if is_in_time {
            self.use_captures();
            body();
            self.use_captures();
        }
        if self.calls.end() == Captures::Go {
            self.drop_captures();
        }
        is_in_time
    }

    fn use_captures(&self) {
        // SAFETY: loom checks that they are not dropped meanwhile.
        let captures = self.captures.with(|captures| unsafe { *captures });
        assert_eq!(captures, Some(7), "used after their end");
    }

    fn close(&self) {
        if self.calls.close() == Captures::Go {
            self.drop_captures();
        }
        assert!(self.calls.is_closed());
    }

    fn drop_captures(&self) {
        let mut are_gone = self.are_gone.lock().unwrap();
        if !std::mem::replace(&mut *are_gone, true) {
            // SAFETY: loom checks that nobody else has access.
            self.captures
                .with_mut(|captures| unsafe { *captures = None });
        }
    }

    /// When all is over.
    fn has_captures(&self) -> bool {
        !*self.are_gone.lock().unwrap()
    }
}

#[test]
fn a_closure_is_closed_while_threads_call_it() {
    explore(|| {
        let closure = Closure::new();
        let others = [0, 1].map(|_| {
            let closure = Arc::clone(&closure);
            thread::spawn(move || closure.call(|| ()))
        });
        closure.close();
        assert!(!closure.call(|| ()), "called when it was closed");
        for other in others {
            other.join().unwrap();
        }
        assert!(!closure.has_captures());
    });
}

#[test]
fn a_closure_is_closed_twice_while_it_is_called() {
    explore(|| {
        let closure = Closure::new();
        let other = {
            let closure = Arc::clone(&closure);
            thread::spawn(move || closure.close())
        };
        closure.call(|| closure.close());
        other.join().unwrap();
        assert!(!closure.has_captures());
    });
}

#[test]
fn a_closure_calls_itself_while_it_is_closed() {
    explore(|| {
        let closure = Closure::new();
        let other = {
            let closure = Arc::clone(&closure);
            thread::spawn(move || closure.close())
        };
        closure.call(|| {
            let is_in_time = closure.call(|| ());
            assert!(is_in_time || closure.calls.is_closed());
        });
        other.join().unwrap();
        assert!(!closure.has_captures());
    });
}

/// What was done before it was closed is there for who finds it closed.
#[test]
fn who_comes_late_comes_after_the_end() {
    explore(|| {
        let closure = Closure::new();
        let done = Arc::new(UnsafeCell::new(false));
        let other = {
            let (closure, done) = (Arc::clone(&closure), Arc::clone(&done));
            thread::spawn(move || {
                // SAFETY: loom checks that nobody else has access.
                done.with_mut(|done| unsafe { *done = true });
                closure.close();
            })
        };
        if closure.calls.is_closed() || !closure.call(|| ()) {
            // SAFETY: as above.
            assert!(done.with(|done| unsafe { *done }));
        }
        other.join().unwrap();
        assert!(!closure.has_captures());
    });
}

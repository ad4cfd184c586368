//! Closures that threads share.

use std::sync::{PoisonError, RwLock};

use super::calls::{Begun, Calls, Captures};
use crate::closure::{Call, methods};
use crate::panics::after_drop_of;
use crate::trace::{Depth, Facts, Trace, Tracer};

/// Makes a closure that threads may share: [`closure!`](crate::closure!) with the same list of captures,
/// arguments and body, for a [`sync::Closure`](crate::sync::Closure).
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, closure};
/// use gordian::{Call, unsize};
/// use std::sync::Mutex;
/// use std::thread;
///
/// type Function = dyn Call<(u32,), Output = u32> + Send + Sync;
///
/// let total = Gc::new(Mutex::new(0));
/// let add = closure!([total = total.clone()] |n: u32| -> u32 {
///     let mut total = total.lock().unwrap();
///     *total += n;
///     *total
/// });
/// let add: Gc<Function> = unsize!(Gc::new(add) => Function);
/// thread::scope(|scope| {
///     scope.spawn(|| add.call((1,)));
///     scope.spawn(|| add.call((2,)));
/// });
/// assert_eq!(*total.lock().unwrap(), 3);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __shared_closure {
    ($($closure:tt)*) => {
        $crate::sync::Closure::from($crate::closure!($($closure)*))
    };
}

/// A function and its captures, which the collector can see, for all threads: made by
/// [`closure!`](crate::sync::closure!).
///
/// As [`gordian::Closure`](crate::Closure), but that several threads may call it at once. If it is
/// closed meanwhile, its captures go on the thread where the last call ends. A call costs that of a
/// function pointer, and four atomic read-modify-writes.
///
/// # Examples
///
/// ```
/// use gordian::Trace;
/// use gordian::sync::{Closure, Gc, closure};
///
/// #[derive(Trace)]
/// struct Rule { test: Closure<(Gc<String>,), fn(&(Gc<String>,), &str) -> bool> }
///
/// let word = Gc::new("knot".to_string());
/// let test = closure!([word] |text: &str| -> bool { text.contains(&**word) });
/// let rule = Gc::new(Rule { test });
/// assert!(rule.test.call(("the Gordian knot",)));
/// ```
pub struct Closure<C, F> {
    /// Read by each call in progress, and by looks. Taken out when it is closed and no call is in progress,
    /// so that no call ever waits for who does that, though it may be within another one.
    captures: RwLock<Option<C>>,
    calls: Calls,
    pub(crate) function: F,
}

methods! { Closure, "gordian::sync" }

impl<C, F> Closure<C, F> {
    fn has_closed(&self) -> bool {
        self.calls.is_closed()
    }

    fn mark_closed(&self) {
        if self.calls.close() == Captures::Go {
            self.drop_captures();
        }
    }

    /// Does `f` with the captures, which it keeps, unless the closure is closed.
    pub(crate) fn with_captures<R>(&self, f: impl FnOnce(&C) -> R) -> Option<R> {
        let call = InProgress::begin(self);
        if call.begun == Begun::Late {
            return None;
        }
        let captures = self.captures.read().unwrap_or_else(PoisonError::into_inner);
        let result = captures.as_ref().map(f);
        drop(captures);
        after_drop_of(call, result)
    }

    /// Drops the captures of a closure that is closed, when no call is in progress, and none comes. It waits
    /// for the collector at most.
    fn drop_captures(&self) {
        let mut captures = self
            .captures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let taken = captures.take();
        drop(captures);
        drop(taken);
    }
}

/// A call, which keeps the captures.
struct InProgress<'a, C, F> {
    closure: &'a Closure<C, F>,
    begun: Begun,
}

impl<'a, C, F> InProgress<'a, C, F> {
    fn begin(closure: &'a Closure<C, F>) -> Self {
        Self {
            closure,
            begun: closure.calls.begin(),
        }
    }
}

impl<C, F> Drop for InProgress<'_, C, F> {
    fn drop(&mut self) {
        if self.closure.calls.end() == Captures::Go {
            self.closure.drop_captures();
        }
    }
}

/// The same captures and body, for all threads.
impl<C, F> From<crate::Closure<C, F>> for Closure<C, F> {
    fn from(closure: crate::Closure<C, F>) -> Self {
        let (captures, function) = closure.into_parts();
        Self {
            calls: Calls::new(captures.is_none()),
            captures: RwLock::new(captures),
            function,
        }
    }
}

// SAFETY: 1, 2: a closure owns its captures alone, and traces them once, as the content of an `RwLock`, by
// whose impl 3 and 4 hold; 5: there is no drop glue but that of the captures, as the function is `Copy`.
unsafe impl<C: Trace, F: Copy> Trace for Closure<C, F> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        self.captures.trace(tracer);
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<RwLock<Option<C>>>(depth)
    }
}

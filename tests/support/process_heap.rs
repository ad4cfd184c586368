//! The heap that threads share, for one test at a time: what [`fresh`](crate::fresh) and
//! [`in_a_thread`](crate::in_a_thread) are for the heap of a thread.
//!
//! A test owns the heap from the first call of one of these to the end of its thread, so that what it
//! counts is its own. Threads that it starts are to be joined before it ends; a `thread::scope` alone
//! does not wait for the destructors of their thread-locals.

use std::cell::RefCell;
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, Once};
use std::thread;

use gordian::sync::Gc;
use gordian::sync::gc::{self, DebugFlags};

use crate::lock;

/// Who has the heap.
static HEAP: Mutex<()> = Mutex::new(());

/// In what way a thread has the heap.
enum Owned {
    /// Until it ends.
    Itself { _guard: MutexGuard<'static, ()> },
    /// By the thread that started it, and waits for it.
    Lent,
}

thread_local! {
    static OWNED: RefCell<Option<Owned>> = const { RefCell::new(None) };
}

/// How many collections the pacing looks back.
const MEMORY: usize = 32;

/// Gets the heap for this thread, if it has not got it, switches automatic collection off and leaves
/// no garbage on the heap.
pub fn fresh() {
    own();
    as_at_first();
    gc::disable();
}

/// Runs `f` in a thread of its own, with a stack of 2 MiB, which has the heap as it is at first, to the
/// thread's end.
///
/// # Panics
///
/// If `f` does.
pub fn in_a_thread(f: impl FnOnce() + Send + 'static) {
    own();
    crate::in_a_thread(|| {
        OWNED.set(Some(Owned::Lent));
        as_at_first();
        f();
    });
}

/// Runs `f` in a thread of its own, as [`in_a_thread`], and then does what the end of the last thread that
/// uses the heap does.
///
/// # Panics
///
/// If `f` does.
pub fn to_the_end(f: impl FnOnce() + Send + 'static) {
    in_a_thread(|| {
        f();
        gc::shutdown();
    });
}

fn own() {
    static STARTED: Once = Once::new();
    if OWNED.with_borrow(Option::is_none) {
        let guard = lock(&HEAP);
        OWNED.set(Some(Owned::Itself { _guard: guard }));
        STARTED.call_once(start_another_user);
    }
}

/// Starts a thread that uses the heap as long as the process runs: the last one that does collects when
/// it ends, and no test is to be that.
fn start_another_user() {
    let (sender, started) = channel();
    thread::spawn(move || {
        drop(Gc::new(Vec::<Gc<()>>::new()));
        sender.send(()).expect("somebody waits for it");
        loop {
            thread::park();
        }
    });
    started.recv().expect("the thread has started");
}

/// Makes of the heap what it is at first, but for what is still held.
fn as_at_first() {
    gc::set_debug(DebugFlags::NONE);
    gc::reset_debug_sink();
    gc::garbage().clear();
    gc::unfreeze();
    gc::shutdown();
    (0..MEMORY).for_each(|_| {
        gc::collect();
    });
    gc::set_threshold((700, 10, 10));
    gc::enable();
}

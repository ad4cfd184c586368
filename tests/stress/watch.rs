//! What every thread is doing, for whoever reads of a failure, and the watchdog, which makes one of a
//! deadlock.

use std::cell::Cell;
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::abort;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long one step of a thread may take: far more than it ever does.
const LIMIT: Duration = Duration::from_secs(120);
const SLOTS: usize = 256;

/// The seed of the round under way.
pub(crate) static SEED: AtomicU64 = AtomicU64::new(0);

/// A thread.
struct Slot {
    name: Mutex<Option<String>>,
    doing: Mutex<&'static str>,
    steps: AtomicU64,
}

static SLOTS_OF_ALL: [Slot; SLOTS] = [const {
    Slot {
        name: Mutex::new(None),
        doing: Mutex::new(""),
        steps: AtomicU64::new(0),
    }
}; SLOTS];

thread_local! {
    static MINE: Cell<usize> = const { Cell::new(SLOTS) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what this thread does from now on; returns what it did.
pub(crate) fn doing(what: &'static str) -> &'static str {
    let Some(slot) = SLOTS_OF_ALL.get(MINE.get()) else {
        return "";
    };
    slot.steps.fetch_add(1, Ordering::Relaxed);
    std::mem::replace(&mut lock(&slot.doing), what)
}

/// What a thread that only waits for others does: the watchdog looks at these.
pub(crate) const WAITS: &str = "waits for the others";

/// Writes past what the test harness would keep to itself.
pub(crate) fn say(what: &str) {
    let _ = writeln!(stderr(), "{what}");
}

/// Ends the process, with all there is to say.
pub(crate) fn fail(what: &str) -> ! {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = lock(&ONE);
    let seed = SEED.load(Ordering::Relaxed);
    let thread = SLOTS_OF_ALL.get(MINE.get());
    let name = thread.and_then(|slot| lock(&slot.name).clone());
    say(&format!("\nstress: {what}\n  thread: {name:?}"));
    say(&format!("  to repeat the round: STRESS_SEED={seed}"));
    for slot in &SLOTS_OF_ALL {
        if let Some(name) = lock(&slot.name).as_ref() {
            let steps = slot.steps.load(Ordering::Relaxed);
            say(&format!("  {name}: {} (step {steps})", lock(&slot.doing)));
        }
    }
    abort();
}

/// A panic that belongs to the test.
pub(crate) struct Expected;

/// Panics, without a word of the hook.
pub(crate) fn panic_as_expected() -> ! {
    resume_unwind(Box::new(Expected));
}

/// Runs what may panic as is expected, and not otherwise.
pub(crate) fn guarded<R>(run: impl FnOnce() -> R) -> Option<R> {
    let panic = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => return Some(result),
        Err(panic) => panic,
    };
    if !panic.is::<Expected>() {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        fail(&format!("a thread panicked: {text:?}"));
    }
    None
}

/// A thread that is watched until it is joined, the destructors of its locals and all.
pub(crate) struct Watched {
    thread: JoinHandle<()>,
    slot: usize,
}

impl Watched {
    /// Starts one.
    pub(crate) fn start(name: String, run: impl FnOnce() + Send + 'static) -> Self {
        let is_free = |slot: &Slot| {
            let mut taken = lock(&slot.name);
            let is_free = taken.is_none();
            if is_free {
                *taken = Some(name.clone());
            }
            is_free
        };
        let slot = SLOTS_OF_ALL.iter().position(is_free);
        let slot = slot.unwrap_or_else(|| fail("too many threads"));
        let thread = thread::Builder::new().stack_size(2 << 20).spawn(move || {
            MINE.set(slot);
            doing("starts");
            guarded(run);
            doing("ends");
        });
        let thread = thread.unwrap_or_else(|_| fail("no thread was started"));
        Self { thread, slot }
    }

    /// Whether it could be joined without waiting for more than the end of its locals.
    pub(crate) fn has_run(&self) -> bool {
        self.thread.is_finished()
    }

    pub(crate) fn join(self) {
        let before = doing(WAITS);
        if self.thread.join().is_err() {
            fail("a thread panicked as it ended");
        }
        *lock(&SLOTS_OF_ALL[self.slot].name) = None;
        doing(before);
    }
}

/// Starts the watchdog.
pub(crate) fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            let mut seen = [(0, Instant::now()); SLOTS];
            loop {
                thread::sleep(Duration::from_millis(20));
                seen.iter_mut().enumerate().for_each(look_at);
            }
        });
    });
}

fn look_at((index, (steps, since)): (usize, &mut (u64, Instant))) {
    let slot = &SLOTS_OF_ALL[index];
    let now = slot.steps.load(Ordering::Relaxed);
    let is_idle = lock(&slot.name).is_none() || *lock(&slot.doing) == WAITS;
    if now != *steps || is_idle {
        (*steps, *since) = (now, Instant::now());
    } else if since.elapsed() > LIMIT {
        fail("a thread has been at one step for too long");
    }
}

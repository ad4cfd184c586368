//! What has happened to each object and each callback of a round, kept where no mistake of the heap
//! reaches it.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use gordian::Trace;

use crate::watch::fail;

/// It is there. (All entries of the table that no object has are zero.)
const MADE: u8 = 1;
/// It has a finalizer.
const MORTAL: u8 = 2;
const FINALIZED: u8 = 4;
/// It may have come to another object, where its finalizer runs once more.
const MOVED: u8 = 8;
/// Its value is in nobody's object.
const UNWRAPPED: u8 = 16;
/// It is gone: the object's value was dropped, the callback has run or was called off.
const GONE: u8 = 32;

const CHUNK: usize = 1 << 15;
const CHUNKS: usize = 128;

/// Entries of one byte, by number; the numbers of a round start with its own.
pub(crate) struct Ledger {
    round: AtomicU32,
    made: AtomicU32,
    gone: AtomicU32,
    finalized: AtomicU32,
    chunks: [OnceLock<Box<[AtomicU8]>>; CHUNKS],
}

pub(crate) static OBJECTS: Ledger = Ledger::new();
/// What is registered by `weak::finalize`, which has to run, and the callbacks of weak handles, which
/// may have been dropped before.
pub(crate) static CALLBACKS: Ledger = Ledger::new();

impl Ledger {
    const fn new() -> Self {
        Self {
            round: AtomicU32::new(0),
            made: AtomicU32::new(0),
            gone: AtomicU32::new(0),
            finalized: AtomicU32::new(0),
            chunks: [const { OnceLock::new() }; CHUNKS],
        }
    }

    /// Begins a round. Nobody may use it meanwhile.
    pub(crate) fn start_over(&self) {
        let used = self.made.swap(0, Ordering::Relaxed) as usize;
        self.gone.store(0, Ordering::Relaxed);
        self.finalized.store(0, Ordering::Relaxed);
        self.round.fetch_add(1, Ordering::Relaxed);
        (0..used).for_each(|index| self.at(index).store(0, Ordering::Relaxed));
    }

    fn at(&self, index: usize) -> &AtomicU8 {
        let new = || (0..CHUNK).map(|_| AtomicU8::new(0)).collect();
        let chunk = self.chunks.get(index / CHUNK);
        let chunk = chunk.unwrap_or_else(|| fail("too many objects in one round"));
        &chunk.get_or_init(new)[index % CHUNK]
    }

    fn entry(&self, id: u64) -> &AtomicU8 {
        if (id >> 32) as u32 != self.round.load(Ordering::Relaxed) {
            fail(&format!("number {id:#x} is not of this round"));
        }
        self.at((id & u64::from(u32::MAX)) as usize)
    }

    pub(crate) fn make(&self, has_to_end: bool) -> u64 {
        let index = self.made.fetch_add(1, Ordering::Relaxed);
        let bits = MADE | if has_to_end { MORTAL } else { 0 };
        if self.at(index as usize).swap(bits, Ordering::Relaxed) != 0 {
            fail("a number was given twice");
        }
        u64::from(self.round.load(Ordering::Relaxed)) << 32 | u64::from(index)
    }

    /// It ends, whatever happened before. Returns what it was.
    fn end(&self, id: u64, what: &str) -> u8 {
        let before = self.entry(id).fetch_or(GONE, Ordering::Relaxed);
        if before & MADE == 0 || before & GONE != 0 {
            fail(&format!("{what} {id:#x} ends in state {before:#b}"));
        }
        self.gone.fetch_add(1, Ordering::Relaxed);
        before
    }

    /// A callback runs, or was called off.
    pub(crate) fn end_callback(&self, id: u64) {
        self.end(id, "callback");
    }

    /// So many were made, are gone, and finalized.
    pub(crate) fn counts(&self) -> (u32, u32, u32) {
        (
            self.made.load(Ordering::Relaxed),
            self.gone.load(Ordering::Relaxed),
            self.finalized.load(Ordering::Relaxed),
        )
    }

    /// The numbers of those that are there; with `only_those` that have to end.
    pub(crate) fn left(&self, only_those: bool) -> Vec<u64> {
        let round = u64::from(self.round.load(Ordering::Relaxed)) << 32;
        let is_left = |index: &u32| {
            let bits = self.at(*index as usize).load(Ordering::Relaxed);
            bits & GONE == 0 && (!only_those || bits & MORTAL != 0)
        };
        let all = 0..self.made.load(Ordering::Relaxed);
        all.filter(is_left)
            .map(|index| round | u64::from(index))
            .collect()
    }

    /// What is known of one, for the reader of a failure.
    pub(crate) fn describe(&self, id: u64) -> String {
        let bits = self.entry(id).load(Ordering::Relaxed);
        let names = [
            (MORTAL, "mortal"),
            (FINALIZED, "finalized"),
            (MOVED, "moved"),
            (UNWRAPPED, "unwrapped"),
            (GONE, "gone"),
        ];
        let names = names.iter().filter(|(bit, _)| bits & bit != 0);
        let names: Vec<_> = names.map(|(_, name)| *name).collect();
        format!("{id:#x} ({})", names.join(", "))
    }
}

thread_local! {
    /// The value that this thread takes out of its object.
    static TAKEN_OUT: Cell<u64> = const { Cell::new(u64::MAX) };
}

const CANARY: u64 = 0x600d_600d_600d_600d;

/// A part of each value, by which the ledger learns what becomes of it.
#[derive(Trace)]
#[trace(leaf)]
pub(crate) struct Life {
    #[trace(skip)]
    id: u64,
    #[trace(skip)]
    canary: AtomicU64,
    /// They are changed together, by who has the value alone.
    #[trace(skip)]
    pair: (u64, u64),
}

impl Life {
    /// Of a value with a finalizer, or without.
    pub(crate) fn new(is_mortal: bool) -> Self {
        let id = OBJECTS.make(is_mortal);
        Self {
            id,
            canary: AtomicU64::new(id ^ CANARY),
            pair: (id, id),
        }
    }

    /// Of a clone of the value.
    pub(crate) fn another(&self) -> Self {
        self.check();
        let bits = OBJECTS.entry(self.id).load(Ordering::Relaxed);
        Self::new(bits & MORTAL != 0)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Asserts that the value is there, whole.
    pub(crate) fn check(&self) {
        if self.canary.load(Ordering::Relaxed) != self.id ^ CANARY {
            fail("somebody has a handle to a value that is gone");
        }
        let bits = OBJECTS.entry(self.id).load(Ordering::Relaxed);
        if bits & MADE == 0 || bits & GONE != 0 {
            fail(&format!("a handle leads to {}", OBJECTS.describe(self.id)));
        }
        if self.pair.0 != self.pair.1 {
            fail("somebody reads what another one changes");
        }
    }

    /// Changes the value.
    pub(crate) fn change(&mut self) {
        self.check();
        self.pair.0 += 1;
        std::hint::black_box(&mut self.pair);
        self.pair.1 += 1;
    }

    pub(crate) fn finalize(&self) {
        self.check();
        let entry = OBJECTS.entry(self.id);
        let before = entry.fetch_or(FINALIZED, Ordering::Relaxed);
        let is_twice = before & FINALIZED != 0 && before & MOVED == 0;
        if is_twice || before & (UNWRAPPED | GONE) != 0 || before & MORTAL == 0 {
            fail(&format!("finalized in state {before:#b}"));
        }
        entry.fetch_and(!MOVED, Ordering::Relaxed);
        OBJECTS.finalized.fetch_add(1, Ordering::Relaxed);
    }

    /// The value may come to another object, as one that is not finalized.
    pub(crate) fn may_move(&self) {
        OBJECTS.entry(self.id).fetch_or(MOVED, Ordering::Relaxed);
    }

    /// Runs what may take the value out of its object, and drop it if a callback panics.
    pub(crate) fn unwrapping<R>(id: u64, run: impl FnOnce() -> R) -> R {
        struct Reset(u64);
        impl Drop for Reset {
            fn drop(&mut self) {
                TAKEN_OUT.set(self.0);
            }
        }
        let _reset = Reset(TAKEN_OUT.replace(id));
        run()
    }

    /// The value has been taken out of its object.
    pub(crate) fn unwrapped(&self) {
        self.check();
        OBJECTS
            .entry(self.id)
            .fetch_or(UNWRAPPED, Ordering::Relaxed);
    }

    /// The value is about to be put into an object, of which it was taken out.
    pub(crate) fn wrapped_again(&self) {
        self.may_move();
        OBJECTS
            .entry(self.id)
            .fetch_and(!UNWRAPPED, Ordering::Relaxed);
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if self.canary.swap(0xdead, Ordering::Relaxed) != self.id ^ CANARY {
            fail("a value was dropped twice");
        }
        let before = OBJECTS.end(self.id, "object");
        let is_finalized = before & (FINALIZED | UNWRAPPED) != 0 || TAKEN_OUT.get() == self.id;
        if before & MORTAL != 0 && !is_finalized {
            fail("a value was dropped that was not finalized");
        }
    }
}

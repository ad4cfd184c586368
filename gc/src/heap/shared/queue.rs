//! A queue from one thread to another: pushing is a plain write and a Release store.
//!
//! ```text
//!   chunk                     chunk                     chunk
//!   +------+-----------+      +------+-----------+      +------+-----------+
//!   | next | x x x x x | ---> | next | 4 5 6 7 8 | ---> | null | 9 . . . . |
//!   +------+-----------+      +------+-----------+      +------+-----------+
//!     ^ freed already           ^ consumer                ^ producer
//! ```
//!
//! `pushed` counts all entries ever pushed. The producer writes an entry, and before it a chunk's `next`
//! if the entry is the first of a new chunk, and then stores `pushed` with Release; the consumer loads it
//! with Acquire and reads no further than it says. So each entry and each `next` is written before it is
//! read, and the producer is done with every chunk but the one of its last entry. `has_ended` is the last
//! thing that the producer writes, with Release, and the first that the consumer reads, with Acquire:
//! if it is set, `pushed` is final, and the queue is the consumer's alone.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use super::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, UnsafeCell};

struct Chunk<T, const N: usize> {
    next: AtomicPtr<Self>,
    entries: [UnsafeCell<MaybeUninit<T>>; N],
}

/// What both ends use.
struct Shared {
    pushed: AtomicU64,
    has_ended: AtomicBool,
}

/// The end of a queue to push to, in chunks of `N` entries.
pub(crate) struct Producer<T: Copy, const N: usize> {
    shared: NonNull<Shared>,
    chunk: Cell<NonNull<Chunk<T, N>>>,
    /// How many entries the chunk has.
    filled: Cell<usize>,
    pushed: Cell<u64>,
}

/// The end of a queue to drain.
pub(crate) struct Consumer<T: Copy, const N: usize> {
    shared: NonNull<Shared>,
    chunk: NonNull<Chunk<T, N>>,
    /// How many entries of the chunk have been read.
    read: usize,
    drained: u64,
}

// SAFETY: what a producer refers to is touched by its consumer as the module says, wherever it is.
unsafe impl<T: Copy + Send, const N: usize> Send for Producer<T, N> {}
// SAFETY: the same the other way round.
unsafe impl<T: Copy + Send, const N: usize> Send for Consumer<T, N> {}

/// An empty queue.
pub(crate) fn queue<T: Copy, const N: usize>() -> (Producer<T, N>, Consumer<T, N>) {
    let shared = leak(Shared {
        pushed: AtomicU64::new(0),
        has_ended: AtomicBool::new(false),
    });
    let chunk = Chunk::new();
    let producer = Producer {
        shared,
        chunk: Cell::new(chunk),
        filled: Cell::new(0),
        pushed: Cell::new(0),
    };
    let consumer = Consumer {
        shared,
        chunk,
        read: 0,
        drained: 0,
    };
    (producer, consumer)
}

fn leak<T>(value: T) -> NonNull<T> {
    NonNull::from(Box::leak(Box::new(value)))
}

/// # Safety
///
/// The pointer comes from [`leak`], and nobody uses it any more.
unsafe fn unleak<T>(pointer: NonNull<T>) {
    // SAFETY: from the caller.
    drop(unsafe { Box::from_raw(pointer.as_ptr()) });
}

impl<T: Copy, const N: usize> Chunk<T, N> {
    fn new() -> NonNull<Self> {
        leak(Self {
            next: AtomicPtr::new(ptr::null_mut()),
            entries: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
        })
    }
}

impl<T: Copy, const N: usize> Producer<T, N> {
    /// Adds an entry.
    #[inline]
    pub(crate) fn push(&self, entry: T) {
        if self.filled.get() == N {
            self.extend();
        }
        let index = self.filled.get();
        // SAFETY: the producer's chunk is not freed.
        let chunk = unsafe { self.chunk.get().as_ref() };
        // SAFETY: the consumer does not read this entry yet: it is not counted.
        chunk.entries[index].with_mut(|place| unsafe { place.cast::<T>().write(entry) });
        self.filled.set(index + 1);
        self.pushed.set(self.pushed.get() + 1);
        // SAFETY: there until the producer has ended.
        let shared = unsafe { self.shared.as_ref() };
        // Ordering: Release pairs with the Acquire in `drain`.
        shared.pushed.store(self.pushed.get(), Ordering::Release);
    }

    /// Goes on to a new chunk.
    #[cold]
    #[inline(never)]
    fn extend(&self) {
        let next = Chunk::new();
        // SAFETY: the producer's chunk is not freed.
        let chunk = unsafe { self.chunk.replace(next).as_ref() };
        // Ordering: Relaxed: read only by who has read that there is an entry in the next chunk.
        chunk.next.store(next.as_ptr(), Ordering::Relaxed);
        self.filled.set(0);
    }
}

impl<T: Copy, const N: usize> Drop for Producer<T, N> {
    fn drop(&mut self) {
        // SAFETY: there until the producer has ended, which is now.
        let shared = unsafe { self.shared.as_ref() };
        // Ordering: Release pairs with the Acquire in `has_ended`.
        shared.has_ended.store(true, Ordering::Release);
    }
}

impl<T: Copy, const N: usize> Consumer<T, N> {
    /// Calls `f` with what has been pushed up to now, in order, each entry once. Says whether that was
    /// all there will ever be.
    pub(crate) fn drain(&mut self, mut f: impl FnMut(T)) -> bool {
        // First, or else there might be entries between the last one read and the end.
        let has_ended = self.has_ended();
        let pushed = self.pushed();
        while self.drained != pushed {
            f(self.next());
        }
        has_ended
    }

    /// Whether it is the other end of that one.
    pub(crate) fn is_of(&self, producer: &Producer<T, N>) -> bool {
        self.shared == producer.shared
    }

    /// How many entries there are to drain.
    pub(crate) fn len(&self) -> u64 {
        self.pushed() - self.drained
    }

    fn shared(&self) -> &Shared {
        // SAFETY: freed by the consumer's drop.
        unsafe { self.shared.as_ref() }
    }

    fn has_ended(&self) -> bool {
        // Ordering: Acquire pairs with the Release of the producer's end.
        self.shared().has_ended.load(Ordering::Acquire)
    }

    fn pushed(&self) -> u64 {
        // Ordering: Acquire pairs with the Release in `push`.
        self.shared().pushed.load(Ordering::Acquire)
    }

    /// The next entry, which is there.
    fn next(&mut self) -> T {
        if self.read == N {
            self.advance();
        }
        // SAFETY: freed by the consumer alone.
        let chunk = unsafe { self.chunk.as_ref() };
        // SAFETY: the entry is counted in `pushed`, so it is written, and never again.
        let entry = chunk.entries[self.read].with(|place| unsafe { place.cast::<T>().read() });
        self.read += 1;
        self.drained += 1;
        entry
    }

    /// Goes on to the next chunk, which is there.
    fn advance(&mut self) {
        // SAFETY: freed by the consumer alone.
        let chunk = unsafe { self.chunk.as_ref() };
        // Ordering: Relaxed, as an entry of the next chunk is counted in `pushed`.
        let next = chunk.next.load(Ordering::Relaxed);
        let next = NonNull::new(next).expect("the chunk of an entry that is there");
        // SAFETY: the producer went on to another chunk before it pushed that entry.
        unsafe { unleak(std::mem::replace(&mut self.chunk, next)) };
        self.read = 0;
    }
}

impl<T: Copy, const N: usize> Drop for Consumer<T, N> {
    fn drop(&mut self) {
        if !self.has_ended() {
            // The producer may still push.
            return;
        }
        self.drain(|_| ());
        // SAFETY: the producer has ended, and this was the last chunk.
        unsafe { unleak(self.chunk) };
        // SAFETY: as above.
        unsafe { unleak(self.shared) };
    }
}

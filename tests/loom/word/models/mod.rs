//! The models. Each is one race; its name says which.

mod counts;
mod finalizers;
mod keys;
mod moving;
mod rough;
mod saving;
mod second_look;
mod sweeps;
mod unique;
mod upgrades;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::model::Builder;
use loom::thread::JoinHandle;

use crate::heap::{Handle, Heap, Id, Spec, Weak};
use crate::thread::Thread;

/// Runs a model through all interleavings with so many preemptions, or as many as
/// `LOOM_MAX_PREEMPTIONS` says.
fn model(preemptions: usize, run: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.max_branches = 20_000;
    let iterations = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&iterations);
    let start = std::time::Instant::now();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        run();
    });
    eprintln!(
        "{}: {} iterations, {:?} preemptions, {:.1?}",
        std::thread::current().name().unwrap_or_default(),
        iterations.load(Ordering::Relaxed),
        builder.preemption_bound.unwrap_or_default(),
        start.elapsed(),
    );
}

/// The main thread of a heap with these objects, and as many handles to each from outside as it says.
fn heap(specs: &[(u32, Spec)]) -> Thread {
    heap_with(specs, |_, _| ())
}

/// The same, with what finalizers do.
fn heap_with(
    specs: &[(u32, Spec)],
    finalizer: impl Fn(&Thread, Id) + Send + Sync + 'static,
) -> Thread {
    let heap = Heap::new(specs, 3, Box::new(finalizer));
    Thread {
        heap: Arc::new(heap),
        number: 0,
    }
}

impl Thread {
    /// Another thread.
    fn spawn<R: 'static>(
        &self,
        number: usize,
        run: impl FnOnce(&Self) -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let heap = Arc::clone(&self.heap);
        loom::thread::spawn(move || run(&Self { heap, number }))
    }

    /// Upgrades a weak handle once: it goes.
    fn upgrade_once(&self, weak: Weak) -> Option<Handle> {
        let handle = self.upgrade(&weak);
        self.drop_weak(weak);
        handle
    }

    /// The same, but for a clone of the first handle in the value, which is all that is kept.
    fn upgrade_to_child(&self, weak: Weak) -> Option<Handle> {
        let handle = self.upgrade_once(weak)?;
        let child = self.follow(&handle, 0);
        self.drop(handle);
        self.deref(&child);
        Some(child)
    }
}

fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().expect("no model goes on after a panic")
}

/// Two objects that hold each other, the first with this many handles from outside.
fn pair(roots: u32) -> [(u32, Spec); 2] {
    use crate::heap::to;
    [(roots, to(&[1])), (0, to(&[0]))]
}

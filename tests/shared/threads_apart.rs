//! Several threads, each with a heap of its own.
#![expect(
    clippy::allow_attributes,
    reason = "some expansions of the macro use it, some do not"
)]

use std::cell::RefCell;
use std::sync::Arc;
use std::thread;

use gordian::Trace;
use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Slot, Weak, fresh, gc, in_a_thread, weak};

/// Whether a type implements an auto trait, by the rule that an inherent constant goes before one
/// of a trait.
macro_rules! implements {
    ($type:ty: $bound:path) => {{
        #[allow(
            dead_code,
            reason = "used only of the types that do not meet the bound"
        )]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Question<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "used only of the types that meet the bound")]
        impl<T: ?Sized + $bound> Question<T> {
            const ANSWER: bool = true;
        }
        <Question<$type>>::ANSWER
    }};
}

/// D10: handles stay on their thread.
#[test]
fn t_09_handles_are_not_send_or_sync() {
    const { assert!(implements!(i32: Send) && implements!(Arc<str>: Sync)) };
    const { assert!(!implements!(Gc<i32>: Send) && !implements!(Gc<i32>: Sync)) };
    const { assert!(!implements!(Gc<[i32]>: Send) && !implements!(Gc<[i32]>: Sync)) };
    const { assert!(!implements!(Weak<i32>: Send) && !implements!(Weak<i32>: Sync)) };
    type Finalizer = weak::Finalizer<i32, fn()>;
    const { assert!(!implements!(Finalizer: Send) && !implements!(Finalizer: Sync)) };
    const { assert!(!implements!(gc::Hook: Send) && !implements!(gc::Hook: Sync)) };
    const { assert!(!implements!(gc::Pause: Send) && !implements!(gc::Pause: Sync)) };
}

#[derive(Trace)]
struct Node {
    edge: Slot<Option<Gc<Node>>>,
}

fn self_loop() -> Gc<Node> {
    let node = Gc::new(Node {
        edge: Slot::default(),
    });
    node.edge.put(Some(node.clone()));
    node
}

/// Runs `f` in another thread and waits for it.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().expect("the other thread panicked"))
}

/// D10: a collection is of one thread.
#[test]
fn t_09_collections_are_of_one_thread() {
    fresh();
    let dead = self_loop();
    let weak = Gc::downgrade(&dead);
    drop(dead);
    let live = self_loop();
    let listed = gc::objects(None).len();
    assert_eq!(listed, 2);

    elsewhere(|| {
        fresh();
        assert_eq!(gc::collect(), 0);
        assert_eq!(gc::objects(None).len(), 0);
        drop((self_loop(), self_loop(), self_loop()));
        assert_eq!(gc::objects(None).len(), 3);
        assert_eq!(gc::collect(), 3);
        drop(self_loop()); // Left to the end of the thread.
    });
    assert!(weak.upgrade().is_some());
    assert_eq!(gc::objects(None).len(), listed);
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(Gc::strong_count(&live), 2);
}

/// What goes after the heap of its thread is the one to free what it leaves.
#[test]
fn what_a_late_local_makes_is_collected() {
    /// In a loop; its finalizer drops another loop.
    #[derive(Trace)]
    #[trace(finalize)]
    struct Pair {
        me: Slot<Option<Gc<Pair>>>,
        #[trace(skip)]
        other: Slot<Option<Gc<Node>>>,
        _probe: DropProbe,
    }

    impl Finalize for Pair {
        fn finalize(&self) {
            drop(self.other.pull());
        }
    }

    /// Makes loops when it goes, and says how many are gone once they are dropped, how many a collection
    /// finds then, and how many objects are left.
    struct Makes(Log<(usize, usize, usize)>);

    impl Drop for Makes {
        fn drop(&mut self) {
            drop(Gc::new(1));
            let drops = Drops::new();
            let pair = Gc::new(Pair {
                me: Slot::default(),
                other: Slot::new(Some(self_loop())),
                _probe: drops.probe(),
            });
            pair.me.put(Some(pair.clone()));
            drop(pair);
            let gone = drops.count();
            self.0.push((gone, gc::collect(), gc::objects(None).len()));
        }
    }

    thread_local! {
        static EARLY: RefCell<Option<Makes>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Makes>> = const { RefCell::new(None) };
    }

    let log = Log::new();
    let (early, late) = (log.clone(), log.clone());
    in_a_thread(move || {
        // Whichever order locals are destroyed in, one of them goes after the heap.
        EARLY.set(Some(Makes(early)));
        drop(Gc::new(Slot::new(None::<Gc<Node>>)));
        gc::disable();
        LATE.set(Some(Makes(late)));
    });
    assert_eq!(log.sorted(), [(0, 1, 1), (1, 0, 0)]);
}

/// D10: thresholds, switches, counts, statistics and hooks are of one thread.
#[test]
fn t_09_settings_are_of_one_thread() {
    fresh();
    gc::set_threshold((1, 2, 3));
    let log = Log::new();
    let entries = log.clone();
    let _hook = gc::on_collect(move |event| entries.push(event.generation));
    let (kept, stats) = (self_loop(), gc::stats());
    assert_eq!(gc::count(), (1, 0, 0));

    elsewhere(|| {
        assert!(gc::is_enabled());
        assert_eq!(gc::threshold(), (700, 10, 10));
        assert_eq!(gc::count(), (0, 0, 0));
        assert_eq!(gc::stats(), [gc::Stats::default(); 3]);
        gc::set_threshold((40, 50, 60));
        for _ in 0..5 {
            drop(self_loop());
        }
        assert_eq!(gc::collect(), 5);
        assert_eq!(
            (gc::stats()[2].collections, gc::stats()[2].collected),
            (1, 5)
        );
    });
    assert!(!gc::is_enabled());
    assert_eq!(gc::threshold(), (1, 2, 3));
    assert_eq!(gc::count(), (1, 0, 0));
    assert_eq!(gc::stats(), stats);
    assert!(log.is_empty());
    assert_eq!(Gc::strong_count(&kept), 2);
}

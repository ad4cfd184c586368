//! Finalizers of objects that the collector does not track.

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Shared, Slot, Trace, Weak, fresh, gc};

/// A type that can hold no traced handle. Its way back to itself is hidden from the collector.
#[derive(Trace)]
#[trace(finalize)]
struct Leaf {
    #[trace(skip)]
    me: Slot<Weak<Leaf>>,
    #[trace(skip)]
    survivors: Option<Shared<Slot<Vec<Gc<Leaf>>>>>,
    #[trace(skip)]
    calls: Log<()>,
    probe: DropProbe,
}

impl Finalize for Leaf {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        self.calls.push(());
        if let Some(survivors) = &self.survivors {
            let me = self
                .me
                .peek()
                .upgrade()
                .expect("it upgrades in the finalizer");
            survivors.with(|survivors| survivors.push(me));
        }
    }
}

/// SimpleFinalizationTest.test_non_gc
#[test]
fn f_03_non_gc() {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let (me, probe) = (Slot::default(), drops.probe());
    let leaf = Gc::new(Leaf {
        me,
        survivors: None,
        calls: calls.clone(),
        probe,
    });
    let weak = Gc::downgrade(&leaf);
    assert!(!gc::is_tracked(&leaf));
    assert!(calls.is_empty());
    drop(leaf);
    assert_eq!((calls.len(), drops.count()), (1, 1));
    assert!(weak.upgrade().is_none());
    assert_eq!((gc::collect(), gc::collect()), (0, 0));
    assert_eq!((calls.len(), drops.count()), (1, 1));
}

/// SimpleFinalizationTest.test_non_gc_resurrect
#[test]
fn f_04_non_gc_resurrect() {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let survivors = Shared::new(Slot::new(Vec::new()));
    let leaf = Gc::new(Leaf {
        me: Slot::default(),
        survivors: Some(survivors.clone()),
        calls: calls.clone(),
        probe: drops.probe(),
    });
    leaf.me.put(Gc::downgrade(&leaf));
    let weak = Gc::downgrade(&leaf);
    assert!(!gc::is_tracked(&leaf));
    drop(leaf);
    assert_eq!((calls.len(), drops.count()), (1, 0));
    assert!(weak.upgrade().is_some());
    assert_eq!(survivors.with(|survivors| survivors.len()), 1);
    survivors.put(Vec::new());
    assert_eq!((calls.len(), drops.count()), (1, 1));
    assert!(weak.upgrade().is_none());
    assert_eq!(survivors.with(|survivors| survivors.len()), 0);
    assert_eq!(gc::collect(), 0);
}

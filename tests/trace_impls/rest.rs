//! What is dropped of garbage whose handles are spared: the rest of its values, once, whatever it is in.

use std::cell::{Cell, RefCell};

use gordian::trace::{Depth, Facts, Spared, Tracer};
use gordian::{Gc, Trace, gc};
use gordian_tests::{DropProbe, Drops, fresh};

/// What closes a ring, and something to drop.
type Part<T> = Option<(DropProbe, Gc<T>)>;

#[derive(Trace, Default)]
struct InCell(Cell<Part<InCell>>);

/// Says of itself what a box cannot know: that there is no finalizer in it, after which nothing would be
/// spared.
#[derive(Default)]
struct InBox(Box<RefCell<Part<InBox>>>);

// SAFETY: all duties as for the box.
unsafe impl Trace for InBox {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
    }

    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: from the caller.
        unsafe { self.0.drop_rest(spared) };
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

/// A ring of objects that nothing else has to do with, each filled with what is dropped, and the next one.
fn assert_the_rest_is_dropped<T: Trace + Default + 'static>(fill: fn(&T, Part<T>)) {
    fresh();
    let drops = Drops::new();
    let ring: Vec<Gc<T>> = (0..3).map(|_| Gc::new(T::default())).collect();
    for (number, object) in ring.iter().enumerate() {
        let next = ring[(number + 1) % ring.len()].clone();
        fill(object, Some((drops.probe(), next)));
    }
    drop(ring);
    assert_eq!((gc::collect(), drops.count()), (3, 3));
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn in_cells() {
    assert_the_rest_is_dropped(|object: &InCell, part| object.0.set(part));
}

#[test]
fn in_boxes() {
    assert_the_rest_is_dropped(|object: &InBox, part| *object.0.borrow_mut() = part);
}

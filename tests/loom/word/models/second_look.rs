//! Garbage with finalizers, which the collector looks at twice.

use super::{heap_with, join, model};
use crate::heap::{Handle, Id, Spec, Weak, lock, to};
use crate::thread::Thread;

fn nothing(_: &Thread, _: Id) {}

/// An object that holds itself, with a finalizer and weak handles, and this many handles.
fn own(roots: u32) -> [(u32, Spec); 1] {
    [(roots, to(&[0]).weak().finalized())]
}

/// Two of them that hold each other.
fn pair(roots: u32) -> [(u32, Spec); 2] {
    [
        (roots, to(&[1]).weak().finalized()),
        (0, to(&[0]).weak().finalized()),
    ]
}

#[test]
fn upgrade_races_both_looks() {
    model(3, || {
        let me = heap_with(&own(1), nothing);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        me.collect();
        let held = join(other);
        me.finish(held);
    });
}

#[test]
fn upgrade_and_drop_race_both_looks() {
    model(2, || {
        let me = heap_with(&own(1), nothing);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                me.deref(&handle);
                me.drop(handle);
            }
            me.drop_weak(weak);
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// The clone keeps what the upgrade found.
#[test]
fn upgrade_and_clone_race_both_looks() {
    model(2, || {
        let me = heap_with(&own(1), nothing);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            let handle = me.upgrade_once(weak)?;
            let kept = me.clone(&handle);
            me.drop(handle);
            me.deref(&kept);
            Some(kept)
        });
        me.collect();
        let held = join(other);
        me.finish(held);
    });
}

#[test]
fn upgrade_and_clone_of_a_child_race_both_looks() {
    for is_frozen in [false, true] {
        model(2, move || {
            let mut specs = pair(1);
            for (_, spec) in &mut specs {
                spec.is_frozen = is_frozen;
            }
            let me = heap_with(&specs, nothing);
            let weak = me.downgrade(&Handle(0));
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| me.upgrade_to_child(weak));
            me.collect();
            let held = join(other);
            me.finish(held);
        });
    }
}

/// The finalizer makes the object reachable for another thread, which lets it go again.
#[test]
fn finalizer_gives_garbage_to_another_thread() {
    model(5, || {
        let me = heap_with(&own(1), |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("not condemned");
            lock(&me.heap.globals).push(handle);
        });
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let found = lock(&me.heap.globals).pop();
            if let Some(handle) = found {
                me.deref(&handle);
                me.drop(handle);
            }
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// Unique access is refused while finalizers run, and waits for the second look.
#[test]
fn get_mut_races_both_looks() {
    model(2, || {
        // The finalizer takes the cycle apart: what is upgraded may be the only handle.
        let me = heap_with(&own(1), |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("not condemned");
            let taken = me.with_slots(&handle, |slots| slots.pop());
            if let Some(taken) = taken {
                me.drop(taken);
            }
            assert!(!me.write(&handle), "lent while it is pinned");
            me.drop(handle);
        });
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| {
                me.deref(handle);
                me.write(handle);
            })
        });
        me.collect();
        let held = join(other);
        me.finish(held);
    });
}

#[test]
fn unwrap_races_both_looks() {
    model(2, || {
        let me = heap_with(&own(1), |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("not condemned");
            let taken = me.with_slots(&handle, |slots| slots.pop());
            me.drop(handle);
            if let Some(taken) = taken {
                me.drop(taken);
            }
        });
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak)
                .and_then(|handle| me.unwrap(handle).err())
        });
        me.collect();
        let held = join(other);
        me.finish(held);
    });
}

/// What a finalizer takes out of the garbage goes by its count, unless it is upgraded.
#[test]
fn upgrade_races_what_is_left_to_its_pin() {
    model(2, || {
        let me = heap_with(&pair(1), |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("not condemned");
            let taken = me.with_slots(&handle, |slots| slots.pop());
            me.drop(handle);
            if let Some(taken) = taken {
                me.drop(taken);
            }
        });
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        me.collect();
        let held = join(other);
        me.finish(held);
    });
}

/// The other thread has something to collect, too, and that leads to the pinned garbage.
#[test]
fn another_collection_meanwhile() {
    for other_has_finalizer in [false, true] {
        model(2, move || {
            let mut specs = own(1).to_vec();
            let mut other = to(&[1]);
            other.has_finalizer = other_has_finalizer;
            specs.push((1, other));
            let me = heap_with(&specs, nothing);
            let weak = me.downgrade(&Handle(0));
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| {
                if let Some(handle) = me.upgrade(&weak) {
                    me.with_slots(&Handle(1), |slots| slots.push(handle));
                }
                me.drop_weak(weak);
                me.drop(Handle(1));
                me.collect();
            });
            me.collect();
            join(other);
            me.finish([]);
        });
    }
}

/// A member that was no candidate becomes one while it is pinned.
#[test]
fn pinned_garbage_becomes_a_candidate_of_another_collection() {
    model(2, || {
        let me = heap_with(&pair(1), nothing);
        let child = me.follow(&Handle(0), 0);
        let weak = me.downgrade(&child);
        me.drop(child);
        me.collect();
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                me.drop(handle);
            }
            me.drop_weak(weak);
            me.collect();
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// Both threads collect the same garbage.
#[test]
fn same_garbage_meets_two_collections() {
    model(5, || {
        let me = heap_with(&own(2), nothing);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.collect();
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// The last handle goes while the collector looks for the first time, with finalizers in what it
/// looks at.
#[test]
fn last_handle_goes_during_the_first_look() {
    model(5, || {
        let me = heap_with(&own(2), nothing);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// A handle moves into the garbage, and another one out of it.
#[test]
fn edges_move_between_garbage_and_the_living() {
    model(2, || {
        let mut specs = own(1).to_vec();
        specs.push((1, to(&[])));
        let me = heap_with(&specs, nothing);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                let taken = me.with_slots(&handle, |slots| slots.pop());
                me.with_slots(&Handle(1), |slots| slots.extend(taken));
                me.drop(handle);
            }
            me.drop_weak(weak);
        });
        me.collect();
        join(other);
        me.finish([Handle(1)]);
    });
}

/// The finalizer hangs a new object into the garbage, which leads back.
#[test]
fn finalizer_adds_an_object_to_the_garbage() {
    model(3, || {
        let mut specs = own(1).to_vec();
        specs.push((1, to(&[])));
        let me = heap_with(&specs, |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("not condemned");
            let back = me.clone(&handle);
            me.with_slots(&Handle(1), |slots| slots.push(back));
            let new = me.clone(&Handle(1));
            me.with_slots(&handle, |slots| slots.push(new));
            me.drop(handle);
        });
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(me.clone(&Handle(1)));
            me.collect();
        });
        me.collect();
        join(other);
        me.drop(Handle(1));
        me.collect();
        me.finish([]);
    });
}

/// The finalizer collects: what is pinned for it is not touched.
#[test]
fn finalizer_collects() {
    model(3, || {
        let mut specs = own(1).to_vec();
        specs.push((2, to(&[1])));
        let me = heap_with(&specs, |me, _| me.collect());
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(1));
            me.drop(Handle(1));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

//! Finalizers that run because the last handle went.

use super::{heap, heap_with, join, model};
use crate::atomic::Ordering;
use crate::heap::{Handle, Weak, lock, to};

/// It sees what was done with all handles that have gone, by relaxed atomics, too.
#[test]
fn finalizer_comes_after_all_uses() {
    for is_leaf in [false, true] {
        model(4, move || {
            let mut spec = to(&[]).finalized();
            spec.is_leaf = is_leaf;
            let me = heap_with(&[(2, spec), (1, to(&[]))], |me, id| {
                let once = me.heap.object(id).once.load(Ordering::Relaxed);
                assert_eq!(once, 2, "not seen by the finalizer");
            });
            let other = me.spawn(1, |me| {
                me.set_once(&Handle(0), Handle(1));
                me.drop(Handle(0));
            });
            me.drop(Handle(0));
            join(other);
            me.finish([]);
        });
    }
}

#[test]
fn upgrade_races_the_finalizer_and_the_last_drop() {
    model(5, || {
        let me = heap_with(&[(1, to(&[]).weak().finalized())], |_, _| ());
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        me.drop(Handle(0));
        let held = join(other);
        me.finish(held);
    });
}

/// What was upgraded is dropped while the finalizer runs.
#[test]
fn upgrade_and_drop_race_the_finalizer() {
    model(4, || {
        let me = heap_with(&[(1, to(&[]).weak().finalized())], |_, _| ());
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                me.deref(&handle);
                me.write(&handle);
                me.drop(handle);
            }
            me.drop_weak(weak);
        });
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

/// The finalizer puts a handle to its own object into its own slots.
#[test]
fn finalizer_that_resurrects_races_the_collector() {
    model(3, || {
        let me = heap_with(&[(2, to(&[]).weak().finalized())], |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("a handle stands in");
            let more = me.clone(&handle);
            me.with_slots(&handle, |slots| slots.push(more));
            me.drop(handle);
        });
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// What is resurrected is given to the other thread.
#[test]
fn finalizer_that_gives_its_object_away_races_a_drop() {
    model(5, || {
        let me = heap_with(&[(1, to(&[]).weak().finalized())], |me, id| {
            let handle = me.upgrade(&Weak(id)).expect("a handle stands in");
            lock(&me.heap.globals).push(handle);
        });
        let other = me.spawn(1, |me| {
            let found = lock(&me.heap.globals).pop();
            if let Some(handle) = found {
                me.deref(&handle);
                me.drop(handle);
            }
        });
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

/// A clone goes while the value is written that brings a finalizer with it: whichever drop is the last,
/// it sees that. One that relies on a word read before that does not.
#[test]
fn drop_races_the_value_being_written() {
    model(5, || {
        let me = heap(&[(2, to(&[]).leaf().finalized().uninit())]);
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.assume_init(&Handle(0));
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

/// The collector comes to an object by a handle that is older than the value, which another thread
/// writes at the time.
#[test]
fn look_races_the_value_being_written() {
    model(3, || {
        let me = heap(&[(1, to(&[]).uninit()), (2, to(&[0]))]);
        me.drop(Handle(1));
        let other = me.spawn(1, |me| me.assume_init(&Handle(0)));
        me.collect();
        join(other);
        me.finish([Handle(0), Handle(1)]);
    });
}

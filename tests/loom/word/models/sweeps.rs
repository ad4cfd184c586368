//! Candidates that have died by counting are freed without a collection.

use super::{heap, heap_with, join, model, pair};
use crate::heap::{Handle, to};

#[test]
fn sweep_races_the_last_drop() {
    model(5, || {
        let me = heap(&[(2, to(&[]).weak())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.sweep();
        me.drop_weak(weak);
        join(other);
        me.sweep();
        me.heap.assert_empty();
    });
}

/// It is left to the collector, whatever happens to it meanwhile.
#[test]
fn sweep_of_a_cycle_races_its_last_drop() {
    model(5, || {
        let me = heap(&pair(3));
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.drop(Handle(0));
        });
        me.sweep();
        join(other);
        me.finish([]);
    });
}

/// What is dead is in the buffer of the thread that sweeps.
#[test]
fn sweep_races_a_collection() {
    model(3, || {
        let me = heap(&[(2, to(&[1]).frozen()), (1, to(&[0]).frozen())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.drop(Handle(1));
            me.sweep();
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

#[test]
fn sweep_while_a_finalizer_runs() {
    model(4, || {
        let me = heap_with(&[(2, to(&[]).finalized())], |me, _| me.sweep());
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.sweep();
        });
        me.sweep();
        join(other);
        me.finish([]);
    });
}

/// It leaves alone what is pinned.
#[test]
fn sweep_races_both_looks() {
    model(3, || {
        let me = heap_with(&[(2, to(&[0]).finalized())], |me, _| me.sweep());
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.sweep();
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

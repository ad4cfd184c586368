//! Handles move from value to value while the collector looks.

use super::{heap, join, model};
use crate::heap::{Handle, to};

/// From the second value to the first.
#[test]
fn handle_moves_from_one_locked_value_to_another() {
    for (from, into) in [(0, 1), (1, 0)] {
        model(4, move || {
            // Both have a handle to the other, and one of them has the child.
            let mut specs = [(2, to(&[1])), (1, to(&[0])), (0, to(&[2]))];
            specs[from].1.edges.push(2);
            let me = heap(&specs);
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| {
                let moved = me.with_slots(&Handle(from), |slots| slots.pop());
                let moved = moved.expect("the child");
                me.with_slots(&Handle(into), |slots| slots.push(moved));
                me.drop(Handle(1 - into));
                into
            });
            me.collect();
            let held = join(other);
            me.finish([Handle(held)]);
        });
    }
}

/// A handle leaves a garbage candidate for a value that is held, and the candidate's own handle goes.
#[test]
fn handle_moves_out_of_what_becomes_garbage() {
    model(5, || {
        let me = heap(&[(2, to(&[1, 0])), (0, to(&[1]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let moved = me.with_slots(&Handle(0), |slots| slots.remove(0));
            me.drop(Handle(0));
            me.deref(&moved);
            moved
        });
        me.collect();
        let held = join(other);
        me.finish([held]);
    });
}

#[test]
fn edges_of_two_values_are_swapped_under_both_locks() {
    model(5, || {
        // Each of the first two holds itself and one child that leads back to it.
        let me = heap(&[(2, to(&[2])), (1, to(&[3])), (0, to(&[0])), (0, to(&[1]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.with_slots(&Handle(0), |one| {
                me.with_slots(&Handle(1), |two| std::mem::swap(one, two));
            });
            me.drop(Handle(1));
        });
        me.collect();
        join(other);
        me.finish([Handle(0)]);
    });
}

/// The lock of a value is taken for as long as the collector looks, or not at all.
#[test]
fn lock_taken_by_another_thread_means_in_use() {
    model(4, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let kept = me.with_slots(&Handle(0), |slots| {
                me.with_slots(&slots[0], |inner| me.clone(&inner[0]))
            });
            me.drop(Handle(0));
            kept
        });
        me.collect();
        let held = join(other);
        me.finish([held]);
    });
}

/// The thread takes the cycle apart, and drops what it took out.
#[test]
fn cycle_is_taken_apart() {
    model(4, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let taken = me.with_slots(&Handle(0), |slots| slots.pop());
            me.drop(Handle(0));
            me.drop(taken.expect("the other one"));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// A new object is hung between two that the collector may have seen already.
#[test]
fn new_object_enters_a_cycle() {
    model(4, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[0])), (1, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let back = me.clone(&Handle(0));
            me.with_slots(&Handle(2), |slots| slots.push(back));
            me.with_slots(&Handle(0), |slots| slots.push(Handle(2)));
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// A clone that the collector has marked goes into the cycle, and no drop makes a candidate of its
/// object: the mark must not last.
#[test]
fn clone_goes_into_the_cycle() {
    model(3, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[0]).frozen())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let child = me.with_slots(&Handle(0), |slots| me.clone(&slots[0]));
            me.with_slots(&Handle(0), |slots| slots.push(child));
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// A slot that can be set once has no lock.
#[test]
fn slot_is_set_once() {
    for into in [0, 2] {
        model(2, move || {
            let me = heap(&[
                (2, to(&[1, 2]).frozen()),
                (0, to(&[0, 3])),
                (0, to(&[0])),
                (0, to(&[])),
            ]);
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| {
                let source = me.follow(&Handle(0), 0);
                let moved = me.with_slots(&source, |slots| slots.pop());
                let target = me.follow(&Handle(0), into / 2);
                me.set_once(&target, moved.expect("the child"));
                me.drop(source);
                me.drop(Handle(0));
                target
            });
            me.collect();
            let held = join(other);
            me.finish([held]);
        });
    }
}

/// The cycle closes by a slot that is set once, and the handle from outside goes.
#[test]
fn slot_that_is_set_once_closes_a_cycle() {
    model(4, || {
        let me = heap(&[(2, to(&[]).frozen())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let back = me.clone(&Handle(0));
            me.set_once(&Handle(0), back);
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

//! Handles come and go; objects become candidates, and are never lost.

use super::{heap, heap_with, join, model, pair};
use crate::heap::{Handle, to};
use crate::thread::Thread;

fn clone_and_drop(me: &Thread, handle: Handle) {
    let other = me.clone(&handle);
    me.deref(&handle);
    me.drop(handle);
    me.deref(&other);
    me.drop(other);
}

#[test]
fn last_drop_comes_after_all_uses() {
    model(3, || {
        let me = heap(&[(2, to(&[]))]);
        let other = me.spawn(1, |me| clone_and_drop(me, Handle(0)));
        clone_and_drop(&me, Handle(0));
        join(other);
        me.finish([]);
    });
}

#[test]
fn two_threads_drop_the_two_handles() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

#[test]
fn last_drop_of_a_leaf_comes_after_all_uses() {
    model(5, || {
        let me = heap(&[(2, to(&[]).leaf())]);
        let other = me.spawn(1, |me| clone_and_drop(me, Handle(0)));
        clone_and_drop(&me, Handle(0));
        join(other);
        me.heap.assert_empty();
    });
}

#[test]
fn three_threads_drop_a_leaf_with_a_finalizer() {
    model(3, || {
        let me = heap_with(&[(3, to(&[]).leaf().finalized())], |_, _| ());
        let one = me.spawn(1, |me| me.drop(Handle(0)));
        let two = me.spawn(2, |me| me.drop(Handle(0)));
        me.drop(Handle(0));
        join(one);
        join(two);
        me.heap.assert_empty();
    });
}

#[test]
fn cycle_dropped_by_two_threads_is_found() {
    model(5, || {
        let me = heap(&pair(2));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

#[test]
fn last_drop_races_the_collector_that_takes_it_out() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.collect();
        join(other);
        me.finish([]);
    });
}

#[test]
fn two_drops_race_the_collector() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// The object is a candidate already, and pinned, when its last handle from outside goes.
#[test]
fn candidate_that_becomes_garbage_while_it_is_pinned_stays_one() {
    model(5, || {
        let me = heap(&[(2, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.deref(&Handle(0));
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// As before, but it is pinned because another candidate leads to it.
#[test]
fn child_that_becomes_garbage_while_it_is_pinned_becomes_a_candidate() {
    model(5, || {
        let me = heap(&[(2, to(&[1]).frozen()), (1, to(&[1]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(1)));
        me.collect();
        join(other);
        me.finish([Handle(0)]);
    });
}

/// A clone and a drop leave the count as it was.
#[test]
fn candidate_whose_count_is_as_before_stays_one() {
    model(3, || {
        let me = heap(&[(2, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let more = me.clone(&Handle(0));
            me.drop(Handle(0));
            me.deref(&more);
            me.drop(more);
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

#[test]
fn clone_and_drop_of_the_old_handle_keep_it() {
    model(4, || {
        let me = heap(&pair(2));
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let new = me.clone(&Handle(0));
            me.drop(Handle(0));
            me.deref(&new);
            new
        });
        me.collect();
        let held = join(other);
        me.finish([held]);
    });
}

/// The new handle is to another object of the cycle than the old one. The collector reads their counts
/// in one order or the other.
#[test]
fn clone_of_a_child_and_drop_of_its_parent_keep_it() {
    for (parent, is_frozen) in [(0, false), (0, true), (1, false), (1, true)] {
        model(3, move || {
            let mut specs = pair(1);
            specs[parent].0 += 1;
            for (_, spec) in &mut specs {
                spec.is_frozen = is_frozen;
            }
            let me = heap(&specs);
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| {
                let child = me.follow(&Handle(parent), 0);
                me.drop(Handle(parent));
                me.deref(&child);
                child
            });
            me.collect();
            let held = join(other);
            me.finish([held]);
        });
    }
}

/// Both threads collect, and both make candidates.
#[test]
fn two_collections_at_once() {
    model(3, || {
        let me = heap(&pair(2));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.collect();
        });
        me.drop(Handle(0));
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// Garbage that another thread has in its buffer is freed by who empties that.
#[test]
fn garbage_in_a_buffer_is_freed_once() {
    model(2, || {
        let me = heap(&[(2, to(&[1]).frozen()), (1, to(&[0]).frozen())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.drop(Handle(0));
            me.drop(Handle(1));
            me.collect();
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// What lies beyond the bound of a look is live, and the candidates that lead there are none the less
/// candidates.
#[test]
fn bounded_look_loses_no_candidate() {
    model(5, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[2])), (0, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.drop(Handle(0)));
        me.collect_within(2);
        join(other);
        me.collect_within(2);
        me.finish([]);
    });
}

/// The thread that drops the last handle comes after the one that drops a handle to a candidate.
#[test]
fn drop_of_a_candidate_comes_before_the_end_of_its_value() {
    model(5, || {
        let me = heap(&[(3, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.deref(&Handle(0));
            me.drop(Handle(0));
        });
        me.drop(Handle(0));
        join(other);
        me.finish([]);
    });
}

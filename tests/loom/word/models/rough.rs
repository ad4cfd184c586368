//! A look that lets locks go, because they are too many, and another one at what it suspects.

use super::{heap, heap_with, join, model, pair};
use crate::heap::{Handle, Weak, to};

/// The only handle to it leaves the value when its lock has been given back.
#[test]
fn child_goes_when_the_lock_is_given_back() {
    model(4, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let child = me.with_slots(&Handle(0), |slots| slots.pop());
            me.drop(child.expect("the child"));
        });
        me.collect_roughly(0);
        join(other);
        me.finish([Handle(0)]);
    });
}

/// It is found twice, or not at all.
#[test]
fn handle_moves_while_no_lock_is_kept() {
    for (from, into) in [(0, 1), (1, 0)] {
        model(3, move || {
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
            me.collect_roughly(0);
            let held = join(other);
            me.finish([Handle(held)]);
        });
    }
}

/// The first lock is kept until the second one is too many.
#[test]
fn look_becomes_rough() {
    model(3, || {
        let me = heap(&[(2, to(&[1, 0])), (0, to(&[1]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let moved = me.with_slots(&Handle(0), |slots| slots.remove(0));
            me.drop(Handle(0));
            me.deref(&moved);
            moved
        });
        me.collect_roughly(1);
        let held = join(other);
        me.finish([held]);
    });
}

/// A candidate's handle is taken out of it, cloned, and goes into what is not looked at; its count and
/// flags are in the end what they were.
#[test]
fn suspect_that_was_touched_stays_a_candidate() {
    model(3, || {
        let me = heap(&[(2, to(&[0])), (1, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let taken = me.with_slots(&Handle(0), |slots| slots.pop());
            let taken = taken.expect("itself");
            me.drop(Handle(0));
            let back = [me.clone(&taken), me.clone(&taken)];
            me.with_slots(&Handle(1), |slots| slots.extend(back));
            me.with_slots(&taken, |slots| slots.push(Handle(1)));
            me.drop(taken);
        });
        me.collect_roughly(0);
        join(other);
        me.finish([]);
    });
}

#[test]
fn clone_of_a_child_and_drop_of_its_parent_race_both_looks() {
    for is_frozen in [false, true] {
        model(2, move || {
            let mut specs = pair(2);
            specs[1].1.is_frozen = is_frozen;
            let me = heap(&specs);
            me.drop(Handle(0));
            let other = me.spawn(1, |me| {
                let child = me.follow(&Handle(0), 0);
                me.drop(Handle(0));
                me.deref(&child);
                child
            });
            me.collect_roughly(0);
            let held = join(other);
            me.finish([held]);
        });
    }
}

#[test]
fn upgrade_and_clone_of_a_child_race_both_looks() {
    model(2, || {
        let me = heap(&[(1, to(&[1]).weak()), (0, to(&[0]))]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| me.upgrade_to_child(weak));
        me.collect_roughly(0);
        let held = join(other);
        me.finish(held);
    });
}

/// Three looks: the last one when finalizers have run.
#[test]
fn upgrade_races_all_looks_and_the_finalizer() {
    model(2, || {
        let me = heap_with(&[(1, to(&[0]).weak().finalized())], |_, _| ());
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        me.collect_roughly(0);
        let held = join(other);
        me.finish(held);
    });
}

#[test]
fn get_mut_of_a_suspect_waits_for_both_looks() {
    model(3, || {
        let me = heap(&[(2, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let taken = me.with_slots(&Handle(0), |slots| slots.pop());
            me.drop(taken.expect("itself"));
            assert!(me.write(&Handle(0)), "nobody else has a handle");
        });
        me.collect_roughly(0);
        join(other);
        me.finish([Handle(0)]);
    });
}

/// A child is found in two values that become garbage, and is held from outside.
#[test]
fn handle_that_is_found_twice_stands_for_no_other() {
    model(3, || {
        let me = heap(&[(2, to(&[1, 2])), (0, to(&[])), (1, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            me.with_slots(&Handle(0), |slots| {
                let moved = slots.pop();
                me.with_slots(&slots[0], |inner| inner.extend(moved));
            });
            me.drop(Handle(0));
        });
        me.collect_roughly(0);
        join(other);
        me.finish([Handle(2)]);
    });
}

/// The same, in the look at the suspects: it was cloned before that began.
#[test]
#[ignore = "takes a minute"]
fn handle_moves_from_one_suspect_to_another() {
    model(3, || {
        let child = to(&[]).frozen();
        let me = heap(&[(1, to(&[0, 1, 2]).weak()), (0, to(&[])), (0, child)]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let handle = me.upgrade(&Weak(0))?;
            let kept = me.follow(&handle, 2);
            me.with_slots(&handle, |slots| {
                let moved = slots.pop();
                me.with_slots(&slots[1], |inner| inner.extend(moved));
            });
            me.drop(handle);
            me.deref(&kept);
            Some(kept)
        });
        me.collect_roughly(0);
        let held = join(other);
        me.drop_weak(weak);
        me.finish(held);
    });
}

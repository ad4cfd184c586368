//! A thread wants to be the only one with access.

use super::{heap, join, model, pair};
use crate::heap::{Handle, to};

#[test]
fn get_mut_comes_after_all_uses() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        let other = me.spawn(1, |me| {
            me.deref(&Handle(0));
            me.drop(Handle(0));
        });
        me.write(&Handle(0));
        join(other);
        assert!(me.write(&Handle(0)));
        me.finish([Handle(0)]);
    });
}

#[test]
fn get_mut_of_a_candidate_races_the_collector() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let is_written = me.write(&Handle(0));
            assert!(is_written, "nobody else has a handle");
            me.deref(&Handle(0));
        });
        me.collect();
        join(other);
        me.finish([Handle(0)]);
    });
}

/// The clone ends the loan.
#[test]
fn get_mut_then_clone_races_the_collector() {
    model(4, || {
        let me = heap(&[(2, to(&[0]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let taken = me.with_slots(&Handle(0), |slots| slots.pop());
            me.drop(taken.expect("itself"));
            assert!(me.write(&Handle(0)), "nobody else has a handle");
            let more = me.clone(&Handle(0));
            me.with_slots(&Handle(0), |slots| slots.push(more));
            me.drop(Handle(0));
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// It is a child of what the collector looks at when it is taken out and lent.
#[test]
fn get_mut_of_a_child_races_the_collector() {
    model(5, || {
        let me = heap(&[(2, to(&[1])), (0, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let child = me.with_slots(&Handle(0), |slots| slots.pop());
            let child = child.expect("the child");
            assert!(me.write(&child), "nobody else has a handle");
            child
        });
        me.collect();
        let held = join(other);
        me.finish([Handle(0), held]);
    });
}

#[test]
fn unwrap_of_a_candidate_races_the_collector() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            assert_eq!(me.unwrap(Handle(0)), Ok(()), "nobody else has a handle");
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

#[test]
fn unwrap_comes_after_all_uses() {
    model(5, || {
        let me = heap(&[(2, to(&[]))]);
        let other = me.spawn(1, |me| {
            me.deref(&Handle(0));
            me.drop(Handle(0));
        });
        if let Err(handle) = me.unwrap(Handle(0)) {
            me.drop(handle);
        }
        join(other);
        me.finish([]);
    });
}

/// What the value held is a cycle without it.
#[test]
fn unwrap_of_what_holds_a_cycle_races_the_collector() {
    model(5, || {
        let [one, two] = pair(0);
        let mut specs = [one, two, (2, to(&[0]))];
        specs[0].1.edges = vec![1];
        let me = heap(&specs);
        me.drop(Handle(2));
        let other = me.spawn(1, |me| {
            assert_eq!(me.unwrap(Handle(2)), Ok(()), "nobody else has a handle");
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

#[test]
fn get_mut_races_an_upgrade() {
    model(5, || {
        let me = heap(&[(1, to(&[]).weak())]);
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            let handle = me.upgrade_once(weak).expect("held");
            me.deref(&handle);
            me.drop(handle);
        });
        me.write(&Handle(0));
        join(other);
        assert!(me.write(&Handle(0)));
        me.finish([Handle(0)]);
    });
}

/// The drop of what was upgraded makes a candidate of the object that is lent.
#[test]
fn get_mut_races_an_upgrade_and_the_collector() {
    model(5, || {
        let me = heap(&[(1, to(&[]).weak())]);
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            let handle = me.upgrade_once(weak).expect("held");
            me.drop(handle);
            me.collect();
        });
        me.write(&Handle(0));
        join(other);
        me.finish([Handle(0)]);
    });
}

/// The other thread has a handle of its own, and makes a weak one of it.
#[test]
fn get_mut_races_a_downgrade() {
    model(5, || {
        let me = heap(&[(2, to(&[]).weak())]);
        let other = me.spawn(1, |me| {
            let weak = me.downgrade(&Handle(0));
            me.drop(Handle(0));
            let handle = me.upgrade_once(weak).expect("held");
            me.deref(&handle);
            me.drop(handle);
        });
        me.write(&Handle(0));
        join(other);
        me.finish([Handle(0)]);
    });
}

/// The only weak handle is upgraded, and goes; then the handle makes another one, and goes.
#[test]
fn get_mut_races_an_upgrade_and_a_downgrade() {
    model(4, || {
        let me = heap(&[(1, to(&[]).weak())]);
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            let handle = me.upgrade_once(weak).expect("held");
            let weak = me.downgrade(&handle);
            me.drop(handle);
            let handle = me.upgrade(&weak).expect("held");
            me.deref(&handle);
            me.drop_weak(weak);
            me.drop(handle);
        });
        me.write(&Handle(0));
        join(other);
        me.finish([Handle(0)]);
    });
}

/// There are no weak handles any more: a walk is no reason to refuse.
#[test]
fn get_mut_races_a_walk() {
    model(5, || {
        let me = heap(&[(1, to(&[]).weak())]);
        me.drop_weak(me.downgrade(&Handle(0)));
        let other = me.spawn(1, |me| me.walk(0));
        assert!(me.write(&Handle(0)), "nobody else has a handle");
        join(other);
        me.finish([Handle(0)]);
    });
}

/// It sees what was written, or nothing.
#[test]
fn walk_races_the_last_drop_and_a_collection() {
    model(3, || {
        let me = heap(&[(2, to(&[0]).weak())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, |me| me.walk(0));
        me.drop(Handle(0));
        me.collect();
        join(other);
        me.drop_weak(weak);
        me.finish([]);
    });
}

/// The second loan is refused, and the first one's writes are behind it.
#[test]
fn refused_get_mut_after_a_granted_one_races_the_collector() {
    model(5, || {
        let me = heap(&[(2, to(&[]).weak())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            assert!(me.write(&Handle(0)), "nobody else has a handle");
            let weak = me.downgrade(&Handle(0));
            assert!(!me.write(&Handle(0)), "there is a weak handle");
            me.drop_weak(weak);
        });
        me.collect();
        join(other);
        me.finish([Handle(0)]);
    });
}

//! Weak handles are upgraded at all times.

use super::{heap, join, model};
use crate::heap::{Handle, Weak, to};

#[test]
fn upgrade_races_the_last_drop() {
    model(5, || {
        let me = heap(&[(1, to(&[]).weak())]);
        let weak = me.downgrade(&Handle(0));
        let other = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        me.drop(Handle(0));
        let held = join(other);
        me.finish(held);
    });
}

/// Before, during or after the verdict.
#[test]
fn upgrade_races_the_collector() {
    model(5, || {
        let me = heap(&[(1, to(&[0]).weak())]);
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

/// The handle is to be found through the one that was upgraded, which is gone again.
#[test]
fn upgrade_and_clone_of_a_child_race_the_collector() {
    for is_frozen in [false, true] {
        model(3, move || {
            let mut specs = [(1, to(&[1]).weak()), (0, to(&[0]))];
            for (_, spec) in &mut specs {
                spec.is_frozen = is_frozen;
            }
            let me = heap(&specs);
            let weak = me.downgrade(&Handle(0));
            me.drop(Handle(0));
            let other = me.spawn(1, move |me| me.upgrade_to_child(weak));
            me.collect();
            let held = join(other);
            me.finish(held);
        });
    }
}

/// It comes and goes: what was upgraded is garbage again.
#[test]
fn upgrade_and_drop_race_the_collector() {
    model(3, || {
        let me = heap(&[(1, to(&[0]).weak())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                me.drop(handle);
            }
            if let Some(handle) = me.upgrade(&weak) {
                me.drop(handle);
            }
            me.drop_weak(weak);
        });
        me.collect();
        join(other);
        me.finish([]);
    });
}

/// The handle that is there when the collector comes goes, and another one has come.
#[test]
fn upgrade_replaces_the_old_handle() {
    model(4, || {
        let me = heap(&[(2, to(&[0]).weak())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            let handle = me.upgrade(&weak).expect("held");
            me.drop(Handle(0));
            me.drop_weak(weak);
            handle
        });
        me.collect();
        let held = join(other);
        me.finish([held]);
    });
}

/// Two threads that have nothing to do with each other.
#[test]
fn upgrade_in_one_thread_and_last_drop_in_another_race_the_collector() {
    model(2, || {
        let me = heap(&[(2, to(&[0]).weak())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let one = me.spawn(1, move |me| {
            me.upgrade_once(weak).inspect(|handle| me.deref(handle))
        });
        let two = me.spawn(2, |me| me.drop(Handle(0)));
        me.collect();
        let held = join(one);
        join(two);
        me.finish(held);
    });
}

/// A thread gets hold of the weak handle before the value is written.
#[test]
fn upgrade_races_the_value_being_written() {
    model(5, || {
        let me = heap(&[(0, to(&[]).weak().uninit())]);
        let other = me.spawn(1, |me| {
            let handle = me.upgrade(&Weak(0));
            if let Some(handle) = handle {
                me.deref(&handle);
                me.drop(handle);
            }
        });
        let handle = me.initialize(0);
        join(other);
        me.finish([handle]);
    });
}

//! Garbage that is saved instead of being freed.

use std::sync::Arc;

use super::{heap, join, model};
use crate::atomic::{AtomicU64, Ordering};
use crate::heap::{Handle, lock, to};

/// When somebody was told of the end, no weak handle of that time upgrades.
#[test]
fn upgrade_races_the_end_of_weak_handles() {
    model(3, || {
        let me = heap(&[(1, to(&[0]).weak().finalized())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let told = Arc::new(AtomicU64::new(0));
        let is_told = told.clone();
        let other = me.spawn(1, move |me| {
            let is_told = is_told.load(Ordering::Acquire) == 1;
            let handle = me.upgrade(&weak);
            assert!(!is_told || handle.is_none());
            me.drop_weak(weak);
            handle.inspect(|handle| me.deref(handle))
        });
        let mut held = me.collect_and_save(|| told.store(1, Ordering::Release));
        held.extend(join(other));
        me.finish(held);
    });
}

/// It comes and goes, before it is saved, or not at all.
#[test]
fn upgrade_and_drop_race_the_end_of_weak_handles() {
    model(2, || {
        let me = heap(&[(1, to(&[1]).weak().finalized()), (0, to(&[0]).finalized())]);
        let weak = me.downgrade(&Handle(0));
        me.drop(Handle(0));
        let other = me.spawn(1, move |me| {
            if let Some(handle) = me.upgrade(&weak) {
                let child = me.follow(&handle, 0);
                me.drop(handle);
                me.drop(child);
            }
            me.drop_weak(weak);
        });
        let held = me.collect_and_save(|| ());
        join(other);
        me.finish(held);
    });
}

/// Another thread takes what was saved out of the list, while the collector puts more there, and drops it.
#[test]
fn what_is_saved_is_dropped_by_another_thread() {
    model(2, || {
        let me = heap(&[(1, to(&[1]).finalized()), (0, to(&[0]).finalized())]);
        me.drop(Handle(0));
        let other = me.spawn(1, |me| {
            let saved = lock(&me.heap.globals).pop();
            if let Some(handle) = saved {
                let child = me.follow(&handle, 0);
                me.drop(handle);
                me.deref(&child);
                me.drop(child);
            }
        });
        for saved in me.collect_and_save(|| ()) {
            lock(&me.heap.globals).push(saved);
        }
        join(other);
        me.finish([]);
    });
}

//! Leaves become keys, which the collector sees.

use super::{heap, join, model};
use crate::heap::{Handle, to};

#[test]
fn leaf_becomes_a_key_while_another_handle_is_dropped() {
    model(3, || {
        let me = heap(&[(2, to(&[]).leaf())]);
        let keying = me.spawn(1, |me| {
            me.adopt(&Handle(0));
            me.deref(&Handle(0));
            Handle(0)
        });
        let dropping = me.spawn(2, |me| me.drop(Handle(0)));
        me.collect();
        join(dropping);
        let key = join(keying);
        me.finish([key]);
    });
}

/// Who drops the last one has read the word before it was a key, or when it was a candidate already.
#[test]
fn key_goes_while_it_becomes_a_candidate() {
    model(2, || {
        let me = heap(&[(3, to(&[]).leaf())]);
        let keying = me.spawn(1, |me| {
            me.adopt(&Handle(0));
            me.drop(Handle(0));
        });
        let dropping = me.spawn(2, |me| me.drop(Handle(0)));
        me.drop(Handle(0));
        me.collect();
        join(dropping);
        join(keying);
        me.finish([]);
    });
}

#[test]
fn two_threads_make_the_same_leaf_a_key() {
    model(2, || {
        let me = heap(&[(2, to(&[]).leaf())]);
        let others = [1, 2].map(|number| {
            me.spawn(number, |me| {
                me.adopt(&Handle(0));
                me.drop(Handle(0));
            })
        });
        me.collect();
        others.into_iter().for_each(join);
        me.finish([]);
    });
}

/// The collector comes upon it by a handle in a value.
#[test]
fn leaf_in_a_cycle_becomes_a_key() {
    model(3, || {
        let me = heap(&[(1, to(&[0, 1])), (1, to(&[]).leaf())]);
        let other = me.spawn(1, |me| {
            me.adopt(&Handle(1));
            let more = me.clone(&Handle(1));
            me.drop(Handle(1));
            more
        });
        me.drop(Handle(0));
        me.collect();
        let key = join(other);
        me.finish([key]);
    });
}

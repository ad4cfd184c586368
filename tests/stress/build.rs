//! How objects are made, linked, and changed by who has them alone.

use std::sync::atomic::Ordering;

use gordian::sync::Gc;

use crate::ledger::Life;
use crate::node::{Brief, Handle, Leaf, Mortal, Places, Plain, Value, WeakHandle, each, lock};
use crate::random::Random;
use crate::watch::fail;

/// More edges are not added to a node.
const EDGES: usize = 6;

/// A new object, of any type.
pub(crate) fn object(random: &mut Random) -> Handle {
    match random.below(8) {
        0..=2 => Gc::new(Plain::new(Places::default())).into(),
        3 => mortal_by_hand(),
        4 | 5 => mortal_by_new_cyclic(random),
        6 => Gc::new(Leaf::new(Places::default())).into(),
        _ => Gc::new(Brief::new(Places::default())).into(),
    }
}

/// A new object that can be in a cycle.
pub(crate) fn node(random: &mut Random) -> Handle {
    match random.below(3) {
        0 => mortal_by_hand(),
        1 => mortal_by_new_cyclic(random),
        _ => Gc::new(Plain::new(Places::default())).into(),
    }
}

fn mortal_by_hand() -> Handle {
    let mortal = Gc::new(Mortal::new(Places::default()));
    let _ = mortal.me.set(Gc::downgrade(&mortal));
    mortal.into()
}

fn mortal_by_new_cyclic(random: &mut Random) -> Handle {
    let other = random.one_in(2).then(|| node(random));
    let mortal = Gc::new_cyclic(|me| {
        if me.upgrade().is_some() {
            fail("an object is there before its value is");
        }
        let mortal = Mortal::new(Places::default());
        let _ = mortal.me.set(me.clone());
        if let (Some(other), Some(mut edges)) = (&other, mortal.places.edges()) {
            edges.push(other.clone());
        }
        mortal
    });
    mortal.into()
}

/// Adds an edge.
pub(crate) fn link(from: &Handle, to: &Handle, random: &mut Random) {
    from.check();
    let Some(places) = from.places() else {
        return;
    };
    let mut old = None;
    match random.below(6) {
        0..=2 => {
            if let Some(mut edges) = places.edges() {
                edges.push(to.clone());
                old = (edges.len() > EDGES).then(|| random.take(&mut edges));
            }
        }
        3 | 4 => {
            if let Some(mut more) = places.change_more() {
                more.push(to.clone());
                old = (more.len() > EDGES).then(|| random.take(&mut more));
            }
        }
        _ => old = Some(places.once.set(to.clone()).err()),
    }
    // The lock is free.
    drop(old);
}

/// Adds a weak edge.
pub(crate) fn link_weakly(from: &Handle, to: WeakHandle) {
    let Some(places) = from.places() else {
        return;
    };
    let mut weaks = lock(&places.weaks);
    weaks.push(to);
    let old = (weaks.len() > EDGES).then(|| weaks.swap_remove(0));
    drop(weaks);
    drop(old);
}

/// Links all of them in a ring.
pub(crate) fn ring(nodes: &[Handle], random: &mut Random) {
    for (index, node) in nodes.iter().enumerate() {
        link(node, &nodes[(index + 1) % nodes.len()], random);
    }
}

/// Changes the value by one of the ways that want it alone.
pub(crate) fn change(handle: &mut Handle, random: &mut Random) {
    handle.check();
    if let Some(places) = handle.places()
        && places.is_held.load(Ordering::Relaxed)
    {
        // Its clone would be without what is behind the lock.
        return;
    }
    each!(handle, gc => match random.below(3) {
        0 => {
            if let Some(value) = Gc::get_mut(gc) {
                change_value(value, random);
            }
        }
        1 => {
            gc.life().may_move();
            change_value(Gc::make_mut(gc), random);
        }
        _ => {
            let old = std::mem::replace(gc, Gc::new(Value::new(Places::default())));
            let id = old.life().id();
            if let Ok(mut value) = Life::unwrapping(id, || Gc::try_unwrap(old)) {
                value.life().unwrapped();
                change_value(&mut value, random);
                if random.one_in(2) {
                    value.life().wrapped_again();
                    *gc = Gc::new(value);
                }
            }
        }
    });
}

fn change_value<T: Value>(value: &mut T, random: &mut Random) {
    Life::change(value.life_mut());
    let Some(places) = value.places_mut() else {
        return;
    };
    let mut gone = Vec::new();
    if places.own.len() > EDGES {
        gone.append(&mut places.own);
    }
    places.own.extend(random.pick(&places.handles()).cloned());
    drop(gone);
}

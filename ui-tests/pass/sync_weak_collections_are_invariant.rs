//! Weak collections that threads share keep the lifetimes in what they hold.

use gordian::sync::Gc;
use gordian::sync::weak::{Ephemeron, Lent, WeakKeyMap, WeakSet, WeakValueMap};

type Static = &'static str;

fn keys(map: WeakKeyMap<Static, i32>) -> WeakKeyMap<Static, i32> {
    map
}

fn values_of_keys(map: WeakKeyMap<i32, Gc<Static>>) -> WeakKeyMap<i32, Gc<Static>> {
    map
}

fn keys_of_values(map: WeakValueMap<Static, i32>) -> WeakValueMap<Static, i32> {
    map
}

fn values(map: WeakValueMap<i32, Static>) -> WeakValueMap<i32, Static> {
    map
}

fn members(set: WeakSet<Static>) -> WeakSet<Static> {
    set
}

fn pair(pair: Ephemeron<Static, i32>) -> Ephemeron<Static, i32> {
    pair
}

fn lent(lent: Lent<i32, Static>) -> Lent<i32, Static> {
    lent
}

fn main() {
    let _ = (keys, values_of_keys, keys_of_values, values, members, pair, lent);
}

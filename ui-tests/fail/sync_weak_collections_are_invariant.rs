//! Weak collections that threads share do not shorten the lifetimes in what they hold: it could be added to then.

use gordian::sync::Gc;
use gordian::sync::weak::{Ephemeron, Lent, WeakKeyMap, WeakSet, WeakValueMap};

type Static = &'static str;

fn keys<'a>(map: WeakKeyMap<Static, i32>) -> WeakKeyMap<&'a str, i32> {
    map
}

fn values_of_keys<'a>(map: WeakKeyMap<i32, Gc<Static>>) -> WeakKeyMap<i32, Gc<&'a str>> {
    map
}

fn keys_of_values<'a>(map: WeakValueMap<Static, i32>) -> WeakValueMap<&'a str, i32> {
    map
}

fn values<'a>(map: WeakValueMap<i32, Static>) -> WeakValueMap<i32, &'a str> {
    map
}

fn members<'a>(set: WeakSet<Static>) -> WeakSet<&'a str> {
    set
}

fn pair<'a>(pair: Ephemeron<Static, i32>) -> Ephemeron<&'a str, i32> {
    pair
}

fn lent<'a>(lent: Lent<i32, Static>) -> Lent<i32, &'a str> {
    lent
}

fn main() {
    let _ = (keys, values_of_keys, keys_of_values, values, members, pair, lent);
}

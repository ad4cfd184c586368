//! Document 004: weak dictionaries.

use super::stage::{Canary, Log, Node, fresh};
use super::weak::{WeakIdentityMap, WeakValueMap};
use super::{Gc, Trace, gc};

/// `WeakValueDictionary`: a stock of cheeses that somebody else has to keep.
#[test]
fn e4_3_cheese() {
    #[derive(Trace)]
    struct Cheese {
        kind: &'static str,
    }
    fresh();
    let stock: WeakValueMap<&str, Cheese> = WeakValueMap::new();
    let kinds = || {
        let mut kinds: Vec<_> = stock.keys().map(|kind| *kind).collect();
        kinds.sort_unstable();
        kinds
    };
    let names = ["Red Leicester", "Tilsit", "Brie", "Parmesan"];
    let catalog = names.map(|kind| Gc::new(Cheese { kind }));
    let mut ce = None;
    for cheese in &catalog {
        stock.insert(cheese.kind, cheese);
        ce = Some(cheese.clone());
    }
    let collections = || gc::stats().map(|stats| stats.collections);
    let before = collections();
    assert_eq!(kinds(), ["Brie", "Parmesan", "Red Leicester", "Tilsit"]);
    drop(catalog);
    assert_eq!(kinds(), ["Parmesan"]);
    drop(ce);
    assert!(kinds().is_empty());
    assert_eq!(collections(), before);
}

/// `WeakKeyDictionary`: data beside objects that others own.
#[test]
fn e4_4_data_beside_objects() {
    fresh();
    let log = Log::default();
    let data: WeakIdentityMap<Node, Canary> = WeakIdentityMap::default();
    let owned = [Node::new("one", &log), Node::new("two", &log)];
    for object in &owned {
        data.insert(
            object,
            Canary::new(&format!("data of {}", object.name), &log),
        );
    }
    assert!(owned.iter().all(|object| data.contains_key(object)));
    let [one, two] = owned;
    drop(one);
    assert_eq!(log.take_sorted(), ["drop data of one", "drop one"]);
    assert_eq!(data.len(), 1);
    assert!(data.contains_key(&two));
    drop(two);
    assert_eq!(log.take_sorted(), ["drop data of two", "drop two"]);
    assert!(data.is_empty());
}

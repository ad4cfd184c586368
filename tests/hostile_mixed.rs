//! Both heaps against each other: what runs in the midst of the one uses the other.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::panic::{self, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use gordian::trace::Tracer;
use gordian::{Call, Finalize, Trace, closure, gc, sync, unsize, weak};
use gordian_tests::process_heap::fresh;
use gordian_tests::{DropProbe, Drops};

/// An object of a thread, which holds shared ones, too.
#[derive(Trace)]
#[trace(finalize)]
struct Own {
    me: RefCell<Option<gordian::Gc<Own>>>,
    shared: RefCell<Vec<sync::Gc<Shared>>>,
    grumpy: Grumpy,
    probe: DropProbe,
}

/// An object that threads share.
#[derive(Trace)]
#[trace(finalize)]
struct Shared {
    me: Mutex<Option<sync::Gc<Shared>>>,
    grumpy: Grumpy,
    probe: DropProbe,
}

/// Panics when it is traced, if it is told to.
struct Grumpy(bool);

thread_local! {
    static IS_GRUMPY: Cell<bool> = const { Cell::new(false) };
    /// What is done at the next moment at which user code runs.
    static DEED: Cell<Option<fn(&Drops)>> = const { Cell::new(None) };
    static DROPS: RefCell<Drops> = RefCell::default();
    /// Handles that user code takes and leaves.
    static OWN: RefCell<Vec<gordian::Gc<Own>>> = const { RefCell::new(Vec::new()) };
    static SHARED: RefCell<Vec<sync::Gc<Shared>>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: it has no handles.
unsafe impl Trace for Grumpy {
    fn trace(&self, _: &mut Tracer) {
        assert!(!(self.0 && IS_GRUMPY.get()), "grumpy");
    }
}

fn act() {
    if let Some(deed) = DEED.take() {
        deed(&DROPS.with_borrow(Drops::clone));
    }
}

impl Finalize for Own {
    fn finalize(&self) {
        act();
        assert!(self.probe.is_intact());
        let shared = self.shared.borrow();
        assert!(shared.iter().all(|shared| shared.probe.is_intact()));
    }
}

impl Finalize for Shared {
    fn finalize(&self) {
        act();
        assert!(self.probe.is_intact());
    }
}

fn own(drops: &Drops, is_grumpy: bool) -> gordian::Gc<Own> {
    let own = gordian::Gc::new(Own {
        me: RefCell::default(),
        shared: RefCell::new(vec![shared(drops, false)]),
        grumpy: Grumpy(is_grumpy),
        probe: drops.probe(),
    });
    own.me.replace(Some(own.clone()));
    own
}

fn shared(drops: &Drops, is_grumpy: bool) -> sync::Gc<Shared> {
    let shared = sync::Gc::new(Shared {
        me: Mutex::default(),
        grumpy: Grumpy(is_grumpy),
        probe: drops.probe(),
    });
    *shared.me.lock().unwrap() = Some(shared.clone());
    shared
}

const DEEDS: [fn(&Drops); 8] = [
    |drops| drop((own(drops, false), shared(drops, false))),
    |drops| {
        drop((own(drops, false), shared(drops, false)));
        // What is not collecting collects.
        DEED.set(Some(|_| {
            gordian::collect();
            sync::collect();
        }));
        gordian::collect();
        sync::collect();
    },
    |_| {
        let (own, shared) = (OWN.take(), SHARED.take());
        assert!(own.iter().all(|own| own.probe.is_intact()));
        assert!(shared.iter().all(|shared| shared.probe.is_intact()));
        drop((own, shared));
    },
    |_| {
        let (mut own, mut shared) = (OWN.take(), SHARED.take());
        let is_lent = own
            .iter_mut()
            .any(|own| gordian::Gc::get_mut(own).is_some());
        let is_lent = is_lent || shared.iter_mut().any(|it| sync::Gc::get_mut(it).is_some());
        assert!(!is_lent, "they have handles to themselves");
        OWN.with_borrow_mut(|all| all.append(&mut own));
        SHARED.with_borrow_mut(|all| all.append(&mut shared));
    },
    |drops| {
        OWN.with_borrow_mut(|all| all.push(own(drops, false)));
        SHARED.with_borrow_mut(|all| all.push(shared(drops, false)));
    },
    |_| {
        let (found, of_threads) = (gc::objects(None), sync::gc::objects(None));
        assert!(
            found
                .iter()
                .chain(&of_threads)
                .all(|object| object.size() > 0)
        );
        let _ = (gc::dot(&[], 2), sync::gc::dot(&[], 2));
    },
    |_| {
        gc::freeze();
        sync::gc::freeze();
        gc::unfreeze();
        sync::gc::unfreeze();
    },
    |_| {
        gc::shutdown();
        sync::gc::shutdown();
    },
];

/// Moments at which user code runs.
const MOMENTS: [fn(&Drops); 8] = [
    |drops| {
        let own = own(drops, false);
        own.me.take();
    },
    |drops| {
        drop(own(drops, false));
        gordian::collect();
    },
    |drops| {
        let shared = shared(drops, false);
        let me = shared.me.lock().unwrap().take();
        drop((me, shared));
    },
    |drops| {
        drop(shared(drops, false));
        sync::collect();
    },
    |drops| {
        let own = own(drops, false);
        let _weak = gordian::Gc::downgrade_with(&own, act);
        drop(own);
        gordian::collect();
        let shared = shared(drops, false);
        let _weak = sync::Gc::downgrade_with(&shared, act);
        drop(shared);
        sync::collect();
    },
    |_| {
        let _hooks = (gc::on_collect(|_| act()), sync::gc::on_collect(|_| act()));
        gordian::collect();
        sync::collect();
    },
    // A panic hook runs in the midst of a look of the one heap, or of the other.
    |drops| {
        OWN.with_borrow_mut(|all| all.push(own(drops, true)));
        drop(OWN.with_borrow(Clone::clone));
        IS_GRUMPY.set(true);
        assert!(catch_unwind(gordian::collect).is_err());
    },
    |drops| {
        SHARED.with_borrow_mut(|all| all.push(shared(drops, true)));
        drop(SHARED.with_borrow(Clone::clone));
        IS_GRUMPY.set(true);
        assert!(catch_unwind(sync::collect).is_err());
    },
];

#[test]
fn what_runs_in_the_midst_of_one_heap_uses_the_other() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() == Some("grumpy") {
            // A panic in here would abort.
            IS_GRUMPY.set(false);
            act();
        } else {
            previous(info);
        }
    }));
    fresh();
    gordian_tests::fresh();
    let drops = DROPS.with_borrow(Drops::clone);
    let mut tries = 0;
    for moment in MOMENTS {
        for deed in DEEDS {
            tries += 1;
            // Each moment is tried there, and each deed.
            if cfg!(miri) && tries % 7 != 0 {
                continue;
            }
            DEED.set(Some(deed));
            moment(&drops);
            assert!(DEED.take().is_none(), "it was due");
            IS_GRUMPY.set(false);
            drop((OWN.take(), SHARED.take()));
            while gordian::collect() + sync::collect() > 0 {}
            assert_eq!(gc::objects(None).len() + sync::gc::objects(None).len(), 0);
        }
    }
    let _ = panic::take_hook();
}

/// A key of both heaps' collections, which collects in both when it is hashed, compared or dropped.
#[derive(Trace, Clone)]
#[trace(leaf)]
struct Key(Arc<()>);

fn collect_both() {
    gordian::collect();
    sync::collect();
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, _: &mut H) {
        collect_both();
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        collect_both();
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Key {}

impl Drop for Key {
    fn drop(&mut self) {
        collect_both();
    }
}

/// Owns a map of each heap, whose values lead to its like.
#[derive(Trace)]
struct Holder {
    own: weak::WeakKeyMap<Key, Value>,
    shared: sync::Gc<SharedHolder>,
    probe: DropProbe,
}

type Value = (RefCell<Option<gordian::Gc<Holder>>>, sync::Gc<Shared>);

#[derive(Trace)]
struct SharedHolder {
    keys: sync::weak::WeakKeyMap<Key, SharedValue>,
    values: sync::weak::WeakValueMap<sync::Gc<Key>, SharedHolder>,
    probe: DropProbe,
}

type SharedValue = (Mutex<Option<sync::Gc<SharedHolder>>>, sync::Gc<Shared>);

#[test]
fn collections_of_one_heap_in_values_of_the_other() {
    fresh();
    gordian_tests::fresh();
    let drops = Drops::new();
    let keys = [(); 4].map(|()| Key(Arc::default()));
    let own_keys = keys.each_ref().map(|key| gordian::Gc::new(key.clone()));
    let shared_keys = keys.each_ref().map(|key| sync::Gc::new(key.clone()));
    let inner = sync::Gc::new(SharedHolder {
        keys: sync::weak::WeakKeyMap::new(),
        values: sync::weak::WeakValueMap::new(),
        probe: drops.probe(),
    });
    let outer = gordian::Gc::new(Holder {
        own: weak::WeakKeyMap::new(),
        shared: inner.clone(),
        probe: drops.probe(),
    });
    for key in &shared_keys {
        let value = (Mutex::new(Some(inner.clone())), shared(&drops, false));
        inner.keys.insert(key, value);
        inner.values.insert(key.clone(), &inner);
    }
    for key in &own_keys {
        let value = (RefCell::new(Some(outer.clone())), shared(&drops, false));
        outer.own.insert(key, value);
    }
    assert!(outer.probe.is_intact() && outer.shared.keys.len() == 4);
    assert_eq!(inner.values.len(), 4);
    assert_eq!((gordian::collect(), sync::collect()), (0, 0));
    let lent = outer.own.get(&own_keys[0]).unwrap();
    drop((outer, inner));
    assert_eq!((gordian::collect(), sync::collect()), (0, 0), "it is lent");
    let outer = lent.0.borrow().clone().unwrap();
    assert!(outer.shared.probe.is_intact());
    drop((outer, lent));
    // One after the other: what a thread's garbage holds is garbage when that has gone.
    assert_eq!((gordian::collect(), drops.count()), (1, 1));
    sync::collect();
    sync::collect();
    assert_eq!(drops.count(), 2 + 4 + 4);
    drop((own_keys, shared_keys));
    assert_eq!((gordian::collect(), sync::collect()), (0, 0));
}

type Function = dyn Call<(), Output = bool>;
type SharedFunction = dyn Call<(), Output = bool> + Send + Sync;

/// Closures of both heaps, in their own captures, call and close each other.
#[test]
fn closures_of_one_heap_call_those_of_the_other() {
    fresh();
    gordian_tests::fresh();
    for is_closed in [false, true] {
        let drops = Drops::new();
        let variable = sync::Gc::new(Mutex::new(None::<sync::Gc<SharedFunction>>));
        let captures = (variable.clone(), drops.probe());
        let inner = sync::closure!([captures] || -> bool {
            let me = captures.0.lock().unwrap().clone();
            me.iter().for_each(|me| me.close());
            collect_both();
            captures.1.is_intact()
        });
        let inner = unsize!(sync::Gc::new(inner) => SharedFunction);
        *variable.lock().unwrap() = Some(inner.clone());
        let me = gordian::Gc::new(RefCell::new(None::<gordian::Gc<Function>>));
        let captures = (me.clone(), inner, drops.probe());
        let outer = closure!([captures] || -> bool {
            let me = captures.0.take();
            me.iter().for_each(|me| me.close());
            drop(me);
            captures.1.call(()) && captures.2.is_intact() && captures.1.is_closed()
        });
        let outer = unsize!(gordian::Gc::new(outer) => Function);
        me.replace(Some(outer.clone()));
        if is_closed {
            assert_eq!((outer.try_call(()), drops.count()), (Some(true), 2));
            assert_eq!(outer.try_call(()), None);
        }
        drop((me, outer, variable));
        let left = if is_closed { 0 } else { 2 };
        assert_eq!((gordian::collect(), sync::collect()), (left, left));
        assert_eq!(drops.count(), 2);
    }
}

/// A thread's objects hold shared ones while other threads collect these, and let them go by each path.
#[test]
fn other_threads_collect_while_a_thread_lets_go() {
    const ROUNDS: usize = if cfg!(miri) { 2 } else { 60 };
    fresh();
    let drops = Drops::new();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let kept = own(&drops, false);
                    drop((own(&drops, false), shared(&drops, false)));
                    sync::collect();
                    gordian::collect();
                    let shared = kept.shared.borrow()[0].clone();
                    kept.me.take();
                    drop(kept);
                    assert!(shared.probe.is_intact());
                }
            });
        }
    });
    sync::collect();
    assert_eq!(drops.count(), 2 * ROUNDS * 5);
}

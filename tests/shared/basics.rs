//! What the collector finds: cycles of all shapes, and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Slot, Trace, fresh, gc};

/// Collects and says how many objects were garbage, and how many values have been dropped so far.
fn collect(drops: &Drops) -> (usize, usize) {
    let collected = gc::collect();
    assert_eq!(gc::stats()[2].uncollectable, 0);
    (collected, drops.count())
}

/// GCTests.test_list
#[test]
fn c_01_list() {
    #[derive(Trace)]
    struct List {
        items: Slot<Vec<Gc<List>>>,
        _probe: DropProbe,
    }

    fresh();
    let drops = Drops::new();
    let list = Gc::new(List {
        items: Slot::default(),
        _probe: drops.probe(),
    });
    list.items.with(|items| items.push(list.clone()));
    assert_eq!(collect(&drops), (0, 0));
    drop(list);
    assert_eq!(drops.count(), 0);
    assert_eq!(collect(&drops), (1, 1));
    assert_eq!(collect(&drops), (0, 1));
}

/// GCTests.test_dict
#[test]
fn c_02_dict() {
    #[derive(Trace)]
    struct Dict {
        hashed: Slot<HashMap<i32, Gc<Dict>>>,
        sorted: Slot<BTreeMap<i32, Gc<Dict>>>,
        _probe: DropProbe,
    }

    fresh();
    let drops = Drops::new();
    let new = || {
        let (hashed, sorted) = (Slot::default(), Slot::default());
        Gc::new(Dict {
            hashed,
            sorted,
            _probe: drops.probe(),
        })
    };
    let dict = new();
    dict.hashed.with(|map| map.insert(1, dict.clone()));
    drop(dict);
    assert_eq!(collect(&drops), (1, 1));

    let dict = new();
    dict.sorted.with(|map| map.insert(1, dict.clone()));
    drop(dict);
    assert_eq!(collect(&drops), (1, 2));
}

/// GCTests.test_tuple
#[test]
fn c_03_tuple() {
    #[derive(Trace)]
    struct List {
        items: Slot<Vec<Gc<Tuple>>>,
        _probe: DropProbe,
    }
    #[derive(Trace)]
    struct Tuple(Gc<List>, DropProbe);

    fresh();
    let drops = Drops::new();
    let list = Gc::new(List {
        items: Slot::default(),
        _probe: drops.probe(),
    });
    let tuple = Gc::new(Tuple(list.clone(), drops.probe()));
    list.items.with(|items| items.push(tuple.clone()));
    assert!(Gc::ptr_eq(&tuple.0, &list) && tuple.1.is_intact());
    drop(tuple);
    assert_eq!(collect(&drops), (0, 0));
    drop(list);
    assert_eq!(collect(&drops), (2, 2));
}

/// A class: it is in its own method resolution order.
#[derive(Trace)]
struct Class {
    mro: Slot<Vec<Gc<Class>>>,
    class_attribute: Slot<Option<Gc<Class>>>,
    instance_attribute: Slot<Option<Gc<Instance>>>,
    _probe: DropProbe,
}

impl Class {
    fn derived_from(bases: &[&Gc<Self>], drops: &Drops) -> Gc<Self> {
        let class = Gc::new(Self {
            mro: Slot::default(),
            class_attribute: Slot::default(),
            instance_attribute: Slot::default(),
            _probe: drops.probe(),
        });
        class.mro.with(|mro| {
            mro.push(class.clone());
            mro.extend(bases.iter().copied().cloned());
        });
        class
    }
}

/// An instance of a class, with an attribute.
#[derive(Trace)]
struct Instance {
    class: Option<Gc<Class>>,
    attribute: Slot<Option<Gc<Instance>>>,
    _probe: DropProbe,
}

impl Instance {
    fn of(class: Option<&Gc<Class>>, drops: &Drops) -> Gc<Self> {
        let (class, attribute) = (class.cloned(), Slot::default());
        Gc::new(Self {
            class,
            attribute,
            _probe: drops.probe(),
        })
    }

    /// Makes an instance that is garbage at once, because it holds itself.
    fn lose(class: Option<&Gc<Class>>, drops: &Drops) {
        let instance = Self::of(class, drops);
        assert_eq!(instance.class.is_some(), class.is_some());
        instance.attribute.put(Some(instance.clone()));
    }
}

/// GCTests.test_class
#[test]
fn c_04_class() {
    fresh();
    let drops = Drops::new();
    let class = Class::derived_from(&[], &drops);
    class.class_attribute.put(Some(class.clone()));
    assert_eq!(Gc::strong_count(&class), 3);
    assert_eq!(collect(&drops), (0, 0));
    drop(class);
    assert_eq!(collect(&drops), (1, 1));
}

/// GCTests.test_newstyleclass
#[test]
fn c_05_newstyleclass() {
    fresh();
    let drops = Drops::new();
    drop(Class::derived_from(&[], &drops));
    assert_eq!(drops.count(), 0);
    assert_eq!(collect(&drops), (1, 1));
}

/// GCTests.test_instance
#[test]
fn c_06_instance() {
    fresh();
    let drops = Drops::new();
    Instance::lose(None, &drops);
    assert_eq!(drops.count(), 0);
    assert_eq!(collect(&drops), (1, 1));
}

/// GCTests.test_newinstance
#[test]
fn c_07_newinstance() {
    fresh();
    let drops = Drops::new();
    let a = Class::derived_from(&[], &drops);
    Instance::lose(Some(&a), &drops);
    assert_eq!(collect(&drops), (1, 1));

    let b = Class::derived_from(&[], &drops);
    let c = Class::derived_from(&[&b, &a], &drops);
    Instance::lose(Some(&c), &drops);
    assert_eq!(collect(&drops), (1, 2));

    drop((b, c));
    assert_eq!(collect(&drops), (2, 4));

    a.instance_attribute
        .put(Some(Instance::of(Some(&a), &drops)));
    drop(a);
    assert_eq!(collect(&drops), (2, 6));
    assert_eq!(collect(&drops), (0, 6));
}

/// GCTests.test_method
#[test]
fn c_08_method() {
    #[derive(Trace)]
    struct Receiver {
        init: Slot<Option<Gc<Method>>>,
        _probe: DropProbe,
    }
    #[derive(Trace)]
    struct Method {
        receiver: Gc<Receiver>,
        _probe: DropProbe,
    }

    fresh();
    let drops = Drops::new();
    let a = Gc::new(Receiver {
        init: Slot::default(),
        _probe: drops.probe(),
    });
    let init = Gc::new(Method {
        receiver: a.clone(),
        _probe: drops.probe(),
    });
    assert!(Gc::ptr_eq(&init.receiver, &a));
    a.init.put(Some(init));
    drop(a);
    assert_eq!(drops.count(), 0);
    assert_eq!(collect(&drops), (2, 2));
}

/// GCTests.test_function
#[test]
fn c_09_function() {
    #[derive(Trace)]
    struct Function {
        globals: Gc<Globals>,
        _probe: DropProbe,
    }
    #[derive(Trace)]
    struct Globals {
        names: Slot<HashMap<String, Gc<Function>>>,
        _probe: DropProbe,
    }

    fresh();
    let drops = Drops::new();
    let globals = Gc::new(Globals {
        names: Slot::default(),
        _probe: drops.probe(),
    });
    let function = Gc::new(Function {
        globals: globals.clone(),
        _probe: drops.probe(),
    });
    globals
        .names
        .with(|names| names.insert("f".into(), function.clone()));
    drop(globals);
    assert_eq!(function.globals.names.with(|names| names.len()), 1);
    assert_eq!(collect(&drops), (0, 0));
    drop(function);
    assert_eq!(collect(&drops), (2, 2));
}

/// GCTests.test_frame
#[test]
fn c_10_frame() {
    #[derive(Trace)]
    struct Frame {
        locals: Slot<[Option<Gc<Frame>>; 4]>,
        _probe: DropProbe,
    }

    fresh();
    let drops = Drops::new();
    let frame = Gc::new(Frame {
        locals: Slot::default(),
        _probe: drops.probe(),
    });
    frame.locals.with(|locals| locals[2] = Some(frame.clone()));
    drop(frame);
    assert_eq!(collect(&drops), (1, 1));
}

/// An object whose every hook breaks the cycle that it is in, from the nth call on.
#[derive(Trace)]
struct Boom {
    attribute: Slot<Option<Gc<Boom>>>,
    harmless_calls: usize,
    #[trace(skip)]
    calls: Log<()>,
    _probe: DropProbe,
}

impl Boom {
    fn hook(&self) {
        self.calls.push(());
        if self.calls.len() > self.harmless_calls {
            self.attribute.put(None);
        }
    }
}

impl fmt::Debug for Boom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hook();
        f.write_str("Boom")
    }
}

impl PartialEq for Boom {
    fn eq(&self, _other: &Self) -> bool {
        self.hook();
        true
    }
}

impl Clone for Boom {
    fn clone(&self) -> Self {
        self.hook();
        unreachable!("the collector clones no values")
    }
}

fn boom(harmless_calls: usize) {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let new = || {
        let (attribute, calls) = (Slot::default(), calls.clone());
        Gc::new(Boom {
            attribute,
            harmless_calls,
            calls,
            _probe: drops.probe(),
        })
    };
    let (a, b) = (new(), new());
    a.attribute.put(Some(b.clone()));
    b.attribute.put(Some(a.clone()));
    assert_eq!(collect(&drops), (0, 0));
    drop((a, b));
    assert_eq!(collect(&drops), (2, 2));
    assert!(calls.is_empty(), "the collector ran a hook");
}

/// GCTests.test_boom
#[test]
fn c_11_boom() {
    boom(0);
}

/// GCTests.test_boom2
#[test]
fn c_12_boom2() {
    boom(1);
}

/// GCTests.test_boom_new
#[test]
fn c_13_boom_new() {
    boom(0);
}

/// GCTests.test_boom2_new
#[test]
fn c_14_boom2_new() {
    boom(1);
}

/// GCTests.test_bug21435
#[test]
fn c_15_bug21435() {
    #[derive(Trace)]
    struct A {
        b: Slot<Option<Gc<B>>>,
        _probe: DropProbe,
    }
    #[derive(Trace)]
    #[trace(finalize)]
    struct B {
        a: Slot<Option<Gc<A>>>,
        x: Gc<X>,
        #[trace(skip)]
        calls: Log<()>,
        _probe: DropProbe,
    }
    #[derive(Trace)]
    struct X {
        probe: DropProbe,
    }
    impl Finalize for B {
        fn finalize(&self) {
            self.calls.push(());
            self.a.put(None);
            assert!(self.x.probe.is_intact());
        }
    }

    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let a = Gc::new(A {
        b: Slot::default(),
        _probe: drops.probe(),
    });
    let x = Gc::new(X {
        probe: drops.probe(),
    });
    let (edge, log) = (Slot::new(Some(a.clone())), calls.clone());
    let b = Gc::new(B {
        a: edge,
        x,
        calls: log,
        _probe: drops.probe(),
    });
    a.b.put(Some(b));
    drop(a);
    assert_eq!(drops.count(), 0);
    assert_eq!(collect(&drops), (0, 3));
    assert_eq!(calls.len(), 1);
    assert_eq!(collect(&drops), (0, 3));
}

//! What is still whole while the finalizers of garbage run, and what they may leave behind.

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Shared, Slot, Trace, Weak, fresh, gc};

/// ReferencesTestCase.test_clearing_weakrefs_in_gc
#[test]
fn f_24_weaks_in_finalizers() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Member {
        other: Slot<Option<Gc<Member>>>,
        #[trace(skip)]
        weaks: Shared<Slot<Vec<Weak<Member>>>>,
        #[trace(skip)]
        seen: Log<Vec<bool>>,
        _probe: DropProbe,
    }
    impl Finalize for Member {
        fn finalize(&self) {
            assert!(self.other.peek().is_some());
            self.seen.push(upgrading(&self.weaks.peek()));
        }
    }
    fn upgrading(weaks: &[Weak<Member>]) -> Vec<bool> {
        weaks.iter().map(|weak| weak.upgrade().is_some()).collect()
    }

    fresh();
    let (drops, seen, callbacks) = (Drops::new(), Log::new(), Log::new());
    let weaks: Shared<Slot<Vec<_>>> = Shared::default();
    let new = || {
        let (other, weaks, seen) = (Slot::default(), weaks.clone(), seen.clone());
        Gc::new(Member {
            other,
            weaks,
            seen,
            _probe: drops.probe(),
        })
    };
    let (a, b) = (new(), new());
    a.other.put(Some(b.clone()));
    b.other.put(Some(a.clone()));
    for (number, member) in [&a, &b].into_iter().enumerate() {
        let callbacks = callbacks.clone();
        let with_callback = Gc::downgrade_with(member, move || callbacks.push(number));
        weaks.with(|weaks| weaks.extend([Gc::downgrade(member), with_callback]));
    }
    drop((a, b));
    assert_eq!(gc::collect(), 2);
    assert_eq!(seen.entries(), [vec![true; 4], vec![true; 4]]);
    assert_eq!(upgrading(&weaks.peek()), [false; 4]);
    assert_eq!(callbacks.sorted(), [0, 1]);
    assert_eq!(drops.count(), 2);
    weaks.put(Vec::new());
}

#[derive(Trace)]
#[trace(finalize)]
struct Member {
    name: &'static str,
    me: Slot<Option<Gc<Member>>>,
    child: Slot<Option<Gc<Member>>>,
    parent: Slot<Weak<Member>>,
    #[trace(skip)]
    calls: Log<&'static str>,
    #[trace(skip)]
    drops: Drops,
    probe: DropProbe,
}

impl Finalize for Member {
    fn finalize(&self) {
        self.calls.push(self.name);
        assert!(self.probe.is_intact());
        assert_eq!(self.drops.count(), 0);
        let relative = match self.name {
            "child" => self.parent.peek().upgrade(),
            _ => self.child.peek(),
        };
        let relative = relative.expect("the other one is there");
        assert!(relative.probe.is_intact() && relative.name != self.name);
        let me = if self.name == "parent" {
            self.me.peek()
        } else {
            relative.me.peek()
        };
        assert!(me.is_some_and(|parent| parent.name == "parent"));
    }
}

/// PEP 442, disposal of cyclic isolates
#[test]
fn f_30_all_finalizers_before_any_drop() {
    fresh();
    // Made in both orders, as the order of the finalizers may follow it.
    for child_first in [false, true] {
        let (drops, calls) = (Drops::new(), Log::new());
        let new = |name| {
            Gc::new(Member {
                name,
                me: Slot::default(),
                child: Slot::default(),
                parent: Slot::default(),
                calls: calls.clone(),
                drops: drops.clone(),
                probe: drops.probe(),
            })
        };
        let (first, second) = if child_first {
            (new("child"), new("parent"))
        } else {
            (new("parent"), new("child"))
        };
        let (parent, child) = if child_first {
            (second, first)
        } else {
            (first, second)
        };
        parent.me.put(Some(parent.clone()));
        child.parent.put(Gc::downgrade(&parent));
        parent.child.put(Some(child));
        drop(parent);
        assert!(calls.is_empty());
        assert_eq!(gc::collect(), 2);
        assert_eq!(calls.sorted(), ["child", "parent"]);
        assert_eq!(drops.count(), 2);
    }
}

/// PEP 442, garbage that finalizers make
#[test]
fn f_31_finalizer_makes_garbage() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Generation {
        me: Slot<Option<Gc<Generation>>>,
        left: usize,
        #[trace(skip)]
        calls: Log<usize>,
        #[trace(skip)]
        drops: Drops,
        _probe: DropProbe,
    }
    impl Generation {
        fn lose(left: usize, calls: &Log<usize>, drops: &Drops) {
            let (calls, drops, probe) = (calls.clone(), drops.clone(), drops.probe());
            let me = Gc::new(Self {
                me: Slot::default(),
                left,
                calls,
                drops,
                _probe: probe,
            });
            me.me.put(Some(me.clone()));
        }
    }
    impl Finalize for Generation {
        fn finalize(&self) {
            self.calls.push(self.left);
            if self.left > 0 {
                Self::lose(self.left - 1, &self.calls, &self.drops);
            }
        }
    }

    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    Generation::lose(3, &calls, &drops);
    for (turn, collected) in [1, 1, 1, 1, 0].into_iter().enumerate() {
        assert_eq!(gc::collect(), collected);
        assert_eq!(drops.count(), (turn + 1).min(4));
    }
    assert_eq!(calls.entries(), [3, 2, 1, 0]);
}

type Refuge = Slot<Option<Gc<Counting>>>;

/// Says how many handles there are when it is finalized, and makes one if it is told to.
#[derive(Trace)]
#[trace(finalize)]
struct Counting {
    me: Weak<Counting>,
    own: Slot<Option<Gc<Counting>>>,
    refuge: Slot<Option<Gc<Refuge>>>,
    #[trace(skip)]
    counts: Log<usize>,
}

impl Counting {
    fn new(counts: &Log<usize>) -> Gc<Self> {
        Gc::new_cyclic(|me| Self {
            me: me.clone(),
            own: Slot::default(),
            refuge: Slot::default(),
            counts: counts.clone(),
        })
    }
}

impl Finalize for Counting {
    fn finalize(&self) {
        self.counts.push(self.me.strong_count());
        if let Some(refuge) = self.refuge.pull() {
            refuge.put(self.me.upgrade());
        }
    }
}

/// Documented of `strong_count`: what the collector adds for its own purposes is left out.
#[test]
fn the_counts_of_the_collector_are_left_out() {
    fresh();
    let counts = Log::new();
    drop(Counting::new(&counts));
    assert_eq!(counts.take(), [0]);

    let knot = Counting::new(&counts);
    knot.own.put(Some(knot.clone()));
    drop(knot);
    assert_eq!(gc::collect(), 1);
    assert_eq!(counts.take(), [1]);

    let refuge: Gc<Refuge> = Gc::new(Slot::default());
    let counting = Counting::new(&counts);
    assert_eq!(Gc::weak_count(&counting), 1);
    counting.refuge.put(Some(refuge.clone()));
    drop(counting);
    let counting = refuge.pull().unwrap();
    assert_eq!(Gc::strong_count(&counting), 1);
    assert_eq!(counts.take(), [0]);
}

/// What there is to do when an object is finalized.
enum Deed {
    /// Takes a handle to another object.
    Take(Gc<Acting>),
    /// Lets go of what it has, and then takes it back, elsewhere.
    LetGo(Weak<Acting>, Gc<Slot<Option<Gc<Acting>>>>),
    /// Lets a new object and itself have each other. No handle is dropped.
    Pair(Weak<Acting>),
}

/// Does something when it is finalized.
#[derive(Trace)]
#[trace(finalize)]
struct Acting {
    links: Slot<Vec<Gc<Acting>>>,
    #[trace(skip)]
    deed: Slot<Option<Deed>>,
    _probe: DropProbe,
}

impl Acting {
    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            links: Slot::default(),
            deed: Slot::default(),
            _probe: drops.probe(),
        })
    }

    fn link(&self, to: Gc<Self>) {
        self.links.with(|links| links.push(to));
    }

    /// One that holds itself.
    fn knot(drops: &Drops) -> Gc<Self> {
        let knot = Self::new(drops);
        knot.link(knot.clone());
        knot
    }
}

impl Finalize for Acting {
    fn finalize(&self) {
        match self.deed.pull() {
            Some(Deed::Take(other)) => self.link(other),
            Some(Deed::LetGo(weak, refuge)) => {
                drop(self.links.pull());
                refuge.put(weak.upgrade());
            }
            Some(Deed::Pair(me)) => {
                let new = Self::new(&Drops::new());
                new.links.put(me.upgrade().into_iter().collect());
                self.link(new);
            }
            None => {}
        }
    }
}

/// What finalizers have brought in is counted down as the rest of the values are.
#[test]
fn garbage_gets_a_handle_in_its_finalizer() {
    fresh();
    let drops = Drops::new();
    let other = Acting::new(&drops);
    let knot = Acting::knot(&drops);
    knot.deed.put(Some(Deed::Take(other.clone())));
    drop(knot);
    assert_eq!((gc::collect(), drops.count()), (1, 1));
    assert_eq!(Gc::strong_count(&other), 1);
}

/// Nothing but the collector had it for a while.
#[test]
fn garbage_is_let_go_and_taken_back_in_a_finalizer() {
    fresh();
    let drops = Drops::new();
    let refuge: Gc<Slot<Option<Gc<Acting>>>> = Gc::new(Slot::default());
    let (one, other) = (Acting::knot(&drops), Acting::new(&drops));
    let weak = Gc::downgrade(&other);
    one.deed.put(Some(Deed::LetGo(weak, refuge.clone())));
    one.link(other);
    drop(one);
    assert_eq!((gc::collect(), drops.count()), (0, 1));
    let other = refuge.pull().unwrap();
    assert_eq!(Gc::strong_count(&other), 1);
    drop(other);
    assert_eq!(drops.count(), 2);
}

/// No drop makes it a candidate again.
#[test]
fn garbage_gets_into_a_new_cycle_in_its_finalizer() {
    fresh();
    let knot = Acting::knot(&Drops::new());
    let me = Gc::downgrade(&knot);
    knot.deed.put(Some(Deed::Pair(me)));
    drop(knot);
    assert_eq!((gc::collect(), gc::collect()), (0, 2));
}

/// The same deep in a structure, where objects wait for their release.
#[test]
fn what_has_waited_gets_into_a_new_cycle_in_its_finalizer() {
    fresh();
    let drops = Drops::new();
    let mut first = Acting::new(&drops);
    let me = Gc::downgrade(&first);
    first.deed.put(Some(Deed::Pair(me)));
    for _ in 0..100 {
        let next = Acting::new(&drops);
        next.link(first);
        first = next;
    }
    drop(first);
    assert_eq!((drops.count(), gc::objects(None).len()), (100, 2));
    assert_eq!((gc::collect(), drops.count()), (2, 101));
}

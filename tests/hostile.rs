//! Programs that try to break soundness through safe API, or through the letter of a contract.

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use gordian::trace::Tracer;
use gordian::{Finalize, Gc, Trace, Weak, gc, unsize, weak};

#[derive(Trace, Default)]
struct Knot {
    links: RefCell<Vec<Gc<Knot>>>,
}

#[derive(Trace)]
#[trace(finalize)]
struct Greedy {
    own: RefCell<Option<Gc<Greedy>>>,
    me: RefCell<Weak<Greedy>>,
    #[trace(skip)]
    seen: Rc<RefCell<Vec<bool>>>,
}

impl Finalize for Greedy {
    fn finalize(&self) {
        let mut me = self.me.borrow().upgrade().unwrap();
        self.seen.borrow_mut().push(Gc::get_mut(&mut me).is_some());
        let me = Gc::try_unwrap(me);
        self.seen.borrow_mut().push(me.is_ok());
    }
}

#[test]
fn a_finalizer_gets_no_unique_access_on_either_path() {
    gc::disable();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let make = || {
        let (own, me, seen) = (RefCell::default(), RefCell::default(), seen.clone());
        let greedy = Gc::new(Greedy { own, me, seen });
        *greedy.me.borrow_mut() = Gc::downgrade(&greedy);
        greedy
    };
    drop(make());
    let cyclic = make();
    *cyclic.own.borrow_mut() = Some(cyclic.clone());
    drop(cyclic);
    assert_eq!(gc::collect(), 1);
    assert_eq!(*seen.borrow(), [false; 4]);
}

/// Collects whenever it is hashed or compared.
#[derive(Trace, PartialEq, Eq)]
struct Busy(u32);

impl std::hash::Hash for Busy {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        gc::collect();
        self.0.hash(state);
    }
}

#[derive(Trace)]
struct Registry {
    map: std::collections::HashMap<Busy, Gc<Registry>>,
    cell: RefCell<std::collections::HashMap<Busy, Gc<Registry>>>,
}

#[test]
fn collecting_from_a_hasher_while_the_value_is_borrowed_mutably() {
    gc::disable();
    let new = || {
        Gc::new(Registry {
            map: Default::default(),
            cell: Default::default(),
        })
    };
    let mut registry = new();
    drop(registry.clone());
    for i in 0..100 {
        Gc::get_mut(&mut registry)
            .unwrap()
            .map
            .insert(Busy(i), new());
        registry.cell.borrow_mut().insert(Busy(i), new());
    }
    registry.cell.borrow_mut().insert(Busy(0), registry.clone());
    assert_eq!(gc::collect(), 0);
    drop(registry);
    assert_eq!(gc::collect(), 200);
}

#[test]
fn callbacks_of_a_value_taken_out() {
    let ran = Rc::new(Cell::new(0));
    let count = || {
        let ran = ran.clone();
        move || ran.set(ran.get() + 1)
    };
    let text = Gc::new(String::from("x"));
    let weak = Gc::downgrade_with(&text, count());
    assert_eq!(Gc::try_unwrap(text).unwrap(), "x");
    assert_eq!((ran.get(), weak.upgrade()), (1, None));
    let mut text = Gc::new(String::from("y"));
    let _weak = Gc::downgrade_with(&text, count());
    let finalizer = weak::finalize(&text, count());
    Gc::make_mut(&mut text).push('z');
    assert_eq!(
        (ran.get(), text.as_str(), finalizer.alive()),
        (3, "yz", false)
    );
}

#[test]
fn a_half_built_cyclic_value_is_invisible() {
    gc::disable();
    let stolen = RefCell::new(Weak::new());
    let result = catch_unwind(AssertUnwindSafe(|| {
        Gc::new_cyclic(|me: &Weak<Knot>| {
            *stolen.borrow_mut() = me.clone();
            assert!(gc::objects(None).is_empty());
            gc::collect();
            panic!("never built")
        })
    }));
    assert!(result.is_err());
    assert!(stolen.borrow().upgrade().is_none());
    assert_eq!(gc::collect(), 0);
}

trait Shape: Trace {
    fn sides(&self) -> u32;
}

#[derive(Trace)]
struct Square(RefCell<Option<Gc<dyn Shape>>>);

impl Shape for Square {
    fn sides(&self) -> u32 {
        4
    }
}

#[test]
fn cycles_through_trait_objects_and_slices() {
    gc::disable();
    let square = Gc::new(Square(RefCell::default()));
    let shape: Gc<dyn Shape> = unsize!(square.clone() => dyn Shape);
    let weak: Weak<dyn Shape> = unsize!(Gc::downgrade(&square) => dyn Shape);
    assert_eq!((shape.sides(), weak.upgrade().unwrap().sides()), (4, 4));
    *square.0.borrow_mut() = Some(shape);
    drop(square);
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none());

    let slice: Gc<[Knot]> = (0..3).map(|_| Knot::default()).collect();
    let holder = Gc::new(RefCell::new(Some(slice)));
    drop(holder.clone());
    drop(holder);
    assert!(gc::objects(None).is_empty());
}

struct Log(Arc<Mutex<Vec<&'static str>>>, &'static str);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(self.1);
    }
}

#[derive(Trace)]
struct Logged {
    me: RefCell<Option<Gc<Logged>>>,
    #[trace(skip)]
    _log: Log,
}

thread_local! {
    static EARLY: RefCell<Option<Gc<Logged>>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<Gc<Logged>>> = const { RefCell::new(None) };
}

#[test]
fn handles_in_thread_locals_whichever_goes_first() {
    let log = Arc::new(Mutex::new(Vec::new()));
    std::thread::spawn({
        let log = log.clone();
        move || {
            EARLY.with(|_| {}); // Registered before the heap: destroyed after it.
            let cyclic = |name| {
                let it = Gc::new(Logged {
                    me: RefCell::default(),
                    _log: Log(log.clone(), name),
                });
                *it.me.borrow_mut() = Some(it.clone());
                it
            };
            drop(cyclic("garbage"));
            EARLY.set(Some(cyclic("early")));
            LATE.set(Some(cyclic("late")));
        }
    })
    .join()
    .unwrap();
    let mut log = log.lock().unwrap().clone();
    log.sort_unstable();
    assert_eq!(log, ["early", "garbage", "late"]);
}

#[test]
#[cfg_attr(miri, ignore = "100 000 objects")]
fn candidates_that_come_and_go_take_no_memory() {
    gc::disable();
    for _ in 0..100_000 {
        let a = Gc::new(Knot::default());
        drop(a.clone());
    }
    assert_eq!(gc::count().0, 0);
}

/// As large as two strings, and tracked: it lies in the slot before theirs.
#[derive(Trace)]
#[repr(C)]
struct Neighbour {
    link: Option<Gc<Knot>>,
    numbers: [usize; 5],
}

/// An array that was made a slice has no length of its own: as long as its elements are not written
/// it drops nothing, and that it stays.
#[test]
fn an_array_made_a_slice_assumed_to_be_written() {
    let neighbour = Gc::new(Neighbour {
        link: None,
        numbers: [1_000; 5],
    });
    let unwritten = Gc::new([const { MaybeUninit::<String>::uninit() }; 2]);
    let mut elements: Gc<[MaybeUninit<String>]> = unsize!(unwritten => [MaybeUninit<String>]);
    for element in Gc::get_mut(&mut elements).unwrap() {
        element.write("hello".into());
    }
    // SAFETY: all have been written.
    let elements: Gc<[String]> = unsafe { elements.assume_init() };
    let watch = Gc::downgrade(&elements);
    assert_eq!(*elements, ["hello", "hello"]);
    let listed = gc::objects(None);
    assert!(listed.iter().all(|object| object.size() == 48));
    // What the elements own is leaked otherwise.
    for element in elements.iter() {
        // SAFETY: nobody reads them again, and the object drops none.
        drop(unsafe { std::ptr::read(element) });
    }
    drop(elements);
    assert!(watch.upgrade().is_none());
    assert_eq!(neighbour.numbers, [1_000; 5]);
    assert!(neighbour.link.is_none());
}

/// A slice that is too long is refused after the collection that was due, or before.
#[test]
fn slices_that_are_too_long_leave_the_counts_as_they_were() {
    let kept: Vec<_> = (0..700).map(|_| Gc::new(Knot::default())).collect();
    for length in [usize::MAX, isize::MAX as usize / 8] {
        for _ in 0..3 {
            let made = catch_unwind(|| Gc::<[Gc<Knot>]>::new_uninit_slice(length));
            assert!(made.is_err());
        }
    }
    assert!(gc::count().0 <= 700);
    drop(Gc::new(Knot::default()));
    drop(kept);
    assert_eq!(gc::count().0, 0);
}

/// Thresholds without end, and structures that grow large and become garbage.
#[test]
fn thresholds_that_are_never_reached() {
    gc::set_threshold((700, usize::MAX, usize::MAX));
    for _ in 0..20 {
        let first = Gc::new(Knot::default());
        let last = (0..10_000).fold(first.clone(), |last, _| {
            let next = Gc::new(Knot::default());
            last.links.borrow_mut().push(next.clone());
            next
        });
        last.links.borrow_mut().push(first);
    }
    gc::collect();
    assert_eq!(gc::objects(None).len(), 0);
}

/// A leaf whose drop panics with its number.
#[derive(Trace)]
#[trace(leaf)]
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(self.0));
    }
}

#[derive(Trace)]
struct Armed {
    first: Option<Bomb>,
    next: Option<Gc<Armed>>,
    last: Option<Bomb>,
}

/// D3: the panic that was raised first is resumed, whichever field raised it.
#[test]
fn the_first_of_nested_panics_in_drops_wins() {
    fn armed(first: Option<u32>, next: Option<Gc<Armed>>, last: Option<u32>) -> Gc<Armed> {
        Gc::new(Armed {
            first: first.map(Bomb),
            next,
            last: last.map(Bomb),
        })
    }
    let caught = |chain: Gc<Armed>| {
        let panic = catch_unwind(AssertUnwindSafe(|| drop(chain))).unwrap_err();
        *panic.downcast::<u32>().unwrap()
    };
    let inner = || Some(armed(None, None, Some(2)));
    assert_eq!(caught(armed(Some(1), inner(), None)), 1);
    assert_eq!(caught(armed(None, inner(), Some(1))), 2);
    let middle = armed(Some(3), inner(), None);
    assert_eq!(caught(armed(None, Some(middle), Some(1))), 3);
}

/// An object made as a `MaybeUninit` becomes one of the type that was written.
#[test]
fn a_value_assumed_to_be_written_is_traced_and_finalized() {
    let before = gc::objects(None).len();
    let knot = Gc::new(MaybeUninit::new(Knot::default()));

    // SAFETY: it was made with a value.
    let knot: Gc<Knot> = unsafe { knot.assume_init() };
    knot.links.borrow_mut().push(knot.clone());
    assert!(gc::is_tracked(&knot));
    drop(knot);
    gc::collect();
    assert_eq!(gc::objects(None).len(), before);
}

#[derive(Trace)]
struct Deep {
    next: Option<Gc<Deep>>,
    unwritten: Option<Gc<MaybeUninit<String>>>,
}

/// An object without a value that has to wait for its release is not taken for one that has it.
#[test]
fn an_unwritten_object_at_the_end_of_a_deep_structure() {
    let end = Deep {
        next: None,
        unwritten: Some(Gc::<String>::new_uninit()),
    };
    let deep = (0..40).fold(Gc::new(end), |next, _| {
        Gc::new(Deep {
            next: Some(next),
            unwritten: None,
        })
    });
    drop(deep);
}

/// A leaf that logs its drop, in a cycle that an object without a cycle holds.
#[derive(Trace)]
struct Ring {
    me: RefCell<Option<Gc<Ring>>>,
    #[trace(skip)]
    _log: Log,
}

#[derive(Trace)]
struct Holder(Gc<Ring>);

thread_local! {
    /// Made before the heap is, so that it goes after the heap's last collection.
    static HOLDER: RefCell<Option<Gc<Holder>>> = const { RefCell::new(None) };
}

#[test]
fn garbage_that_a_release_after_the_last_collection_leaves() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let entries = log.clone();
    std::thread::spawn(move || {
        HOLDER.with(|_| {});
        let ring = Gc::new(Ring {
            me: RefCell::default(),
            _log: Log(entries, "ring"),
        });
        *ring.me.borrow_mut() = Some(ring.clone());
        HOLDER.set(Some(Gc::new(Holder(ring))));
    })
    .join()
    .unwrap();
    assert_eq!(*log.lock().unwrap(), ["ring"]);
}

/// Counts how often it is traced.
#[derive(Default)]
struct Watched(Cell<usize>);

// SAFETY: owns no handles.
unsafe impl Trace for Watched {
    fn trace(&self, _: &mut Tracer) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_candidate_that_is_lent_is_not_looked_into() {
    gc::disable();
    let mut watched = Gc::new(Watched::default());
    drop(watched.clone());
    let lent = Gc::get_mut(&mut watched).unwrap();
    gc::collect();
    assert_eq!(*lent.0.get_mut(), 0);
    drop(watched.clone());
    gc::collect();
    assert_eq!(watched.0.get(), 1);
}

//! Every impl of `Trace` for the standard library reports what it owns, once, and nothing else.

use std::alloc::Layout;
use std::any::TypeId;
use std::borrow::Cow;
use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::hash::{Hash, Hasher, RandomState};
use std::marker::{PhantomData, PhantomPinned};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, Saturating, Wrapping};
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::{self, Rc};
use std::sync::atomic::{AtomicBool, AtomicPtr};
use std::sync::{self, Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, io, thread};

use gordian::gc::is_tracked;
use gordian::trace::{Leaf, Tracer};
use gordian::{Finalize, Gc, Trace};

/// Distinct objects to hold handles to.
fn objects<const N: usize>() -> [Gc<u8>; N] {
    let mut next = 0;
    std::array::from_fn(|_| {
        next += 1;
        Gc::new(next)
    })
}

/// Asserts that `value` reports a handle to each of `expected` once, in any order, and no other.
#[track_caller]
fn assert_reports<T: Trace + ?Sized>(value: &T, expected: &[&Gc<u8>]) {
    let mut reported = Tracer::edges_of(value);
    let mut addresses: Vec<*const ()> = expected
        .iter()
        .map(|handle| Gc::as_ptr(handle).cast())
        .collect();
    reported.sort_unstable();
    addresses.sort_unstable();
    assert_eq!(reported, addresses);
}

// What is reported.

#[test]
fn handles() {
    let [a] = objects();
    assert_reports(&a, &[&a]);
    assert_reports(&Gc::downgrade(&a), &[]);
    // SAFETY: the handle is not dereferenced as pinned, and `u8` is `Unpin` anyway.
    let pinned = unsafe { Pin::new_unchecked(a.clone()) };
    assert_reports(&pinned, &[&a]);
}

#[test]
fn tuples() {
    macro_rules! assert_tuple_reports {
        ($($handle:ident)+) => {
            assert_reports(&($($handle.clone(),)+), &[$(&$handle),+]);
        };
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l] = objects();
    assert_tuple_reports!(a);
    assert_tuple_reports!(a b);
    assert_tuple_reports!(a b c);
    assert_tuple_reports!(a b c d);
    assert_tuple_reports!(a b c d e);
    assert_tuple_reports!(a b c d e f);
    assert_tuple_reports!(a b c d e f g);
    assert_tuple_reports!(a b c d e f g h);
    assert_tuple_reports!(a b c d e f g h i);
    assert_tuple_reports!(a b c d e f g h i j);
    assert_tuple_reports!(a b c d e f g h i j k);
    assert_tuple_reports!(a b c d e f g h i j k l);
    assert_reports(&(1, a.clone(), a.clone()), &[&a, &a]);
}

#[test]
fn enums() {
    let [a, b] = objects();
    assert_reports(&Some(a.clone()), &[&a]);
    assert_reports(&None::<Gc<u8>>, &[]);
    assert_reports(&Ok::<_, Gc<u8>>(a.clone()), &[&a]);
    assert_reports(&Err::<Gc<u8>, _>(b.clone()), &[&b]);
    assert_reports(&Poll::Ready(a.clone()), &[&a]);
    assert_reports(&Poll::<Gc<u8>>::Pending, &[]);
    assert_reports(&ControlFlow::<_, Gc<u8>>::Break(a.clone()), &[&a]);
    assert_reports(&ControlFlow::<Gc<u8>, _>::Continue(b.clone()), &[&b]);
    assert_reports(&Bound::Included(a.clone()), &[&a]);
    assert_reports(&Bound::Excluded(a.clone()), &[&a]);
    assert_reports(&Bound::<Gc<u8>>::Unbounded, &[]);
}

#[test]
fn wrappers_and_ranges() {
    let [a, b] = objects();
    assert_reports(&Reverse(a.clone()), &[&a]);
    assert_reports(&Wrapping(a.clone()), &[&a]);
    assert_reports(&Saturating(a.clone()), &[&a]);
    assert_reports(&(a.clone()..b.clone()), &[&a, &b]);
    assert_reports(&(a.clone()..=b.clone()), &[&a, &b]);
    assert_reports(&(a.clone()..), &[&a]);
    assert_reports(&(..a.clone()), &[&a]);
    assert_reports(&(..=a.clone()), &[&a]);
}

#[test]
fn sequences() {
    let [a, b] = objects();
    let both = [a.clone(), b.clone()];
    assert_reports(&both, &[&a, &b]);
    assert_reports(&both[..], &[&a, &b]);
    assert_reports::<[Gc<u8>]>(&[], &[]);
    assert_reports(&Vec::from(both.clone()), &[&a, &b]);
    assert_reports(&LinkedList::from(both.clone()), &[&a, &b]);
    let mut wrapped = VecDeque::from(both.clone());
    wrapped.rotate_left(1);
    wrapped.push_front(a.clone());
    assert_reports(&wrapped, &[&a, &a, &b]);
}

#[test]
fn sets_and_maps() {
    let [a, b] = objects();
    let both = [a.clone(), b.clone()];
    assert_reports(&BinaryHeap::from(both.clone()), &[&a, &b]);
    assert_reports(&BTreeSet::from(both.clone()), &[&a, &b]);
    assert_reports(&HashSet::from(both), &[&a, &b]);
    assert_reports(&BTreeMap::from([(a.clone(), b.clone())]), &[&a, &b]);
    assert_reports(&BTreeMap::from([(1, a.clone()), (2, a.clone())]), &[&a, &a]);
    assert_reports(&HashMap::from([(a.clone(), b.clone())]), &[&a, &b]);
    assert_reports(&HashMap::from([(1, a.clone()), (2, b.clone())]), &[&a, &b]);
}

#[test]
fn owned_by_pointer() {
    let [a, b] = objects();
    assert_reports(&Box::new(a.clone()), &[&a]);
    assert_reports(&Box::<[_]>::from([a.clone(), b.clone()]), &[&a, &b]);
    assert_reports::<Box<dyn Trace>>(&(Box::new((a.clone(), b.clone())) as _), &[&a, &b]);
    assert_reports(&Box::pin(a.clone()), &[&a]);
    let both = [a.clone(), b.clone()];
    assert_reports(&Cow::<[Gc<u8>]>::Owned(both.to_vec()), &[&a, &b]);
}

#[test]
fn not_owned_alone() {
    let [a] = objects();
    let one = [a.clone()];
    assert_reports(&Cow::Borrowed(&one[..]), &[]);
    assert_reports(&ManuallyDrop::new(Box::new(0)), &[]);
    let mut kept = ManuallyDrop::new(a.clone());
    assert_reports(&kept, &[]);
    // SAFETY: dropped once, here, and not used afterwards.
    unsafe { ManuallyDrop::drop(&mut kept) };
    assert_reports(&MaybeUninit::<Gc<u8>>::uninit(), &[]);
    assert_reports(&PhantomData::<Gc<u8>>, &[]);
    let leaked: &'static Gc<u8> = Box::leak(Box::new(a.clone()));
    assert_reports(&leaked, &[]);
}

/// A leaf that holds a handle all the same, as one behind `#[trace(skip)]` does.
struct Hiding(Gc<u8>);

// SAFETY: it reports nothing.
unsafe impl Trace for Hiding {
    fn trace(&self, _: &mut Tracer) {}
}

impl Leaf for Hiding {}

#[test]
fn shared_owners_of_leaves() {
    let [a] = objects();
    let rc = Rc::new(Hiding(a.clone()));
    assert_reports(&rc, &[]);
    assert_reports(&(rc.clone(), Rc::downgrade(&rc)), &[]);
    assert_eq!(*rc.0, *a);
    let arc = Arc::new(1);
    assert_reports(&(arc.clone(), Arc::downgrade(&arc)), &[]);
}

// Cells and locks.

#[test]
fn cell() {
    let [a] = objects();
    let cell = Cell::new(Some(a.clone()));
    assert_reports(&cell, &[&a]);
    assert_eq!(cell.take(), Some(a));
    assert_reports(&cell, &[]);
}

#[test]
fn ref_cell() {
    let [a] = objects();
    let cell = RefCell::new(a.clone());
    assert_reports(&cell, &[&a]);
    let shared = cell.borrow();
    assert_reports(&cell, &[&a]);
    drop(shared);
    let exclusive = cell.borrow_mut();
    assert_reports(&cell, &[]);
    drop(exclusive);
    assert_reports(&cell, &[&a]);
    assert!(
        cell.try_borrow_mut().is_ok(),
        "tracing gave its borrow back"
    );
}

#[test]
fn once_cells() {
    let [a] = objects();
    let (cell, lock) = (OnceCell::new(), OnceLock::new());
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
    cell.get_or_init(|| {
        assert_reports(&cell, &[]);
        a.clone()
    });
    lock.get_or_init(|| {
        assert_reports(&lock, &[]);
        a.clone()
    });
    assert_reports(&cell, &[&a]);
    assert_reports(&lock, &[&a]);
}

#[test]
fn lazy_cells_are_not_forced() {
    let [a] = objects();
    let forced = Cell::new(0);
    let compute = || {
        forced.set(forced.get() + 1);
        a.clone()
    };
    let (cell, lock) = (LazyCell::new(compute), LazyLock::new(compute));
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
    assert_eq!(forced.get(), 0);
    LazyCell::force(&cell);
    LazyLock::force(&lock);
    assert_reports(&cell, &[&a]);
    assert_reports(&lock, &[&a]);
    assert_eq!(forced.get(), 2);
}

#[test]
fn poisoned_lazy_cells_report_nothing() {
    let cell = LazyCell::<Gc<u8>>::new(|| panic!("no value"));
    let lock = LazyLock::<Gc<u8>>::new(|| panic!("no value"));
    assert!(catch_unwind(AssertUnwindSafe(|| **cell)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| **lock)).is_err());
    assert_reports(&cell, &[]);
    assert_reports(&lock, &[]);
}

#[test]
fn mutex() {
    let [a] = objects();
    let mutex = Mutex::new(a.clone());
    assert_reports(&mutex, &[&a]);
    let guard = mutex.lock().unwrap();
    assert_reports(&mutex, &[]);
    drop(guard);
    assert_reports(&mutex, &[&a]);
    assert!(mutex.try_lock().is_ok(), "tracing released the lock");
    poison(|| mutex.lock().unwrap());
    assert!(mutex.is_poisoned());
    assert_reports(&mutex, &[&a]);
}

#[test]
fn rw_lock() {
    let [a] = objects();
    let lock = RwLock::new(a.clone());
    assert_reports(&lock, &[&a]);
    let reader = lock.read().unwrap();
    assert_reports(&lock, &[&a]);
    drop(reader);
    let writer = lock.write().unwrap();
    assert_reports(&lock, &[]);
    drop(writer);
    assert!(lock.try_write().is_ok(), "tracing released the lock");
    poison(|| lock.write().unwrap());
    assert!(lock.is_poisoned());
    assert_reports(&lock, &[&a]);
}

/// Panics while holding what `lock` returns.
fn poison<G>(lock: impl FnOnce() -> G) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock();
        panic!("poison");
    }));
    assert!(outcome.is_err());
}

/// A value whose `trace` panics.
struct Panicking;

// SAFETY: it reports nothing.
unsafe impl Trace for Panicking {
    fn trace(&self, _: &mut Tracer) {
        panic!("trace");
    }
}

#[test]
fn a_panicking_trace_leaves_cells_and_locks_as_they_were() {
    let (cell, mutex, lock) = (
        RefCell::new(Panicking),
        Mutex::new(Panicking),
        RwLock::new(Panicking),
    );
    for value in [&cell as &dyn Trace, &mutex, &lock] {
        assert!(catch_unwind(AssertUnwindSafe(|| Tracer::edges_of(value))).is_err());
    }
    assert!(cell.try_borrow_mut().is_ok());
    assert!(mutex.try_lock().is_ok());
    assert!(lock.try_write().is_ok());
}

// What is tracked.

macro_rules! assert_tracked {
    ($expected:literal: $($value:expr),+ $(,)?) => {$(
        assert_eq!(is_tracked(&Gc::new($value)), $expected, stringify!($value));
    )+};
}

extern "C" fn foreign(_: u8) {}

#[test]
fn scalars_and_system_types_are_not_tracked() {
    assert_tracked!(false: (), 1_u8, -1_i128, 1.5_f64, true, 'c', NonZeroU8::MIN, 1.cmp(&2));
    assert_tracked!(false: Wrapping(1), Saturating(1), Reverse(1), 0..1, 0..=1, 1.., ..=2, ..);
    assert_tracked!(false: AtomicBool::new(true), AtomicPtr::<Gc<u8>>::default());
    assert_tracked!(false: PhantomData::<Gc<u8>>, PhantomPinned, Layout::new::<u8>());
    assert_tracked!(false: TypeId::of::<u8>(), RandomState::new(), thread::current().id());
    assert_tracked!(false: "static", String::new(), CString::default(), OsString::new());
    assert_tracked!(false: PathBuf::new(), Duration::ZERO, Instant::now(), SystemTime::now());
    assert_tracked!(false: IpAddr::from([0; 4]), SocketAddr::from(([0; 4], 1)), fmt::Error);
    assert_tracked!(false: io::Error::other("a"), Condvar::new(), Barrier::new(1), Once::new());
    assert_tracked!(false: drop::<u8> as fn(u8), foreign as extern "C" fn(u8));
}

#[test]
fn owners_of_leaves_are_not_tracked() {
    assert_tracked!(false: vec![1_u8], (1_u8, String::new()), [Some('c'); 3], Ok::<u8, String>(1));
    assert_tracked!(false: Some(PathBuf::new()), Poll::Ready(1), Bound::Included(1));
    assert_tracked!(false: VecDeque::<u8>::new(), LinkedList::<u8>::new(), BinaryHeap::<u8>::new());
    assert_tracked!(false: HashMap::<String, Vec<u8>>::new(), HashSet::<u8>::new());
    assert_tracked!(false: BTreeMap::<u8, u8>::new(), BTreeSet::<u8>::new());
    assert_tracked!(false: Cell::new(1), RefCell::new(vec![1]), OnceCell::<u8>::new());
    assert_tracked!(false: Mutex::new(1), RwLock::new(1), OnceLock::<u8>::new());
    assert_tracked!(false: LazyCell::new(|| 1), LazyLock::new(|| 1));
    assert_tracked!(false: Rc::new(1), Arc::<str>::from("a"), Cow::<'static, str>::Borrowed("a"));
    assert_tracked!(false: rc::Weak::<u8>::new(), sync::Weak::<u8>::new());
    assert_tracked!(false: Gc::downgrade(&Gc::new(1)));
    assert_tracked!(false: ManuallyDrop::new(1));
}

#[test]
fn owners_of_handles_are_tracked() {
    let [a] = objects();
    assert_tracked!(true: a.clone(), (1, a.clone()), [a.clone()], Some(a.clone()), vec![a.clone()]);
    assert_tracked!(true: HashMap::from([(1, a.clone())]), BTreeMap::from([(a.clone(), 1)]));
    assert_tracked!(true: Cell::new(a.clone()), RefCell::new(a.clone()), OnceCell::from(a.clone()));
    assert_tracked!(true: Mutex::new(a.clone()), RwLock::new(a.clone()), OnceLock::from(a.clone()));
    assert_tracked!(true: Cow::<'static, [Gc<u8>]>::Owned(vec![a.clone()]), Reverse(a.clone()));
    // What will be written there may hold handles.
    assert_tracked!(true: MaybeUninit::<u8>::uninit());
    // Unsized values cannot be asked, so nothing is known behind a box.
    assert_tracked!(true: Box::new(1), Box::pin(1), Box::<str>::from("a"));
}

/// Compiles for leaves only.
fn leaf<T: Leaf + ?Sized>() {}

/// `<T as NotLeaf<_>>::holds()` is ambiguous, and does not compile, if `T` is a `Leaf`.
trait NotLeaf<Marker> {
    fn holds() {}
}

impl<T: ?Sized> NotLeaf<()> for T {}
impl<T: ?Sized + Leaf> NotLeaf<u8> for T {}

#[test]
fn leaves() {
    leaf::<str>();
    leaf::<[String]>();
    leaf::<CStr>();
    leaf::<OsStr>();
    leaf::<Path>();
    leaf::<Box<str>>();
    leaf::<(u8, Option<[Rc<str>; 2]>)>();
    leaf::<HashMap<String, Cow<'static, str>>>();
    leaf::<RefCell<Mutex<Cell<u8>>>>();
    leaf::<LazyLock<u8>>();
    <Gc<u8> as NotLeaf<_>>::holds();
    <gordian::Weak<u8> as NotLeaf<_>>::holds();
    <Pin<Gc<u8>> as NotLeaf<_>>::holds();
    <(u8, Gc<u8>) as NotLeaf<_>>::holds();
    <[Gc<u8>] as NotLeaf<_>>::holds();
    <Box<Gc<u8>> as NotLeaf<_>>::holds();
    <BTreeMap<u8, Gc<u8>> as NotLeaf<_>>::holds();
    <RefCell<Gc<u8>> as NotLeaf<_>>::holds();
    <Mutex<Gc<u8>> as NotLeaf<_>>::holds();
    <ManuallyDrop<Gc<u8>> as NotLeaf<_>>::holds();
    <Cow<'static, [Gc<u8>]> as NotLeaf<_>>::holds();
}

// Finalizers.

/// Counts the runs of its finalizer.
#[derive(Trace, Clone)]
#[trace(finalize)]
struct Counting {
    id: u8,
    runs: Rc<Cell<u32>>,
}

impl Finalize for Counting {
    fn finalize(&self) {
        self.runs.set(self.runs.get() + 1);
    }
}

impl Hash for Counting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl PartialEq for Counting {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Counting {}

impl PartialOrd for Counting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

/// How many finalizers run when the object made of two counting values goes.
fn finalized<T: Trace + 'static>(make: impl FnOnce(Counting, Counting) -> T) -> u32 {
    let runs = Rc::new(Cell::new(0));
    let object = Gc::new(make(
        Counting {
            id: 1,
            runs: runs.clone(),
        },
        Counting {
            id: 2,
            runs: runs.clone(),
        },
    ));
    assert_eq!(runs.get(), 0);
    drop(object);
    runs.get()
}

#[test]
fn finalizers_run_in_what_is_owned_plainly() {
    assert_eq!(finalized(|a, _| a), 1);
    assert_eq!(finalized(|a, b| (a, b)), 2);
    assert_eq!(finalized(|a, b| [a, b]), 2);
    assert_eq!(finalized(|a, b| (Some(a), Ok::<_, u8>(b))), 2);
    assert_eq!(finalized(|a, b| (Err::<u8, _>(a), Poll::Ready(b))), 2);
    assert_eq!(
        finalized(|a, b| ControlFlow::<_, u8>::Break((a, Bound::Included(b)))),
        2
    );
    assert_eq!(finalized(|a, b| (Reverse(a), Wrapping(b))), 2);
    assert_eq!(finalized(|a, b| (Box::new(a), Box::pin(b))), 2);
    assert_eq!(finalized(|a, b| Box::new((a, b)) as Box<dyn Trace>), 2);
    assert_eq!(finalized(|a, b| Box::<[_]>::from([a, b])), 2);
    assert_eq!(
        finalized(|a, b| Cow::<'static, [Counting]>::Owned(vec![a, b])),
        2
    );
    assert_eq!(finalized(|a, b| a..=b), 2);
}

#[test]
fn finalizers_run_in_collections() {
    assert_eq!(finalized(|a, b| vec![a, b]), 2);
    assert_eq!(finalized(|a, b| VecDeque::from([a, b])), 2);
    assert_eq!(finalized(|a, b| LinkedList::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BinaryHeap::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BTreeSet::from([a, b])), 2);
    assert_eq!(finalized(|a, b| HashSet::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BTreeMap::from([(a, b)])), 2);
    assert_eq!(finalized(|a, b| HashMap::from([(a, b)])), 2);
}

#[test]
fn finalizers_do_not_run_in_cells_locks_and_what_is_not_owned() {
    assert_eq!(finalized(|a, b| (Cell::new(Some(a)), RefCell::new(b))), 0);
    assert_eq!(finalized(|a, b| (Mutex::new(a), RwLock::new(b))), 0);
    assert_eq!(finalized(|a, b| (OnceCell::from(a), OnceLock::from(b))), 0);
    assert_eq!(
        finalized(|a, b| (ManuallyDrop::new(a), MaybeUninit::new(b))),
        0
    );
    let lazy = |a: Counting, b: Counting| {
        let (cell, lock) = (LazyCell::new(move || a), LazyLock::new(move || b));
        LazyCell::force(&cell);
        LazyLock::force(&lock);
        (cell, lock)
    };
    assert_eq!(finalized(lazy), 0);
    // One that would run shows that the cell beside it was passed by.
    assert_eq!(finalized(|a, b| (a, RefCell::new(b))), 1);
}

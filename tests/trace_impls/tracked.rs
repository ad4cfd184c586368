//! Which types are tracked: those that may hold handles. The others are leaves.

use std::alloc::Layout;
use std::any::TypeId;
use std::borrow::Cow;
use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::hash::RandomState;
use std::marker::{PhantomData, PhantomPinned};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, Saturating, Wrapping};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::{self, Rc};
use std::sync::atomic::{AtomicBool, AtomicPtr};
use std::sync::{self, Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, io, thread};

use gordian::Gc;
use gordian::gc::is_tracked;
use gordian::trace::Leaf;

use super::objects;

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

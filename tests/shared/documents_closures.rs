//! The samples of a document on closures that hold themselves through cells, by hand-written
//! closure types.

use std::sync::Mutex;
use std::vec;

use super::stage::{Canary, Log, Slot, fresh, state};
use super::{Gc, Trace, Weak, gc};

/// A nested list.
#[derive(Clone)]
pub(super) enum Item {
    Int(i32),
    List(Vec<Item>),
}

/// `[1, [2, 3]]`
pub(super) fn sample() -> Vec<Item> {
    vec![Item::Int(1), Item::List(vec![Item::Int(2), Item::Int(3)])]
}

/// A variable that closures share.
type Cell = Slot<Gc<Func>>;

/// A closure: its free variables, and what else it captured.
#[derive(Trace)]
struct Func {
    free: Vec<Gc<Cell>>,
    data: Option<Gc<Data>>,
    default: Option<Gc<BoundMethod>>,
    _canary: Canary,
}

impl Func {
    fn new(free: Vec<Gc<Cell>>, log: &Log) -> Gc<Self> {
        Self::capturing(free, None, None, log)
    }

    fn capturing(
        free: Vec<Gc<Cell>>,
        data: Option<Gc<Data>>,
        default: Option<Gc<BoundMethod>>,
        log: &Log,
    ) -> Gc<Self> {
        Gc::new(Self {
            free,
            data,
            default,
            _canary: Canary::new("func", log),
        })
    }

    /// Empties its cells.
    fn close(&self) {
        self.free.iter().for_each(|cell| cell.clear());
    }
}

/// Something big that a closure hangs on to.
#[derive(Trace)]
struct Data {
    parts: Vec<Gc<Data>>,
    _canary: Canary,
}

#[derive(Trace)]
struct Encoder {
    parent: Option<Gc<Encoder>>,
    name: &'static str,
    _canary: Canary,
}

#[derive(Trace)]
struct BoundMethod {
    receiver: Gc<Encoder>,
}

/// The generator of `f` called with a list: holds `f` until it is exhausted or dropped.
struct ListIter {
    f: Option<Gc<Func>>,
    items: vec::IntoIter<Item>,
    inner: Option<Box<ListIter>>,
}

fn listiter(f: Gc<Func>, list: Vec<Item>) -> ListIter {
    ListIter {
        f: Some(f),
        items: list.into_iter(),
        inner: None,
    }
}

impl Iterator for ListIter {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        loop {
            if let Some(item) = self.inner.as_mut().and_then(|inner| inner.next()) {
                return Some(item);
            }
            self.inner = None;
            match self.items.next() {
                Some(Item::Int(int)) => return Some(int),
                Some(Item::List(list)) => {
                    let f = self.f.as_ref()?.free[0].get()?;
                    self.inner = Some(Box::new(listiter(f, list)));
                }
                None => {
                    self.f = None;
                    return None;
                }
            }
        }
    }
}

/// A closure that holds itself through a cell, and the cell.
fn make_func(log: &Log) -> (Gc<Func>, Gc<Cell>) {
    let cell = Gc::new(Cell::empty());
    let func = Func::new(vec![cell.clone()], log);
    cell.set(func.clone());
    (func, cell)
}

/// `make_iter`: an iterator, and no code left to clear the cell.
fn make_iter(list: Vec<Item>, log: &Log) -> ListIter {
    listiter(make_func(log).0, list)
}

/// `itertest2`: a generator whose last line clears the cell.
enum Cleaning {
    NotStarted(Vec<Item>, Log),
    Running(ListIter, Gc<Cell>),
    Done,
}

impl Iterator for Cleaning {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        if let Self::NotStarted(list, log) = self {
            let (func, cell) = make_func(log);
            *self = Self::Running(listiter(func, std::mem::take(list)), cell);
        }
        let Self::Running(chunks, cell) = self else {
            return None;
        };
        let item = chunks.next();
        if item.is_none() {
            let cell = cell.clone();
            *self = Self::Done;
            cell.clear();
        }
        item
    }
}

/// `itertest`
#[test]
fn e3_1_itertest() {
    fresh();
    let log = Log::default();
    let (func, cell) = make_func(&log);
    let mut chunks = listiter(func.clone(), sample());
    drop((func, cell));
    assert_eq!(gc::collect(), 0);
    assert_eq!(chunks.next(), Some(1));
    assert_eq!(gc::collect(), 0);
    assert_eq!(chunks.by_ref().collect::<Vec<_>>(), [2, 3]);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take(), ["drop func"]);
    assert_eq!(chunks.next(), None);
}

/// `itertest2`
#[test]
fn e3_2_itertest2() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    let mut iter = Cleaning::NotStarted(sample(), log.clone());
    assert_eq!(
        [iter.next(), iter.next(), iter.next()],
        [Some(1), Some(2), Some(3)]
    );
    assert_eq!(gc::objects(None).len(), before + 2);
    assert!(log.take().is_empty());
    assert_eq!(iter.next(), None);
    assert_eq!(gc::objects(None).len(), before);
    assert_eq!(log.take(), ["drop func"]);
    assert_eq!(gc::collect(), 0);
}

/// `itertest2` abandoned half-way
#[test]
fn e3_3_abandoned() {
    fresh();
    let log = Log::default();
    let mut iter = Cleaning::NotStarted(sample(), log.clone());
    assert_eq!(iter.next(), Some(1));
    drop(iter);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take(), ["drop func"]);

    drop(Cleaning::NotStarted(sample(), log.clone()));
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// update: `make_iter` / `get_iterator`
#[test]
fn e3_4_make_iter() {
    fresh();
    let log = Log::default();
    for n in [1, 10] {
        for _ in 0..n {
            assert_eq!(make_iter(sample(), &log).collect::<Vec<_>>(), [1, 2, 3]);
        }
        assert!(log.take().is_empty());
        assert_eq!(gc::collect(), 2 * n);
        assert_eq!(log.take().len(), n);
    }
}

/// `json.encoder._make_iterencode`
#[test]
fn e3_5_make_iterencode() {
    fresh();
    let log = Log::default();
    let make = || {
        let canary = Canary::new("encoder", &log);
        let encoder = Gc::new(Encoder {
            parent: None,
            name: "JSONEncoder",
            _canary: canary,
        });
        let default = Gc::new(BoundMethod {
            receiver: encoder.clone(),
        });
        let cells = [(); 3].map(|()| Gc::new(Cell::empty()));
        let iterencode = Func::capturing(cells.to_vec(), None, Some(default), &log);
        cells[0].set(iterencode);
        cells[1].set(Func::new(cells.to_vec(), &log));
        cells[2].set(Func::new(cells.to_vec(), &log));
        let iterencode = cells[0].get().unwrap();
        let bound = iterencode.default.as_ref().unwrap();
        assert!(Gc::ptr_eq(&bound.receiver, &encoder));
        encoder
    };
    let funcs = ["drop func"; 3];

    drop(make());
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 8);
    assert_eq!(
        log.take_sorted(),
        ["drop encoder", funcs[0], funcs[1], funcs[2]]
    );

    let encoder = make();
    assert_eq!(Gc::strong_count(&encoder), 2);
    assert_eq!(gc::collect(), 7);
    assert_eq!(log.take(), funcs);
    assert_eq!(Gc::strong_count(&encoder), 1);
    assert!(encoder.parent.is_none());
    assert_eq!(encoder.name, "JSONEncoder");
    drop(encoder);
    assert_eq!(log.take(), ["drop encoder"]);
    assert_eq!(gc::collect(), 0);
}

/// "hang on to all the data"
#[test]
fn e3_6_hanging_on_to_data() {
    fresh();
    let log = Log::default();
    let data = Gc::new(Data {
        parts: Vec::new(),
        _canary: Canary::new("data", &log),
    });
    let of_data = Gc::downgrade(&data);
    let cell = Gc::new(Cell::empty());
    let func = Func::capturing(vec![cell.clone()], Some(data), None, &log);
    cell.set(func.clone());
    assert!(func.data.as_ref().is_some_and(|data| data.parts.is_empty()));
    drop((func, cell));
    assert_eq!(state(&of_data), "Some");
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    assert_eq!(state(&of_data), "None");
    assert_eq!(log.take_sorted(), ["drop data", "drop func"]);
}

/// wish: `func.close()`
#[test]
fn e3_7_close() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    let (func, cell) = make_func(&log);
    drop(cell);
    assert_eq!(
        listiter(func.clone(), sample()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    func.close();
    assert!(log.take().is_empty());
    drop(func);
    assert_eq!(log.take(), ["drop func"]);
    assert_eq!(gc::objects(None).len(), before);
    assert_eq!(gc::collect(), 0);
}

/// "use class objects instead"
#[test]
fn e3_8_class_instead() {
    #[derive(Trace)]
    struct Flattener {
        data: Option<Gc<Data>>,
        _canary: Canary,
    }
    impl Flattener {
        fn flatten(&self, list: &[Item], into: &mut Vec<i32>) {
            for item in list {
                match item {
                    Item::Int(int) => into.push(*int),
                    Item::List(list) => self.flatten(list, into),
                }
            }
        }
    }
    fresh();
    let log = Log::default();
    let flattener = Gc::new(Flattener {
        data: None,
        _canary: Canary::new("flattener", &log),
    });
    let mut flat = Vec::new();
    flattener.flatten(&sample(), &mut flat);
    assert_eq!(flat, [1, 2, 3]);
    assert!(flattener.data.is_none());
    drop(flattener);
    assert_eq!(log.take(), ["drop flattener"]);
    assert_eq!(gc::collect(), 0);
}

/// weak fix
#[test]
fn e3_9_weak_cell() {
    #[derive(Trace)]
    struct WeakFunc {
        free: Vec<Gc<Slot<Weak<WeakFunc>>>>,
        _canary: Canary,
    }
    impl WeakFunc {
        fn flatten(&self, list: &[Item]) -> Vec<i32> {
            let flat = |item: &Item| match item {
                Item::Int(int) => vec![*int],
                Item::List(list) => self.free[0].get().unwrap().upgrade().unwrap().flatten(list),
            };
            list.iter().flat_map(flat).collect()
        }
    }
    fresh();
    let log = Log::default();
    let cell = Gc::new(Slot::empty());
    let func = Gc::new(WeakFunc {
        free: vec![cell.clone()],
        _canary: Canary::new("func", &log),
    });
    cell.set(Gc::downgrade(&func));
    assert_eq!(func.flatten(&sample()), [1, 2, 3]);
    drop(func);
    assert_eq!(log.take(), ["drop func"]);
    assert_eq!(state(&cell.get().unwrap()), "None");
    drop(cell);
    assert_eq!(gc::collect(), 0);
}

/// Hettinger's class-like objects
#[test]
fn e3_10_class_like_objects() {
    #[derive(Trace)]
    struct Namespace {
        members: Mutex<Vec<Gc<Member>>>,
        _canary: Canary,
    }
    #[derive(Trace)]
    struct Member {
        namespace: Gc<Namespace>,
        _canary: Canary,
    }
    fresh();
    let log = Log::default();
    let canary = |name| Canary::new(name, &log);
    let namespace = Gc::new(Namespace {
        members: Mutex::default(),
        _canary: canary("namespace"),
    });
    for name in ["deposit", "withdraw"] {
        let member = Gc::new(Member {
            namespace: namespace.clone(),
            _canary: canary(name),
        });
        assert!(Gc::ptr_eq(&member.namespace, &namespace));
        namespace.members.lock().unwrap().push(member);
    }
    assert_eq!(Gc::strong_count(&namespace), 3);
    drop(namespace);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    assert_eq!(
        log.take_sorted(),
        ["drop deposit", "drop namespace", "drop withdraw"]
    );
}

/// "not being released immediately but lingering"
#[test]
fn e3_11_lingering() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    for _ in 0..100 {
        assert_eq!(make_iter(sample(), &log).collect::<Vec<_>>(), [1, 2, 3]);
    }
    assert_eq!(gc::objects(None).len(), before + 200);
    assert!(log.take().is_empty());
    let thresholds = gc::threshold();
    gc::set_threshold(100);
    gc::enable();
    let next = Gc::new(Cell::empty());
    gc::disable();
    gc::set_threshold(thresholds);
    assert_eq!(log.take(), ["drop func"; 100]);
    assert_eq!(gc::objects(None).len(), before + 1);
    assert!(next.get().is_none());
}

//! What is on the heap, counted by type.

use gordian::Trace;
use gordian_tests::Log;

use super::{Finalize, Gc, fresh, gc};

/// The counts by type and what they grew by.
#[test]
fn the_census_counts_objects_and_bytes_by_type() {
    #[derive(Trace)]
    struct Counted {
        #[trace(skip)]
        _payload: [u64; 4],
        next: Option<Gc<Counted>>,
    }

    fresh();
    let before = gc::census();
    let kept = Gc::new(1_u16);
    let mut last: Option<Gc<Counted>> = None;
    for _ in 0..10 {
        last = Some(Gc::new(Counted {
            _payload: [0; 4],
            next: last.take(),
        }));
    }
    assert!(last.as_ref().is_some_and(|last| last.next.is_some()));
    gc::freeze();
    let after = gc::census();
    gc::unfreeze();
    let change = after.since(&before);
    let rows: Vec<_> = change
        .rows()
        .iter()
        .map(|row| (row.type_name, row.objects, row.bytes))
        .collect();
    let name = std::any::type_name::<Counted>();
    assert_eq!(rows, [(name, 10, 400), ("u16", 1, 2)]);
    assert_eq!(after.rows()[0].type_name, name);
    assert_eq!((after.rows()[0].objects, after.rows()[0].bytes), (10, 400));
    let table = change.to_string();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "objects  bytes  type");
    assert_eq!(lines[1], format!("    +10   +400  {name}"));
    assert_eq!(lines[2], "     +1     +2  u16");
    let table = after.to_string();
    assert_eq!(
        table.lines().next().map(str::trim_start),
        Some("objects  bytes  type")
    );
    let line = table.lines().nth(1).map(str::trim_start);
    assert_eq!(line, Some(&*format!("10    400  {name}")));
    drop((kept, last));
    let back = gc::census().since(&after);
    assert_eq!((back.rows()[0].objects, back.rows()[1].objects), (-1, -10));
    assert!(gc::census().since(&before).rows().is_empty());
    assert_eq!(
        gc::census().since(&before).to_string(),
        "objects  bytes  type"
    );
}

/// Counts the objects when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
struct Counter(Log<usize>);

impl Drop for Counter {
    fn drop(&mut self) {
        self.0.push(gc::objects(None).len());
    }
}

#[derive(Trace)]
struct Ordinary {
    _link: Option<Gc<Ordinary>>,
    _counter: Counter,
}

#[derive(Trace)]
#[trace(finalize)]
struct Finalized {
    _link: Option<Gc<Ordinary>>,
    _counter: Counter,
}

impl Finalize for Finalized {
    fn finalize(&self) {
        self._counter.0.push(gc::objects(None).len());
    }
}

/// From the first callback on an object is in no list.
#[test]
fn objects_are_not_listed_while_they_go() {
    fresh();
    let log = Log::new();
    let ordinary = || {
        let _counter = Counter(log.clone());
        Gc::new(Ordinary {
            _link: None,
            _counter,
        })
    };
    let counting = || {
        let log = log.clone();
        move || log.push(gc::objects(None).len())
    };
    drop(ordinary());
    assert_eq!(log.take(), [0]);

    drop(Gc::new(Finalized {
        _link: Some(ordinary()),
        _counter: Counter(log.clone()),
    }));
    assert_eq!(log.take(), [2, 0, 0]);

    let told = ordinary();
    let _weak = Gc::downgrade_with(&told, counting());
    drop(told);
    assert_eq!(log.take(), [0, 0]);

    let told = ordinary();
    let _weak = Gc::downgrade_with(&told, counting());
    let value = Gc::try_unwrap(told).ok().unwrap();
    assert_eq!(log.take(), [0]);
    drop(value);
}

/// What is said of an object: how many weak handles it has.
#[test]
fn weak_handles_of_what_is_listed_are_counted() {
    fresh();
    let told = Gc::new(Ordinary {
        _link: None,
        _counter: Counter(Log::new()),
    });
    let weak_count = || gc::objects(None)[0].weak_count();
    assert_eq!(weak_count(), 0);
    let _two = [Gc::downgrade(&told), Gc::downgrade(&told)];
    assert_eq!(weak_count(), 2);
}

/// They take no bytes; of what takes as many the most objects come first.
#[test]
fn types_without_a_size_are_counted() {
    #[derive(Trace)]
    struct Empty;

    fresh();
    let before = gc::census();
    let kept = (Gc::new(()), [Gc::new(Empty), Gc::new(Empty)]);
    let after = gc::census();
    let change = after.since(&before);
    let rows = change.rows().iter();
    let rows: Vec<_> = rows
        .map(|row| (row.type_name, row.objects, row.bytes))
        .collect();
    let name = std::any::type_name::<Empty>();
    assert_eq!(rows, [(name, 2, 0), ("()", 1, 0)]);
    let last = after.rows().iter().filter(|row| row.bytes == 0);
    assert_eq!(last.count(), 2);
    drop(kept);
}

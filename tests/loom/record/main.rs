//! The first word of a shared object, which gets an extension, or another type, while others read it.

#[path = "../../../gc/src/object/shared/record.rs"]
mod record;

use gordian_loom::atomic::{self, UnsafeCell};
use gordian_loom::{explore, explore_within};
use loom::alloc::Track;
use loom::sync::Arc;
use loom::thread;

use self::record::{Record, TypeCell};

/// A tag bit of the word.
#[derive(Clone, Copy)]
struct Tag(usize);

impl Tag {
    const EXTENDED: Self = Self(1);
    const UNTRACKED: Self = Self(2);
    const HAS_FINALIZER: Self = Self(4);
    const MASK: usize = 63;

    const fn bit(self) -> usize {
        self.0
    }
}

#[derive(PartialEq, Eq, Debug)]
#[repr(align(64))]
struct TypeInfo(u32);

static OLD: TypeInfo = TypeInfo(1);
static NEW: TypeInfo = TypeInfo(2);

/// What was written when it was made is read by who finds it. Loom sees whether it leaks.
#[repr(align(64))]
struct Extension {
    info: TypeCell,
    made: UnsafeCell<bool>,
    _memory: Track<()>,
}

impl Extension {
    fn new(info: &'static TypeInfo) -> Self {
        let made = UnsafeCell::new(false);
        // SAFETY: nobody else knows it.
        made.with_mut(|made| unsafe { *made = true });
        Self {
            info: TypeCell::new(info),
            made,
            _memory: Track::new(()),
        }
    }

    /// Its address.
    fn touch(&self) -> usize {
        // SAFETY: loom checks that the write came before.
        assert!(self.made.with(|made| unsafe { *made }));
        std::ptr::from_ref(self).addr()
    }
}

/// A word of an object of the old type, that is not tracked.
fn record() -> Arc<Record> {
    let record = Record(atomic::AtomicPtr::new(std::ptr::null_mut()));
    record.describe(&OLD, Tag::UNTRACKED.bit());
    Arc::new(record)
}

/// All is over: the extension goes.
fn end(record: &Record) {
    assert!(record.has(Tag::UNTRACKED), "a tag is lost");
    end_tracked(record);
}

/// The same of an object that is tracked by now.
fn end_tracked(record: &Record) {
    // SAFETY: all other threads have ended.
    drop(unsafe { record.take_extension() });
}

#[test]
fn two_threads_extend_at_once() {
    explore(|| {
        let record = record();
        let other = {
            let record = Arc::clone(&record);
            thread::spawn(move || record.extend().touch())
        };
        let mine = record.extend().touch();
        assert_eq!(other.join().unwrap(), mine);
        assert_eq!(record.info(), &OLD);
        end(&record);
    });
}

#[test]
fn the_type_is_asked_for_while_two_threads_extend() {
    explore_within(2, || {
        let record = record();
        let others = [0; 2].map(|_| {
            let record = Arc::clone(&record);
            thread::spawn(move || record.extend().touch())
        });
        assert_eq!(record.info(), &OLD);
        let found = record.extension().map(Extension::touch);
        for other in others {
            let extension = other.join().unwrap();
            assert!(found.is_none_or(|found| found == extension));
        }
        assert_eq!(record.info(), &OLD);
        end(&record);
    });
}

#[test]
fn another_type_is_set_while_two_threads_extend() {
    explore_within(2, || {
        let record = record();
        let others = [0; 2].map(|_| {
            let record = Arc::clone(&record);
            thread::spawn(move || record.extend().touch())
        });
        record.set_type(&NEW, true);
        assert_eq!(record.info(), &NEW);
        assert!(record.has(Tag::HAS_FINALIZER));
        let [one, two] = others.map(|other| other.join().unwrap());
        assert_eq!(one, two);
        assert_eq!(record.info(), &NEW);
        assert!(record.has(Tag::HAS_FINALIZER));
        end(&record);
    });
}

/// It is one or the other.
#[test]
fn the_type_is_asked_for_while_another_one_is_set() {
    explore_within(2, || {
        let record = record();
        let [setting, extending] = [0, 1].map(|number| {
            let record = Arc::clone(&record);
            thread::spawn(move || match number {
                0 => record.set_type(&NEW, false),
                _ => drop(record.extend().touch()),
            })
        });
        let first = record.info();
        let second = record.info();
        assert!(first == second || second == &NEW, "the old type comes back");
        setting.join().unwrap();
        extending.join().unwrap();
        assert_eq!(record.info(), &NEW);
        end(&record);
    });
}

/// One of them takes it away, and neither the extension nor the other tags with it.
#[test]
fn two_threads_take_a_tag_away_while_another_one_extends() {
    explore_within(2, || {
        let record = record();
        let [untagging, extending] = [0, 1].map(|number| {
            let record = Arc::clone(&record);
            thread::spawn(move || match number {
                0 => record.untag(Tag::UNTRACKED),
                _ => record.extend().touch() == 0,
            })
        });
        let is_mine = record.untag(Tag::UNTRACKED);
        assert_ne!(untagging.join().unwrap(), is_mine);
        extending.join().unwrap();
        assert!(!record.has(Tag::UNTRACKED) && record.extension().is_some());
        assert_eq!(record.info(), &OLD);
        end_tracked(&record);
    });
}

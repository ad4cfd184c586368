//! The first word of a shared object, which gets an extension, or another type, while others read it.

mod object;
#[path = "../../../gc/src/object/shared/record.rs"]
mod record;

use gordian_loom::{atomic, explore, explore_within};
use loom::alloc::Track;
use loom::sync::Arc;
use loom::thread;

use self::object::{Extension, NEW, OLD, Tag, TypeInfo, end};
use self::record::Record;

fn record() -> Arc<Record> {
    Arc::new(object::record())
}

/// The end of an object that is not tracked still.
fn end_untracked(record: &Record) {
    assert!(record.has(Tag::UNTRACKED), "a tag is lost");
    end(record);
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
        end_untracked(&record);
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
        end_untracked(&record);
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
        end_untracked(&record);
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
        end_untracked(&record);
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
        end(&record);
    });
}

//! The first word of a shared object, to which several threads do random things: see `tests/loom/record`.

#[path = "../../loom/record/object.rs"]
mod object;
#[path = "../../../gc/src/object/shared/record.rs"]
mod record;

use std::cell::Cell;

use gordian_shuttle::{atomic, explore};
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::Arc;
use shuttle::thread;

use self::object::{Extension, NEW, OLD, Tag, TypeInfo, end};
use self::record::Record;

std::thread_local! {
    /// How many extensions there are. All threads of a history are run on one.
    static EXTENSIONS: Cell<usize> = const { Cell::new(0) };
}

/// Is counted as long as it is there.
struct Track<T>(T);

impl<T> Track<T> {
    fn new(value: T) -> Self {
        EXTENSIONS.set(EXTENSIONS.get() + 1);
        Self(value)
    }
}

impl<T> Drop for Track<T> {
    fn drop(&mut self) {
        EXTENSIONS.set(EXTENSIONS.get() - 1);
    }
}

/// A thread, and what it knows of the word: what comes later must agree with it.
#[derive(Default)]
struct Player {
    /// It sets the type, once, to one with a finalizer or without.
    setting: Option<bool>,
    is_new: bool,
    extension: Option<usize>,
    /// It has taken the tag away.
    has_untagged: bool,
}

impl Player {
    fn play(mut self, record: &Record) -> Self {
        for _ in 0..6 {
            match thread_rng().gen_range(0..5) {
                0 => self.found(Some(record.extend())),
                1 => self.found(record.extension()),
                2 => self.ask(record),
                3 => self.untag(record),
                _ => self.set(record),
            }
        }
        self
    }

    /// There is one at most, and it stays.
    fn found(&mut self, extension: Option<&Extension>) {
        let found = extension.map(Extension::touch);
        assert!(self.extension.is_none() || found == self.extension);
        self.extension = found;
    }

    fn ask(&mut self, record: &Record) {
        let is_new = record.info() == &NEW;
        assert!(is_new || !self.is_new, "the old type comes back");
        self.is_new = is_new;
    }

    fn untag(&mut self, record: &Record) {
        let is_mine = record.untag(Tag::UNTRACKED);
        assert!(!is_mine || !self.has_untagged, "the tag comes back");
        self.has_untagged |= is_mine;
        assert!(!record.has(Tag::UNTRACKED));
    }

    fn set(&mut self, record: &Record) {
        if let Some(has_finalizer) = self.setting.take() {
            record.set_type(&NEW, has_finalizer);
            assert_eq!(record.has(Tag::HAS_FINALIZER), has_finalizer);
            self.is_new = true;
            self.ask(record);
        }
    }
}

/// What all of them have done is there in the end.
fn check(players: &[Player], has_finalizer: bool, record: &Record) {
    let is_set = players[0].setting.is_none();
    assert_eq!(record.info(), if is_set { &NEW } else { &OLD });
    assert_eq!(record.has(Tag::HAS_FINALIZER), is_set && has_finalizer);
    let untagged = players.iter().filter(|it| it.has_untagged).count();
    assert_eq!(untagged, usize::from(!record.has(Tag::UNTRACKED)));
    let extension = record.extension().map(Extension::touch);
    let mut found = players.iter().filter_map(|it| it.extension);
    assert!(found.all(|found| Some(found) == extension));
    assert_eq!(EXTENSIONS.get(), usize::from(extension.is_some()));
}

#[test]
fn threads_that_extend_and_tag_and_set_the_type() {
    explore(40_000, || {
        EXTENSIONS.set(0);
        let record = Arc::new(object::record());
        let has_finalizer = thread_rng().r#gen();
        let players = [0, 1, 2].map(|number| {
            let record = Arc::clone(&record);
            let player = Player {
                setting: (number == 0).then_some(has_finalizer),
                ..Player::default()
            };
            thread::spawn(move || player.play(&record))
        });
        let players = players.map(|player| player.join().unwrap());
        check(&players, has_finalizer, &record);
        end(&record);
        assert_eq!(EXTENSIONS.get(), 0, "an extension has leaked");
    });
}

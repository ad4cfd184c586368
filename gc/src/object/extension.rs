//! The extension of an object that has, or had, weak handles: their count and their callbacks.
//!
//! Most objects never get one. It is made by the first `downgrade` (or weak `finalize`), takes
//! the place of the `TypeInfo` in the header, and lives as long as the object's memory.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::{Rc, Weak};

use super::{Ephemeron, Member, Object, TypeInfo};

thread_local! {
    /// How many registrations there are on this thread: mostly none, which saves a look for them.
    static REGISTRATIONS: Cell<usize> = const { Cell::new(0) };
}

/// What all clones of one weak handle share: a callback, if it has one.
pub(crate) struct Registration {
    /// That of the object when the handle was made: see [`Extension::stamp`].
    stamp: u32,
    callback: Cell<Option<Box<dyn FnOnce()>>>,
    is_called_off: Cell<bool>,
}

impl Registration {
    pub(crate) fn new(callback: Option<Box<dyn FnOnce()>>, stamp: u32) -> Self {
        REGISTRATIONS.set(REGISTRATIONS.get() + 1);
        Self {
            stamp,
            callback: Cell::new(callback),
            is_called_off: Cell::new(false),
        }
    }

    pub(crate) fn stamp(&self) -> u32 {
        self.stamp
    }

    /// Whether this thread has any.
    pub(crate) fn exist() -> bool {
        REGISTRATIONS.get() > 0
    }

    /// Whether the callback is still to run.
    pub(crate) fn is_waiting(&self) -> bool {
        let callback = self.callback.take();
        let is_waiting = callback.is_some() && !self.is_called_off.get();
        self.callback.set(callback);
        is_waiting
    }

    /// Calls it off: every handle that shares it is garbage. The callback itself is dropped with
    /// the last of them.
    pub(crate) fn call_off(&self) {
        self.is_called_off.set(true);
    }

    /// Takes that back: the garbage lives on.
    pub(crate) fn reinstate(&self) {
        self.is_called_off.set(false);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        REGISTRATIONS.set(REGISTRATIONS.get() - 1);
    }
}

/// Something that runs when an object is gone.
pub(crate) trait Registered {
    /// Whether it may still run.
    fn is_waiting(&self) -> bool;
    /// Runs it, unless it ran before or was called off.
    fn run(self: Rc<Self>);
}

impl Registered for Registration {
    fn is_waiting(&self) -> bool {
        self.is_waiting()
    }

    fn run(self: Rc<Self>) {
        if self.is_waiting()
            && let Some(callback) = self.callback.take()
        {
            callback();
        }
    }
}

/// One line in the list of things to run when an object is gone.
pub(crate) enum Entry {
    /// The callback of a weak handle: it runs if a clone of the handle is left then.
    Callback(Weak<Registration>),
    /// A `weak::finalize` registration: it runs unless it was called or detached before.
    Finalizer(Rc<dyn Registered>),
    /// An entry of a weak collection: it leaves, before anything runs. The number tells whether it
    /// has joined another object since.
    Member(Weak<dyn Member>, u32),
    /// Nothing runs: the object has become tracked, and this is where a collection notes what it
    /// knows of it.
    Adopted(Rc<Adopted>),
}

/// The visit word of an object that lies in a block without such, and the number of its spot.
pub(crate) struct Adopted {
    pub(crate) word: Cell<u32>,
    pub(crate) number: Cell<u32>,
}

/// See the module.
#[repr(align(64))]
pub(crate) struct Extension {
    pub(crate) info: Cell<&'static TypeInfo>,
    /// The hash of the value, once it was hashed through a weak handle.
    hash: Cell<Option<u64>>,
    weak: Cell<u32>,
    stamp: Cell<u32>,
    entries: RefCell<Vec<Entry>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Extension>() == 64);

impl Extension {
    pub(crate) fn new(info: &'static TypeInfo) -> Self {
        Self {
            info: Cell::new(info),
            hash: Cell::new(None),
            weak: Cell::new(0),
            stamp: Cell::new(0),
            entries: RefCell::default(),
        }
    }

    pub(crate) fn weak_count(&self) -> usize {
        self.weak.get() as usize
    }

    /// The hash of the value, as it was when it was first asked for.
    pub(crate) fn hash(&self) -> Option<u64> {
        self.hash.get()
    }

    /// Notes the hash of the value, unless one is noted; returns what is noted.
    pub(crate) fn set_hash(&self, hash: u64) -> u64 {
        let noted = self.hash.get().unwrap_or(hash);
        self.hash.set(Some(noted));
        noted
    }

    /// How often the weak handles of the object have come to their end while it lived on. Those that
    /// were made before the last time have another stamp, and are dead.
    pub(crate) fn stamp(&self) -> u32 {
        self.stamp.get()
    }

    /// Ends all weak handles, whose callbacks have run.
    pub(crate) fn end_weak_handles(&self) {
        // After 2^32 times the oldest would come to life again, which is odd but does no harm.
        self.stamp.set(self.stamp.get().wrapping_add(1));
    }

    /// One weak handle more. Aborts at 2^32, so that the count never wraps.
    pub(crate) fn increment_weak(&self) {
        match self.weak.get().checked_add(1) {
            Some(count) => self.weak.set(count),
            None => std::process::abort(),
        }
    }

    /// One weak handle less; returns how many are left.
    pub(crate) fn decrement_weak(&self) -> u32 {
        self.weak.set(self.weak.get() - 1);
        self.weak.get()
    }

    /// Adds an entry. Entries that have nothing to run any more make room first, so that the list stays
    /// proportional to the handles there are; amortized constant time.
    pub(crate) fn register(&self, entry: Entry) {
        let mut entries = self.entries.borrow_mut();
        make_room(&mut entries, Entry::is_wanted);
        entries.push(entry);
    }

    /// Has the entries of weak collections leave them. What is returned is to be dropped when user
    /// code may run.
    pub(crate) fn take_members(&self, object: Object) -> Vec<Rc<dyn Member>> {
        let members = self.members();
        let leaving = members.iter().filter_map(|member| member.leave(object));
        leaving.collect()
    }

    /// The ephemerons whose key the object is.
    pub(crate) fn ephemerons(&self) -> Vec<Rc<dyn Ephemeron>> {
        let members = self.members().into_iter();
        members.filter_map(Member::into_ephemeron).collect()
    }

    /// Where a collection notes what it knows of an adopted object, and the number of that spot.
    pub(crate) fn adopted(&self) -> Option<(NonNull<Cell<u32>>, u32)> {
        let entries = self.entries.borrow();
        let adopted = entries.iter().find_map(Entry::as_adopted)?;
        Some((NonNull::from(&adopted.word), adopted.number.get()))
    }

    /// The entries of weak collections: a list of its own, so that no borrow is held while they are
    /// asked something.
    fn members(&self) -> Vec<Rc<dyn Member>> {
        let entries = self.entries.borrow();
        let members = entries.iter().filter_map(|entry| match entry {
            Entry::Member(member, _) => member.upgrade(),
            _ => None,
        });
        members.collect()
    }

    /// Takes what there is to run, the newest first.
    pub(crate) fn take_entries(&self) -> Vec<Rc<dyn Registered>> {
        let entries = self.entries.take();
        let adopted = entries.iter().find_map(Entry::as_adopted).cloned();
        self.entries
            .borrow_mut()
            .extend(adopted.map(Entry::Adopted));
        let wanted = |entry| match entry {
            Entry::Finalizer(finalizer) => Some(finalizer),
            Entry::Callback(registration) => Some(registration.upgrade()? as Rc<dyn Registered>),
            Entry::Member(..) | Entry::Adopted(_) => None,
        };
        entries.into_iter().rev().filter_map(wanted).collect()
    }
}

/// Drops the entries that nobody wants any more when a list is full: amortized constant time for
/// each that is added.
pub(crate) fn make_room<T>(entries: &mut Vec<T>, is_wanted: impl FnMut(&T) -> bool) {
    if entries.len() == entries.capacity() {
        entries.retain(is_wanted);
        // Room for as many as there are: the next sweep is as far away as this one was long.
        let wanted = entries.len();
        entries.reserve(wanted);
    }
}

impl Entry {
    fn as_adopted(&self) -> Option<&Rc<Adopted>> {
        match self {
            Self::Adopted(adopted) => Some(adopted),
            _ => None,
        }
    }

    fn is_wanted(&self) -> bool {
        match self {
            Self::Callback(registration) => registration.strong_count() > 0,
            Self::Finalizer(finalizer) => finalizer.is_waiting(),
            Self::Adopted(_) => true,
            Self::Member(member, number) => member
                .upgrade()
                .is_some_and(|member| member.is_joined(*number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Registration;

    #[test]
    fn registrations_exist_until_the_last_one_goes() {
        assert!(!Registration::exist());
        let registrations = [(), ()].map(|()| Registration::new(None, 0));
        for registration in registrations {
            assert!(Registration::exist());
            drop(registration);
        }
        assert!(!Registration::exist());
    }
}

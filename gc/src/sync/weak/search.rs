//! How an entry is found, and how one is added.
//!
//! Keys are compared while the table is not locked. So whoever adds an entry asks, under the lock, whether
//! others have come since.

use std::cell::Cell;
use std::sync::{Arc, MutexGuard};

use super::entry::Entry;
use super::table::{Content, Table};
use super::{Gc, Lent, Weak};
use crate::object::shared::Members;
use crate::panics::after_drop_of;
use crate::weak::slots::{Placed, ROUNDS};

thread_local! {
    /// How many entries this thread has added to any table.
    static ADDED: Cell<u64> = const { Cell::new(0) };
}

/// What [`Table::search`] comes to. The lock is let go first.
struct Search<'a, A, B: ?Sized> {
    content: MutexGuard<'a, Content<A, B>>,
    /// The entry, which is in the table; or else there is none.
    found: Option<Lent<A, B>>,
    /// Others of the same hash.
    others: Vec<Lent<A, B>>,
}

impl<A, B: ?Sized> Search<'_, A, B> {
    /// Lets the lock go, and leaves what has to be dropped when user code may run.
    fn unlock(self) -> impl Sized + use<A, B> {
        drop(self.content);
        (self.found, self.others)
    }
}

impl<A, B: ?Sized> Table<A, B> {
    /// The entry of this hash that is the right one, as user code says.
    pub(super) fn find(
        &self,
        hash: u64,
        mut is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> Option<Lent<A, B>> {
        let (first, others) = {
            let content = self.lock();
            let mut entries = content.of_hash(hash).map(Lent::of);
            (entries.next(), entries.collect::<Vec<_>>())
        };
        let mut entries = first.into_iter().chain(others);
        let found = entries.find(|lent| is_it(&lent.entry));
        if found.as_ref().is_none_or(|lent| lent.entry.is_in_table()) {
            return after_drop_of(entries, found);
        }
        // It has left since, and another one may have taken its place.
        drop((found, entries));
        let search = self.search(hash, is_it);
        drop(search.content);
        after_drop_of(search.others, search.found)
    }

    /// The same, for who adds one if there is none: the table is locked then.
    ///
    /// What other threads add meanwhile is compared, too. Comparisons that add an entry each time are not
    /// humoured for ever.
    fn search(&self, hash: u64, mut is_it: impl FnMut(&Entry<A, B>) -> bool) -> Search<'_, A, B> {
        let mut others: Vec<Lent<A, B>> = Vec::new();
        let mut inserted = None;
        let mut rounds = 0;
        loop {
            let content = self.lock();
            let is_known = inserted.replace(content.inserted()) == Some(content.inserted());
            if is_known || rounds == ROUNDS {
                return Search {
                    content,
                    found: None,
                    others,
                };
            }
            let known = others.len();
            let is_new = |entry: &&Arc<Entry<A, B>>| {
                let mut known = others.iter();
                !known.any(|other| Arc::ptr_eq(&other.entry, entry))
            };
            let new = content.of_hash(hash).filter(is_new).map(Lent::of);
            let new: Vec<_> = new.collect();
            drop(content);
            others.extend(new);
            let added = ADDED.get();
            for index in known..others.len() {
                if !is_it(&others[index].entry) {
                    continue;
                }
                let content = self.lock();
                if others[index].entry.is_in_table() {
                    return Search {
                        content,
                        found: Some(others.swap_remove(index)),
                        others,
                    };
                }
            }
            rounds += usize::from(ADDED.get() != added);
        }
    }

    /// Removes the entry of this hash that is the right one; returns what `look` sees of it at that instant.
    pub(super) fn remove_found<R>(
        &self,
        hash: u64,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
        look: impl FnOnce(&Entry<A, B>) -> R,
    ) -> Option<(Lent<A, B>, R)> {
        let mut search = self.search(hash, is_it);
        let found = search.found.as_ref();
        let seen = found.map(|lent| look(&lent.entry));
        let removed = found.and_then(|lent| search.content.remove(&lent.entry));
        drop(search.content);
        after_drop_of((removed, search.others), search.found.zip(seen))
    }
}

impl<A, B> Table<A, B>
where
    A: Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    /// A new entry.
    fn entry(self: &Arc<Self>, hash: u64, owned: A, object: &Gc<B>) -> Arc<Entry<A, B>> {
        let table = Arc::downgrade(self);
        Arc::new(Entry::new(owned, hash, object, table, self.holds_handles))
    }

    /// Has the entries of this hash leave when an object goes.
    fn join(self: &Arc<Self>, hash: u64, object: &Gc<B>) {
        let members: Arc<dyn Members> = self.clone();
        Gc::join(object, Arc::downgrade(&members), hash);
    }

    /// Adds an entry to the table, which is locked, in the place of another if there is one: that is returned,
    /// to be dropped when user code may run.
    fn add(
        self: &Arc<Self>,
        mut content: MutexGuard<'_, Content<A, B>>,
        old: Option<&Lent<A, B>>,
        entry: &Arc<Entry<A, B>>,
        object: &Gc<B>,
    ) -> Option<Arc<Entry<A, B>>> {
        if self.has_ephemerons && self.holds_handles {
            // Before a look finds it as a key.
            Gc::adopt(object);
        }
        let removed = match old {
            Some(old) => content.replace(&old.entry, entry.clone()),
            None => {
                content.insert(entry.clone());
                None
            }
        };
        drop(content);
        ADDED.set(ADDED.get() + 1);
        self.join(entry.hash(), object);
        removed
    }

    /// Has an owned part lead to an object; returns the one that it led to, if that is still there. The
    /// table keeps the owned part that it has, if that is the same.
    pub(super) fn set(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Option<Gc<B>> {
        let search = self.search(hash, |entry| is_same(&entry.owned, &owned));
        let Some(lent) = &search.found else {
            self.add(
                search.content,
                None,
                &self.entry(hash, owned, object),
                object,
            );
            return None;
        };
        // Before others see that it is not led to any more, and drop it.
        let old = lent.entry.object();
        let weak = lent.entry.exchange(object);
        let compared = search.unlock();
        self.join_instead(hash, object, &weak);
        after_drop_of((compared, owned), old)
    }

    /// The same, for who has found that there is none. If one has come since, that is left as it is.
    /// Returns the object that is led to then.
    pub(super) fn set_new(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Gc<B> {
        let search = self.search(hash, |entry| is_same(&entry.owned, &owned));
        let Some(lent) = &search.found else {
            self.add(
                search.content,
                None,
                &self.entry(hash, owned, &object),
                &object,
            );
            return after_drop_of(search.others, object);
        };
        if let Some(other) = lent.entry.object() {
            return after_drop_of((search, owned, object), other);
        }
        let old = lent.entry.exchange(&object);
        let compared = search.unlock();
        self.join_instead(hash, &object, &old);
        after_drop_of((compared, owned), object)
    }

    /// Has the entry leave when an object goes, if it has not got that already.
    fn join_instead(self: &Arc<Self>, hash: u64, object: &Gc<B>, old: &Weak<B>) {
        if !std::ptr::addr_eq(old.as_ptr(), Gc::as_ptr(object)) {
            self.join(hash, object);
        }
    }

    /// Gives an object an owned part: the new one, and the one that it had before. The table keeps the
    /// object that it has, if that is the right one.
    pub(super) fn replace(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> (Lent<A, B>, Option<Lent<A, B>>) {
        // The lock is let go first here, too, if this panics.
        let Search {
            others,
            found: old,
            content,
        } = self.search(hash, is_it);
        let kept = old.as_ref().and_then(|old| old.entry.object());
        let object = kept.as_ref().unwrap_or(object);
        let new = Lent::of(&self.entry(hash, owned, object));
        let removed = self.add(content, old.as_ref(), &new.entry, object);
        after_drop_of((removed, kept, others), (new, old))
    }

    /// Gives an object an owned part if it has none, and returns that which it has then, and whether it is
    /// new.
    pub(super) fn get_or_insert(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> (Lent<A, B>, bool) {
        // As above.
        let Search {
            others,
            found,
            content,
        } = self.search(hash, is_it);
        if let Some(lent) = found {
            drop(content);
            return (after_drop_of((others, owned), lent), false);
        }
        let new = Lent::of(&self.entry(hash, owned, object));
        self.add(content, None, &new.entry, object);
        (after_drop_of(others, new), true)
    }
}

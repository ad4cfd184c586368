//! A block of few slots, as the pool and the directory use it.

use super::atomic::UnsafeCell;
use super::ownership::{Given, Ownership, Token};
use super::slot::Slot;
use super::sync::Mutex;

/// The thread that makes the block is number 1.
pub(crate) fn token(thread: u64) -> Token {
    Token::new(thread)
}

/// Slots have numbers from one on, as in a block no slot is at offset zero.
pub(crate) struct Block {
    ownership: Ownership,
    slots: Vec<Slot>,
    /// Written by whoever has the slot: its object's threads, the one that frees it, the one that
    /// allocates it next, or the one that gives the block back.
    values: Vec<UnsafeCell<u32>>,
    own: UnsafeCell<Own>,
    /// Written by who gives the block back, read by whoever touches it.
    memory: UnsafeCell<()>,
    directory: Mutex<Directory>,
}

/// What only the owner touches.
struct Own {
    used: u16,
    vacant: Vec<u16>,
}

/// What only the holder of the mutex touches.
#[derive(Default)]
struct Directory {
    is_listed: bool,
    is_gone: bool,
}

impl Block {
    /// A full block, owned by the first thread.
    pub(crate) fn full(slots: u16) -> Self {
        Self {
            ownership: Ownership::new(token(1)),
            slots: (0..slots).map(|_| Slot::vacant(std::ptr::null())).collect(),
            values: (0..slots).map(|_| UnsafeCell::new(0)).collect(),
            own: UnsafeCell::new(Own {
                used: slots,
                vacant: Vec::new(),
            }),
            memory: UnsafeCell::new(()),
            directory: Mutex::default(),
        }
    }

    /// Uses the memory of a slot.
    pub(crate) fn touch(&self, slot: u16) {
        // SAFETY: the cell checks that nobody else does so.
        self.values[slot as usize - 1].with_mut(|value| unsafe { *value += 1 });
    }

    /// Touches the block: it is not given back before, nor at the same time.
    fn is_there(&self) {
        self.memory.with(|_| ());
    }

    fn own<R>(&self, f: impl FnOnce(&mut Own) -> R) -> R {
        // SAFETY: the cell checks that nobody else does so.
        self.own.with_mut(|own| f(unsafe { &mut *own }))
    }

    pub(crate) fn used(&self) -> u16 {
        self.own(|own| own.used)
    }

    /// Gives up the block when it is full; if it is not any more, its owner has what others freed.
    pub(crate) fn park(&self) -> bool {
        self.own(|own| assert!(own.vacant.is_empty()));
        self.is_there();
        let is_parked = self.ownership.park();
        if !is_parked {
            assert!(self.reclaim());
        }
        is_parked
    }

    /// As the pool does when it has no other slots.
    pub(crate) fn reclaim(&self) -> bool {
        self.is_there();
        let Some((first, count)) = self.ownership.take_freed() else {
            return false;
        };
        let mut found = vec![first];
        while let Some(next) = self.next(found[found.len() - 1]) {
            found.push(next);
        }
        assert_eq!(found.len(), count as usize);
        self.own(|own| {
            own.used -= count;
            own.vacant.append(&mut found);
        });
        true
    }

    fn next(&self, slot: u16) -> Option<u16> {
        let next = self.slots[slot as usize - 1].next_vacant();
        let place = self.slots.iter().position(|slot| std::ptr::eq(slot, next));
        assert_eq!(place.is_none(), next.is_null());
        place.map(|place| place as u16 + 1)
    }

    /// Takes a vacant slot, as its owner.
    pub(crate) fn allocate(&self) -> Option<u16> {
        let slot = self.own(|own| {
            let slot = own.vacant.pop()?;
            own.used += 1;
            Some(slot)
        })?;
        self.touch(slot);
        Some(slot)
    }

    /// Frees the object of a slot, for a thread.
    pub(crate) fn free(&self, thread: u64, slot: u16) -> Option<Given> {
        self.touch(slot);
        self.is_there();
        let token = token(thread);
        if self.ownership.is_owned_by(token) {
            self.free_own(slot);
            return None;
        }
        let link = |next: u16| {
            let next = self.slots.get((next as usize).wrapping_sub(1));
            self.slots[slot as usize - 1].vacate(next.map_or(std::ptr::null(), |next| next));
        };
        let given = self.ownership.free(token, slot, link);
        match given {
            Given::Left => {}
            Given::Taken => self.free_own(slot),
            Given::Last => self.put(&mut self.directory.lock().unwrap()),
        }
        Some(given)
    }

    fn free_own(&self, slot: u16) {
        self.own(|own| {
            own.used -= 1;
            assert!(!own.vacant.contains(&slot));
            own.vacant.push(slot);
        });
    }

    /// Gives up a block that has room.
    pub(crate) fn open(&self) {
        let directory = &mut *self.directory.lock().unwrap();
        let used = self.used();
        self.is_there();
        if self.ownership.open(used) {
            directory.is_listed = true;
        } else {
            self.put(directory);
        }
    }

    /// Looks for the block in the directory, for a thread.
    pub(crate) fn take(&self, thread: u64) -> bool {
        let directory = &mut *self.directory.lock().unwrap();
        if !std::mem::take(&mut directory.is_listed) {
            return false;
        }
        self.is_there();
        self.ownership.claim(token(thread))
    }

    /// Gives the block back: nobody else touches it now or later.
    fn put(&self, directory: &mut Directory) {
        directory.is_listed = false;
        assert!(!std::mem::replace(&mut directory.is_gone, true));
        self.memory.with_mut(|_| ());
        self.own(|own| own.used = 0);
        (1..=self.values.len() as u16).for_each(|slot| self.touch(slot));
    }

    /// At the end: whether the block was given back.
    pub(crate) fn is_gone(&self) -> bool {
        let directory = self.directory.lock().unwrap();
        assert!(!(directory.is_gone && directory.is_listed));
        directory.is_gone
    }

    pub(crate) fn is_owned_by(&self, thread: u64) -> bool {
        self.ownership.is_owned_by(token(thread))
    }

    /// At the end, for the owner: how many slots are vacant, each of which is there once.
    pub(crate) fn count_vacant(&self) -> usize {
        self.reclaim();
        self.own(|own| {
            let mut vacant = own.vacant.clone();
            vacant.sort_unstable();
            vacant.dedup();
            assert_eq!(vacant.len(), own.vacant.len());
            assert_eq!(vacant.len(), self.slots.len() - own.used as usize);
            vacant.len()
        })
    }
}

//! Who may allocate from a block that threads share, and free into it without further ado.
//!
//! A block is in one of three states:
//!
//! * **Owned** by a thread. Only that thread touches the block's lists of slots and their counts; it
//!   frees into the block by plain writes. Other threads leave what they free in a list of its own,
//!   from where the owner takes it all at once when it has no other slots.
//! * **Parked**: full, and owned by nobody. Who frees an object of the block becomes its owner, so that
//!   no owner has to be told, and memory moves to the threads that free.
//! * **Open**: neither full nor empty, owned by nobody, and in the list of such blocks that the
//!   directory has for threads that need one. Whoever frees leaves the slot in the list as in an owned
//!   block, but if it was the last object: then it becomes the owner, and gives the block back.
//!
//! Two words say so. `owner` is written by the owner alone, which sets it to its token when it becomes
//! the owner and clears it when it ends being that. So a thread that finds its own token is the owner,
//! and one that does not find it is not: no other thread writes that token, and it has itself cleared
//! what it wrote. `word` holds the state, the list of what others have freed, how many slots that has,
//! and in an open block how many objects are left. All changes of it are single atomic operations:
//!
//! | operation | from | to | by | ordering |
//! |---|---|---|---|---|
//! | `free` | owned | owned, one freed more | who is not the owner | Release |
//! | | open | open, one freed more | anybody | Release |
//! | | open, one left | owned | who frees the last one, and gives the block back | Acquire |
//! | | parked | owned | who frees the first one | Acquire |
//! | `take_freed` | owned | owned, none freed | owner | Acquire |
//! | `park` | owned, none freed | parked | owner | Release |
//! | `open` | owned, some left | open | owner, with the directory's mutex | Relaxed |
//! | `claim` | open | owned | who has the directory's mutex | Relaxed |
//!
//! What an owner has written to the block, and to `owner`, is there for the next one: where the block is
//! parked and taken, by the Release of one and the Acquire of the other, which reads that very operation;
//! where it is opened and claimed or given back, by the directory's mutex. Who takes a list finds all links
//! in it, and has the memory of all slots to itself: its Acquire reads from the last `free`, or from an
//! operation that follows it in an unbroken chain of read-modify-writes, and each `free` is a Release in
//! that chain.
//!
//! A block with an object in it is not given back, and freeing touches the block only before the change
//! that makes the slot part of the list. After `park` and `open` the block is not there for the former
//! owner any more; but while it has the directory's mutex, nobody can give the block back.

use super::atomic::{AtomicU64, Ordering};

/// See the module.
pub(crate) struct Ownership {
    owner: AtomicU64,
    word: AtomicU64,
}

/// A thread in the role of an owner. No other thread ever has the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(u64);

impl Token {
    const NOBODY: Self = Self(0);
    /// Stands in for the token of a thread that has none yet, and owns no block.
    pub(crate) const NONE: Self = Self(u64::MAX);

    /// The token of this number, which is neither the first nor the last there is.
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// What became of a slot that was freed by a thread that does not own its block.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Given {
    /// It is in the list, and the block is no longer there for the thread.
    Left,
    /// Nothing: the block was full, and is the thread's now, to free into as its owner.
    Taken,
    /// It was the last one. The block is empty, and the thread's to give back; it may be in the
    /// directory's list.
    Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Word(u64);

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum State {
    Owned = 0,
    Parked = 1,
    Open = 2,
}

impl Word {
    const OWNED: Self = Self::new(State::Owned, 0, 0, 0);
    const PARKED: Self = Self::new(State::Parked, 0, 0, 0);

    /// Where the first of the freed slots is, zero if there is none; how many there are; how many
    /// objects are left.
    const fn new(state: State, first: u16, freed: u16, left: u16) -> Self {
        Self((state as u64) << 48 | (left as u64) << 32 | (freed as u64) << 16 | first as u64)
    }

    const fn state(self) -> State {
        match self.0 >> 48 {
            0 => State::Owned,
            1 => State::Parked,
            _ => State::Open,
        }
    }

    const fn first(self) -> u16 {
        self.0 as u16
    }

    const fn freed(self) -> u16 {
        (self.0 >> 16) as u16
    }

    const fn left(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// With one slot more in the list.
    const fn and(self, slot: u16) -> Self {
        let left = self.left().saturating_sub(1);
        Self::new(self.state(), slot, self.freed() + 1, left)
    }
}

impl Ownership {
    /// Of a block that nobody but its owner knows.
    pub(crate) fn new(owner: Token) -> Self {
        Self {
            owner: AtomicU64::new(owner.0),
            word: AtomicU64::new(Word::OWNED.0),
        }
    }

    /// Whether the thread of this token, which is the one that asks, owns the block.
    #[inline]
    pub(crate) fn is_owned_by(&self, token: Token) -> bool {
        self.owner() == token
    }

    #[inline]
    fn owner(&self) -> Token {
        // Ordering: Relaxed, as a thread asks only for what it has written itself.
        Token(self.owner.load(Ordering::Relaxed))
    }

    fn set_owner(&self, token: Token) {
        // Ordering: Relaxed. By the owner alone, and ordered by the changes of `word` around it.
        self.owner.store(token.0, Ordering::Relaxed);
    }

    fn change(&self, from: Word, to: Word, order: Ordering) -> Result<(), Word> {
        // Ordering: of success, see the table in the module. A failure tells nothing but what to try
        // next.
        let result = self
            .word
            .compare_exchange(from.0, to.0, order, Ordering::Relaxed);
        result.map(|_| ()).map_err(Word)
    }

    fn word(&self) -> Word {
        // Ordering: Relaxed, as what follows from it is tried by an operation that has an ordering.
        Word(self.word.load(Ordering::Relaxed))
    }

    /// Frees the slot of an object, for the thread of this token, which does not own the block. `link`
    /// makes the slot vacant, with the slot at the given place, or none if that is zero, as the next
    /// one.
    #[inline]
    pub(crate) fn free(&self, token: Token, slot: u16, link: impl Fn(u16)) -> Given {
        let mut word = self.word();
        loop {
            let (to, order, given) = match word.state() {
                State::Parked => (Word::OWNED, Ordering::Acquire, Given::Taken),
                State::Open if word.left() == 1 => (Word::OWNED, Ordering::Acquire, Given::Last),
                State::Owned | State::Open => {
                    link(word.first());
                    (word.and(slot), Ordering::Release, Given::Left)
                }
            };
            match self.change(word, to, order) {
                Ok(()) => {
                    if given == Given::Taken {
                        self.set_owner(token);
                    }
                    return given;
                }
                Err(found) => word = found,
            }
        }
    }

    /// Takes the list of what others have freed: the first one, and how many there are. By the owner.
    pub(crate) fn take_freed(&self) -> Option<(u16, u16)> {
        if self.word() == Word::OWNED {
            return None;
        }
        // Ordering: Acquire pairs with the Release in `free`, of each slot in the list.
        let word = Word(self.word.swap(Word::OWNED.0, Ordering::Acquire));
        Some((word.first(), word.freed()))
    }

    /// Gives up a full block. By the owner, which it stays if others have freed meanwhile.
    pub(crate) fn park(&self) -> bool {
        let token = self.owner();
        // Before the change, or else it might take the block away from the next owner.
        self.set_owner(Token::NOBODY);
        let result = self.change(Word::OWNED, Word::PARKED, Ordering::Release);
        if result.is_err() {
            self.set_owner(token);
        }
        result.is_ok()
    }

    /// Gives up a block that has room, and so many slots in use, those included that others have freed.
    /// By the owner, which it stays if no other slots are left. With the directory's mutex.
    pub(crate) fn open(&self, used: u16) -> bool {
        let mut word = self.word();
        while word.freed() < used {
            let left = used - word.freed();
            let open = Word::new(State::Open, word.first(), word.freed(), left);
            match self.change(word, open, Ordering::Relaxed) {
                Ok(()) => {
                    // Not too late: the next owner sets it with the mutex.
                    self.set_owner(Token::NOBODY);
                    return true;
                }
                Err(found) => word = found,
            }
        }
        // By this, what others did before they freed is over for the owner, who gives the block back.
        self.take_freed();
        false
    }

    /// Makes the thread of this token the owner of a block that is open. With the directory's mutex.
    pub(crate) fn claim(&self, token: Token) -> bool {
        let mut word = self.word();
        while word.state() == State::Open {
            let owned = Word::new(State::Owned, word.first(), word.freed(), 0);
            match self.change(word, owned, Ordering::Relaxed) {
                Ok(()) => {
                    self.set_owner(token);
                    return true;
                }
                Err(found) => word = found,
            }
        }
        false
    }
}

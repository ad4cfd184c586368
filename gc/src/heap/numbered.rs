//! A list whose entries keep their number as long as they are in it.
//!
//! It has room for no more than it needs, however many entries there were: room is made for 64 at a time and
//! goes when the last of them does, and a new entry gets a place as far in front as there is one. Adding and
//! removing take constant time, or nearly so.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;

/// How many entries have their room in common.
pub(super) const PART: usize = u64::BITS as usize;

/// The entries whose room is the same.
struct Part<T> {
    /// A bit for each that is there.
    taken: u64,
    entries: [Option<T>; PART],
}

/// See the module.
pub(super) struct Numbered<T> {
    parts: Vec<Option<Box<Part<T>>>>,
    /// The parts with vacant places, those without any room among them.
    open: BTreeSet<usize>,
    /// Room for entries that may come soon.
    spare: Option<Box<Part<T>>>,
    /// No room is kept for later.
    is_frugal: bool,
}

impl<T: Copy> Part<T> {
    fn new() -> Self {
        Self {
            taken: 0,
            entries: [None; PART],
        }
    }
}

/// The part that an entry is in, and its place there.
#[inline]
pub(super) fn split(number: usize) -> (usize, usize) {
    (number / PART, number % PART)
}

impl<T: Copy> Numbered<T> {
    pub(super) const fn new() -> Self {
        Self {
            parts: Vec::new(),
            open: BTreeSet::new(),
            spare: None,
            is_frugal: false,
        }
    }

    /// A number above those of all entries.
    pub(super) fn end(&self) -> usize {
        self.parts.len() * PART
    }

    /// Adds an entry, and gives it a number.
    pub(super) fn add(&mut self, entry: T) -> usize {
        let number = self.open.first().copied().unwrap_or_else(|| {
            self.parts.push(None);
            self.open.insert(self.parts.len() - 1);
            self.parts.len() - 1
        });
        let new = || self.spare.take().unwrap_or_else(|| Box::new(Part::new()));
        let part = self.parts[number].get_or_insert_with(new);
        let place = part.taken.trailing_ones() as usize;
        part.taken |= 1 << place;
        part.entries[place] = Some(entry);
        if part.taken == u64::MAX {
            self.open.remove(&number);
        }
        number * PART + place
    }

    /// Takes an entry out. There must be one of that number.
    pub(super) fn remove(&mut self, number: usize) {
        let (number, place) = split(number);
        let Some(part) = &mut self.parts[number] else {
            unreachable!("an entry has room")
        };
        debug_assert!(part.entries[place].is_some());
        if part.taken == u64::MAX {
            self.open.insert(number);
        }
        part.taken &= !(1 << place);
        part.entries[place] = None;
        if part.taken == 0 {
            let part = self.parts[number].take();
            self.spare = part.filter(|_| !self.is_frugal);
            self.trim();
        }
    }

    /// Gives up the room behind the last entry.
    fn trim(&mut self) {
        while let Some(None) = self.parts.last() {
            self.parts.pop();
            self.open.remove(&self.parts.len());
        }
        if self.parts.is_empty() && self.is_frugal {
            self.parts = Vec::new();
            self.open = BTreeSet::new();
        } else if self.parts.len() < self.parts.capacity() / 4 {
            self.parts.shrink_to(self.parts.capacity() / 2);
        }
    }

    /// Keeps no room for later from now on.
    pub(super) fn be_frugal(&mut self) {
        self.is_frugal = true;
        self.spare = None;
        self.trim();
    }

    /// The entry of a number.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<T> {
        let (number, place) = split(number);
        self.parts.get(number)?.as_ref()?.entries[place]
    }

    /// The entries of a part, at their places.
    pub(super) fn part(&self, number: usize) -> [Option<T>; PART] {
        let part = self.parts.get(number).and_then(Option::as_ref);
        part.map_or([None; PART], |part| part.entries)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        let parts = self.parts.iter().flatten();
        parts.flat_map(|part| part.entries.iter().copied().flatten())
    }

    /// How many entries there is memory for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.parts.iter().chain([&self.spare]).flatten().count() * PART
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: usize) -> Numbered<usize> {
        let mut list = Numbered::new();
        (0..count).for_each(|entry| assert_eq!(list.add(entry), entry));
        list
    }

    #[test]
    #[cfg_attr(miri, ignore = "twenty thousand steps")]
    fn entries_keep_their_numbers_while_others_come_and_go() {
        let mut list = Numbered::new();
        let (mut numbers, mut random) = (Vec::new(), 1_u32);
        for step in 0..20_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // More and more, and then fewer and fewer.
            if (random >> 16) % 4 < if step < 10_000 { 3 } else { 1 } || numbers.is_empty() {
                numbers.push((list.add(step), step));
            } else {
                let (number, _) = numbers.swap_remove((random >> 8) as usize % numbers.len());
                list.remove(number);
                assert_eq!(list.get(number), None);
            }
            if step % 500 == 0 {
                let last = numbers.iter().map(|(number, _)| *number).max();
                assert_eq!(list.end(), last.map_or(0, |last| (last / PART + 1) * PART));
                numbers.sort_unstable();
                assert!(list.iter().eq(numbers.iter().map(|(_, entry)| *entry)));
                let part = list.part(numbers.len() / PART / 2);
                assert!(part.into_iter().flatten().all(|entry| entry <= step));
                for (number, entry) in &numbers {
                    assert_eq!(list.get(*number), Some(*entry));
                    let (part, place) = split(*number);
                    assert_eq!(list.part(part)[place], Some(*entry));
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "sixty thousand entries")]
    fn room_goes_with_the_last_entry_in_it() {
        let mut list = filled(1000 * PART);
        assert_eq!((list.end(), list.room()), (1000 * PART, 1000 * PART));
        let stays = [500 * PART + 1, 700 * PART];
        (0..1000 * PART)
            .filter(|number| !stays.contains(number))
            .for_each(|number| list.remove(number));
        // Those, and one for what may come.
        assert_eq!((list.end(), list.room()), (701 * PART, 3 * PART));
        assert_eq!(list.iter().collect::<Vec<_>>(), stays);
        assert_eq!(list.part(0), [None; PART]);
        assert_eq!(list.get(0), None);
        assert_eq!(list.get(701 * PART), None);
        // New ones come first of all.
        assert_eq!((0..3).map(|_| list.add(7)).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(list.room(), 3 * PART, "the spare room is used");
        list.remove(stays[1]);
        assert_eq!(list.end(), 501 * PART);
        assert!(list.parts.capacity() <= 4 * list.parts.len());
    }

    #[test]
    fn an_entry_that_comes_and_goes_makes_room_once() {
        let mut list = filled(PART);
        for _ in 0..3 {
            let number = list.add(7);
            assert_eq!((number, list.room()), (PART, 2 * PART));
            list.remove(number);
            assert_eq!((list.end(), list.room()), (PART, 2 * PART));
        }
    }

    #[test]
    fn who_is_frugal_keeps_nothing() {
        let mut list = filled(3 * PART);
        (0..3 * PART - 1).for_each(|number| list.remove(number));
        list.be_frugal();
        assert_eq!(list.room(), PART);
        assert_eq!(list.add(7), 0);
        list.remove(0);
        list.remove(3 * PART - 1);
        assert_eq!((list.end(), list.room()), (0, 0));
        assert_eq!(list.parts.capacity(), 0);
    }
}

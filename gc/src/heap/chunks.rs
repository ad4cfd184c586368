//! A list that grows without moving what it has: a vector that doubles would copy a million
//! candidates in the midst of a drop.
#![forbid(unsafe_code)]

/// How many entries a chunk has, as a power of two.
const SHIFT: u32 = 10;
const CHUNK: usize = 1 << SHIFT;

/// See the module.
pub(super) struct Chunks<T> {
    full: Vec<Vec<T>>,
    /// What comes behind them, which may be a full one.
    tail: Vec<T>,
    /// Empty ones with room.
    spare: Vec<Vec<T>>,
}

impl<T: Copy> Chunks<T> {
    pub(super) const fn new() -> Self {
        Self {
            full: Vec::new(),
            tail: Vec::new(),
            spare: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        (self.full.len() << SHIFT) + self.tail.len()
    }

    /// Adds an entry at the end, and returns its place.
    #[inline]
    pub(super) fn push(&mut self, entry: T) -> usize {
        if self.tail.len() == self.tail.capacity() || self.tail.len() == CHUNK {
            self.grow();
        }
        let place = self.len();
        self.tail.push(entry);
        place
    }

    /// Makes room in the tail.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        if self.tail.len() < CHUNK {
            // The first one grows by itself: most threads never fill it.
            self.tail.reserve(1);
            return;
        }
        let spare = self.spare.pop();
        let next = spare.unwrap_or_else(|| Vec::with_capacity(CHUNK));
        self.full.push(std::mem::replace(&mut self.tail, next));
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> T {
        self.full.get(place >> SHIFT).unwrap_or(&self.tail)[place % CHUNK]
    }

    #[inline]
    pub(super) fn set(&mut self, place: usize, entry: T) {
        let chunk = self.full.get_mut(place >> SHIFT);
        chunk.unwrap_or(&mut self.tail)[place % CHUNK] = entry;
    }

    /// Calls `visit` with all entries from a place on.
    #[inline]
    pub(super) fn for_each_from(&self, start: usize, mut visit: impl FnMut(T)) {
        if start >= self.len() {
            return;
        }
        let mut skipped = start % CHUNK;
        let full = self.full.iter().skip(start >> SHIFT);
        for chunk in full.chain([&self.tail]) {
            for entry in chunk.get(skipped..).unwrap_or_default() {
                visit(*entry);
            }
            skipped = 0;
        }
    }

    /// The same with entries that can be changed.
    #[inline]
    pub(super) fn for_each_mut_from(&mut self, start: usize, mut visit: impl FnMut(&mut T)) {
        if start >= self.len() {
            return;
        }
        let mut skipped = start % CHUNK;
        let full = self.full.iter_mut().skip(start >> SHIFT);
        for chunk in full.chain([&mut self.tail]) {
            for entry in chunk.get_mut(skipped..).unwrap_or_default() {
                visit(entry);
            }
            skipped = 0;
        }
    }

    /// Drops the entries from a place on, and keeps room for so many.
    pub(super) fn truncate(&mut self, len: usize, room: usize) {
        while self.full.len() << SHIFT > len {
            let last = self.full.pop().unwrap_or_default();
            let mut spare = std::mem::replace(&mut self.tail, last);
            spare.clear();
            self.spare.push(spare);
        }
        self.tail.truncate(len - (self.full.len() << SHIFT));
        let chunks = len.max(room).div_ceil(CHUNK);
        self.spare
            .truncate(chunks.saturating_sub(self.full.len() + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(list: &Chunks<usize>, start: usize) -> Vec<usize> {
        let mut entries = Vec::new();
        list.for_each_from(start, |entry| entries.push(entry));
        entries
    }

    #[test]
    fn entries_stay_where_they_were_put() {
        let mut list = Chunks::new();
        for place in 0..5 * CHUNK / 2 {
            assert_eq!(list.push(place), place);
        }
        for start in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 7, list.len()] {
            assert_eq!(
                entries(&list, start),
                (start..list.len()).collect::<Vec<_>>()
            );
        }
        list.set(CHUNK, 0);
        assert_eq!((list.get(CHUNK - 1), list.get(CHUNK)), (CHUNK - 1, 0));
        list.for_each_mut_from(2 * CHUNK, |entry| *entry = 1);
        assert_eq!(
            (list.get(2 * CHUNK - 1), list.get(2 * CHUNK)),
            (2 * CHUNK - 1, 1)
        );
    }

    #[test]
    fn nothing_comes_behind_a_chunk_that_is_full() {
        let mut list = Chunks::new();
        (0..2 * CHUNK).for_each(|place| _ = list.push(place));
        assert_eq!(entries(&list, 2 * CHUNK), []);
        list.for_each_mut_from(2 * CHUNK, |_| unreachable!());
        assert_eq!(list.get(2 * CHUNK - 1), 2 * CHUNK - 1);
    }

    #[test]
    fn what_is_cut_off_is_gone_and_room_is_kept() {
        for len in [0, 3, CHUNK, CHUNK + 1] {
            for room in [0, CHUNK, 3 * CHUNK] {
                let mut list = Chunks::new();
                (0..3 * CHUNK).for_each(|place| _ = list.push(place));
                list.truncate(len, room);
                assert_eq!(entries(&list, 0), (0..len).collect::<Vec<_>>());
                let chunks = list.full.len() + 1 + list.spare.len();
                assert!(chunks * CHUNK >= len.max(room));
                assert_eq!(list.push(7), len);
                (1..2 * CHUNK).for_each(|place| _ = list.push(place));
                assert_eq!(entries(&list, len).len(), 2 * CHUNK);
            }
        }
    }
}

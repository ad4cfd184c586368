//! A vector that grows without moving: no push takes long, however many entries there are.
#![forbid(unsafe_code)]

use super::spot::{CACHE_LINE, prefetch};

/// How many entries the first chunk has room for. Each further one has room for twice as many as
/// the one before.
const FIRST: usize = 1 << 10;

/// See the module.
pub(super) struct Chunks<T> {
    /// The chunk that is being filled.
    open: Vec<T>,
    /// The full chunks before it, and empty ones behind it, at their numbers; at its own, nothing.
    others: Vec<Vec<T>>,
    /// The number of the open chunk.
    number: usize,
}

/// The index of a chunk's first entry.
const fn start_of(chunk: usize) -> usize {
    (FIRST << chunk) - FIRST
}

/// The chunk of an entry.
#[inline]
const fn chunk_of(index: usize) -> usize {
    (index / FIRST + 1).ilog2() as usize
}

impl<T> Chunks<T> {
    pub(super) const fn new() -> Self {
        Self {
            open: Vec::new(),
            others: Vec::new(),
            number: 0,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        start_of(self.number) + self.open.len()
    }

    /// How many entries there is room for.
    pub(super) fn capacity(&self) -> usize {
        let behind = &self.others[self.others.len().min(self.number + 1)..];
        let behind: usize = behind.iter().map(Vec::capacity).sum();
        start_of(self.number) + self.open.capacity() + behind
    }

    /// Adds entries.
    pub(super) fn extend(&mut self, mut entries: &[T])
    where
        T: Copy,
    {
        let added = entries.len();
        while !entries.is_empty() {
            if self.open.len() == self.open.capacity() {
                if self.open.capacity() > 0 {
                    self.open_chunk(self.number + 1);
                }
                self.open.reserve_exact(FIRST << self.number);
            }
            let room = self.open.capacity() - self.open.len();
            let (fitting, others) = entries.split_at(room.min(entries.len()));
            self.open.extend_from_slice(fitting);
            entries = others;
        }
        // As much will be added next time.
        for place in self
            .open
            .spare_capacity_mut()
            .iter()
            .take(added)
            .step_by(CACHE_LINE / size_of::<T>())
        {
            prefetch(place);
        }
    }

    /// Has another chunk be the open one.
    fn open_chunk(&mut self, number: usize) {
        if self.others.len() <= number {
            self.others.resize_with(number + 1, Vec::new);
        }
        self.others[self.number] = std::mem::take(&mut self.open);
        self.number = number;
        self.open = std::mem::take(&mut self.others[number]);
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> &mut T {
        let start = start_of(self.number);
        if index >= start {
            return &mut self.open[index - start];
        }
        let chunk = chunk_of(index);
        &mut self.others[chunk][index - start_of(chunk)]
    }

    /// The entries from an index on, in slices.
    #[inline]
    pub(super) fn slices(&self, index: usize) -> impl Iterator<Item = &[T]> {
        let full = self.others.iter().take(self.number);
        let chunks = full.chain([&self.open]).enumerate();
        chunks
            .filter_map(move |(number, chunk)| chunk.get(index.saturating_sub(start_of(number))..))
    }

    /// The same, to be changed.
    pub(super) fn slices_mut(&mut self, index: usize) -> impl Iterator<Item = &mut [T]> {
        let full = self.others.iter_mut().take(self.number);
        let chunks = full.chain([&mut self.open]).enumerate();
        chunks.filter_map(move |(number, chunk)| {
            chunk.get_mut(index.saturating_sub(start_of(number))..)
        })
    }

    /// Takes off what stands at an index or behind it.
    pub(super) fn truncate(&mut self, length: usize) {
        while length < start_of(self.number) {
            self.open.clear();
            self.open_chunk(self.number - 1);
        }
        self.open.truncate(length - start_of(self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stay_where_they_are_across_chunks() {
        let mut chunks = Chunks::new();
        for index in 0..10 * FIRST {
            assert_eq!(chunks.len(), index);
            chunks.extend(&[index]);
        }
        let room = chunks.capacity();
        for start in [0, 1, FIRST - 1, FIRST, FIRST + 1, 3 * FIRST, 10 * FIRST] {
            let entries: Vec<usize> = chunks.slices(start).flatten().copied().collect();
            assert_eq!(entries, (start..10 * FIRST).collect::<Vec<_>>());
        }
        for length in [9 * FIRST, 3 * FIRST + 1, 3 * FIRST, FIRST, 1, 0] {
            chunks.truncate(length);
            assert_eq!(chunks.len(), length);
            assert_eq!(chunks.slices(0).flatten().count(), length);
            if let Some(last) = length.checked_sub(1) {
                assert_eq!(*chunks.get_mut(last), last);
            }
        }
        chunks.extend(&(0..5 * FIRST).collect::<Vec<_>>());
        (0..5 * FIRST).for_each(|index| *chunks.get_mut(index) += 1);
        assert_eq!(chunks.capacity(), room, "what was there is used again");
        let all = chunks.slices(0).flatten();
        assert!(all.zip(1..).all(|(entry, expected)| *entry == expected));
    }
}

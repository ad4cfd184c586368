//! Trial deletion on plain data: which of the visited objects are held from outside.
//!
//! The idea is Christopher's (1984), the form with counts subtracted and restored is that of
//! Martínez, Wachenchauzer and Lins (1990), Lins (1992), and Bacon and Rajan (*Concurrent Cycle
//! Collection in Reference Counted Systems*, 2001); CPython's collector works the same way. Here
//! the objects' own counts are not touched: the subtraction happens on a copy, the visit word.
//!
//! Objects have a *spot*, which tells where their visit word is, and a *number*, in the order in
//! which they are visited. Spots are cheap to have for whoever looks at an edge, numbers are not:
//! so edges are recorded by spot, and liveness too.
#![forbid(unsafe_code)]

use crate::heap::OUTSIDE;

/// What a visit word says while edges are counted: zero for an object that was not visited, else
/// the count that edges do not explain, plus one.
///
/// The count need not be known from the start, so that an edge can be counted without a look at the
/// object it leads to: until then [`UNCOUNTED`](Self::UNCOUNTED) stands in for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unexplained(pub(super) u32);

/// More than a count can be.
const UNCOUNTED: u32 = 1 << 31;
/// Words from here on belong to objects that are held from outside, for all one knows. There are
/// too few edges to count such a word down to the others.
const HELD: u32 = u32::MAX;

/// What counting an edge, or learning the count, came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Explained {
    /// There are handles left that no edge explains, or may be.
    Some,
    /// That was the last of them.
    All,
    /// More edges were reported than there are handles, for the first time: a breach of the
    /// contract of `Trace`. The object counts as held from outside.
    TooMany,
}

impl Unexplained {
    /// That of an object whose count is not known yet.
    pub(super) const UNCOUNTED: Self = Self(UNCOUNTED);

    /// That of an object with this strong count, before any edge is counted.
    #[inline]
    pub(super) fn all_of(count: u32) -> Self {
        Self(count + 1)
    }

    #[inline]
    pub(super) fn is_visited(self) -> bool {
        self.0 != 0
    }

    /// That of an object which is dead for all that is known.
    pub(super) const NONE: Self = Self(1);

    /// Whether edges explain all handles.
    #[inline]
    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Counts an edge.
    #[inline]
    pub(super) fn explain_one(&mut self) -> Explained {
        match self.0 {
            3.. => {
                self.0 -= 1;
                Explained::Some
            }
            2 => {
                self.0 = 1;
                Explained::All
            }
            _ => {
                self.hold();
                Explained::TooMany
            }
        }
    }

    /// Takes note of the strong count, which was not known so far.
    #[inline]
    pub(super) fn count(&mut self, count: u32) -> Explained {
        let explained = UNCOUNTED - self.0;
        if explained > count {
            self.hold();
            return Explained::TooMany;
        }
        self.0 = count - explained + 1;
        if explained == count {
            Explained::All
        } else {
            Explained::Some
        }
    }

    /// Whether the object counts as held from outside, whatever edges are counted.
    #[inline]
    pub(super) fn is_held(self) -> bool {
        self.0 > UNCOUNTED
    }

    /// Has the object held from outside, whatever edges are counted.
    pub(super) fn hold(&mut self) {
        self.0 = HELD;
    }
}

/// No object's spot.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The edges of the visited objects, in the order of their numbers: 4 bytes an object and 4 an
/// edge.
#[derive(Default)]
pub(super) struct Edges {
    /// The spots that object `i` leads to are `targets[ends[i - 1]..ends[i]]`.
    targets: Vec<u32>,
    ends: Vec<u32>,
}

impl Edges {
    /// None yet, recorded in these vectors, which are empty.
    pub(super) fn new([targets, ends]: [Vec<u32>; 2]) -> Self {
        Self { targets, ends }
    }

    /// Makes room for so many objects, with an edge each.
    pub(super) fn reserve(&mut self, objects: usize) {
        self.targets.reserve(objects);
        self.ends.reserve(objects);
    }

    /// Its vectors.
    pub(super) fn into_records(self) -> [Vec<u32>; 2] {
        [self.targets, self.ends]
    }

    /// Records an edge of an object.
    #[inline]
    pub(super) fn add(&mut self, target: u32) {
        self.targets.push(target);
    }

    /// Ends the edges of an object.
    #[inline]
    pub(super) fn end_one(&mut self) {
        let end = self.end();
        self.ends.push(end);
    }

    /// Records some edges, or that they lead [nowhere](NOWHERE). To be followed by
    /// [`end_all`](Self::end_all).
    #[inline]
    pub(super) fn add_all(&mut self, targets: &[u32]) {
        self.targets.extend_from_slice(targets);
    }

    /// Ends the edges of several objects, each of which ends before the index given for it, from `start`;
    /// leaves out those that lead nowhere, if there are any.
    #[inline]
    pub(super) fn end_all(&mut self, start: u32, ends: &[usize], lead_somewhere: bool) {
        // Checks that none of the sums below wraps.
        self.end();
        if lead_somewhere {
            self.ends.extend(ends.iter().map(|end| start + *end as u32));
            return;
        }
        let (mut from, mut to) = (0, start as usize);
        for &end in ends {
            for index in start as usize + from..start as usize + end {
                let target = self.targets[index];
                self.targets[to] = target;
                to += usize::from(target != NOWHERE);
            }
            self.ends.push(to as u32);
            from = end;
        }
        self.targets.truncate(to);
    }

    /// How many edges are recorded.
    ///
    /// Aborts if there are 2^32: their record would take 16 GiB, and a panic would leave the look
    /// half done.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        u32::try_from(self.targets.len()).unwrap_or_else(|_| std::process::abort())
    }

    /// Spreads liveness along the edges: takes out of `dead` what those that are not in it lead to.
    ///
    /// Goes through the objects in order, and back only where an edge leads back to one that has
    /// been passed. The number of an object is asked for only in that case. Leaves all objects in
    /// `passed`, which is empty at first.
    pub(super) fn spread(
        &self,
        dead: &mut Spots,
        passed: &mut Spots,
        spots: &[u32],
        number_of: impl Fn(u32) -> usize,
    ) {
        let mut back = Vec::new();
        for (object, &spot) in spots.iter().enumerate() {
            passed.add(spot);
            if dead.has(spot) {
                continue;
            }
            self.mark(object, dead, passed, &mut back);
            while let Some(spot) = back.pop() {
                self.mark(number_of(spot), dead, passed, &mut back);
            }
        }
    }

    /// Spreads liveness from an object, after all have been passed.
    pub(super) fn spread_from(
        &self,
        object: usize,
        dead: &mut Spots,
        passed: &Spots,
        number_of: impl Fn(u32) -> usize,
    ) {
        let mut live = Vec::new();
        self.mark(object, dead, passed, &mut live);
        while let Some(spot) = live.pop() {
            self.mark(number_of(spot), dead, passed, &mut live);
        }
    }

    /// Marks what an object leads to. What has been passed, and is newly live, goes to `back`.
    #[inline]
    pub(super) fn mark(
        &self,
        object: usize,
        dead: &mut Spots,
        passed: &Spots,
        back: &mut Vec<u32>,
    ) {
        for &target in self.of(object) {
            if dead.remove(target) && passed.has(target) {
                back.push(target);
            }
        }
    }

    /// The spots that an object leads to.
    #[inline]
    pub(super) fn of(&self, object: usize) -> &[u32] {
        let start = object.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.targets[start as usize..self.ends[object] as usize]
    }
}

/// Some of the visited objects, by number.
pub(super) enum Those {
    All,
    None,
    Some(Vec<u64>),
}

impl Those {
    /// As the function says for each of the numbers below `count`.
    pub(super) fn some(count: usize, mut has: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0; count.div_ceil(64)];
        for number in 0..count {
            words[number / 64] |= u64::from(has(number)) << (number % 64);
        }
        Self::Some(words)
    }

    /// How many there are, of so many.
    pub(super) fn count(&self, all: usize) -> usize {
        match self {
            Self::All => all,
            Self::None => 0,
            Self::Some(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    #[inline]
    pub(super) fn has(&self, number: usize) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Some(words) => words[number / 64] >> (number % 64) & 1 != 0,
        }
    }
}

/// A set of spots: those in blocks are numbers from zero, the others numbers from [`OUTSIDE`].
///
/// It may be asked about spots that it has no room for: an edge may lead to an object that was not
/// visited, and where other threads go on, that one may be gone by now, and its block.
#[derive(Default)]
pub(super) struct Spots {
    words: [Vec<u64>; 2],
    /// Whether any was ever added.
    is_used: bool,
}

impl Spots {
    /// A set in these words, which say that it is empty.
    pub(super) fn new(words: [Vec<u64>; 2]) -> Self {
        Self {
            words,
            is_used: false,
        }
    }

    /// Makes room for so many spots in blocks and so many others.
    pub(super) fn make_room(&mut self, (in_blocks, outside): (usize, usize)) {
        for (words, count) in self.words.iter_mut().zip([in_blocks, outside]) {
            if words.len() < count.div_ceil(64) {
                words.resize(count.div_ceil(64), 0);
            }
        }
    }

    /// The words of the set, which is empty.
    pub(super) fn into_words(self) -> [Vec<u64>; 2] {
        self.words
    }

    /// Empties the set, of which all members are among these.
    pub(super) fn clear(&mut self, members: &[u32]) {
        if !std::mem::take(&mut self.is_used) {
            return;
        }
        if members.len() > self.words[0].len() + self.words[1].len() {
            self.words.iter_mut().for_each(|words| words.fill(0));
        } else {
            for member in members {
                self.remove(*member);
            }
        }
    }

    #[inline]
    fn place(spot: u32) -> (usize, usize, u64) {
        let (half, bit) = match spot.checked_sub(OUTSIDE) {
            None => (0, spot),
            Some(bit) => (1, bit),
        };
        (half, bit as usize / 64, 1 << (bit % 64))
    }

    #[inline]
    pub(super) fn has(&self, spot: u32) -> bool {
        let (half, word, bit) = Self::place(spot);
        let word = self.words[half].get(word);
        word.is_some_and(|word| word & bit != 0)
    }

    #[inline]
    pub(super) fn add(&mut self, spot: u32) {
        let (half, word, bit) = Self::place(spot);
        self.is_used = true;
        self.words[half][word] |= bit;
    }

    /// Takes one out, and says whether it was in.
    #[inline]
    pub(super) fn remove(&mut self, spot: u32) -> bool {
        let (half, word, bit) = Self::place(spot);
        let Some(word) = self.words[half].get_mut(word) else {
            return false;
        };
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spots unlike numbers, some of them outside.
    fn spot_of(number: usize) -> u32 {
        match number % 2 {
            0 => 100 - number as u32,
            _ => OUTSIDE + number as u32,
        }
    }

    fn live(held: &[usize], edges: &[&[usize]]) -> Vec<bool> {
        let mut record = Edges::default();
        for targets in edges {
            targets
                .iter()
                .for_each(|target| record.add(spot_of(*target)));
            record.end_one();
        }
        let spots: Vec<u32> = (0..edges.len()).map(spot_of).collect();
        let sizes = (101, 10);
        let [mut dead, mut passed] = [(); 2].map(|()| Spots::new(Default::default()));
        dead.make_room(sizes);
        passed.make_room(sizes);
        for number in 0..edges.len() {
            if !held.contains(&number) {
                dead.add(spot_of(number));
            }
        }
        let number_of = |spot| spots.iter().position(|other| *other == spot).unwrap();
        record.spread(&mut dead, &mut passed, &spots, number_of);
        spots.iter().map(|spot| !dead.has(*spot)).collect()
    }

    #[test]
    fn a_ring_without_a_handle_is_dead_and_with_one_is_live() {
        let edges: [&[usize]; 3] = [&[1], &[2], &[0]];
        assert_eq!(live(&[], &edges), [false; 3]);
        assert_eq!(live(&[1], &edges), [true; 3]);
    }

    #[test]
    fn life_spreads_forward_only() {
        let edges: [&[usize]; 4] = [&[0, 1], &[1, 2], &[], &[2, 3]];
        assert_eq!(live(&[1], &edges), [false, true, true, false]);
    }

    #[test]
    fn life_spreads_back_to_what_was_passed() {
        // 0 and 1 come before 2, which is held, and 3 is reached through them.
        let edges: [&[usize]; 5] = [&[3], &[0], &[1], &[], &[4]];
        assert_eq!(live(&[2], &edges), [true, true, true, true, false]);
    }

    #[test]
    fn the_count_may_come_before_the_edges_or_after_them() {
        for (count, edges) in [(1, 0), (1, 1), (1, 2), (3, 2), (3, 3), (3, 4), (3, 9)] {
            let mut before = Unexplained::all_of(count);
            (0..edges).for_each(|_| _ = before.explain_one());
            for first in 0..edges {
                let mut after = Unexplained::UNCOUNTED;
                (0..first).for_each(|_| _ = after.explain_one());
                let said = after.count(count);
                assert_eq!(said == Explained::All, first == count);
                assert_eq!(said == Explained::TooMany, first > count);
                assert_eq!(after.is_held(), first > count);
                (first..edges).for_each(|_| _ = after.explain_one());
                assert_eq!(
                    before.is_none(),
                    after.is_none(),
                    "{count}, {edges}, {first}"
                );
            }
        }
    }

    #[test]
    fn edges_are_counted_down_and_not_below_zero() {
        let mut unexplained = Unexplained::all_of(2);
        assert_eq!(unexplained.explain_one(), Explained::Some);
        assert_eq!(unexplained.explain_one(), Explained::All);
        assert!(unexplained.is_visited());
        assert_eq!(unexplained.explain_one(), Explained::TooMany);
        assert_eq!(unexplained.explain_one(), Explained::Some);
    }
}

//! Trial deletion on plain data: which of the visited objects are held from outside.
//!
//! The idea is Christopher's (1984), the form with counts subtracted and restored is that of
//! Martínez, Wachenchauzer and Lins (1990), Lins (1992), and Bacon and Rajan (*Concurrent Cycle
//! Collection in Reference Counted Systems*, 2001); CPython's collector works the same way. Here
//! the objects' own counts are not touched: the subtraction happens on a copy.
#![forbid(unsafe_code)]

/// What a look recorded: for each visited object the count that edges do not explain, and the
/// edges between visited objects. Objects have numbers, in the order in which they are visited.
///
/// Takes 8 bytes an object and 4 an edge.
#[derive(Default)]
pub(super) struct Graph {
    /// The strong count less the edges seen.
    unexplained: Vec<u32>,
    /// The edges of object `i` are `targets[ends[i - 1]..ends[i]]`.
    targets: Vec<u32>,
    ends: Vec<u32>,
}

/// More edges to an object were reported than it has handles: a breach of the contract of
/// `Trace`.
pub(super) struct OverReported;

impl Graph {
    /// An empty one that records in these vectors, which are empty.
    pub(super) fn new([unexplained, targets, ends]: [Vec<u32>; 3]) -> Self {
        Self {
            unexplained,
            targets,
            ends,
        }
    }

    /// Its vectors.
    pub(super) fn into_records(self) -> [Vec<u32>; 3] {
        [self.unexplained, self.targets, self.ends]
    }

    /// Adds an object with its count and returns its number.
    #[inline]
    pub(super) fn add(&mut self, count: u32) -> u32 {
        self.unexplained.push(count);
        number(self.unexplained.len() - 1)
    }

    /// Records an edge from the object being looked at to `target`. An object with too many edges
    /// is left as held from outside.
    #[inline]
    pub(super) fn edge(&mut self, target: u32) -> Result<(), OverReported> {
        self.targets.push(target);
        let unexplained = &mut self.unexplained[target as usize];
        let left = unexplained.wrapping_sub(1);
        if left >= OVER_REPORTED - 1 {
            // It was zero, or over-reported before.
            let is_news = *unexplained == 0;
            *unexplained = OVER_REPORTED;
            return if is_news { Err(OverReported) } else { Ok(()) };
        }
        *unexplained = left;
        Ok(())
    }

    /// Ends the edges of one object; objects are looked at in the order of their numbers.
    #[inline]
    pub(super) fn end(&mut self) {
        self.ends.push(number(self.targets.len()));
    }

    /// Which objects are live: those with a handle from outside, and what they lead to.
    ///
    /// Goes through the objects in order, which is the order of memory as far as that can be had,
    /// and back only where an edge leads back.
    pub(super) fn live(&self) -> Bits {
        let mut live = Bits::new(self.unexplained.len());
        let mut back: Vec<u32> = Vec::new();
        for object in 0..self.ends.len() {
            if self.unexplained[object] > 0 {
                live.set(object);
            } else if !live.has(object) {
                continue;
            }
            self.spread(object, object, &mut live, &mut back);
            while let Some(earlier) = back.pop() {
                self.spread(earlier as usize, object, &mut live, &mut back);
            }
        }
        live
    }

    /// Marks what `from` leads to; what has been passed, being before `now`, goes to `back`.
    #[inline]
    fn spread(&self, from: usize, now: usize, live: &mut Bits, back: &mut Vec<u32>) {
        let start = from.checked_sub(1).map_or(0, |before| self.ends[before]);
        for &target in &self.targets[start as usize..self.ends[from] as usize] {
            if live.set(target as usize) && (target as usize) < now {
                back.push(target);
            }
        }
    }
}

/// A number of objects or edges. There is no room for more: their records alone would take 16 GiB.
/// A panic here would leave a look half done.
#[inline]
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or_else(|_| std::process::abort())
}

/// A set of numbers.
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    #[inline]
    pub(super) fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 != 0
    }

    /// Adds a number, and says whether it is new.
    #[inline]
    fn set(&mut self, number: usize) -> bool {
        let word = &mut self.0[number / 64];
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

const OVER_REPORTED: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn live(graph: &Graph) -> Vec<bool> {
        let live = graph.live();
        (0..graph.ends.len()).map(|i| live.has(i)).collect()
    }

    fn graph(counts: &[u32], edges: &[&[u32]]) -> Graph {
        let mut graph = Graph::default();
        for count in counts {
            graph.add(*count);
        }
        for targets in edges {
            for target in *targets {
                let _ = graph.edge(*target);
            }
            graph.end();
        }
        graph
    }

    #[test]
    fn a_ring_without_a_handle_is_dead_and_with_one_is_live() {
        let edges: [&[u32]; 3] = [&[1], &[2], &[0]];
        assert_eq!(live(&graph(&[1, 1, 1], &edges)), [false; 3]);
        assert_eq!(live(&graph(&[1, 2, 1], &edges)), [true; 3]);
    }

    #[test]
    fn life_spreads_forward_only() {
        let edges: [&[u32]; 4] = [&[0, 1], &[1, 2], &[], &[2, 3]];
        assert_eq!(
            live(&graph(&[1, 3, 2, 1], &edges)),
            [false, true, true, false]
        );
    }

    #[test]
    fn life_spreads_back_to_what_was_passed() {
        // Only 2 has a handle; 0 and 1 come before it, and 3 is reached through them.
        let edges: [&[u32]; 5] = [&[3], &[0], &[1], &[], &[4]];
        assert_eq!(
            live(&graph(&[1, 1, 1, 1, 1], &edges)),
            [true, true, true, true, false]
        );
    }

    #[test]
    fn an_edge_too_many_keeps_alive() {
        let mut graph = Graph::default();
        graph.add(1);
        assert!(graph.edge(0).is_ok());
        assert!(graph.edge(0).is_err());
        graph.end();
        assert_eq!(live(&graph), [true]);
    }
}

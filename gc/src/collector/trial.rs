//! Trial deletion on plain data: which of the visited objects are held from outside.
//!
//! The idea is Christopher's (1984), the form with counts subtracted and restored is that of
//! Martínez, Wachenchauzer and Lins (1990), Lins (1992), and Bacon and Rajan (*Concurrent Cycle
//! Collection in Reference Counted Systems*, 2001); CPython's collector works the same way. Here
//! the objects' own counts are not touched: the subtraction happens on a copy.
#![forbid(unsafe_code)]

/// What a look recorded: for each visited object the count that edges do not explain, and the
/// edges between visited objects.
#[derive(Default)]
pub(super) struct Graph {
    /// The strong count less the edges seen.
    unexplained: Vec<u32>,
    /// The edges of object `i` are `targets[ends[i - 1]..ends[i]]`.
    targets: Vec<u32>,
    ends: Vec<usize>,
}

/// More edges to an object were reported than it has handles: a breach of the contract of
/// `Trace`.
pub(super) struct OverReported;

impl Graph {
    /// Adds an object with its count and returns its number.
    pub(super) fn add(&mut self, count: u32) -> u32 {
        self.unexplained.push(count);
        u32::try_from(self.unexplained.len() - 1).expect("fewer than 2^32 objects")
    }

    /// Records an edge from the object being looked at to `target`. An object with too many edges
    /// is left as held from outside.
    pub(super) fn edge(&mut self, target: u32) -> Result<(), OverReported> {
        self.targets.push(target);
        let unexplained = &mut self.unexplained[target as usize];
        if *unexplained == OVER_REPORTED {
            return Ok(());
        }
        let Some(left) = unexplained.checked_sub(1) else {
            *unexplained = OVER_REPORTED;
            return Err(OverReported);
        };
        *unexplained = left;
        Ok(())
    }

    /// Ends the edges of one object; objects are looked at in the order of their numbers.
    pub(super) fn end(&mut self) {
        self.ends.push(self.targets.len());
    }

    /// Which objects are live: those with a handle from outside, and what they lead to.
    pub(super) fn live(&self) -> Vec<bool> {
        let mut live = vec![false; self.unexplained.len()];
        let mut pending: Vec<u32> = Vec::new();
        for (object, unexplained) in (0..).zip(&self.unexplained) {
            if *unexplained > 0 && !live[object as usize] {
                live[object as usize] = true;
                pending.push(object);
                self.spread(&mut live, &mut pending);
            }
        }
        live
    }

    fn spread(&self, live: &mut [bool], pending: &mut Vec<u32>) {
        while let Some(object) = pending.pop() {
            let object = object as usize;
            let start = if object == 0 {
                0
            } else {
                self.ends[object - 1]
            };
            for &target in &self.targets[start..self.ends[object]] {
                if !live[target as usize] {
                    live[target as usize] = true;
                    pending.push(target);
                }
            }
        }
    }
}

const OVER_REPORTED: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(graph(&[1, 1, 1], &edges).live(), [false; 3]);
        assert_eq!(graph(&[1, 2, 1], &edges).live(), [true; 3]);
    }

    #[test]
    fn life_spreads_forward_only() {
        let edges: [&[u32]; 4] = [&[0, 1], &[1, 2], &[], &[2, 3]];
        assert_eq!(
            graph(&[1, 3, 2, 1], &edges).live(),
            [false, true, true, false]
        );
    }

    #[test]
    fn an_edge_too_many_keeps_alive() {
        let mut graph = Graph::default();
        graph.add(1);
        assert!(graph.edge(0).is_ok());
        assert!(graph.edge(0).is_err());
        graph.end();
        assert_eq!(graph.live(), [true]);
    }
}

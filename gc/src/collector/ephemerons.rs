//! Ephemerons: values that count only as long as both their key and their map are alive.
//!
//! The handles in such a value are counted like any others, whoever is found first, key or map; but
//! liveness spreads over them only when both are known to be alive. So a value that leads back to
//! its own key, or to its own map, does not keep it. The idea is Hayes's (*Ephemerons: A New
//! Finalization Mechanism*, 1997); each pair is looked at once for each of the two that turns out
//! to be alive, so that chains and rings of them take linear time.
//!
//! A value that is not alive goes with its key, or with the owner of its map. Maps may lie in values
//! in a ring, though, each in a value of the next, or one in its own: nobody gets at such a map, but as
//! long as all the keys are alive nobody drops it, either. Until then their values are alive.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::iter::successors;
use std::ops::Range;

use super::trial::{Edges, Spots};

/// Who a map of ephemerons belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Owner {
    /// An object, given by its spot.
    Object(u32),
    /// The value of another ephemeron.
    Pair(usize),
}

/// One ephemeron.
struct Pair {
    /// The spot of the key, if that is tracked.
    key: Option<u32>,
    map: *const (),
    /// The spots that the value leads to.
    targets: Range<usize>,
}

/// The ephemerons that a look has found.
#[derive(Default)]
pub(super) struct Ephemerons {
    pairs: Vec<Pair>,
    targets: Vec<u32>,
    /// The owners of maps, where they were visited. Another map is alive, for all one knows.
    owners: HashMap<*const (), Owner>,
    /// Whether a value is the owner of one.
    has_inner_maps: bool,
    /// Those whose keys and maps are alive, when liveness has spread.
    is_active: Vec<bool>,
}

impl Ephemerons {
    /// Notes whose a map is.
    pub(super) fn own(&mut self, map: *const (), owner: Owner) {
        self.has_inner_maps |= matches!(owner, Owner::Pair(_));
        self.owners.insert(map, owner);
    }

    /// Notes an ephemeron, what its value leads to apart.
    pub(super) fn add(&mut self, key: Option<u32>, map: *const ()) -> usize {
        let start = self.targets.len();
        self.pairs.push(Pair {
            key,
            map,
            targets: start..start,
        });
        self.pairs.len() - 1
    }

    /// Notes that the value of the newest ephemeron leads to a spot.
    pub(super) fn lead_to(&mut self, target: u32) {
        self.targets.push(target);
        if let Some(pair) = self.pairs.last_mut() {
            pair.targets.end += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Whether the value of an ephemeron counts.
    pub(super) fn is_active(&self, pair: usize) -> bool {
        self.is_active.get(pair).copied().unwrap_or_default()
    }

    /// Takes out of `dead` what the values lead to whose keys and maps are alive, and what that
    /// leads to by other edges, until nothing changes.
    ///
    /// Liveness has spread along the edges before; all visited objects are in `passed`.
    pub(super) fn spread(
        &mut self,
        edges: &Edges,
        dead: &mut Spots,
        passed: &Spots,
        number_of: impl Fn(u32) -> usize,
    ) {
        // By what they wait for: those whose key or map is not known to be alive.
        let mut waiting: HashMap<Owner, Vec<usize>> = HashMap::new();
        let mut is_active = vec![false; self.pairs.len()];
        let mut to_ask: Vec<usize> = (0..self.pairs.len()).collect();
        let mut rings = self.rings();
        let mut live = Vec::new();
        while let Some(pair) = to_ask.pop() {
            let obstacle = match rings.get_mut(&pair) {
                Some(ring) => self.obstacle_in(ring, dead),
                None => self.obstacle(pair, dead, &is_active),
            };
            if let Some(obstacle) = obstacle {
                waiting.entry(obstacle).or_default().push(pair);
                continue;
            }
            is_active[pair] = true;
            to_ask.extend(waiting.remove(&Owner::Pair(pair)).unwrap_or_default());
            for &target in &self.targets[self.pairs[pair].targets.clone()] {
                if dead.remove(target) {
                    live.push(target);
                }
            }
            while let Some(spot) = live.pop() {
                to_ask.extend(waiting.remove(&Owner::Object(spot)).unwrap_or_default());
                edges.mark(number_of(spot), dead, passed, &mut live);
            }
        }
        self.is_active = is_active;
    }

    /// What has to be alive for an ephemeron to count, and is not known to be.
    fn obstacle(&self, pair: usize, dead: &Spots, is_active: &[bool]) -> Option<Owner> {
        let Pair { key, map, .. } = &self.pairs[pair];
        let owners = [key.map(Owner::Object), self.owners.get(map).copied()];
        owners.into_iter().flatten().find(|owner| match owner {
            Owner::Object(spot) => dead.has(*spot),
            Owner::Pair(pair) => !is_active[*pair],
        })
    }

    /// The same for a ring: a key of one of these ephemerons. Those whose keys are alive are taken out.
    fn obstacle_in(&self, ring: &mut Vec<usize>, dead: &Spots) -> Option<Owner> {
        while let Some(pair) = ring.last() {
            if let Some(key) = self.pairs[*pair].key.filter(|key| dead.has(*key)) {
                return Some(Owner::Object(key));
            }
            ring.pop();
        }
        None
    }

    /// The ephemeron whose value a map is in.
    fn holder_of_map(&self, pair: usize) -> Option<usize> {
        match self.owners.get(&self.pairs[pair].map) {
            Some(Owner::Pair(holder)) => Some(*holder),
            _ => None,
        }
    }

    /// The rings of ephemerons each of whose maps is in the value of the next: by one of each ring,
    /// on which the others wait.
    fn rings(&self) -> HashMap<usize, Vec<usize>> {
        let mut rings = HashMap::new();
        if !self.has_inner_maps {
            return rings;
        }
        let mut passed_from = vec![None; self.pairs.len()];
        for start in 0..self.pairs.len() {
            let mut way = Some(start);
            while let Some(pair) = way.filter(|pair| passed_from[*pair].is_none()) {
                passed_from[pair] = Some(start);
                way = self.holder_of_map(pair);
            }
            if let Some(first) = way.filter(|pair| passed_from[*pair] == Some(start)) {
                let others =
                    successors(self.holder_of_map(first), |pair| self.holder_of_map(*pair));
                let others = others.take_while(|pair| *pair != first);
                rings.insert(first, others.chain([first]).collect());
            }
        }
        rings
    }
}

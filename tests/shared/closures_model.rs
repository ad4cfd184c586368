//! Random closures that hold each other, beside a model that only knows who reaches whom.

use gordian::unsize;
use gordian_tests::{Drops, Place};
use proptest::collection::vec;
use proptest::prelude::*;

use super::stage::fresh;
use super::{Call, Gc, Slot, Weak, closure, gc};

const CLOSURES: usize = 6;

/// Calls all closures that it holds, to this depth, and returns how many calls that was.
type Function = function!((u32,) => usize);

#[derive(Clone, Debug)]
enum Step {
    Link(usize, usize),
    Unlink(usize),
    Close(usize),
    Drop(usize),
    Call(usize),
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..CLOSURES;
    prop_oneof![
        6 => (at(), at()).prop_map(|(from, to)| Step::Link(from, to)),
        1 => at().prop_map(Step::Unlink),
        1 => at().prop_map(Step::Close),
        2 => at().prop_map(Step::Drop),
        2 => at().prop_map(Step::Call),
        1 => Just(Step::Collect),
    ]
}

/// What ought to be.
#[derive(Default)]
struct Model {
    held: [bool; CLOSURES],
    closed: [bool; CLOSURES],
    links: [Vec<usize>; CLOSURES],
}

impl Model {
    /// The links of a closure that can follow them.
    fn links(&self, at: usize) -> &[usize] {
        if self.closed[at] {
            &[]
        } else {
            &self.links[at]
        }
    }

    fn reached(&self) -> [bool; CLOSURES] {
        let mut reached = self.held;
        let mut pending: Vec<_> = (0..CLOSURES).filter(|at| reached[*at]).collect();
        while let Some(at) = pending.pop() {
            for &to in self.links(at) {
                if !reached[to] {
                    reached[to] = true;
                    pending.push(to);
                }
            }
        }
        reached
    }

    /// What a call returns.
    fn calls(&self, at: usize, depth: u32) -> Option<usize> {
        if self.closed[at] {
            return None;
        }
        let deeper = |&to: &usize| match depth.checked_sub(1) {
            Some(depth) => self.calls(to, depth).unwrap_or(0),
            None => 0,
        };
        Some(1 + self.links[at].iter().map(deeper).sum::<usize>())
    }
}

/// The closures, and what is used to change them.
struct Closures {
    held: Vec<Option<Gc<Function>>>,
    weak: Vec<Weak<Function>>,
    links: Vec<Weak<Slot<Vec<Gc<Function>>>>>,
    drops: Drops,
}

impl Closures {
    fn new() -> Self {
        let drops = Drops::new();
        let (mut held, mut weak, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..CLOSURES {
            let own = Gc::new(Slot::new(Vec::<Gc<Function>>::new()));
            links.push(Gc::downgrade(&own));
            let function = closure!([own, probe = drops.probe()] |depth: u32| -> usize {
                assert!(probe.is_intact());
                let Some(deeper) = depth.checked_sub(1) else { return 1 };
                let own: &Slot<Vec<Gc<Function>>> = own;
                let own = own.peek();
                1 + own.iter().filter_map(|next| next.try_call((deeper,))).sum::<usize>()
            });
            let function = unsize!(Gc::new(function) => Function);
            weak.push(Gc::downgrade(&function));
            held.push(Some(function));
        }
        Self {
            held,
            weak,
            links,
            drops,
        }
    }

    fn collect(&self, model: &Model) {
        gc::collect();
        let reached = model.reached();
        let lives = self.weak.iter().map(|weak| weak.upgrade().is_some());
        assert_eq!(lives.collect::<Vec<_>>(), reached);
        let intact = (0..CLOSURES).filter(|&at| reached[at] && !model.closed[at]);
        assert_eq!(self.drops.count(), CLOSURES - intact.count());
    }
}

fn take(step: &Step, closures: &mut Closures, model: &mut Model) {
    match *step {
        Step::Link(from, to) => {
            let (own, to_closure) = (closures.links[from].upgrade(), closures.weak[to].upgrade());
            if let (Some(own), Some(to_closure)) = (own, to_closure) {
                own.with(|own| own.push(to_closure));
                model.links[from].push(to);
            }
        }
        Step::Unlink(from) => {
            if let Some(own) = closures.links[from].upgrade() {
                let links = own.pull();
                drop(links);
                model.links[from].clear();
            }
        }
        Step::Close(at) => {
            if let Some(function) = closures.weak[at].upgrade() {
                function.close();
                model.closed[at] = true;
            }
        }
        Step::Drop(at) => {
            closures.held[at] = None;
            model.held[at] = false;
        }
        Step::Call(at) => {
            if let Some(function) = closures.weak[at].upgrade() {
                assert_eq!(function.try_call((3,)), model.calls(at, 3));
            }
        }
        Step::Collect => closures.collect(model),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 })
    })]

    #[test]
    fn closures_live_as_long_as_they_are_reached(steps in vec(step(), 0..40)) {
        fresh();
        let mut model = Model { held: [true; CLOSURES], ..Model::default() };
        let mut closures = Closures::new();
        for step in &steps {
            take(step, &mut closures, &mut model);
        }
        closures.collect(&model);
        closures.held.clear();
        model.held = [false; CLOSURES];
        closures.collect(&model);
    }
}

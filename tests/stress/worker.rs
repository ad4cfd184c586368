//! The threads that build, share, cut and drop.

use std::sync::mpsc::{Receiver, Sender};

use gordian::sync::gc;

use crate::build;
use crate::finalizers;
use crate::locals;
use crate::locks;
use crate::node::{Handle, Places, WeakHandle};
use crate::random::Random;
use crate::watch::{doing, guarded};
use crate::world::WORLD;

/// A thread holds no more than so many handles of its own.
const HANDLES: usize = 48;

/// What threads send to each other.
pub(crate) enum Parcel {
    Handles(Vec<Handle>),
    Weak(WeakHandle),
}

/// A channel's end is not to be dropped before it is empty: if a drop panics, it loses what is left.
pub(crate) type Inbox = Receiver<Parcel>;

/// One of them.
pub(crate) struct Worker {
    random: Random,
    mine: Vec<Handle>,
    weaks: Vec<WeakHandle>,
    inbox: Inbox,
    outboxes: Vec<Sender<Parcel>>,
}

impl Worker {
    pub(crate) fn new(number: u64, inbox: Inbox, outboxes: Vec<Sender<Parcel>>) -> Self {
        Self {
            random: WORLD.random(number),
            mine: Vec::new(),
            weaks: Vec::new(),
            inbox,
            outboxes,
        }
    }

    /// Takes so many steps, and drops what it has. What was sent to it meanwhile is still in its inbox.
    pub(crate) fn run(mut self, steps: usize) -> Inbox {
        for _ in 0..steps {
            guarded(|| self.step());
        }
        doing("drops what it has");
        while let Some(handle) = self.mine.pop() {
            guarded(|| drop(handle));
        }
        self.inbox
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..22 => self.make(),
            22..37 => self.link(),
            37..50 => self.cut(),
            50..60 => self.share(),
            60..68 => self.find(),
            68..73 => self.send(),
            73..80 => self.receive(),
            80..87 => self.hold_weakly(),
            87..92 => self.change(),
            92..94 => self.walk(),
            94 => self.collect(),
            95 => locks::allocate_with_a_lock(&self.mine, &mut self.random),
            96 => locks::poison(&self.mine, &mut self.random),
            97 => locks::fill_once(&self.mine, &mut self.random),
            98 => locals::keep(self.mine.pop(), &mut self.random),
            _ => locals::start_child(&self.mine, &mut self.random),
        }
        while self.mine.len() > HANDLES {
            drop(self.random.take(&mut self.mine));
        }
    }

    fn one(&mut self) -> Option<Handle> {
        self.random.pick(&self.mine).cloned()
    }

    fn make(&mut self) {
        doing("makes objects");
        if self.random.one_in(4) {
            let count = 1 + self.random.below(8);
            let nodes = (0..count).map(|_| build::node(&mut self.random));
            let nodes: Vec<_> = nodes.collect();
            build::ring(&nodes, &mut self.random);
            self.mine.extend(nodes.into_iter().next());
        } else {
            self.mine.push(build::object(&mut self.random));
        }
    }

    fn link(&mut self) {
        doing("links");
        if let (Some(from), Some(to)) = (self.one(), self.one()) {
            build::link(&from, &to, &mut self.random);
        }
    }

    fn cut(&mut self) {
        doing("cuts and drops");
        if self.random.one_in(3) {
            let left = self.random.below(self.mine.len() + 1);
            drop(self.mine.split_off(left));
        } else if self.random.one_in(2) {
            let one = self.one();
            drop(one.as_ref().and_then(|one| Some(one.places()?.cut())));
        } else {
            drop(self.random.take(&mut self.mine));
        }
    }

    fn share(&mut self) {
        doing("shares");
        if let Some(one) = self.one() {
            if self.random.one_in(3) {
                WORLD.share_weak(one.downgrade(), &mut self.random);
            } else {
                WORLD.share(one, &mut self.random);
            }
        }
    }

    fn find(&mut self) {
        doing("finds what is shared");
        let found = match self.random.below(4) {
            0 => WORLD.find(true, &mut self.random),
            1 => WORLD.upgrade(&mut self.random),
            _ => WORLD.find(false, &mut self.random),
        };
        self.mine.extend(found);
    }

    fn send(&mut self) {
        doing("sends");
        let count = 1 + self.random.below(3);
        let handles: Vec<_> = (0..count).filter_map(|_| self.one()).collect();
        let parcel = match handles.first() {
            Some(handle) if self.random.one_in(4) => Parcel::Weak(handle.downgrade()),
            _ => Parcel::Handles(handles),
        };
        if let Some(outbox) = self.random.pick(&self.outboxes) {
            let _ = outbox.send(parcel);
        }
    }

    fn receive(&mut self) {
        doing("receives");
        while let Ok(parcel) = self.inbox.try_recv() {
            match parcel {
                Parcel::Handles(handles) => {
                    handles.iter().for_each(Handle::check);
                    self.mine.extend(handles);
                }
                Parcel::Weak(weak) => self.mine.extend(weak.upgrade()),
            }
        }
    }

    fn hold_weakly(&mut self) {
        doing("uses weak handles");
        let Some(one) = self.one() else {
            return;
        };
        match self.random.below(6) {
            0 => self.weaks.push(one.downgrade()),
            1 => self.weaks.push(finalizers::downgrade(&one)),
            2 => finalizers::register(&one, &mut self.random),
            3 => build::link_weakly(&one, finalizers::downgrade(&one)),
            4 => {
                if let Some(to) = self.one() {
                    build::link_weakly(&one, to.downgrade());
                }
            }
            _ => {
                let weak = self.random.take(&mut self.weaks);
                self.mine.extend(weak.and_then(|weak| weak.upgrade()));
            }
        }
        if self.weaks.len() > HANDLES {
            drop(self.random.take(&mut self.weaks));
        }
    }

    fn change(&mut self) {
        doing("changes what it may have alone");
        let Some(mut one) = self.random.take(&mut self.mine) else {
            return;
        };
        build::change(&mut one, &mut self.random);
        self.mine.push(one);
    }

    /// Goes along edges, and cuts where it comes to.
    fn walk(&mut self) {
        doing("walks");
        let Some(mut here) = self.one() else {
            return;
        };
        for _ in 0..self.random.below(8) {
            here.check();
            let mut all = here.places().map(Places::handles).unwrap_or_default();
            let next = self.random.take(&mut all);
            // Before that is the result of anything: if its drop panics, the compiler leaks results
            // (rust-lang/rust#47949), but drops what is in a variable.
            drop(all);
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        if self.random.one_in(2) {
            drop(here.places().map(|places| places.cut()));
        }
        self.mine.push(here);
    }

    fn collect(&mut self) {
        doing("collects");
        if self.random.one_in(4) {
            gc::collect_generation(self.random.below(3));
        }
    }
}

//! What the collector does, seen through `gordian::gc`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gordian::gc::{self, Event, EventPhase, Hook, Stats};

thread_local! {
    static NODES: Cell<Nodes> = const { Cell::new(Nodes { made: 0, counted: 0, collected: 0 }) };
    /// Whether a collection is going on.
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// How many nodes there were and what became of them.
#[derive(Clone, Copy)]
pub(crate) struct Nodes {
    pub(crate) made: u64,
    /// Dropped outside collections, when their last handle went.
    pub(crate) counted: u64,
    /// Dropped during collections.
    pub(crate) collected: u64,
}

/// Sits in every node to count it in and out.
pub(crate) struct Counted(());

impl Counted {
    pub(crate) fn new() -> Self {
        update(|nodes| nodes.made += 1);
        Self(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if COLLECTING.get() {
            update(|nodes| nodes.collected += 1);
        } else {
            update(|nodes| nodes.counted += 1);
        }
    }
}

fn update(change: impl FnOnce(&mut Nodes)) {
    let mut nodes = NODES.get();
    change(&mut nodes);
    NODES.set(nodes);
}

/// A running measurement; the hook in it hears of every collection.
pub(crate) struct Meter {
    started: Instant,
    before: [Stats; 3],
    pauses: Rc<Pauses>,
    _hook: Hook,
}

#[derive(Default)]
struct Pauses {
    began: Cell<Option<Instant>>,
    total: Cell<Duration>,
    longest: Cell<Duration>,
    collected: Cell<u64>,
}

impl Pauses {
    fn hear(&self, event: &Event) {
        match event.phase {
            EventPhase::Start => {
                COLLECTING.set(true);
                self.began.set(Some(Instant::now()));
            }
            EventPhase::Stop => {
                COLLECTING.set(false);
                let pause = self
                    .began
                    .take()
                    .map_or(Duration::ZERO, |began| began.elapsed());
                self.total.set(self.total.get() + pause);
                self.longest.set(self.longest.get().max(pause));
                self.collected
                    .set(self.collected.get() + event.collected as u64);
            }
        }
    }
}

/// What a [`Meter`] found.
pub(crate) struct Measured {
    pub(crate) nodes: Nodes,
    /// Objects that the collector says it found.
    pub(crate) found: u64,
    /// Collections of each generation.
    pub(crate) collections: [u64; 3],
    /// Time in collections, and the longest of them.
    pub(crate) paused: Duration,
    pub(crate) longest_pause: Duration,
    /// Time since the start.
    pub(crate) elapsed: Duration,
}

impl Meter {
    pub(crate) fn start() -> Self {
        let pauses = Rc::new(Pauses::default());
        let hook = gc::on_collect({
            let pauses = Rc::clone(&pauses);
            move |event| pauses.hear(event)
        });
        Self {
            started: Instant::now(),
            before: gc::stats(),
            pauses,
            _hook: hook,
        }
    }

    pub(crate) fn stop(self) -> Measured {
        let after = gc::stats();
        let ran = |generation: usize| {
            (after[generation].collections - self.before[generation].collections) as u64
        };
        Measured {
            nodes: NODES.get(),
            found: self.pauses.collected.get(),
            collections: [ran(0), ran(1), ran(2)],
            paused: self.pauses.total.get(),
            longest_pause: self.pauses.longest.get(),
            elapsed: self.started.elapsed(),
        }
    }
}

/// The most memory this process ever occupied, in bytes; `None` where the system does not tell.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kib * 1024)
}

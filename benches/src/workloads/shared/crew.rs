//! Threads that are ready before the clock runs.

use std::array;
use std::hint::spin_loop;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// That of a main thread, for those who collect by recursion.
const STACK: usize = 8 << 20;

/// How often a thread looks for the others before it lets another program run.
const SPINS: usize = 10_000;

/// Threads that repeat a piece of work, each as often as asked, which gives `K` numbers.
pub(super) struct Crew<const K: usize> {
    orders: Vec<Sender<()>>,
    results: Receiver<[f64; K]>,
}

/// Where the threads of a crew wait for each other, so as to start at the same moment.
pub(super) struct Gate {
    threads: usize,
    arrived: AtomicUsize,
}

impl Gate {
    /// Returns once all threads have come.
    pub(super) fn pass(&self) {
        let place = self.arrived.fetch_add(1, Ordering::SeqCst) + 1;
        let all = place.next_multiple_of(self.threads);
        for spins in 0_usize.. {
            if self.arrived.load(Ordering::SeqCst) >= all {
                break;
            }
            if spins < SPINS {
                spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }
}

impl<const K: usize> Crew<K> {
    /// Starts threads, each of which makes its work ready; returns when all have done it once.
    pub(super) fn start<W>(threads: usize, make: impl Fn() -> W + Send + Sync + 'static) -> Self
    where
        W: FnMut(&Gate) -> [f64; K],
    {
        let gate = Gate {
            threads,
            arrived: AtomicUsize::new(0),
        };
        let common = Arc::new((make, gate));
        let (report, results) = channel();
        let orders = (0..threads).map(|_| {
            let (order, orders) = channel();
            let (common, report) = (Arc::clone(&common), report.clone());
            let member = move || {
                let _end = EndTogether;
                let (make, gate) = &*common;
                let mut work = make();
                let mut work = || {
                    let sent = report.send(work(gate));
                    sent.expect("the main thread waits for it");
                };
                work();
                orders.iter().for_each(|()| work());
            };
            let started = thread::Builder::new().stack_size(STACK).spawn(member);
            started.expect("there is room for a thread");
            order
        });
        let crew = Self {
            orders: orders.collect(),
            results,
        };
        crew.greatest();
        crew
    }

    /// Has all do their work once: the greatest of their numbers, so the time of the slower one.
    pub(super) fn work(&self) -> [f64; K] {
        for order in &self.orders {
            order.send(()).expect("the thread waits for it");
        }
        self.greatest()
    }

    fn greatest(&self) -> [f64; K] {
        let results = self.results.iter().take(self.orders.len());
        results.fold([0.0; K], |greatest, numbers| {
            array::from_fn(|place| f64::max(greatest[place], numbers[place]))
        })
    }
}

/// Ends the process when a thread panics, since the others would wait for it.
struct EndTogether;

impl Drop for EndTogether {
    fn drop(&mut self) {
        if thread::panicking() {
            process::exit(101);
        }
    }
}

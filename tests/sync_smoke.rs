//! Handles that threads share: the first things to work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use gordian::sync::{self, Gc, Weak};
use gordian::{Finalize, Trace};

#[derive(Trace)]
#[trace(leaf)]
struct Probe(Arc<AtomicUsize>);

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Trace)]
struct Node {
    edges: Mutex<Vec<Gc<Node>>>,
    _probe: Probe,
}

impl Node {
    fn new(drops: &Arc<AtomicUsize>) -> Gc<Self> {
        Gc::new(Self {
            edges: Mutex::default(),
            _probe: Probe(drops.clone()),
        })
    }
    fn link(&self, to: &Gc<Self>) {
        self.edges.lock().unwrap().push(to.clone());
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Mortal {
    me: Mutex<Option<Gc<Mortal>>>,
    #[trace(skip)]
    saved: Arc<Mutex<Option<Gc<Mortal>>>>,
    #[trace(skip)]
    finalized: Arc<AtomicUsize>,
}

impl Finalize for Mortal {
    fn finalize(&self) {
        self.finalized.fetch_add(1, Ordering::Relaxed);
        *self.saved.lock().unwrap() = self.me.lock().unwrap().clone();
    }
}

static ONE: Mutex<()> = Mutex::new(());

#[test]
fn cycles_go() {
    let _one = ONE.lock();
    sync::gc::disable();
    sync::collect();
    let drops = Arc::new(AtomicUsize::new(0));
    let (a, b) = (Node::new(&drops), Node::new(&drops));
    a.link(&b);
    b.link(&a);
    b.link(&a);
    let c = Node::new(&drops);
    b.link(&c);
    let weak = Gc::downgrade(&a);
    drop(b);
    assert_eq!(sync::collect(), 0);
    drop(c);
    drop(a);
    assert!(weak.upgrade().is_some());
    assert_eq!(Weak::strong_count(&weak), 2);
    assert_eq!(sync::collect(), 3);
    assert!(weak.upgrade().is_none());
    assert_eq!(drops.load(Ordering::Relaxed), 3);
}

#[test]
fn finalizers_resurrect_once() {
    let _one = ONE.lock();
    sync::gc::disable();
    sync::collect();
    let (saved, finalized) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
    let mortal = Gc::new(Mortal {
        me: Mutex::default(),
        saved: Arc::clone(&saved),
        finalized: finalized.clone(),
    });
    *mortal.me.lock().unwrap() = Some(mortal.clone());
    drop(mortal);
    assert_eq!(sync::collect(), 0);
    assert_eq!(finalized.load(Ordering::Relaxed), 1);
    assert!(saved.lock().unwrap().is_some());
    assert_eq!(sync::collect(), 0);
    saved.lock().unwrap().take();
    assert_eq!(sync::collect(), 1);
    assert_eq!(finalized.load(Ordering::Relaxed), 1);
}

#[test]
fn threads_build_and_drop_cycles_while_others_collect() {
    let _one = ONE.lock();
    sync::gc::enable();
    let drops = Arc::new(AtomicUsize::new(0));
    let made = AtomicUsize::new(0);
    let registry: Mutex<Vec<Gc<Node>>> = Mutex::default();
    thread::scope(|scope| {
        // Joined one by one: a scope does not wait for the destructors of thread-locals.
        let mut threads = Vec::new();
        for seed in 0..4_u64 {
            let (drops, made, registry) = (&drops, &made, &registry);
            threads.push(scope.spawn(move || {
                let mut random = seed + 1;
                let mut next = move |n: u64| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    (random % n) as usize
                };
                let mut mine: Vec<Gc<Node>> = Vec::new();
                for _ in 0..20_000 {
                    match next(8) {
                        0 | 1 => {
                            mine.push(Node::new(drops));
                            made.fetch_add(1, Ordering::Relaxed);
                        }
                        2 | 3 if mine.len() > 1 => {
                            let (a, b) = (next(mine.len() as u64), next(mine.len() as u64));
                            mine[a].link(&mine[b]);
                        }
                        4 if !mine.is_empty() => {
                            let gone = mine.swap_remove(next(mine.len() as u64));
                            drop(gone);
                        }
                        5 if !mine.is_empty() => {
                            let index = next(mine.len() as u64);
                            let cut = mine[index].edges.lock().unwrap().pop();
                            drop(cut);
                        }
                        6 if !mine.is_empty() => {
                            let mut all = registry.lock().unwrap();
                            all.push(mine[next(mine.len() as u64)].clone());
                            if all.len() > 20 {
                                let taken = all.swap_remove(next(20));
                                drop(all);
                                mine.push(taken);
                            }
                        }
                        _ if !mine.is_empty() => {
                            let weak = Gc::downgrade(&mine[next(mine.len() as u64)]);
                            if mine.len() > 30 {
                                mine.truncate(5);
                            }
                            if let Some(strong) = weak.upgrade() {
                                mine.push(strong);
                            }
                        }
                        _ => {}
                    }
                }
            }));
        }
        for _ in 0..2 {
            threads.push(scope.spawn(|| {
                for _ in 0..200 {
                    sync::collect();
                    thread::yield_now();
                }
            }));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
    registry.lock().unwrap().clear();
    drop(registry);
    sync::collect();
    sync::collect();
    assert_eq!(drops.load(Ordering::Relaxed), made.load(Ordering::Relaxed));
}

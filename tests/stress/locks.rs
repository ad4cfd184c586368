//! What one can do with locks to annoy a collector.

use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use gordian::sync::{Gc, Weak};

use crate::build;
use crate::node::{Handle, Leaf, Places, Plain, Value, WeakHandle, lock, restrained};
use crate::random::Random;
use crate::watch::{WAITS, Watched, doing, fail, guarded, panic_as_expected};
use crate::world::WORLD;

/// Makes and drops objects with a lock held, of a node that others have too.
pub(crate) fn allocate_with_a_lock(mine: &[Handle], random: &mut Random) {
    doing("allocates with a lock");
    let one = random.pick(mine).cloned();
    let Some(places) = one.as_ref().and_then(Handle::places) else {
        return;
    };
    let edges = places.edges();
    restrained(|| {
        let fresh: Vec<_> = (0..random.below(40)).map(|_| build::node(random)).collect();
        build::ring(&fresh, random);
        if let (Some(mut edges), Some(one)) = (edges, fresh.first()) {
            edges.push(one.clone());
            drop(fresh);
            if random.one_in(4) {
                gordian::sync::gc::collect_generation(random.below(3));
            }
            drop(edges);
        }
    });
}

/// Panics with a lock held.
pub(crate) fn poison(mine: &[Handle], random: &mut Random) {
    doing("poisons a lock");
    let Some(places) = random.pick(mine).and_then(Handle::places) else {
        return;
    };
    let _ = guarded(|| {
        let _edges = places.edges();
        panic_as_expected();
    });
    if !places.is_poisoned() && !places.is_held.load(Ordering::Relaxed) {
        fail("a lock is not poisoned by who panics with it");
    }
}

/// Makes objects while others may wait for the outcome.
pub(crate) fn fill_once(mine: &[Handle], random: &mut Random) {
    doing("fills a cell");
    if let Some(places) = random.pick(mine).and_then(Handle::places) {
        let fill = || restrained(|| build::node(random));
        places.once.get_or_init(fill).check();
    }
}

/// A node whose lock nobody gets again, and what is behind it.
struct Leaked {
    node: Weak<Plain>,
    contents: Vec<WeakHandle>,
}

static LEAKED: Mutex<Vec<Leaked>> = Mutex::new(Vec::new());

/// A cycle of nodes, which hold each other behind the first one's lock.
fn locked_cycle(random: &mut Random) -> (Gc<Plain>, Vec<Handle>) {
    let node = Gc::new(Plain::new(Places::default()));
    node.places.is_held.store(true, Ordering::Relaxed);
    let others = (0..random.below(3)).map(|_| build::node(random));
    let mut contents: Vec<Handle> = others.collect();
    contents.push(node.clone().into());
    for other in &contents[..contents.len() - 1] {
        build::link(other, &node.clone().into(), random);
    }
    // What nobody could cut is not to hang there.
    let leaf = Handle::from(Gc::new(Leaf::new(Places::default())));
    for places in contents.iter().filter_map(Handle::places) {
        let _ = places.once.set(leaf.clone());
    }
    (node, contents)
}

/// No more guards are leaked than this: what they keep stays, and with it the blocks that it lies in.
const MOST_LEAKS: usize = 20;

/// Leaks the guard of a lock, and has others find the node.
pub(crate) fn leak_a_guard(random: &mut Random) {
    static LEAKS: AtomicUsize = AtomicUsize::new(0);
    if LEAKS.fetch_add(1, Ordering::Relaxed) < MOST_LEAKS {
        leak_a_guard_for_changes(random);
    }
    // A lock for reading keeps nobody from looking: it makes no difference.
    let (node, _contents) = locked_cycle(random);
    let _never_dropped = ManuallyDrop::new(node.places.more());
    WORLD.share(node.clone().into(), random);
}

fn leak_a_guard_for_changes(random: &mut Random) {
    let (node, contents) = locked_cycle(random);
    let (mut edges, mut more) = (None, None);
    if random.one_in(2) {
        edges = Some(node.places.seize_edges());
    } else {
        more = Some(node.places.seize_more());
    }
    let place = edges.as_deref_mut().or(more.as_deref_mut());
    if let Some(place) = place {
        place.clone_from(&contents);
    }
    let _never_dropped = ManuallyDrop::new((edges, more));
    lock(&LEAKED).push(Leaked {
        node: Gc::downgrade(&node),
        contents: contents.iter().map(Handle::downgrade).collect(),
    });
    for handle in contents {
        WORLD.share(handle, random);
    }
}

/// All that can be reached from these, as far as it can be read.
fn reach(mut handles: Vec<Handle>) -> HashSet<u64> {
    let mut found = HashSet::new();
    while let Some(handle) = handles.pop() {
        handle.check();
        if found.insert(handle.life().id()) {
            handles.extend(handle.places().into_iter().flat_map(Places::handles));
        }
    }
    found
}

/// The nodes with a leaked lock and what is behind it.
fn leaked() -> Vec<Handle> {
    let mut all = Vec::new();
    for leaked in lock(&LEAKED).iter() {
        all.extend(leaked.node.upgrade().map(Handle::from));
        let contents = leaked.contents.iter().map(WeakHandle::upgrade);
        all.extend(contents.map(|one| one.unwrap_or_else(|| fail("what is locked is gone"))));
    }
    all
}

/// What hangs on leaked locks.
pub(crate) fn reach_of_leaked() -> HashSet<u64> {
    restrained(|| reach(leaked()))
}

/// Cuts what hangs there besides what is behind the locks.
pub(crate) fn cut_leaked() {
    let mut handles = leaked();
    let mut found = HashSet::new();
    while let Some(handle) = handles.pop() {
        let is_new = found.insert(handle.life().id());
        if let Some(places) = handle.places().filter(|_| is_new) {
            handles.extend(restrained(|| places.handles()));
            let weaks = std::mem::take(&mut *lock(&places.weaks));
            guarded(|| drop(weaks));
            guarded(|| drop(restrained(|| places.cut())));
        }
        guarded(|| drop(handle));
    }
}

/// Forgets them, for the next round, and what they keep.
pub(crate) fn forget_leaked() {
    lock(&LEAKED).clear();
}

/// A thread that holds a lock until it is told to let go; asked before, it says what hangs on it.
pub(crate) struct Jailer {
    questions: Sender<Sender<HashSet<u64>>>,
    thread: Watched,
}

impl Jailer {
    pub(crate) fn start(random: &mut Random) -> Self {
        let (questions, asked) = channel();
        let mut random = random.clone();
        let run = move || hold(&asked, &mut random);
        Self {
            questions,
            thread: Watched::start("jailer".to_owned(), run),
        }
    }

    pub(crate) fn reach(&self) -> HashSet<u64> {
        let (answer, answered) = channel();
        let reach = self.questions.send(answer).ok();
        let reach = reach.and_then(|()| answered.recv().ok());
        reach.unwrap_or_else(|| fail("the jailer is gone"))
    }

    pub(crate) fn let_go(self) {
        drop(self.questions);
        self.thread.join();
    }
}

fn hold(asked: &Receiver<Sender<HashSet<u64>>>, random: &mut Random) {
    doing("holds a lock");
    let (node, contents) = locked_cycle(random);
    let mut guard = node.places.seize_edges();
    guard.clone_from(&contents);
    for handle in contents {
        guarded(|| WORLD.share(handle, random));
    }
    doing(WAITS);
    while let Ok(answer) = asked.recv() {
        let mut handles = guard.clone();
        handles.extend(node.places.handles());
        let found = restrained(|| reach(handles));
        let _ = answer.send(found);
    }
    doing("lets go of a lock");
    let behind = std::mem::take(&mut *guard);
    drop(guard);
    node.places.is_held.store(false, Ordering::Relaxed);
    for handle in behind {
        guarded(|| drop(handle));
    }
}

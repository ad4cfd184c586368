//! Objects on the state word, and what is true of them when all threads are done.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::access::{Lock, Watched};
use crate::atomic::{AtomicU64, Memory, Ordering, within};
use crate::runtime::sync::{Mutex, MutexGuard};
use crate::runtime::thread::yield_now;
use crate::thread::Thread;
use crate::weak_count::{WeakClaim, WeakCount};
use crate::word::{Bits, Flag, Word};

/// The name of an object: its place in the heap.
pub(crate) type Id = usize;

/// A strong handle. Whoever lets go of it must drop it by [`Thread::drop`].
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Handle(pub(crate) Id);

/// A weak handle, of an object that can have some.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Weak(pub(crate) Id);

/// What a new object is to be.
#[derive(Clone, Default, Debug)]
pub(crate) struct Spec {
    /// What its slots hold handles to.
    pub(crate) edges: Vec<Id>,
    /// Its slots never change, and have no lock.
    pub(crate) is_frozen: bool,
    /// It can have weak handles.
    pub(crate) has_weak: bool,
    /// It is told of its end by [`Heap::finalizer`].
    pub(crate) has_finalizer: bool,
    /// It can hold no handles, and the collector never sees it, unless it is [adopted](Thread::adopt).
    pub(crate) is_leaf: bool,
    /// Its value is not written yet.
    pub(crate) is_uninit: bool,
}

/// With these handles.
pub(crate) fn to(edges: &[Id]) -> Spec {
    Spec {
        edges: edges.to_vec(),
        ..Spec::default()
    }
}

impl Spec {
    pub(crate) fn frozen(mut self) -> Self {
        self.is_frozen = true;
        self
    }

    pub(crate) fn weak(mut self) -> Self {
        self.has_weak = true;
        self
    }

    pub(crate) fn finalized(mut self) -> Self {
        self.has_finalizer = true;
        self
    }

    pub(crate) fn leaf(mut self) -> Self {
        self.is_leaf = true;
        self
    }

    pub(crate) fn uninit(mut self) -> Self {
        self.is_uninit = true;
        self
    }
}

/// One allocation.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) word: Word,
    /// Of the slots. `None` where they never change.
    pub(crate) lock: Option<Lock>,
    /// Whether the value is there. Who derefs a handle reads it.
    pub(crate) value: Watched<bool>,
    pub(crate) slots: Watched<Vec<Handle>>,
    /// One slot more, which can be set once: the object that it holds a handle to, counted from one.
    pub(crate) once: AtomicU64,
    /// Whether its finalizer has run, if it has one.
    is_finalized: Option<Watched<bool>>,
    pub(crate) weak: Option<WeakCount>,
    /// Of a leaf: whether it has what the collector needs of what it visits.
    pub(crate) visit_word: Option<Watched<bool>>,
    /// It was saved: those that there were then are dead. Changes and is asked for under `commit`.
    pub(crate) weak_handles_have_ended: AtomicBool,
    is_allocated: Memory,
}

impl Object {
    fn new(spec: Spec, handles: u32) -> Self {
        let bits = Bits::new(handles, 0)
            .with(Flag::ToFinalize, spec.has_finalizer && !spec.is_uninit)
            .with(Flag::Untracked, spec.is_leaf)
            .with(Flag::Uninit, spec.is_uninit);
        let is_allocated = Arc::new(Watched::new(true));
        let word = || {
            let word = Word::default();
            word.publish(bits);
            word
        };
        within(&is_allocated, || Self {
            word: word(),
            lock: (!spec.is_frozen).then(Lock::new),
            value: Watched::new(!spec.is_uninit),
            slots: Watched::new(spec.edges.into_iter().map(Handle).collect()),
            once: AtomicU64::new(0),
            is_finalized: spec.has_finalizer.then(|| Watched::new(false)),
            weak: spec.has_weak.then(WeakCount::new),
            visit_word: spec.is_leaf.then(|| Watched::new(false)),
            weak_handles_have_ended: AtomicBool::new(false),
            is_allocated: Arc::clone(&is_allocated),
        })
    }

    /// Whoever shares the memory gives up his claim.
    pub(crate) fn release_memory(&self) {
        if let Some(weak) = &self.weak
            && weak.decrement() == WeakClaim::Others
        {
            return;
        }
        let was_allocated = self.is_allocated.write(|is| replace(is, false));
        assert!(was_allocated, "freed twice");
    }

    /// What the value holds handles to.
    pub(crate) fn edges(&self) -> Vec<Id> {
        let mut edges = self
            .slots
            .read(|slots| slots.iter().map(|it| it.0).collect::<Vec<_>>());
        // Acquire: after what was done with the handle before it came here.
        let once = self.once.load(Ordering::Acquire);
        edges.extend((once as Id).checked_sub(1));
        edges
    }

    pub(crate) fn has_finalizer(&self) -> bool {
        self.is_finalized.is_some()
    }

    /// Says that the finalizer runs.
    pub(crate) fn set_finalized(&self) {
        assert!(self.value.read(|is| *is), "finalized without a value");
        let is_finalized = self.is_finalized.as_ref();
        let is_finalized = is_finalized.expect("an object with a finalizer");
        let was_finalized = is_finalized.write(|is| replace(is, true));
        assert!(!was_finalized, "finalized twice");
    }

    /// Drops the value, and returns the handles that it held.
    pub(crate) fn drop_value(&self) -> Vec<Handle> {
        if let Some(is_finalized) = &self.is_finalized {
            assert!(is_finalized.read(|is| *is), "dropped without its finalizer");
        }
        self.take_value()
    }

    /// Takes the value away, and returns the handles that it held.
    pub(crate) fn take_value(&self) -> Vec<Handle> {
        let was_there = self.value.write(|is| replace(is, false));
        assert!(was_there, "value dropped twice");
        let edges = self.edges();
        self.once.store(0, Ordering::Relaxed);
        self.slots.write(|slots| {
            slots.clear();
            edges.into_iter().map(Handle).collect()
        })
    }
}

type Finalizer = Box<dyn Fn(&Thread, Id) + Send + Sync>;

/// All objects, and what threads share beside them.
pub(crate) struct Heap {
    objects: Vec<Object>,
    /// The candidates that each thread has found.
    pub(crate) buffers: Vec<Mutex<Vec<Id>>>,
    /// Upgrades of what is being scanned, and the verdict of the collector, come one by one.
    pub(crate) commit: Mutex<()>,
    /// Who holds it is the collector. What it keeps are candidates that it has taken out of the
    /// buffers, and is not done with.
    pub(crate) collector: Mutex<Vec<Id>>,
    /// Garbage whose finalizers run, and that has nothing left but its pin.
    pub(crate) left_to_pin: Mutex<Vec<Id>>,
    /// The leaves that have a visit word.
    pub(crate) adopted: Mutex<Vec<Id>>,
    /// What the finalizer of any object does.
    pub(crate) finalizer: Finalizer,
    /// Handles that all threads can get at.
    pub(crate) globals: Mutex<Vec<Handle>>,
}

impl fmt::Debug for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.objects).finish()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no model goes on after a panic")
}

impl Heap {
    /// With these objects, and as many handles from outside to each as `roots` says.
    pub(crate) fn new(specs: &[(u32, Spec)], threads: usize, finalizer: Finalizer) -> Self {
        let mut handles: Vec<u32> = specs.iter().map(|(roots, _)| *roots).collect();
        for target in specs.iter().flat_map(|(_, spec)| &spec.edges) {
            handles[*target] += 1;
        }
        let objects = specs.iter().zip(handles);
        Self {
            objects: objects
                .map(|((_, spec), handles)| Object::new(spec.clone(), handles))
                .collect(),
            buffers: (0..threads).map(|_| Mutex::new(Vec::new())).collect(),
            commit: Mutex::new(()),
            collector: Mutex::new(Vec::new()),
            left_to_pin: Mutex::new(Vec::new()),
            adopted: Mutex::new(Vec::new()),
            finalizer,
            globals: Mutex::new(Vec::new()),
        }
    }

    /// The object, whose memory must be there.
    pub(crate) fn object(&self, id: Id) -> &Object {
        let object = &self.objects[id];
        let is_allocated = object.is_allocated.read(|is| *is);
        assert!(is_allocated, "{id} is used after it was freed");
        object
    }

    /// The object of a slot that may have been freed by now: for models, not for threads.
    pub(crate) fn is_allocated(&self, id: Id) -> bool {
        self.objects[id].is_allocated.read(|is| *is)
    }

    /// When all is quiet: exactly what these handles reach is there, with the counts of the handles
    /// there are, and whoever is a candidate is one once.
    pub(crate) fn assert_exact(&self, roots: &[&Handle]) {
        let mut handles = BTreeMap::<Id, u32>::new();
        let mut reached: Vec<Id> = roots.iter().map(|handle| handle.0).collect();
        reached.extend(lock(&self.globals).iter().map(|handle| handle.0));
        while let Some(id) = reached.pop() {
            let count = handles.entry(id).or_default();
            *count += 1;
            if *count == 1 {
                reached.extend(self.objects[id].edges());
            }
        }
        let mut buffered: Vec<Id> = lock(&self.collector).clone();
        for buffer in &self.buffers {
            buffered.extend_from_slice(&lock(buffer));
        }
        for (id, object) in self.objects.iter().enumerate() {
            let claims = buffered.iter().filter(|other| **other == id).count();
            let Some(count) = handles.get(&id) else {
                assert!(!object.value.read(|is| *is), "{id} has leaked");
                continue;
            };
            assert!(object.value.read(|is| *is), "{id} is gone");
            let now = self.object(id).word.read();
            assert_eq!(now.count(), *count, "handles of {id}: {now:x?}");
            assert_eq!(
                usize::from(now.has(Flag::Buffered)),
                claims,
                "{id}: {now:x?}"
            );
            for flag in [Flag::Scanning, Flag::Pinned, Flag::Dead, Flag::StandsIn] {
                assert!(!now.has(flag), "{id} is {flag:?}");
            }
        }
    }

    /// When nothing is held any more: neither values nor memory are left.
    pub(crate) fn assert_empty(&self) {
        self.assert_exact(&[]);
        for id in 0..self.objects.len() {
            assert!(!self.is_allocated(id), "the memory of {id} has leaked");
        }
    }
}

/// Waits until the other threads have had a chance.
pub(crate) fn wait() {
    yield_now();
}

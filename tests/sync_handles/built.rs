//! Objects whose value comes after them: `new_cyclic`, `new_uninit`, slices.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use super::*;

/// Holds itself, weakly and strongly.
#[derive(Trace)]
struct Ring {
    me: Weak<Ring>,
    strong: Mutex<Option<Gc<Ring>>>,
    _probe: DropProbe,
}

impl Ring {
    fn value(me: &Weak<Self>, drops: &Drops) -> Self {
        Self {
            me: me.clone(),
            strong: Mutex::default(),
            _probe: drops.probe(),
        }
    }
}

#[test]
fn cyclic() {
    let _alone = alone();
    let drops = Drops::new();
    let ring = Gc::new_cyclic(|me| {
        assert!(!is_there(me));
        assert_eq!((me.strong_count(), me.weak_count()), (0, 0));
        assert_eq!(format!("{me:?}"), "(Weak, dead)");
        assert_eq!(sync::collect(), 0);
        Ring::value(me, &drops)
    });
    assert_eq!((Gc::strong_count(&ring), Gc::weak_count(&ring)), (1, 1));
    let me = ring.me.upgrade().unwrap();
    assert!(Gc::ptr_eq(&me, &ring));
    *ring.strong.lock().unwrap() = Some(me);
    let weak = ring.me.clone();
    drop(ring);
    assert!(is_there(&weak));
    assert_eq!(sync::collect(), 1);
    assert!(!is_there(&weak));
    assert_eq!(drops.count(), 1);
}

#[test]
fn cyclic_with_a_panic() {
    let _alone = alone();
    let mut kept = None;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        Gc::<Ring>::new_cyclic(|me| {
            kept = Some(me.clone());
            panic!("no value");
        })
    }));
    assert!(panic.is_err());
    let kept = kept.unwrap();
    let kept = thread::spawn(move || {
        assert!(!is_there(&kept));
        kept
    });
    let kept = kept.join().unwrap();
    assert_eq!((kept.strong_count(), kept.weak_count()), (0, 0));
    assert_eq!(format!("{kept:?}"), "(Weak, dead)");
    drop(kept);
    assert_eq!(sync::collect(), 0);
}

#[test]
fn cyclic_with_another_thread() {
    let _alone = alone();
    let drops = Drops::new();
    for round in 0..ROUNDS {
        let (sender, handles) = mpsc::channel::<Weak<Ring>>();
        let build = || {
            Gc::new_cyclic(|me| {
                sender.send(me.clone()).unwrap();
                // Built while the other one tries to get at it.
                (0..round % 16).for_each(|_| thread::yield_now());
                Ring::value(me, &drops)
            })
        };
        let take = move || {
            let weak = handles.recv().unwrap();
            loop {
                if let Some(ring) = weak.upgrade() {
                    return ring;
                }
                thread::yield_now();
            }
        };
        let (built, taken) = at_once(build, take);
        assert!(Gc::ptr_eq(&built, &taken) && built.me.ptr_eq(&taken.me));
        assert_eq!(Gc::strong_count(&built), 2);
        if round % 2 == 0 {
            *built.strong.lock().unwrap() = Some(taken);
        }
    }
    assert_eq!(sync::collect(), ROUNDS / 2);
    assert_eq!(drops.count(), ROUNDS);
}

#[test]
fn uninitialized() {
    let _alone = alone();
    let drops = Drops::new();
    let log = Log::new();
    // Never written: nothing is dropped, nothing is finalized, and no candidate is left.
    let never = Gc::<Mortal>::new_uninit();
    drop(never.clone());
    drop(never);
    let never = Gc::<Node>::new_uninit();
    let weak = Gc::downgrade(&never);
    drop(never.clone());
    drop(never);
    assert!(!is_there(&weak));

    let mut node = Gc::<Node>::new_uninit();
    Gc::get_mut(&mut node).unwrap().write(Node::value(&drops));
    let weak = Gc::downgrade(&node);
    assert_eq!(sync::collect(), 0);
    // SAFETY: just written.
    let node = unsafe { node.assume_init() };
    assert!(is_there(&weak));
    node.link(&node);
    drop(node);
    assert_eq!((sync::collect(), drops.count()), (1, 1));
    assert!(!is_there(&weak));

    let mut mortal = Gc::<Mortal>::new_uninit();
    let value = Mortal::value(&log, &drops);
    Gc::get_mut(&mut mortal).unwrap().write(value);
    // SAFETY: just written.
    drop(unsafe { mortal.assume_init() });
    assert_eq!((log.take(), drops.count()), (vec!["finalized"], 2));
}

#[test]
fn uninitialized_as_a_value() {
    let _alone = alone();
    let (drops, log) = (Drops::new(), Log::new());
    let node = Gc::new(MaybeUninit::new(Node::value(&drops)));
    let other = node.clone();
    // SAFETY: it was made with a value; the same is said of the other handle.
    let node = unsafe { node.assume_init() };
    // SAFETY: as above.
    let other = unsafe { other.assume_init() };
    node.link(&other);
    drop((node, other));
    assert_eq!((sync::collect(), drops.count()), (1, 1));

    let mortal = Gc::new(MaybeUninit::new(Mortal::value(&log, &drops)));
    // SAFETY: it was made with a value.
    drop(unsafe { mortal.assume_init() });
    assert_eq!((log.take(), drops.count()), (vec!["finalized"], 2));
}

#[test]
fn uninitialized_and_cloned() {
    let _alone = alone();
    let (drops, log) = (Drops::new(), Log::new());
    for round in 0..ROUNDS {
        let mut mortal = if round % 2 == 0 {
            Gc::<Mortal>::new_uninit()
        } else {
            Gc::new(MaybeUninit::uninit())
        };
        let value = Mortal::value(&log, &drops);
        Gc::get_mut(&mut mortal).unwrap().write(value);
        let other = mortal.clone();
        // SAFETY: just written, and the other handle does not take it for unwritten.
        let assume = move || drop(unsafe { mortal.assume_init() });
        if round % 3 == 0 {
            at_once(assume, move || drop(Gc::downgrade(&other)));
        } else {
            at_once(assume, move || drop(other));
        }
    }
    assert_eq!((log.len(), drops.count()), (ROUNDS, ROUNDS));
    assert_eq!(sync::collect(), 0);
}

/// An object whose value comes after handles to it lie in others: the collector that finds one beside
/// the writer looks into a whole value.
#[test]
fn initialized_while_others_collect() {
    #[derive(Trace)]
    struct Early(Mutex<Option<Gc<MaybeUninit<Node>>>>);

    let _alone = alone();
    let drops = Drops::new();
    let target = Node::new(&drops);
    for _ in 0..ROUNDS / 4 {
        let early = Gc::new(Early(Mutex::default()));
        drop(early.clone());
        let mut node = Gc::<Node>::new_uninit();
        let value = Node::value(&drops);
        value.link(&target);
        Gc::get_mut(&mut node).unwrap().write(value);
        *early.0.lock().unwrap() = Some(node.clone());
        // SAFETY: just written; what lies in `early` is only dropped.
        let assume = || unsafe { node.assume_init() };
        let (node, _) = at_once(assume, sync::collect);
        assert_eq!(node.edges.lock().unwrap().len(), 1);
        drop(early);
    }
    sync::collect();
    assert_eq!(drops.count(), ROUNDS / 4);
    assert_eq!(Gc::strong_count(&target), 1);
}

/// A slice of places for links, and what leads back to it.
type Places = [Mutex<Option<Gc<[Link]>>>];

#[derive(Trace)]
struct Link(Gc<Places>, DropProbe);

#[test]
fn slices() {
    let _alone = alone();
    let drops = Drops::new();
    let nodes: Gc<Places> = (0..3).map(|_| Mutex::default()).collect();
    let links: Gc<[Link]> = Gc::from([Link(nodes.clone(), drops.probe())]);
    assert!(Gc::ptr_eq(&links[0].0, &nodes) && links[0].1.is_intact());
    *nodes[2].lock().unwrap() = Some(links);
    drop(nodes);
    assert_eq!((sync::collect(), drops.count()), (2, 1));

    let mut two = Gc::<[DropProbe]>::new_uninit_slice(2);
    for place in Gc::get_mut(&mut two).unwrap() {
        place.write(drops.probe());
    }
    let never = Gc::<[DropProbe]>::new_zeroed_slice(2);
    // SAFETY: both are written.
    let two = unsafe { two.assume_init() };
    let two: Gc<[DropProbe; 2]> = two.try_into().unwrap();
    drop(never);
    assert_eq!(drops.count(), 1);
    let text = thread::spawn(|| Gc::<str>::from("text")).join().unwrap();
    assert_eq!(&*text, "text");
    drop(two);
    assert_eq!(drops.count(), 3);
}

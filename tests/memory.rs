//! Whichever way an object goes, its memory goes, too.

use std::cell::RefCell;
use std::sync::Mutex;
use std::thread;

use gordian::gc;
use gordian_tests::counting::{Counting, bytes};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How much is made in all.
const MUCH: usize = 8 << 20;

/// Makes objects of a size and gives them up, again and again: what stays allocated is little.
fn keeps_nothing(size: usize, make_and_give_up: impl Fn()) {
    make_and_give_up();
    let before = bytes();
    for _ in 0..MUCH / size {
        make_and_give_up();
    }
    let kept = bytes() - before;
    assert!(kept < (MUCH / 4) as isize, "{kept} bytes kept");
}

/// The same tests for either heap.
macro_rules! tests {
    () => {
        use std::mem::MaybeUninit;
        use std::panic::{AssertUnwindSafe, catch_unwind};
        use std::sync::Mutex;

        use gordian::{Finalize, Trace};

        use super::{MUCH, bytes, keeps_nothing};

        /// In a block.
        const SMALL: usize = 1 << 10;
        /// In an allocation of its own.
        const LARGE: usize = 1 << 16;

        #[derive(Trace)]
        struct Node<const SIZE: usize> {
            links: Mutex<Vec<Gc<Node<SIZE>>>>,
            weight: [u8; SIZE],
        }

        #[derive(Trace)]
        #[trace(finalize)]
        struct Finalized<const SIZE: usize> {
            links: Mutex<Vec<Gc<Finalized<SIZE>>>>,
            weight: [u8; SIZE],
        }

        impl<const SIZE: usize> Finalize for Finalized<SIZE> {
            fn finalize(&self) {
                assert_eq!(self.weight[0], 0);
            }
        }

        fn node<const SIZE: usize>() -> Gc<Node<SIZE>> {
            let links = Mutex::default();
            let weight = [0; SIZE];
            Gc::new(Node { links, weight })
        }

        /// One that holds itself.
        fn knot<const SIZE: usize>() -> Gc<Node<SIZE>> {
            let knot = node();
            knot.links.lock().unwrap().push(knot.clone());
            assert_eq!(knot.weight[0], 0);
            knot
        }

        fn finalized<const SIZE: usize>() -> Gc<Finalized<SIZE>> {
            let links = Mutex::default();
            let weight = [0; SIZE];
            Gc::new(Finalized { links, weight })
        }

        #[test]
        fn what_is_dropped() {
            fresh();
            keeps_nothing(SMALL, || drop(node::<SMALL>()));
            keeps_nothing(LARGE, || drop(node::<LARGE>()));
            keeps_nothing(LARGE, || drop(finalized::<LARGE>()));
            keeps_nothing(LARGE, || drop(Gc::new([0_u8; LARGE])));
        }

        #[test]
        fn what_weak_handles_outlive() {
            fresh();
            keeps_nothing(LARGE, || drop(Gc::downgrade(&node::<LARGE>())));
            keeps_nothing(LARGE, || {
                let node = node::<LARGE>();
                drop(Gc::downgrade(&node));
                drop(node);
            });
            keeps_nothing(LARGE, || drop(Gc::downgrade_with(&node::<LARGE>(), || {})));
            keeps_nothing(LARGE, || {
                let (weak, knot) = {
                    let knot = knot::<LARGE>();
                    (Gc::downgrade(&knot), knot)
                };
                drop(knot);
                gc::collect();
                assert!(weak.upgrade().is_none());
            });
        }

        #[test]
        fn what_is_collected() {
            fresh();
            keeps_nothing(SMALL, || {
                drop(knot::<SMALL>());
                gc::collect();
            });
            keeps_nothing(LARGE, || {
                drop(knot::<LARGE>());
                gc::collect();
            });
            keeps_nothing(LARGE, || {
                let one = finalized::<LARGE>();
                one.links.lock().unwrap().push(one.clone());
                drop(one);
                gc::collect();
            });
            keeps_nothing(LARGE, || {
                let weak = Gc::downgrade(&knot::<LARGE>());
                drop(weak);
                gc::collect();
            });
        }

        /// A candidate that is freed is in a list still.
        #[test]
        fn what_is_dropped_twice() {
            fresh();
            keeps_nothing(LARGE, || {
                let node = node::<LARGE>();
                drop(node.clone());
                drop(node);
                gc::collect();
            });
        }

        #[test]
        fn what_is_deep() {
            fresh();
            keeps_nothing(LARGE * 64, || {
                let mut last = node::<LARGE>();
                for _ in 1..64 {
                    let next = node();
                    next.links.lock().unwrap().push(last);
                    last = next;
                }
            });
        }

        #[test]
        fn what_is_unwrapped() {
            fresh();
            keeps_nothing(LARGE, || {
                assert!(Gc::try_unwrap(node::<LARGE>()).is_ok());
            });
        }

        #[test]
        fn what_is_never_built() {
            fresh();
            keeps_nothing(LARGE, || drop(Gc::<Node<LARGE>>::new_uninit()));
            keeps_nothing(LARGE, || {
                drop(Gc::<[MaybeUninit<u8>]>::from(Gc::<[u8]>::new_uninit_slice(
                    LARGE,
                )));
            });
            keeps_nothing(LARGE, || {
                let build = |_: &Weak<Node<LARGE>>| std::panic::resume_unwind(Box::new(()));
                let built = catch_unwind(AssertUnwindSafe(|| Gc::new_cyclic(build)));
                assert!(built.is_err());
            });
        }

        #[test]
        fn what_is_in_maps() {
            fresh();
            let map = weak::WeakIdentityMap::<[u8; LARGE], Gc<Node<LARGE>>>::default();
            keeps_nothing(LARGE, || {
                let key = Gc::new([0; LARGE]);
                map.insert(&key, knot());
                drop(key);
                gc::collect();
                assert!(map.is_empty());
            });
        }

        /// What was kept for more of the same goes when there is nothing to do any more.
        #[test]
        fn what_was_much() {
            fresh();
            let before = bytes();
            let much: Vec<_> = (0..MUCH / SMALL).map(|_| knot::<SMALL>()).collect();
            drop(much);
            (0..3).for_each(|_| {
                gc::collect();
            });
            let kept = bytes() - before;
            assert!(kept < (MUCH / 16) as isize, "{kept} bytes kept");
        }

        /// Keys that the collector has to look at because of that, though they hold nothing.
        #[test]
        fn what_was_a_key() {
            fresh();
            let map = weak::WeakIdentityMap::<u64, Gc<u64>>::default();
            let value = Gc::new(0);
            keeps_nothing(32, || {
                let key = Gc::new(1);
                map.insert(&key, value.clone());
            });
            assert!(map.is_empty());
        }
    };
}

mod local {
    use gordian::{Gc, Weak, gc, weak};
    use gordian_tests::fresh;

    tests!();
}

mod sync {
    use gordian::sync::{Gc, Weak, gc, weak};
    use gordian_tests::process_heap::fresh;

    tests!();
}

/// Though no object tells it that the thread ends: neither where there is something to be told of
/// collections, nor where there are collections only.
#[test]
fn what_a_thread_without_objects_has() {
    /// Goes after the heap; has what was allocated before.
    struct Late(isize);
    impl Drop for Late {
        fn drop(&mut self) {
            *KEPT.lock().unwrap() = Some(bytes() - self.0);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    static KEPT: Mutex<Option<isize>> = Mutex::new(None);

    let whats: [fn(); 4] = [
        || {
            drop([(); 100].map(|()| gc::on_collect(|_| ())));
            gc::collect();
        },
        || _ = gc::collect(),
        || _ = gc::collect_generation(0),
        gc::shutdown,
    ];
    for (number, what) in whats.into_iter().enumerate() {
        let work = move || {
            LATE.set(Some(Late(bytes())));
            LATE.set(Some(Late(bytes())));
            what();
        };
        thread::spawn(work).join().unwrap();
        let kept = KEPT.lock().unwrap().take();
        assert!(
            kept.is_some_and(|kept| kept <= 0),
            "{number}: {kept:?} bytes kept"
        );
    }
}

/// Though nothing is dropped after it.
#[test]
fn what_is_done_after_the_end_of_the_heap() {
    /// Goes after the heap.
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            let whats: [fn(); 3] = [
                || _ = gc::collect(),
                || _ = gc::collect_generation(0),
                gc::shutdown,
            ];
            let kept = whats.map(|what| {
                let before = bytes();
                what();
                bytes() - before
            });
            *KEPT.lock().unwrap() = Some(kept);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    static KEPT: Mutex<Option<[isize; 3]>> = Mutex::new(None);

    let work = || {
        LATE.set(Some(Late));
        drop(gordian::Gc::new(1));
    };
    thread::spawn(work).join().unwrap();
    assert_eq!(KEPT.lock().unwrap().take(), Some([0; 3]));
}

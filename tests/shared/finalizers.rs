//! `weak::finalize`.

use std::mem::{ManuallyDrop, MaybeUninit};

use super::stage::{Canary, Log, Mortal, Node, Rescue, Slot, fresh, logging, panic_of, state};
use super::{Finalize, Gc, Trace, gc, weak};

/// `FinalizeTestCase.test_finalize`, first part
#[test]
fn z_01_called_by_hand() {
    fresh();
    let (res, log) = (Log::default(), Log::default());
    let add = |x: i32, y: i32, z: i32| {
        let res = res.clone();
        move || {
            res.add((x + y + z).to_string());
            x + y + z
        }
    };
    let object = Node::new("object", &log);
    let f = weak::finalize(&object, add(67, 43, 89));
    assert!(f.alive() && f.atexit());
    assert_eq!(f.peek(|peeked, _| Gc::ptr_eq(peeked, &object)), Some(true));
    assert_eq!(f.peek(|_, function| size_of_val(function) > 0), Some(true));
    assert!(f.alive());
    assert!(res.take().is_empty());

    assert_eq!(f.call(), Some(199));
    assert_eq!(res.take(), ["199"]);
    for _ in 0..2 {
        assert!(!f.alive());
        assert_eq!(f.call(), None);
        assert!(f.peek(|_, _| ()).is_none());
        assert!(f.detach().is_none());
    }
    drop(object);
    assert!(!f.alive());
    assert_eq!(log.take(), ["drop object"]);
    assert!(res.take().is_empty());
}

/// `FinalizeTestCase.test_finalize`, second part
#[test]
fn z_02_detached() {
    fresh();
    let (res, log) = (Log::default(), Log::default());
    let object = Node::new("object", &log);
    let f = weak::finalize(&object, {
        let res = res.clone();
        move || {
            res.add("199");
            199
        }
    });
    let (detached, function) = f.detach().unwrap();
    assert!(Gc::ptr_eq(&detached, &object));
    drop(detached);
    for _ in 0..2 {
        assert!(!f.alive());
        assert_eq!(f.call(), None);
        assert!(f.peek(|_, _| ()).is_none());
        assert!(f.detach().is_none());
    }
    drop(object);
    assert_eq!(log.take(), ["drop object"]);
    assert!(res.take().is_empty());
    assert_eq!(function(), 199, "the function is given back unharmed");
}

/// `FinalizeTestCase.test_finalize`, third part
#[test]
fn z_03_run_by_the_drop() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let f = weak::finalize(&object, {
        let log = log.clone();
        move || {
            log.add("199");
            199
        }
    });
    assert!(f.alive());
    drop(object);
    assert_eq!(log.take(), ["199", "drop object"]);
    for _ in 0..2 {
        assert!(!f.alive());
        assert_eq!(f.call(), None);
        assert!(f.peek(|_, _| ()).is_none());
        assert!(f.detach().is_none());
    }
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// `FinalizeTestCase.test_order`
#[test]
fn z_04_order() {
    fresh();
    let (log, drops) = (Log::default(), Log::default());
    let object = Node::new("object", &drops);
    let f1 = weak::finalize(&object, logging(&log, "f1"));
    let f2 = weak::finalize(&object, logging(&log, "f2"));
    let f3 = weak::finalize(&object, logging(&log, "f3"));
    let f4 = weak::finalize(&object, logging(&log, "f4"));
    let f5 = weak::finalize(&object, logging(&log, "f5"));
    drop((f1, f4));
    log.add("A");
    assert_eq!(f3.call(), Some(()));
    log.add("B");
    assert!(f5.detach().is_some());
    log.add("C");
    drop(object);
    log.add("D");
    assert_eq!(log.take(), ["A", "f3", "B", "C", "f4", "f2", "f1", "D"]);
    assert_eq!(drops.take(), ["drop object"]);
    assert!(!f2.alive() && !f3.alive() && !f5.alive());
}

/// `FinalizeTestCase.test_all_freed`
#[test]
fn z_05_all_freed() {
    fresh();
    let (res, drops) = (Log::default(), Log::default());
    let object = Node::new("object", &drops);
    let capture = Node::new("capture", &drops);
    let of_capture = Gc::downgrade(&capture);
    let direct = Canary::new("function", &drops);
    let f = weak::finalize(&object, {
        let res = res.clone();
        move || {
            let _captures = (&capture, &direct);
            res.add("123");
        }
    });
    let memory = Gc::downgrade(&object);
    drop(f);
    assert_eq!(state(&of_capture), "Some");
    drop(object);
    assert_eq!(res.take(), ["123"]);
    assert_eq!((state(&of_capture), state(&memory)), ("None", "None"));
    assert_eq!(
        drops.take_sorted(),
        ["drop capture", "drop function", "drop object"]
    );
    assert_eq!(gc::collect(), 0);
}

/// doc
#[test]
fn z_08_one_order_with_callbacks() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let object = Node::in_cycle("object", &log, cyclic);
        weak::finalize(&object, logging(&log, "f1"));
        weak::finalize(&object, logging(&log, "f2"));
        let plain = Gc::downgrade_with(&object, logging(&log, "plain"));
        weak::finalize(&object, logging(&log, "f3"));
        drop(object);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["f3", "plain", "f2", "f1", "drop object"]);
        assert!(plain.upgrade().is_none());
    }
}

/// doc
#[test]
fn z_09_after_the_own_finalizer() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let make = |saved: Option<&Gc<Rescue>>, then| {
            let object = Mortal::with("object", &log, saved, then);
            if cyclic {
                object.link(&object);
            }
            let of_object = Gc::downgrade(&object);
            let function = {
                let log = log.clone();
                move || log.add(format!("f {}", state(&of_object)))
            };
            (weak::finalize(&object, function), object)
        };

        let (f, object) = make(None, |_| {});
        drop(object);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["fin object", "f None", "drop object"]);
        assert!(!f.alive());

        let saved = Rescue::new();
        let (f, object) = make(Some(&saved), |this| {
            let me = this.me().unwrap();
            this.saved.as_ref().unwrap().strong.lock().unwrap().push(me);
        });
        drop(object);
        assert_eq!(gc::collect(), 0);
        assert_eq!(log.take(), ["fin object"]);
        assert!(f.alive());
        let resurrected = saved.strong.lock().unwrap().pop().unwrap();
        assert_eq!(
            f.peek(|object, _| Gc::ptr_eq(object, &resurrected)),
            Some(true)
        );
        drop(resurrected);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["f None", "drop object"]);
        assert!(!f.alive());
    }
}

/// doc
#[test]
fn z_10_panic_in_the_function() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let object = Node::in_cycle("object", &log, cyclic);
        let panicking = |line: &'static str| {
            let log = log.clone();
            move || {
                log.add(line);
                std::panic::panic_any(line);
            }
        };
        let f1 = weak::finalize(&object, logging(&log, "f1"));
        let f2 = weak::finalize(&object, panicking("f2"));
        let f3 = weak::finalize(&object, panicking("f3"));
        let f4 = weak::finalize(&object, logging(&log, "f4"));
        if cyclic {
            drop(object);
            assert!(log.take().is_empty());
            assert_eq!(panic_of(gc::collect), "f3");
        } else {
            assert_eq!(panic_of(|| drop(object)), "f3");
        }
        assert_eq!(log.take(), ["f4", "f3", "f2", "f1", "drop object"]);
        assert!(!f1.alive() && !f2.alive() && !f3.alive() && !f4.alive());
        assert_eq!(gc::collect(), 0);

        let object = ManuallyDrop::new(Node::new("other", &log));
        let f = weak::finalize(&object, panicking("called"));
        assert_eq!(panic_of(|| f.call::<()>()), "called");
        assert_eq!(log.take(), ["called"]);
        assert!(!f.alive());
        drop(ManuallyDrop::into_inner(object));
        assert_eq!(log.take(), ["drop other"]);
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct User {
    me: Slot<Gc<User>>,
    #[trace(skip)]
    log: Log,
    _canary: Canary,
}

impl Finalize for User {
    fn finalize(&self) {
        self.log.add("finalized");
        let me = self.me.get().expect("the edge is intact");
        assert_eq!(Gc::downgrade(&me).strong_count(), Gc::strong_count(&me));
        assert!(gc::is_tracked(&me));
        assert_eq!(gc::collect(), 0);

        let object = Gc::new(vec![me.clone()]);
        let plain = Gc::downgrade(&object);
        let with_callback = Gc::downgrade_with(&object, logging(&self.log, "callback"));
        let finalizer = weak::finalize(&object, logging(&self.log, "finalizer"));
        assert!(plain.upgrade().is_some() && with_callback.upgrade().is_some());
        assert!(finalizer.alive());
        drop((me, object));
        assert!(plain.upgrade().is_none() && with_callback.upgrade().is_none());
        assert!(!finalizer.alive());
    }
}

/// GCTests.test_datetime_weakref_cycle
#[test]
fn f_23_finalizer_uses_the_library() {
    fresh();
    let log = Log::default();
    let user = Gc::new(User {
        me: Slot::empty(),
        log: log.clone(),
        _canary: Canary::new("user", &log),
    });
    user.me.set(user.clone());
    drop(user);
    assert_eq!(gc::collect(), 1);
    let expected = ["finalized", "finalizer", "callback", "drop user"];
    assert_eq!(log.take(), expected);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// A value is of its own type from when that is known, wherever it has been before.
#[test]
fn finalizers_of_what_was_perhaps_not_there() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Last(#[trace(skip)] Log);
    impl Finalize for Last {
        fn finalize(&self) {
            self.0.add("finalizer");
        }
    }

    fresh();
    let log = Log::default();
    let object = Gc::new(MaybeUninit::new(Last(log.clone())));
    // SAFETY: it is there.
    let object = unsafe { object.assume_init() };
    assert!(log.take().is_empty());
    drop(object);
    assert_eq!(log.take(), ["finalizer"]);
}

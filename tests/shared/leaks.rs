//! What lives until the end of a thread and is not dropped by it: the rows of the conformance list
//! that cannot but leak.

use std::thread;

use super::stage::{Log, Node, Slot, fresh, in_a_thread, leak, logging};
use super::temp_workspace::{TempWorkspace, left_by_a_thread};
use super::{Finalize, Gc, Trace, gc, weak};

/// `TempWorkspace`, kept until the end
#[test]
fn e2_4_temp_workspace_at_exit() {
    let path = left_by_a_thread(|| {
        let workspace = TempWorkspace::new();
        TempWorkspace::clean_up(&workspace);
        let path = workspace.path.clone();
        leak(workspace);
        path
    });
    assert!(!path.exists());
}

/// `FinalizeTestCase.test_atexit`
#[test]
fn z_06_atexit() {
    let log = Log::default();
    in_a_thread({
        let log = log.clone();
        move || {
            let object = Node::new("object", &log);
            weak::finalize(&object, logging(&log, "f1"));
            let f2 = weak::finalize(&object, logging(&log, "f2"));
            f2.set_atexit(false);
            assert!(!f2.atexit() && f2.alive());
            weak::finalize(&object, {
                let (log, object) = (log.clone(), Gc::downgrade(&object));
                move || {
                    log.add("f3 error");
                    weak::finalize(&object.upgrade().unwrap(), logging(&log, "g1"));
                    panic!("reported, and then forgotten");
                }
            });
            weak::finalize(&object, logging(&log, "f4"));
            leak(object);
            log.add("end");
        }
    });
    assert_eq!(log.take(), ["end", "f4", "f3 error", "g1", "f1"]);
}

#[derive(Trace)]
#[trace(finalize)]
struct Named {
    name: &'static str,
    edge: Slot<Gc<Named>>,
    #[trace(skip)]
    log: Log,
}

impl Named {
    fn new(name: &'static str, log: &Log) -> Gc<Self> {
        Gc::new(Self {
            name,
            edge: Slot::empty(),
            log: log.clone(),
        })
    }
}

impl Finalize for Named {
    fn finalize(&self) {
        self.log.add(format!("finalizer of {}", self.name));
    }
}

/// Registers a finalizer for the exit, on an object that never dies, in which another object dies
/// that has finalizers of its own, and a cycle becomes garbage.
fn prepare_exit(log: &Log) {
    let victim = Named::new("victim", log);
    let entries = log.clone();
    weak::finalize(&victim, move || {
        entries.add("weak finalizer of victim");
    });

    let eternal = Gc::new(0);
    let entries = log.clone();
    weak::finalize(&eternal, move || {
        entries.add(format!("is enabled: {}", gc::is_enabled()));
        drop(victim);
        entries.add("victim was dropped");
        gc::set_threshold((1, 1, 1));
        let cycle = Named::new("cycle", &entries);
        cycle.edge.set(cycle.clone());
        drop(cycle);
        for _ in 0..100 {
            Named::new("temporary", &Log::default());
        }
        entries.add("end");
    });
    leak(eternal);
}

const EXIT_LOG: [&str; 6] = [
    "is enabled: false",
    "finalizer of victim",
    "weak finalizer of victim",
    "victim was dropped",
    "end",
    "finalizer of cycle",
];

/// Documented: no automatic collection during the exit; what dies then is finalized at once.
#[test]
fn s_06_thread_exit_is_not_interrupted() {
    let log = Log::default();
    let entries = log.clone();
    thread::spawn(move || {
        assert!(gc::is_enabled());
        prepare_exit(&entries);
        assert!(entries.take().is_empty());
    })
    .join()
    .expect("the thread panicked");
    assert_eq!(log.take(), EXIT_LOG);
}

/// Documented: the same of `shutdown`, after which automatic collection is what it was.
#[test]
fn s_06_shutdown_is_not_interrupted() {
    let log = Log::default();
    assert!(gc::is_enabled());
    prepare_exit(&log);
    gc::shutdown();
    assert_eq!(log.take(), EXIT_LOG);
    assert!(gc::is_enabled());

    fresh();
    gc::shutdown();
    assert!(log.take().is_empty(), "finalizers run once");
    assert!(!gc::is_enabled());
}

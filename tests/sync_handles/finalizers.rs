//! `sync::weak::finalize`.

use std::process::Command;
use std::sync::mpsc;
use std::thread::ThreadId;

use gordian::sync::weak::{self, Finalizer};

use super::*;

/// Something to register, that writes to a log.
fn writes(log: &Log<&'static str>, line: &'static str) -> impl FnOnce() -> usize + Send + 'static {
    let log = log.clone();
    move || {
        log.push(line);
        line.len()
    }
}

#[test]
fn called_and_detached() {
    let _alone = alone();
    let log = Log::new();
    let mut object = Gc::new(1);
    let finalizer = weak::finalize(&object, writes(&log, "called"));
    assert!(finalizer.alive() && finalizer.atexit());
    assert!(Gc::get_mut(&mut object).is_none(), "it has a weak handle");
    let peeked = finalizer.peek(|peeked, _| {
        assert!(!finalizer.alive());
        assert_eq!(finalizer.call(), None);
        **peeked
    });
    assert_eq!(peeked, Some(1));
    assert!(finalizer.alive());
    assert_eq!(finalizer.clone().call(), Some(6));
    assert_eq!(log.take(), ["called"]);
    for _ in 0..2 {
        assert!(!finalizer.alive());
        assert_eq!(finalizer.call(), None);
        assert!(finalizer.peek(|_, _| ()).is_none());
        assert!(finalizer.detach().is_none());
    }
    assert!(Gc::get_mut(&mut object).is_some(), "it has none any more");

    let finalizer = weak::finalize(&object, writes(&log, "detached"));
    let (same, function) = finalizer.detach().unwrap();
    assert!(Gc::ptr_eq(&same, &object) && !finalizer.alive());
    drop(same);
    assert!(Gc::get_mut(&mut object).is_some());
    drop(object);
    assert!(log.is_empty());
    assert_eq!(function(), 8);
}

#[test]
fn run_by_the_end_of_the_object() {
    let _alone = alone();
    let (log, drops) = (Log::new(), Drops::new());
    for is_cyclic in [false, true] {
        let object = Node::new(&drops);
        if is_cyclic {
            object.link(&object);
        }
        let weak = Gc::downgrade(&object);
        drop(weak::finalize(&object, writes(&log, "f1")));
        let callback = {
            let (log, weak) = (log.clone(), weak.clone());
            move || {
                assert!(!is_there(&weak));
                log.push("callback");
            }
        };
        let with_callback = Gc::downgrade_with(&object, callback);
        let f2 = weak::finalize(&object, writes(&log, "f2"));
        thread::spawn(move || drop(object)).join().unwrap();
        assert_eq!(sync::collect(), usize::from(is_cyclic));
        assert_eq!(log.take(), ["f2", "callback", "f1"]);
        assert!(!f2.alive() && !with_callback.has_callback());
    }
    assert_eq!(drops.count(), 2);
}

/// It runs on the thread that ends the object, and what it owns goes there.
#[test]
fn runs_where_the_object_ends() {
    let _alone = alone();
    let (sender, threads) = mpsc::channel::<ThreadId>();
    let object = Gc::new(1);
    weak::finalize(&object, move || {
        sender.send(thread::current().id()).unwrap();
    });
    let ender = thread::spawn(move || {
        drop(object);
        thread::current().id()
    });
    let ender = ender.join().unwrap();
    assert_eq!(threads.recv(), Ok(ender));
    assert!(threads.recv().is_err(), "the function is dropped");
}

/// Whoever comes first has the function; nobody has it twice.
#[test]
fn once_whoever_comes_first() {
    let _alone = alone();
    let log = Log::new();
    for round in 0..ROUNDS {
        let object = Gc::new(1);
        let finalizer = weak::finalize(&object, writes(&log, "ran"));
        let rival = finalizer.clone();
        match round % 3 {
            0 => {
                let (one, other) = at_once(|| finalizer.call(), || rival.call());
                assert_eq!(one.or(other), Some(3));
                drop(object);
            }
            1 => {
                at_once(move || drop(object), || rival.call());
            }
            _ => {
                // What is lent meanwhile is put back, and then runs.
                at_once(move || drop(object), || rival.peek(|object, _| **object));
            }
        }
        assert!(!finalizer.alive());
        assert_eq!(log.len(), round + 1);
    }
}

/// Finalizers that were called off do not pile up.
#[test]
fn what_is_called_off_makes_room() {
    let _alone = alone();
    let object = Gc::new(1);
    let log = Log::new();
    let kept = weak::finalize(&object, writes(&log, "kept"));
    for _ in 0..ROUNDS {
        assert!(weak::finalize(&object, || ()).detach().is_some());
    }
    assert_eq!(Gc::weak_count(&object), 1);
    drop(object);
    assert!(!kept.alive());
    assert_eq!(log.take(), ["kept"]);
}

#[test]
fn promises() {
    fn are<T: Send + Sync + Clone>(_: &T) {}
    let _alone = alone();
    let object: Gc<str> = "a".into();
    let finalizer: Finalizer<str, _> = weak::finalize(&object, || ());
    are(&finalizer);
    assert_eq!(format!("{finalizer:?}"), "Finalizer { alive: true, .. }");
}

/// Runs a program that is to print these lines, and returns what it says on standard error.
fn run_program(path: &str, expected: &[&str]) -> String {
    let output = Command::new(path).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
    String::from_utf8(output.stderr).unwrap()
}

/// The end of the program: see `programs/exit_sync.rs`.
#[test]
fn at_exit() {
    let expected = [
        "thread ends",
        "main returns",
        "f4",
        "f3 panics",
        "g2",
        "g1",
        "of the thread",
        "f1",
        "garbage",
    ];
    let errors = run_program(env!("CARGO_BIN_EXE_exit_sync"), &expected);
    assert!(errors.contains("panic of f3"), "the panic is reported");
}

/// Destructors of thread-locals after that: see `programs/exit_sync_late.rs`.
#[test]
fn after_the_exit_of_a_thread() {
    let expected = [
        "of the thread that registers",
        "main returns",
        "of main",
        "of the thread that registers",
    ];
    run_program(env!("CARGO_BIN_EXE_exit_sync_late"), &expected);
}

/// The exit of the last thread leaves alone what one registers that has begun since: see
/// `programs/exit_sync_begun.rs`.
#[test]
fn of_a_thread_that_begins_meanwhile() {
    let expected = [
        "of the first thread",
        "the first thread has ended",
        "of the later thread",
        "the later thread has ended",
    ];
    run_program(env!("CARGO_BIN_EXE_exit_sync_begun"), &expected);
}

/// A thread that uses the heap after its end is none that others wait for: see
/// `programs/exit_late_local.rs`.
#[test]
fn used_by_a_late_local() {
    let expected = ["made 1", "made 2", "garbage", "main returns"];
    run_program(env!("CARGO_BIN_EXE_exit_late_local"), &expected);
}

//! The end of a program and of a thread.

use std::process::{Command, Output};
use std::thread;

use gordian::{Finalize, Trace};
use gordian_tests::{Log, Place};

use super::{Gc, Slot, fresh, gc, weak};

fn run(program: &str) -> Output {
    Command::new(program)
        .output()
        .expect("the program was built along with this test")
}

/// The lines a program printed.
fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout)
        .expect("programs print text")
        .lines()
        .collect()
}

fn errors(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("programs print text")
}

/// GCTests.test_gc_main_module_at_shutdown
#[test]
fn s_01_dead_cycle_at_exit() {
    let output = run(env!("CARGO_BIN_EXE_exit_main"));
    assert!(output.status.success());
    assert_eq!(lines(&output), ["main returns", "finalized"]);
    assert_eq!(errors(&output), "");
}

/// GCTests.test_gc_ordinary_module_at_shutdown
#[test]
fn s_02_cycles_of_another_module_and_of_statics() {
    let output = run(env!("CARGO_BIN_EXE_exit_module"));
    assert!(output.status.success());
    let lines = lines(&output);
    assert_eq!(lines[0], "main returns");
    let mut finalized = lines[1..].to_vec();
    finalized.sort_unstable();
    let expected = [
        "finalized: dead cycle of a module",
        "finalized: held by a later static",
        "finalized: held by an earlier static",
    ];
    assert_eq!(finalized, expected);
    assert_eq!(errors(&output), "");
}

/// GCTests.test_global_del_SystemExit
#[test]
fn s_03_exit_by_error() {
    let output = run(env!("CARGO_BIN_EXE_exit_error"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output), ["main fails", "finalized"]);
    assert!(errors(&output).contains("the error"));
}

/// GCTests.test_global_del_SystemExit, with the call that `std::process::exit` wants before it.
#[test]
fn s_03_process_exit_after_shutdown() {
    let output = run(env!("CARGO_BIN_EXE_exit_process"));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(lines(&output), ["finalized", "exit"]);
    assert_eq!(errors(&output), "");
}

/// FinalizeTestCase.test_atexit
#[test]
fn s_05_atexit() {
    let output = run(env!("CARGO_BIN_EXE_exit_atexit"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(lines(&output), ["f4", "f3 error", "g1", "f1"]);
    assert!(
        errors(&output).contains("panic of f3"),
        "the panic is reported"
    );
}

#[derive(Trace)]
#[trace(finalize)]
struct Named {
    name: &'static str,
    edge: Slot<Option<Gc<Named>>>,
    #[trace(skip)]
    log: Log<String>,
}

impl Named {
    fn new(name: &'static str, log: &Log<String>) -> Gc<Self> {
        Gc::new(Self {
            name,
            edge: Slot::default(),
            log: log.clone(),
        })
    }
}

impl Finalize for Named {
    fn finalize(&self) {
        self.log.push(format!("finalizer of {}", self.name));
    }
}

/// Registers a finalizer for the exit, on an object that never dies, in which another object dies
/// that has finalizers of its own, and a cycle becomes garbage.
fn prepare_exit(log: &Log<String>) {
    let victim = Named::new("victim", log);
    let entries = log.clone();
    weak::finalize(&victim, move || {
        entries.push("weak finalizer of victim".into());
    });

    let eternal = Gc::new(0);
    let entries = log.clone();
    weak::finalize(&eternal, move || {
        entries.push(format!("is enabled: {}", gc::is_enabled()));
        drop(victim);
        entries.push("victim was dropped".into());
        gc::set_threshold((1, 1, 1));
        let cycle = Named::new("cycle", &entries);
        cycle.edge.put(Some(cycle.clone()));
        drop(cycle);
        for _ in 0..100 {
            Named::new("temporary", &Log::new());
        }
        entries.push("end".into());
    });
    let _leaked = Gc::into_raw(eternal);
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
    let log = Log::new();
    let entries = log.clone();
    thread::spawn(move || {
        assert!(gc::is_enabled());
        prepare_exit(&entries);
        assert!(entries.is_empty());
    })
    .join()
    .expect("the thread panicked");
    assert_eq!(log.entries(), EXIT_LOG);
}

/// Documented: the same of `shutdown`, after which automatic collection is what it was.
#[test]
fn s_06_shutdown_is_not_interrupted() {
    let log = Log::new();
    assert!(gc::is_enabled());
    prepare_exit(&log);
    gc::shutdown();
    assert_eq!(log.take(), EXIT_LOG);
    assert!(gc::is_enabled());

    fresh();
    gc::shutdown();
    assert!(log.is_empty(), "finalizers run once");
    assert!(!gc::is_enabled());
}

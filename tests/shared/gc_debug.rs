//! Debug flags, their output, and garbage that is saved.

use gordian::Trace;
use gordian::gc::DebugFlags;
use gordian_tests::{Log, Place};

use super::gc_diagnostics::{Mortal, Node, address, link, node, self_loop};
use super::{Finalize, Gc, Slot, fresh, gc};

/// The lines of debug output since the last look, with addresses and times masked.
struct Output(Log<String>);

impl Output {
    /// Sets the flags of a heap that is empty.
    fn of(flags: DebugFlags) -> Self {
        fresh();
        let log = Log::new();
        let lines = log.clone();
        gc::set_debug_sink(move |line| lines.push(line.to_owned()));
        gc::set_debug(flags);
        Self(log)
    }

    fn take(&self) -> Vec<String> {
        let lines = self.0.take().into_iter();
        lines.map(|line| masked(&line)).collect()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        gc::set_debug(DebugFlags::NONE);
        gc::reset_debug_sink();
    }
}

fn masked(line: &str) -> String {
    let line = match line.split_once(" 0x") {
        Some((before, address)) => {
            let digits = address.strip_suffix('>').expect("the address is the last");
            assert!(usize::from_str_radix(digits, 16).is_ok(), "{line}");
            format!("{before} 0xADDR>")
        }
        None => line.to_owned(),
    };
    match line.strip_suffix("s elapsed") {
        Some(before) => {
            let (before, seconds) = before.rsplit_once(' ').expect("a time");
            let (_, digits) = seconds.split_once('.').expect("a fraction");
            assert!(digits.len() == 4 && seconds.parse::<f64>().is_ok());
            format!("{before} Ts elapsed")
        }
        None => line,
    }
}

/// GCTests.test_saveall
#[test]
fn g_19_saveall() {
    let _output = Output::of(DebugFlags::SAVEALL);
    assert!(gc::garbage().is_empty());
    let dead = self_loop();
    let at = address(&dead);
    drop(dead);
    assert_eq!(gc::collect(), 1);
    let garbage = gc::garbage();
    assert_eq!(garbage.len(), 1);
    assert_eq!(garbage[0].address(), at);
    assert!(garbage[0].type_name().ends_with("::Node"));
    let node: &Node = garbage[0].downcast_ref().unwrap();
    let me = node.edges.peek().remove(0);
    assert!(garbage[0].ptr_eq(&me) && address(&me) == at);
    assert_eq!(Gc::strong_count(&me), 3); // `garbage`, the loop, and `me`.
    assert!(garbage[0].downcast_ref::<Mortal>().is_none());
    let held = gc::referents(&[&garbage[0]]).remove(0);
    assert!(held.ptr_eq(&garbage[0]) && held.ptr_eq(&me));
    drop(me);
    gc::set_debug(DebugFlags::NONE);
    garbage.clear();
    assert!(gc::garbage().is_empty());
    assert_eq!(gc::collect(), 1);
}

/// Documented: details of SAVEALL.
#[test]
fn g_20_saveall_details() {
    let _output = Output::of(DebugFlags::SAVEALL);
    let log = Log::new();
    let (entries, called) = (log.clone(), log.clone());
    let mortal = Mortal::new(move |this| {
        assert_eq!(gc::garbage().len(), 2); // The object is not yet there.
        entries.push(format!("finalize, {}", Gc::strong_count(this)));
    });
    let outside = node();
    let child = node();
    let weak = Gc::downgrade_with(&mortal, move || called.push("callback".to_owned()));
    let plain = Gc::downgrade(&mortal);
    let holder = Gc::new((mortal.clone(), child.clone(), outside.clone()));
    let loops = Gc::new(Slot::new(Vec::new()));
    loops.with(|content| content.push(holder.clone()));
    drop((mortal, holder, child));
    assert_eq!(gc::collect(), 0);
    assert!(log.is_empty());

    // A dead loop with acyclic children: both are saved, what is held from outside is not.
    let ring = self_loop();
    let leaf_child = node();
    link(&ring, &leaf_child);
    link(&ring, &outside);
    drop((ring, leaf_child));
    assert_eq!(gc::collect(), 2);
    assert_eq!(gc::garbage().len(), 2);
    assert!(!gc::garbage().iter().any(|saved| saved.ptr_eq(&outside)));
    assert_eq!(gc::collect(), 0);

    // The mortal and what hangs off it.
    drop(loops.pull());
    assert_eq!(log.take(), [] as [String; 0]); // Its loop holds it.
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.take(), ["finalize, 2", "callback"]);
    assert!(weak.upgrade().is_none() && plain.upgrade().is_none());
    assert_eq!((weak.strong_count(), plain.weak_count()), (0, 0));
    assert!(!weak.has_callback());
    assert!(format!("{plain:?}").contains("dead"));
    let garbage = gc::garbage();
    assert_eq!(garbage.len(), 3);
    let mortal: &Mortal = garbage[2].downcast_ref().unwrap();
    assert!(mortal.weak.peek().upgrade().is_none());
    assert_eq!(gc::collect(), 0);

    // A weak handle made now is like any other.
    let handle = mortal.me.peek().unwrap();
    assert!(gc::is_finalized(&handle) && gc::is_tracked(&handle));
    let entries = log.clone();
    let young = Gc::downgrade_with(&handle, move || entries.push("young".to_owned()));
    let clone = young.clone();
    assert!(young.upgrade().is_some() && clone.upgrade().is_some());
    assert!(clone.has_callback() && weak.upgrade().is_none());
    drop(handle);

    gc::set_debug(DebugFlags::NONE);
    garbage.clear();
    assert!(young.upgrade().is_some());
    assert_eq!(gc::collect(), 3);
    assert_eq!(log.take(), ["young"]); // And no second finalizer.
    assert!(young.upgrade().is_none() && clone.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
}

/// Documented: a line for each member, before callbacks and finalizers, whatever becomes of it.
#[test]
fn g_21_collectable() {
    let output = Output::of(DebugFlags::COLLECTABLE);
    let lines = output.0.clone();
    let shelf: Gc<Slot<Vec<Gc<Mortal>>>> = Gc::new(Slot::default());
    let for_later = shelf.clone();
    let mortal = Mortal::new(move |this| {
        lines.push("finalize".to_owned());
        for_later.with(|shelf| shelf.push(this.clone()));
    });
    drop(mortal);
    let dead = self_loop();
    let (at, lines) = (address(&dead), output.0.clone());
    let weak = Gc::downgrade_with(&dead, move || lines.push("callback".to_owned()));
    drop(dead);
    assert_eq!(gc::collect(), 1); // The other one was resurrected.
    assert!(
        output
            .0
            .entries()
            .contains(&format!("gc: collectable <Node {at:p}>"))
    );
    let lines = output.take();
    let mut collectable = lines[..2].to_vec();
    collectable.sort();
    let expected = [
        "gc: collectable <Mortal 0xADDR>",
        "gc: collectable <Node 0xADDR>",
    ];
    assert_eq!(collectable, expected);
    assert_eq!(lines[2..], ["finalize", "callback"]);
    assert!(weak.upgrade().is_none() && gc::garbage().is_empty());
    assert_eq!(gc::collect(), 0);
    assert!(output.take().is_empty());
    // The finalizer has the shelf, where nobody can see it.
    drop(shelf.with(std::mem::take));
}

/// Documented: the lines of STATS.
#[test]
fn g_22_stats() {
    let output = Output::of(DebugFlags::STATS);
    let (old, older) = (node(), node());
    let _untracked = Gc::new(0);
    gc::set_debug(DebugFlags::NONE);
    gc::collect();
    gc::freeze();
    let middle = [node(), node(), node()];
    gc::collect_generation(0);
    let young = [self_loop(), self_loop()];
    drop(young);
    gc::set_debug(DebugFlags::STATS);
    assert_eq!(gc::collect_generation(1), 2);
    let lines = [
        "gc: collecting generation 1...",
        "gc: objects in each generation: 2 3 0",
        "gc: objects in permanent generation: 2",
        "gc: done, 2 unreachable, 0 uncollectable, Ts elapsed",
    ];
    assert_eq!(output.take(), lines);
    gc::unfreeze();
    drop((old, older, middle));

    // Nothing is unreachable if all were resurrected.
    let shelf: Gc<Slot<Vec<Gc<Mortal>>>> = Gc::new(Slot::default());
    let for_later = shelf.clone();
    drop(Mortal::new(move |this| {
        for_later.with(|shelf| shelf.push(this.clone()));
    }));
    assert_eq!(gc::collect(), 0);
    let lines = [
        "gc: collecting generation 2...",
        "gc: objects in each generation: 2 0 0",
        "gc: objects in permanent generation: 0",
        "gc: done, 0 unreachable, 0 uncollectable, Ts elapsed",
    ];
    assert_eq!(output.take(), lines);
    let saved = shelf.pull();
    drop(saved[0].me.pull());
}

/// Documented: the numbers of the flags.
#[test]
fn g_23_flags() {
    fresh();
    let numbers = [
        DebugFlags::STATS,
        DebugFlags::COLLECTABLE,
        DebugFlags::UNCOLLECTABLE,
        DebugFlags::SAVEALL,
        DebugFlags::LEAK,
    ];
    assert_eq!(numbers.map(DebugFlags::bits), [1, 2, 4, 32, 38]);
    let leak = DebugFlags::COLLECTABLE | DebugFlags::UNCOLLECTABLE | DebugFlags::SAVEALL;
    assert_eq!(leak, DebugFlags::LEAK);
    assert_eq!(gc::debug(), DebugFlags::NONE);
    gc::set_debug(DebugFlags::LEAK | DebugFlags::STATS);
    assert_eq!(gc::debug().bits(), 39);
    assert!(gc::debug().contains(DebugFlags::LEAK));
    gc::set_debug(DebugFlags::NONE);
    assert_eq!(gc::debug().bits(), 0);
}

/// What a program that prints on a line of its own sees of a destructor: it says when it lives, and
/// when it is finalized.
#[derive(Trace)]
#[trace(finalize)]
struct ClassyClass {
    me: Slot<Option<Gc<ClassyClass>>>,
    #[trace(skip)]
    output: Log<String>,
}

impl ClassyClass {
    fn new(output: &Output) -> Gc<Self> {
        output.0.push("I live!".to_owned());
        Gc::new(Self {
            me: Slot::default(),
            output: output.0.clone(),
        })
    }
}

impl Finalize for ClassyClass {
    fn finalize(&self) {
        self.output.push("I have been garbage collected".to_owned());
    }
}

/// One that points to itself and is dropped.
fn self_reference(output: &Output) -> *const () {
    let object = ClassyClass::new(output);
    object.me.put(Some(object.clone()));
    output.0.push("I point to myself".to_owned());
    address(&object)
}

/// `no_self_reference()`
#[test]
fn e1_01_no_self_reference() {
    let output = Output::of(DebugFlags::LEAK);
    drop(ClassyClass::new(&output));
    assert_eq!(output.take(), ["I live!", "I have been garbage collected"]);
    assert!(gc::garbage().is_empty());
}

/// `self_reference()`
#[test]
fn e1_02_self_reference() {
    let output = Output::of(DebugFlags::LEAK);
    self_reference(&output);
    assert_eq!(output.take(), ["I live!", "I point to myself"]);
    assert!(gc::garbage().is_empty());
}

/// `gc.collect()`
#[test]
fn e1_03_collect_with_debug_leak() {
    let output = Output::of(DebugFlags::LEAK);
    let at = self_reference(&output);
    output.take();
    assert_eq!(gc::collect(), 1);
    let lines = [
        "gc: collectable <ClassyClass 0xADDR>",
        "I have been garbage collected",
    ];
    assert_eq!(
        output.0.entries()[0],
        format!("gc: collectable <ClassyClass {at:p}>")
    );
    assert_eq!(output.take(), lines);
    let garbage = gc::garbage();
    assert_eq!((garbage.len(), garbage[0].address()), (1, at));
    let object: &ClassyClass = garbage[0].downcast_ref().unwrap();
    let me = object.me.peek().unwrap();
    assert!(gc::is_finalized(&me) && address(&me) == at);
}

/// after that
#[test]
fn e1_04_after_that() {
    let output = Output::of(DebugFlags::LEAK);
    self_reference(&output);
    assert_eq!(gc::collect(), 1);
    assert_eq!(output.take().len(), 4);
    gc::set_debug(DebugFlags::NONE);
    gc::garbage().clear();
    assert_eq!(gc::collect(), 1);
    assert!(output.take().is_empty() && gc::garbage().is_empty());
}

/// `DEBUG_LEAK|DEBUG_STATS`
#[test]
fn e1_05_stats() {
    let output = Output::of(DebugFlags::LEAK | DebugFlags::STATS);
    self_reference(&output);
    output.take();
    assert_eq!(gc::collect(), 1);
    let lines = [
        "gc: collecting generation 2...",
        "gc: objects in each generation: 1 0 0",
        "gc: objects in permanent generation: 0",
        "gc: collectable <ClassyClass 0xADDR>",
        "I have been garbage collected",
        "gc: done, 1 unreachable, 0 uncollectable, Ts elapsed",
    ];
    assert_eq!(output.take(), lines);
}

/// without debug flags
#[test]
fn e1_06_without_flags() {
    let output = Output::of(DebugFlags::NONE);
    self_reference(&output);
    output.take();
    assert_eq!(gc::collect(), 1);
    assert_eq!(output.take(), ["I have been garbage collected"]);
    assert!(gc::garbage().is_empty());
}

/// `DEBUG_SAVEALL`
#[test]
fn e2_8_saveall() {
    let output = Output::of(DebugFlags::SAVEALL);
    let pair = || {
        let (a, b) = (ClassyClass::new(&output), ClassyClass::new(&output));
        a.me.put(Some(b.clone()));
        b.me.put(Some(a.clone()));
        output.take();
    };
    pair();
    assert_eq!(gc::collect(), 2);
    assert_eq!(output.take(), ["I have been garbage collected"; 2]);
    let garbage = gc::garbage();
    assert_eq!(garbage.len(), 2);
    for (saved, other) in [(0, 1), (1, 0)] {
        let object: &ClassyClass = garbage[saved].downcast_ref().unwrap();
        let peer = object.me.peek().unwrap();
        assert!(garbage[other].ptr_eq(&peer) && gc::is_finalized(&peer));
    }
    gc::set_debug(DebugFlags::NONE);
    garbage.clear();
    assert_eq!(gc::collect(), 2);
    pair();
    assert_eq!(gc::collect(), 2);
    assert!(gc::garbage().is_empty());
}

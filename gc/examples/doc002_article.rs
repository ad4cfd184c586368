//! Reference cycles, finalizers and weak references: the programs of an article on Python, replayed.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::cell::RefCell;
use std::path::PathBuf;
use std::{env, fs, process};

use gordian::gc::{self, DebugFlags};
use gordian::{Finalize, Gc, Trace, weak};

#[derive(Trace)]
struct Node {
    value: i32,
    next: RefCell<Option<Gc<Node>>>,
}

/// Two nodes that hold each other.
fn pair() -> (Gc<Node>, Gc<Node>) {
    let [a, b] = [1, 2].map(|value| {
        Gc::new(Node {
            value,
            next: RefCell::default(),
        })
    });
    *a.next.borrow_mut() = Some(b.clone());
    *b.next.borrow_mut() = Some(a.clone());
    (a, b)
}

fn counting_fails() {
    println!("== Counting fails ==");
    let (a, b) = pair();
    let other = a.next.borrow().as_ref().map_or(0, |next| next.value);
    println!("{} holds {other}", a.value);
    let watch = Gc::downgrade(&a);
    println!(
        "Handles: {}, {}",
        Gc::strong_count(&a),
        Gc::strong_count(&b)
    );
    drop((a, b));
    println!("Alive after the drops: {}", watch.upgrade().is_some());
    println!("Collected: {}, then {}", gc::collect(), gc::collect());
    println!("Alive after that: {}", watch.upgrade().is_some());
}

fn generations() {
    println!("\n== Generations ==");
    let object = Gc::new(Node {
        value: 0,
        next: RefCell::default(),
    });
    let generation = || {
        let all = gc::objects(None);
        let found = all.iter().find(|listed| listed.ptr_eq(&object));
        found
            .and_then(gc::ObjectRef::generation)
            .expect("it is in one")
    };
    println!("New: {}", generation());
    gc::collect_generation(0);
    println!("After a collection of 0: {}", generation());
    gc::collect_generation(1);
    println!("After a collection of 1: {}", generation());
}

fn weak_handles() {
    println!("\n== Weak handles ==");
    let object = Gc::new(String::from("cached"));
    let cached = Gc::downgrade(&object);
    println!("{:?}", cached.upgrade());
    drop(object);
    println!("{:?}", cached.upgrade());
}

/// A directory that goes with the object.
#[derive(Trace)]
#[trace(leaf)]
struct TempWorkspace {
    path: PathBuf,
}

fn temp_workspace() {
    println!("\n== A temporary workspace ==");
    let path = env::temp_dir().join(format!("gordian-doc002-{}", process::id()));
    fs::create_dir(&path).expect("a directory can be made");
    let workspace = Gc::new(TempWorkspace { path });
    let path = workspace.path.clone();
    // It has the path, not the workspace: that would live for as long as its finalizer.
    let of_cleanup = path.clone();
    let cleanup = weak::finalize(&workspace, move || fs::remove_dir_all(of_cleanup));
    println!(
        "There: {}, to be cleaned up: {}",
        path.is_dir(),
        cleanup.alive()
    );
    drop(workspace);
    println!(
        "There: {}, to be cleaned up: {}",
        path.is_dir(),
        cleanup.alive()
    );
}

thread_local! {
    static FORGOTTEN: RefCell<Vec<Gc<Node>>> = const { RefCell::new(Vec::new()) };
}

/// Makes ten pairs, and forgets to let go of one.
fn leaking_operation() {
    for number in 0..10 {
        let (a, _) = pair();
        if number == 7 {
            FORGOTTEN.with(|forgotten| forgotten.borrow_mut().push(a));
        }
    }
}

fn leak_hunt() {
    println!("\n== Hunting a leak ==");
    gc::collect();
    let (before, census) = (gc::objects(None).len(), gc::census());
    leaking_operation();
    println!("Collected: {}", gc::collect());
    let after = gc::objects(None).len();
    println!(
        "Objects before: {before}, after: {after}, net increase: {}",
        after - before
    );
    println!("{}", gc::census().since(&census));
    let is_node = |object: &gc::ObjectRef| object.type_name().ends_with("::Node");
    let leaked = gc::objects(None).into_iter().filter(is_node);
    let held = leaked.filter_map(|object| object.why_alive());
    let by_path = held.map(|why| why.path().len());
    let mut lengths: Vec<usize> = by_path.collect();
    lengths.sort_unstable();
    println!("Handles on the way from outside to each: {lengths:?}");
    drop(FORGOTTEN.take());
    println!(
        "Collected when it is no longer forgotten: {}",
        gc::collect()
    );
}

fn save_all() {
    println!("\n== Saving all garbage ==");
    gc::set_debug(DebugFlags::SAVEALL);
    drop(pair());
    println!("Found: {}", gc::collect());
    let garbage = gc::garbage();
    let mut values: Vec<i32> = garbage
        .iter()
        .filter_map(|saved| saved.downcast_ref::<Node>())
        .map(|node| node.value)
        .collect();
    values.sort_unstable();
    println!("Saved: {values:?}");
    gc::set_debug(DebugFlags::NONE);
    garbage.clear();
    println!("Freed: {}", gc::collect());
}

#[derive(Trace)]
#[trace(finalize)]
struct Tracked {
    name: &'static str,
    other: RefCell<Option<Gc<Tracked>>>,
}

impl Finalize for Tracked {
    fn finalize(&self) {
        println!("{} finalized", self.name);
    }
}

fn observe() {
    println!("\n== From beginning to end ==");
    gc::collect();
    let baseline = gc::objects(None).len();
    let [x, y] = ["x", "y"].map(|name| {
        Gc::new(Tracked {
            name,
            other: RefCell::default(),
        })
    });
    *x.other.borrow_mut() = Some(y.clone());
    *y.other.borrow_mut() = Some(x.clone());
    drop((x, y));
    let current = gc::objects(None).len();
    println!("Objects added since the baseline: {}", current - baseline);
    println!("Objects collected: {}", gc::collect());
    let after = gc::objects(None).len();
    println!("Objects above the baseline: {}", after - baseline);
}

fn main() {
    gc::disable();
    counting_fails();
    generations();
    weak_handles();
    temp_workspace();
    leak_hunt();
    save_all();
    observe();
}

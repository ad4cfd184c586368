//! Counts the instructions of the hot paths under callgrind, and compares them with a baseline:
//! `instructions [--bless]`.
//!
//! Times on shared machines differ by more than a regression does; instruction counts of one
//! compiler do not differ at all. The baseline is keyed by the compiler's version, as another one
//! makes other instructions.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

use gordian::{Gc, Trace, gc, sync};

/// By how much a count may exceed the baseline.
const TOLERANCE: f64 = 1.02;
/// How often a path is run at first, and then how often more: what the start of the program costs
/// is in both, so the difference is that of the path.
const FEW: usize = 2_000;
const MORE: usize = 20_000;

#[derive(Trace)]
struct Node {
    next: RefCell<Option<Gc<Node>>>,
    value: u64,
}

fn node(next: Option<Gc<Node>>) -> Gc<Node> {
    Gc::new(Node {
        next: RefCell::new(next),
        value: 1,
    })
}

/// As [`Node`], on the heap that threads share.
#[derive(Trace)]
struct SharedNode {
    next: Mutex<Option<sync::Gc<SharedNode>>>,
    value: u64,
}

fn shared_node(next: Option<sync::Gc<SharedNode>>) -> sync::Gc<SharedNode> {
    sync::Gc::new(SharedNode {
        next: Mutex::new(next),
        value: 1,
    })
}

/// A hot path: its name, and a function that runs it so many times.
type HotPath = (&'static str, fn(usize));

const PATHS: &[HotPath] = &[
    ("clone and drop", |count| {
        let node = node(None);
        (0..count).for_each(|_| drop(black_box(node.clone())));
    }),
    ("new and drop", |count| {
        (0..count).for_each(|_| drop(black_box(node(None))));
    }),
    ("new and drop, leaf type", |count| {
        (0..count).for_each(|_| drop(black_box(Gc::new([1_u64; 3]))));
    }),
    ("new, kept, and drop", |count| {
        drop(black_box(
            (0..count).map(|_| node(None)).collect::<Vec<_>>(),
        ));
    }),
    ("deref", |count| {
        let node = node(None);
        let sum: u64 = (0..count).map(|_| black_box(&node).value).sum();
        black_box(sum);
    }),
    ("downgrade, upgrade and drop", |count| {
        let node = node(None);
        let _first = Gc::downgrade(&node);
        (0..count).for_each(|_| drop(black_box(Gc::downgrade(&node).upgrade())));
    }),
    ("chain, released", |count| {
        drop(black_box((0..count).fold(None, |next, _| Some(node(next)))));
    }),
    ("ring, collected", |count| {
        gc::disable();
        let first = node(None);
        let last = (1..count).fold(first.clone(), |next, _| node(Some(next)));
        *first.next.borrow_mut() = Some(last);
        drop(first);
        gordian::collect();
    }),
    ("ring of candidates, collected", |count| {
        gc::disable();
        let first = node(None);
        let mut last = first.clone();
        for _ in 1..count {
            let node = node(None);
            *last.next.borrow_mut() = Some(node.clone());
            last = node;
        }
        *last.next.borrow_mut() = Some(first);
        drop(last);
        gordian::collect();
    }),
    ("live nodes, looked at", |count| {
        gc::disable();
        let nodes: Vec<_> = (0..count).map(|_| node(None)).collect();
        nodes.iter().for_each(|node| drop(black_box(node.clone())));
        gordian::collect();
        let _ = ManuallyDrop::new(nodes);
    }),
    ("dead pairs, automatic collection", |count| {
        for _ in 0..count {
            let first = node(None);
            let second = node(Some(first.clone()));
            *first.next.borrow_mut() = Some(second);
        }
    }),
    ("shared: clone and drop", |count| {
        let node = shared_node(None);
        (0..count).for_each(|_| drop(black_box(node.clone())));
    }),
    ("shared: clone and drop, leaf type", |count| {
        let leaf = sync::Gc::new([1_u64; 3]);
        (0..count).for_each(|_| drop(black_box(leaf.clone())));
    }),
    ("shared: new and drop", |count| {
        (0..count).for_each(|_| drop(black_box(shared_node(None))));
    }),
    ("shared: new and drop, leaf type", |count| {
        (0..count).for_each(|_| drop(black_box(sync::Gc::new([1_u64; 3]))));
    }),
    ("shared: deref", |count| {
        let node = shared_node(None);
        let sum: u64 = (0..count).map(|_| black_box(&node).value).sum();
        black_box(sum);
    }),
    ("shared: upgrade and drop", |count| {
        let node = shared_node(None);
        let weak = sync::Gc::downgrade(&node);
        (0..count).for_each(|_| drop(black_box(weak.upgrade())));
    }),
    ("shared: ring, collected", |count| {
        sync::gc::disable();
        let first = shared_node(None);
        let last = (1..count).fold(first.clone(), |next, _| shared_node(Some(next)));
        *first.next.lock().expect("nobody panics") = Some(last);
        drop(first);
        sync::collect();
    }),
];

/// The instructions of running a path so many times, in a process of its own.
fn instructions(name: &str, count: usize) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([name, &count.to_string()])
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .ok_or_else(|| format!("callgrind said nothing of `{name}`: {said}"))?;
    Ok(collected.1.trim().parse()?)
}

/// The baseline of this compiler.
fn baseline() -> Result<PathBuf, Box<dyn Error>> {
    let output = Command::new("rustc").arg("--version").output()?;
    let said = String::from_utf8(output.stdout)?;
    let version = said.split_whitespace().nth(1).ok_or("no version")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions");
    Ok(folder.join(format!("{version}.txt")))
}

fn read(baseline: &Path) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(baseline).unwrap_or_default();
    let entry = |line: &str| {
        let (count, name) = line.trim().split_once(' ')?;
        Some((name.trim().to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(entry).collect()
}

fn compare(bless: bool) -> Result<bool, Box<dyn Error>> {
    let path = baseline()?;
    let known = read(&path);
    let (mut lines, mut is_good) = (String::new(), true);
    for (name, _) in PATHS {
        let count = (instructions(name, FEW + MORE)? - instructions(name, FEW)?) / MORE as f64;
        lines += &format!("{count:8.2} {name}\n");
        let verdict = match known.get(*name) {
            Some(known) if count > known * TOLERANCE => {
                is_good = false;
                format!("WORSE: was {known:.2}")
            }
            Some(known) => format!("was {known:.2}"),
            None => "no baseline for this compiler".to_owned(),
        };
        println!("{count:8.2} {name} ({verdict})");
    }
    if bless {
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(&path, lines)?;
        println!("wrote {}", path.display());
    }
    Ok(is_good || bless)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, count] = arguments.as_slice() {
        let (_, run) = PATHS
            .iter()
            .find(|path| path.0 == name)
            .ok_or("no such path")?;
        run(count.parse()?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut valgrind = Command::new("valgrind");
    let asked = valgrind.arg("--version").stdout(Stdio::null()).status();
    if asked.is_err() {
        println!("SKIPPED: there is no valgrind here, so instructions cannot be counted");
        return Ok(ExitCode::SUCCESS);
    }
    let bless = arguments.iter().any(|argument| argument == "--bless");
    Ok(ExitCode::from(u8::from(!compare(bless)?)))
}

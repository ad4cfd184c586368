//! The driver: runs the steps of a program on the library.

mod action;
mod closure;
mod finalizer;
mod light;
mod object;
mod saved;
mod table;
mod unique;
mod world;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use self::action::add_weak;
use self::object::{Handle, Node, create_cyclic, create_root};
pub(super) use self::world::World;
use self::world::{add_root, at_root, log, pick, pull, root};
use super::super::Done;
use super::super::program::{Culprit, Event, Op, Seen, Snapshot, Sort, Told};
use super::{Gc, Weak, gc, world};

/// Prepares the heap.
pub(super) fn begin() {
    world(|w| {
        for number in [&w.next_object, &w.next_callback, &w.next_part, &w.values] {
            number.replace(0);
        }
        w.log.take();
        w.is_over.replace(false);
    });
    gc::disable();
    let hook = gc::on_collect(|event| {
        log(match event.phase {
            gc::EventPhase::Start => Event::Start(event.generation),
            gc::EventPhase::Stop => Event::Stop(event.generation, event.collected),
        });
    });
    world(|w| w.hook.replace(Some(hook)));
}

/// Gives back what an empty world owns.
pub(super) fn end() {
    world(|w| {
        w.roots.take();
        w.aside.take();
        w.weaks.take();
        w.finalizers.take();
        w.numbers.take();
        w.loans.take();
        w.shelf.take();
        w.hook.take();
        w.copies.take();
    });
    saved::save_all(false);
    gc::garbage().clear();
}

/// Runs one step.
pub(super) fn step(op: Op) -> Done {
    let panic = catch_unwind(AssertUnwindSafe(|| run(op)))
        .err()
        .map(culprit);
    (take_log(), panic)
}

/// What user code saw since the last step.
pub(super) fn take_log() -> Vec<Event> {
    world(|w| w.log.take())
}

fn culprit(panic: Box<dyn Any + Send>) -> Culprit {
    match panic.downcast::<Culprit>() {
        Ok(culprit) => *culprit,
        Err(other) => resume_unwind(other),
    }
}

fn run(op: Op) {
    match op {
        Op::Create(action) => create_root(action, Sort::Common),
        Op::CreateBomb(action) => create_root(action, Sort::Bomb),
        Op::CreateCyclic(action, making) => create_cyclic(action, making),
        Op::CreateLight => create_root(None, Sort::Light),
        Op::CreateClosure(..) | Op::Call(..) | Op::Close(_) => closure::run(op),
        Op::Link(from, to) => {
            if let Some(to) = root(to) {
                at_root(from, |from| from.edges().borrow_mut().push(to));
            }
        }
        Op::MoveIn(into, number) => move_in(into, number),
        Op::LinkThrough(from, edge, to) => {
            at_root(from, |from| link_through(from, edge, to));
        }
        Op::Unlink(from, edge) => {
            drop(at_root(from, |from| pull(from.edges(), edge)));
        }
        Op::Clone(number) => root(number).into_iter().for_each(add_root),
        Op::Drop(number) => drop(world(|w| pull(&w.roots, number))),
        Op::Aside(number) => {
            if let Some(handle) = root(number) {
                world(|w| w.aside.borrow_mut().push(handle));
            }
        }
        Op::DropAside => drop(world(|w| w.aside.borrow_mut().pop())),
        Op::Collect(generation) => collect(generation),
        Op::CollectBorrowed(number, generation) => {
            let handle = root(number);
            let _edges = handle.as_ref().map(|handle| handle.edges().borrow_mut());
            collect(generation);
        }
        Op::Thresholds(a, b, c) => gc::set_threshold((a.into(), b.into(), c.into())),
        Op::Automatic(true) => gc::enable(),
        Op::Automatic(false) => gc::disable(),
        Op::Freeze => gc::freeze(),
        Op::Unfreeze => gc::unfreeze(),
        Op::Finalize(..)
        | Op::CallFinalizer(_)
        | Op::Detach(_)
        | Op::Peek(_)
        | Op::DropFinalizer(_) => finalizer::run(op),
        Op::GetMut(_) | Op::MakeMut(_) | Op::Unwrap(_) | Op::IntoInner(_) => unique::run(op),
        Op::OnThread(_) | Op::EndThread => {}
        op if op.is_of_saved() => saved::run(op),
        Op::Weak(..)
        | Op::CloneWeak(_)
        | Op::StashWeak(..)
        | Op::MoveWeak(..)
        | Op::Upgrade(_)
        | Op::DropWeak(_) => {
            run_weak(op);
        }
        _ => table::run(op),
    }
}

/// Runs an operation on weak handles.
fn run_weak(op: Op) {
    match op {
        Op::Weak(number, action) => {
            at_root(number, |handle| add_weak(handle, action));
        }
        Op::CloneWeak(number) => {
            if let Some(weak) = world(|w| pick(&w.weaks, number)) {
                world(|w| w.weaks.borrow_mut().push(weak));
            }
        }
        Op::StashWeak(number, weak) => {
            if let Some(weak) = world(|w| pick(&w.weaks, weak)) {
                at_root(number, |into| {
                    let core = into.core();
                    core.map(|core| core.weaks.borrow_mut().push(weak))
                });
            }
        }
        Op::MoveWeak(number, weak) => {
            at_root(number, |into| {
                let core = into.core()?;
                let weak = world(|w| pull(&w.weaks, weak));
                core.weaks.borrow_mut().extend(weak);
                Some(())
            });
        }
        Op::Upgrade(number) => {
            let handle = world(|w| pick(&w.weaks, number)).and_then(|weak| weak.upgrade());
            handle.into_iter().for_each(add_root);
        }
        Op::DropWeak(number) => drop(world(|w| pull(&w.weaks, number))),
        other => unreachable!("{other:?} is not of weak handles"),
    }
}

/// Moves a root into another root's object, if there is another one.
fn move_in(into: u8, number: u8) {
    let mut moved = world(|w| pull(&w.roots, number));
    at_root(into, |into| {
        into.edges().borrow_mut().extend(moved.take());
    });
    moved.into_iter().for_each(add_root);
}

/// Puts a handle into what an edge of `from` leads to, unless that is `from` itself.
fn link_through(from: &Handle, edge: u8, to: u8) {
    let edges = from.edges().borrow();
    let Some(index) = usize::from(edge).checked_rem(edges.len()) else {
        return;
    };
    let next = &edges[index];
    if next.id() != from.id() {
        next.edges().borrow_mut().extend(root(to));
    }
}

fn collect(generation: u8) {
    log(Event::Returned(gc::collect_generation(generation.into())));
}

fn tell_roots(roots: &[Handle]) -> Vec<Told> {
    let tell = |root: &Handle| Told {
        strong: Gc::strong_count(root),
        weak: Gc::weak_count(root),
        same: first(roots, |other| Gc::ptr_eq(root, other)),
    };
    roots.iter().map(tell).collect()
}

fn tell_weaks(weaks: &[Weak<dyn Node>]) -> Vec<Told> {
    let tell = |weak: &Weak<dyn Node>| Told {
        strong: weak.strong_count(),
        weak: weak.weak_count(),
        same: first(weaks, |other| weak.ptr_eq(other)),
    };
    weaks.iter().map(tell).collect()
}

/// Where the first member of a list is that passes: one does.
fn first<T>(list: &[T], passes: impl Fn(&T) -> bool) -> usize {
    let first = list.iter().position(passes);
    first.expect("each is equal to itself")
}

/// What can be seen now.
pub(super) fn snapshot() -> Snapshot {
    let ids = |list: &[Handle]| list.iter().map(|handle| handle.id()).collect();
    world(|w| {
        let numbers = w.numbers.borrow();
        let copies = w.copies.borrow();
        let mut objects: Vec<Seen> = gc::objects(None)
            .iter()
            .map(|object| Seen {
                id: numbers[&object.address().addr()],
                generation: object.generation().expect("it is in a generation"),
                strong: object.strong_count(),
            })
            .collect();
        objects.sort();
        Snapshot {
            objects,
            frozen: gc::freeze_count(),
            roots: ids(&w.roots.borrow()),
            aside: ids(&w.aside.borrow()),
            finalizers: finalizer::alive(),
            told: tell_roots(&w.roots.borrow()),
            weaks: tell_weaks(&w.weaks.borrow()),
            tables: table::sizes(),
            loans: w.loans.borrow().len(),
            garbage: saved::ids(&gc::garbage()).into_iter().collect(),
            copies: copies.iter().map(|copy| saved::ids(copy)).collect(),
        }
    })
}

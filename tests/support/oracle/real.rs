//! The driver: runs the steps of a program on the library.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gordian::{Finalize, Gc, Trace, Weak, gc, unsize};

use super::program::{Action, Culprit, Event, MOST_VALUES, Op, Seen, Snapshot, explodes_first};

type Handle = Gc<dyn Node>;

thread_local! {
    /// Never dropped: after a failure it holds objects that the thread's end must not touch.
    static WORLD: ManuallyDrop<World> = ManuallyDrop::default();
}

/// All that a program holds.
#[derive(Default)]
struct World {
    roots: RefCell<Vec<Handle>>,
    aside: RefCell<Vec<Handle>>,
    weaks: RefCell<Vec<Weak<dyn Node>>>,
    log: RefCell<Vec<Event>>,
    numbers: RefCell<HashMap<*const (), usize>>,
    next_object: Cell<usize>,
    next_callback: Cell<usize>,
    values: Cell<usize>,
    hook: RefCell<Option<gc::Hook>>,
}

fn world<R>(f: impl FnOnce(&World) -> R) -> R {
    WORLD.with(|world| f(world))
}

fn log(event: Event) {
    world(|w| w.log.borrow_mut().push(event));
}

/// What is the same in all objects.
#[derive(Trace)]
struct Core {
    first: First,
    edges: RefCell<Vec<Handle>>,
    weaks: RefCell<Vec<Weak<dyn Node>>>,
    me: RefCell<Option<Weak<dyn Node>>>,
    id: usize,
    last: Last,
}

/// Dropped before everything else in a value.
#[derive(Trace)]
#[trace(leaf)]
struct First {
    id: usize,
    bomb: bool,
}

impl Drop for First {
    fn drop(&mut self) {
        log(Event::Dropped(self.id));
        explode(self.id, self.bomb);
    }
}

/// Dropped after everything else in a value.
#[derive(Trace)]
#[trace(leaf)]
struct Last {
    id: usize,
    bomb: bool,
}

impl Drop for Last {
    fn drop(&mut self) {
        world(|w| w.values.set(w.values.get() - 1));
        explode(self.id, self.bomb);
    }
}

fn explode(id: usize, is_bomb: bool) {
    if is_bomb {
        resume_unwind(Box::new(Culprit::Drop(id)));
    }
}

trait Node: Trace {
    fn core(&self) -> &Core;
}

/// A type without a finalizer.
#[derive(Trace)]
struct Plain(Core);

/// A type with one.
#[derive(Trace)]
#[trace(finalize)]
struct Final {
    core: Core,
    #[trace(skip)]
    action: Action,
}

impl Node for Plain {
    fn core(&self) -> &Core {
        &self.0
    }
}

impl Node for Final {
    fn core(&self) -> &Core {
        &self.core
    }
}

impl Finalize for Final {
    fn finalize(&self) {
        log(Event::Finalized(self.core.id));
        act(
            self.action,
            Some(&self.core),
            Culprit::Finalizer(self.core.id),
        );
    }
}

/// The member of a list that a number in a program chooses.
fn pick<T: Clone>(list: &RefCell<Vec<T>>, number: u8) -> Option<T> {
    let list = list.borrow();
    let index = usize::from(number).checked_rem(list.len())?;
    Some(list[index].clone())
}

/// The same, taken out.
fn pull<T>(list: &RefCell<Vec<T>>, number: u8) -> Option<T> {
    let mut list = list.borrow_mut();
    let index = usize::from(number).checked_rem(list.len())?;
    Some(list.remove(index))
}

fn root(number: u8) -> Option<Handle> {
    world(|w| pick(&w.roots, number))
}

/// Uses a root where it lies: a clone that comes and goes would draw the collector's attention.
/// No user code is to run in `f`.
fn at_root<R>(number: u8, f: impl FnOnce(&Handle) -> R) -> Option<R> {
    world(|w| {
        let roots = w.roots.borrow();
        Some(f(&roots[usize::from(number).checked_rem(roots.len())?]))
    })
}

fn add_root(handle: Handle) {
    world(|w| w.roots.borrow_mut().push(handle));
}

fn create(action: Option<Action>, is_bomb: bool) -> Option<Handle> {
    if world(|w| w.values.get()) >= MOST_VALUES {
        return None;
    }
    let id = world(|w| {
        w.values.set(w.values.get() + 1);
        w.next_object.replace(w.next_object.get() + 1)
    });
    let core = Core {
        first: First {
            id,
            bomb: is_bomb && explodes_first(id),
        },
        edges: RefCell::default(),
        weaks: RefCell::default(),
        me: RefCell::default(),
        id,
        last: Last {
            id,
            bomb: is_bomb && !explodes_first(id),
        },
    };
    let handle: Handle = match action {
        Some(action) => unsize!(Gc::new(Final { core, action }) => dyn Node),
        None => unsize!(Gc::new(Plain(core)) => dyn Node),
    };
    *handle.core().me.borrow_mut() = Some(Gc::downgrade(&handle));
    world(|w| {
        w.numbers
            .borrow_mut()
            .insert(Gc::as_ptr(&handle).cast(), id)
    });
    Some(handle)
}

fn add_weak(handle: &Handle, action: Option<Action>) {
    let number = world(|w| w.next_callback.replace(w.next_callback.get() + 1));
    let weak = match action {
        None => Gc::downgrade(handle),
        Some(action) => Gc::downgrade_with(handle, move || {
            log(Event::Called(number));
            act(action, None, Culprit::Callback(number));
        }),
    };
    world(|w| w.weaks.borrow_mut().push(weak));
}

/// What user code does, inside a finalizer (with its object's value) or a callback.
fn act(action: Action, core: Option<&Core>, culprit: Culprit) {
    match action {
        Action::Nothing => {}
        Action::ResurrectSelf => {
            if let Some(handle) = core.and_then(|core| core.me.borrow().as_ref()?.upgrade()) {
                add_root(handle);
            }
        }
        Action::ResurrectNeighbour => {
            if let Some(handle) = core.and_then(|core| core.edges.borrow().first().cloned()) {
                add_root(handle);
            }
        }
        Action::LinkSelf => {
            if let Some(core) = core
                && let Some(me) = core.me.borrow().as_ref().and_then(Weak::upgrade)
            {
                core.edges.borrow_mut().push(me);
            }
        }
        Action::CutEdges => drop(core.map(|core| core.edges.take())),
        Action::DropAside => drop(world(|w| w.aside.borrow_mut().pop())),
        Action::DropRoot => drop(world(|w| w.roots.borrow_mut().pop())),
        Action::UpgradeOne => {
            if let Some(handle) = world(|w| w.weaks.borrow().first()?.upgrade()) {
                add_root(handle);
            }
        }
        Action::UpgradeAll => log(Event::Upgraded(upgrades())),
        Action::DropWeak => drop(world(|w| w.weaks.borrow_mut().pop())),
        Action::MakeWeak => {
            let me = core.and_then(|core| core.me.borrow().as_ref()?.upgrade());
            let handle = me.or_else(|| world(|w| w.roots.borrow().last().cloned()));
            if let Some(handle) = handle {
                add_weak(&handle, Some(Action::UpgradeAll));
            }
        }
        Action::Collect => log(Event::Returned(gc::collect())),
        Action::Allocate => {
            if let Some(handle) = create(Some(Action::Nothing), false) {
                add_root(handle);
            }
        }
        Action::Litter => {
            if let Some(handle) = create(None, false) {
                handle.core().edges.borrow_mut().push(handle.clone());
            }
        }
        Action::Panic => resume_unwind(Box::new(culprit)),
    }
}

fn upgrades() -> Vec<bool> {
    world(|w| {
        w.weaks
            .borrow()
            .iter()
            .map(|weak| weak.upgrade().is_some())
            .collect()
    })
}

/// Prepares the thread's heap.
pub(super) fn begin() {
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
        w.numbers.take();
        w.hook.take();
    });
}

/// Runs one step: what user code saw, and the panic that arrived.
pub(super) fn step(op: Op) -> (Vec<Event>, Option<Culprit>) {
    let panic = catch_unwind(AssertUnwindSafe(|| run(op)))
        .err()
        .map(culprit);
    (world(|w| w.log.take()), panic)
}

fn culprit(panic: Box<dyn Any + Send>) -> Culprit {
    match panic.downcast::<Culprit>() {
        Ok(culprit) => *culprit,
        Err(other) => resume_unwind(other),
    }
}

fn run(op: Op) {
    match op {
        Op::Create(action) => create(action, false).into_iter().for_each(add_root),
        Op::CreateBomb(action) => create(action, true).into_iter().for_each(add_root),
        Op::Link(from, to) => {
            if let Some(to) = root(to) {
                at_root(from, |from| from.core().edges.borrow_mut().push(to));
            }
        }
        Op::MoveIn(into, number) => move_in(into, number),
        Op::LinkThrough(from, edge, to) => {
            at_root(from, |from| link_through(from, edge, to));
        }
        Op::Unlink(from, edge) => {
            drop(at_root(from, |from| pull(&from.core().edges, edge)));
        }
        Op::Clone(number) => root(number).into_iter().for_each(add_root),
        Op::Drop(number) => drop(world(|w| pull(&w.roots, number))),
        Op::Aside(number) => {
            if let Some(handle) = root(number) {
                world(|w| w.aside.borrow_mut().push(handle));
            }
        }
        Op::DropAside => drop(world(|w| w.aside.borrow_mut().pop())),
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
                at_root(number, |into| into.core().weaks.borrow_mut().push(weak));
            }
        }
        Op::Upgrade(number) => {
            let handle = world(|w| pick(&w.weaks, number)).and_then(|weak| weak.upgrade());
            handle.into_iter().for_each(add_root);
        }
        Op::DropWeak(number) => drop(world(|w| pull(&w.weaks, number))),
        Op::Collect(generation) => collect(generation),
        Op::CollectBorrowed(number, generation) => {
            let handle = root(number);
            let _edges = handle
                .as_ref()
                .map(|handle| handle.core().edges.borrow_mut());
            collect(generation);
        }
        Op::Thresholds(a, b, c) => gc::set_threshold((a.into(), b.into(), c.into())),
        Op::Automatic(true) => gc::enable(),
        Op::Automatic(false) => gc::disable(),
    }
}

/// Moves a root into another root's object, if there is another one.
fn move_in(into: u8, number: u8) {
    let mut moved = world(|w| pull(&w.roots, number));
    at_root(into, |into| {
        into.core().edges.borrow_mut().extend(moved.take());
    });
    moved.into_iter().for_each(add_root);
}

/// Puts a handle into what an edge of `from` leads to, unless that is `from` itself.
fn link_through(from: &Handle, edge: u8, to: u8) {
    let edges = from.core().edges.borrow();
    let Some(index) = usize::from(edge).checked_rem(edges.len()) else {
        return;
    };
    let next = &edges[index];
    if next.core().id != from.core().id {
        next.core().edges.borrow_mut().extend(root(to));
    }
}

fn collect(generation: u8) {
    log(Event::Returned(gc::collect_generation(generation.into())));
}

/// What can be seen now.
pub(super) fn snapshot() -> Snapshot {
    let ids = |list: &[Handle]| list.iter().map(|handle| handle.core().id).collect();
    world(|w| {
        let numbers = w.numbers.borrow();
        let mut objects: Vec<Seen> = gc::objects(None)
            .iter()
            .map(|object| Seen {
                id: numbers[&object.address()],
                generation: object.generation(),
                strong: object.strong_count(),
            })
            .collect();
        objects.sort();
        Snapshot {
            objects,
            roots: ids(&w.roots.borrow()),
            aside: ids(&w.aside.borrow()),
            weaks: w
                .weaks
                .borrow()
                .iter()
                .map(|weak| weak.strong_count() > 0)
                .collect(),
        }
    })
}

//! Why an object is alive, and a picture of what is around it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt::{self, Write as _};
use std::iter;

use super::object_ref::named::{Name, Named};
use super::object_ref::{Found, ObjectRef, Subject, find};
use super::short_name;
use crate::collector::{Walk, Walks};
use crate::handle::Gc;
use crate::heap::Heap;
use crate::object::Object;
use crate::sync;

/// Says why an object is alive: how many handles there are to it from outside, or else the shortest
/// path to it from an object that has some, field by field.
///
/// *From outside* is whatever the collector cannot see: variables, statics, skipped fields, what is
/// behind an `Rc`. The handle that is passed counts as one of these, and is left out.
///
/// Takes time and memory in proportion to the handles there are.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Trace, gc};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// struct Registry { listeners: RefCell<Vec<Gc<Listener>>> }
///
/// #[derive(Trace)]
/// struct Listener { window: Gc<String> }
///
/// let registry = Gc::new(Registry { listeners: RefCell::default() });
/// let window = Gc::new(String::from("a window"));
/// registry.listeners.borrow_mut().push(Gc::new(Listener { window: window.clone() }));
///
/// let why = gc::why_alive(&window);
/// assert_eq!(why.outside_handles(), 0);
/// let fields: Vec<&str> = why.path().iter().map(|step| step.field()).collect();
/// assert_eq!(fields, ["listeners", "window"]);
/// assert!(why.path()[0].holder().ptr_eq(&registry));
/// println!("{why}");
/// ```
#[must_use]
pub fn why_alive<T: ?Sized>(object: &Gc<T>) -> WhyAlive {
    let found = Found {
        object: object.object(),
        has_handle: true,
    };
    Heap::with(|heap| Walk::run(heap, |walk| WhyAlive::of(walk, &found)))
}

impl ObjectRef {
    /// Says why the object is alive: see [`why_alive`]. `None` if it is gone; if another object of
    /// the same type and size has taken its place by now, that one is meant.
    #[must_use]
    pub fn why_alive(&self) -> Option<WhyAlive> {
        if self.is_shared() {
            return sync::gc::why_listed_is_alive(self);
        }
        let why = |walk: &mut Walk<'_>| WhyAlive::of_named(walk, self.name());
        Heap::with(|heap| Walk::run(heap, why))
    }
}

/// Why an object is alive: see [`why_alive`]. Shown as one line for the object that is held from
/// outside, and one for each field on the way.
#[derive(Clone, Debug)]
pub struct WhyAlive {
    object: ObjectRef,
    outside_handles: usize,
    path: Vec<Step>,
    /// The handles from outside where the path begins.
    origin_handles: usize,
}

/// A handle on the way from outside to an object: see [`why_alive`].
#[derive(Clone, Debug)]
pub struct Step {
    holder: ObjectRef,
    field: String,
}

impl Step {
    /// The object that has the handle.
    #[must_use]
    pub fn holder(&self) -> &ObjectRef {
        &self.holder
    }

    /// The field that the handle is in, with those that the field is in before it and dots between
    /// them; empty if the type does not say.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl WhyAlive {
    /// The object in question.
    #[must_use]
    pub fn object(&self) -> &ObjectRef {
        &self.object
    }

    /// How many handles to the object itself there are from outside, but for the one that was passed.
    #[must_use]
    pub fn outside_handles(&self) -> usize {
        self.outside_handles
    }

    /// The way to the object from one that is held from outside; empty if the object itself is, or
    /// if none is that leads to it.
    #[must_use]
    pub fn path(&self) -> &[Step] {
        &self.path
    }

    /// Whether nothing outside leads to the object but the handle that was passed: without that it
    /// would be garbage.
    #[must_use]
    pub fn is_garbage(&self) -> bool {
        self.origin_handles == 0
    }

    /// Where nothing can be looked at: a handle was passed.
    pub(crate) fn of_handle(object: ObjectRef) -> Self {
        let others = object.strong_count().saturating_sub(1);
        Self {
            object,
            outside_handles: others,
            path: Vec::new(),
            origin_handles: others,
        }
    }

    /// The same of an object that is meant, if it is there.
    pub(crate) fn of_named(walk: &mut impl Walks, name: Name<'_>) -> Option<Self> {
        let found = find(walk, iter::once(name)).pop()?;
        Some(Self::of(walk, &found))
    }

    fn of(walk: &mut impl Walks, found: &Found) -> Self {
        let mut graph = Graph::of(walk, &[found.object]);
        let target = graph.number(found.object);
        let own = usize::from(found.has_handle);
        let outside = |graph: &Graph, walk: &_, number: usize| {
            let lent = if number == target { own } else { 0 };
            graph.outside(walk, number).saturating_sub(lent)
        };
        // The next object on the way to the target, of each that is known to lead to it.
        let mut next = HashMap::from([(target, target)]);
        let mut waiting = VecDeque::from([target]);
        let mut origin = None;
        while let Some(number) = waiting.pop_front() {
            if outside(&graph, walk, number) > 0 {
                origin = Some(number);
                break;
            }
            for &(_, holder) in graph.holders(number) {
                if let Entry::Vacant(vacant) = next.entry(holder) {
                    vacant.insert(number);
                    waiting.push_back(holder);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = origin.unwrap_or(target);
        while at != target {
            path.push(graph.step(walk, at, next[&at]));
            at = next[&at];
        }
        Self {
            object: graph.describe(walk, target),
            outside_handles: outside(&graph, walk, target),
            path,
            origin_handles: origin.map_or(0, |origin| outside(&graph, walk, origin)),
        }
    }
}

impl fmt::Display for WhyAlive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.path.first().map_or(&self.object, Step::holder);
        match self.origin_handles {
            0 => return write!(f, "{} is held by nothing else", named(origin)),
            1 => write!(f, "{} is held by 1 handle from outside", named(origin))?,
            many => write!(
                f,
                "{} is held by {many} handles from outside",
                named(origin)
            )?,
        }
        let targets = self.path.iter().skip(1).map(Step::holder);
        for (step, target) in self.path.iter().zip(targets.chain([&self.object])) {
            let field = if step.field.is_empty() {
                "?"
            } else {
                &step.field
            };
            write!(f, "\n  .{field} -> {}", named(target))?;
        }
        Ok(())
    }
}

fn named(object: &ObjectRef) -> String {
    format!("{} {:p}", short_name(object.type_name()), object.address())
}

/// Draws some objects and what is around them, up to a distance, in the language of Graphviz.
///
/// An arrow is a handle and bears the name of its field; the objects in question are drawn bold, those
/// held from outside double. The drawing is as large as the neighbourhood: start with a distance of
/// 1 or 2. Takes time and memory in proportion to the handles there are.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
///
/// let one = Gc::new(1);
/// let pair = Gc::new((one.clone(), one.clone()));
/// let picture = gc::dot(&[&pair], 1);
/// assert!(picture.starts_with("digraph"));
/// // std::fs::write("pair.dot", picture)?; and then: dot -Tsvg pair.dot
/// ```
#[must_use]
pub fn dot(objects: &[&dyn Subject], distance: usize) -> String {
    let names = objects.iter().map(|object| object.name());
    Heap::with(|heap| Walk::run(heap, |walk| draw(walk, names, distance)))
}

/// See [`dot`].
pub(crate) fn draw<'a>(
    walk: &mut impl Walks,
    names: impl Iterator<Item = Name<'a>>,
    distance: usize,
) -> String {
    let found = find(walk, names).into_iter();
    let asked: Vec<Object> = found.map(|found| found.object).collect();
    let mut graph = Graph::of(walk, &asked);
    let asked: Vec<usize> = asked.iter().map(|object| graph.number(*object)).collect();
    graph.draw(walk, &asked, distance)
}

/// All objects that a walk meets and keeps, or that are asked about, by number, and how they hang together.
struct Graph {
    objects: Vec<Object>,
    numbers: HashMap<Object, usize>,
    /// What is held and by whom, in this order.
    holders: Vec<(usize, usize)>,
    /// The same the other way round.
    held: Vec<(usize, usize)>,
}

impl Graph {
    /// The graph of what the walk meets; who asks has the others, so that all of it is there.
    fn of(walk: &mut impl Walks, asked: &[Object]) -> Self {
        let mut graph = Self {
            objects: Vec::new(),
            numbers: HashMap::new(),
            holders: Vec::new(),
            held: Vec::new(),
        };
        let mut handles = Vec::new();
        walk.visit_all(|holder, edges| {
            handles.extend(edges.iter().map(|edge| (holder, edge.object())));
        });
        for (holder, held) in handles {
            if walk.keeps(held) || asked.contains(&held) {
                let (holder, held) = (graph.number(holder), graph.number(held));
                graph.holders.push((held, holder));
                graph.held.push((holder, held));
            }
        }
        graph.holders.sort_unstable();
        graph.held.sort_unstable();
        graph
    }

    fn number(&mut self, object: Object) -> usize {
        *self.numbers.entry(object).or_insert_with(|| {
            self.objects.push(object);
            self.objects.len() - 1
        })
    }

    /// Who holds an object, once for each handle.
    fn holders(&self, number: usize) -> &[(usize, usize)] {
        of(&self.holders, number)
    }

    /// How many handles to an object nobody reports.
    fn outside(&self, walk: &impl Walks, number: usize) -> usize {
        let handles = self.describe(walk, number).strong_count();
        handles.saturating_sub(self.holders(number).len())
    }

    fn describe(&self, walk: &impl Walks, number: usize) -> ObjectRef {
        // SAFETY: [live]: the walk keeps it, or who asks.
        unsafe { walk.describe(self.objects[number]) }
    }

    /// The fields of an object, each with what it has a handle to.
    fn fields(&self, walk: &mut impl Walks, number: usize) -> Vec<(Object, String)> {
        if of(&self.held, number).is_empty() {
            // Not looked into before, perhaps because it must not be.
            return Vec::new();
        }
        // SAFETY: [live]: visited by the walk that goes on, and looked into; there was no `&mut` to the
        // value, and none can have come into being since, as no handle to it is unique while it goes on.
        unsafe { walk.fields_of(self.objects[number]) }
    }

    fn step(&self, walk: &mut impl Walks, holder: usize, held: usize) -> Step {
        let fields = self.fields(walk, holder).into_iter();
        let mut fields = fields.filter(|(object, _)| *object == self.objects[held]);
        Step {
            holder: self.describe(walk, holder),
            field: fields.next().map(|field| field.1).unwrap_or_default(),
        }
    }

    /// See [`dot`].
    fn draw(&self, walk: &mut impl Walks, asked: &[usize], distance: usize) -> String {
        let mut near: HashMap<usize, usize> = asked.iter().map(|number| (*number, 0)).collect();
        let mut waiting: VecDeque<usize> = near.keys().copied().collect();
        let mut drawn = Vec::new();
        while let Some(number) = waiting.pop_front() {
            drawn.push(number);
            let next = near[&number] + 1;
            if next > distance {
                continue;
            }
            for &(_, other) in self.holders(number).iter().chain(of(&self.held, number)) {
                if let Entry::Vacant(vacant) = near.entry(other) {
                    vacant.insert(next);
                    waiting.push_back(other);
                }
            }
        }
        drawn.sort_unstable();
        let mut picture = String::from("digraph gordian {\n  node [shape=box];\n");
        for &number in &drawn {
            self.draw_object(walk, &mut picture, number, asked.contains(&number));
        }
        for &number in &drawn {
            for (object, field) in self.fields(walk, number) {
                let other = self.numbers.get(&object);
                if let Some(other) = other.filter(|other| near.contains_key(other)) {
                    let field = escaped(&field);
                    let _ = writeln!(picture, "  n{number} -> n{other} [label=\"{field}\"];");
                }
            }
        }
        picture.push_str("}\n");
        picture
    }

    fn draw_object(&self, walk: &impl Walks, picture: &mut String, number: usize, bold: bool) {
        let object = self.describe(walk, number);
        let name = escaped(&short_name(object.type_name()));
        let outside = self.outside(walk, number);
        let peripheries = if outside > 0 { 2 } else { 1 };
        let style = if bold { "bold" } else { "solid" };
        let _ = writeln!(
            picture,
            "  n{number} [label=\"{name}\\n{:p}\\nhandles: {}, from outside: {outside}\", \
             style={style}, peripheries={peripheries}];",
            object.address(),
            object.strong_count(),
        );
    }
}

/// The pairs of a sorted list that begin with a number.
fn of(pairs: &[(usize, usize)], number: usize) -> &[(usize, usize)] {
    let start = pairs.partition_point(|pair| pair.0 < number);
    let end = pairs.partition_point(|pair| pair.0 <= number);
    &pairs[start..end]
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

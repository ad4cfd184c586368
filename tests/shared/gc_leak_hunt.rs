//! The hunt for leaks: paths with field names, and a picture.

use gordian::Trace;
use gordian::trace::{Fields, Tracer};
use gordian_tests::Place;

use super::{Gc, Once, Slot, closure, fresh, gc};

fn address<T: ?Sized>(gc: &Gc<T>) -> *const () {
    Gc::as_ptr(gc).cast()
}

#[derive(Trace)]
struct Spot {
    /// A part with names of its own, in a box.
    part: Box<Part>,
    choice: Choice,
    list: Slot<Vec<Gc<Spot>>>,
}

#[derive(Trace, Default)]
struct Part {
    left: Slot<Option<Gc<Spot>>>,
    r#type: Option<Gc<String>>,
}

#[derive(Trace)]
enum Choice {
    Nothing,
    One(i32, Gc<Spot>),
    Named { place: Gc<Spot> },
}

fn place(choice: Choice, r#type: Option<Gc<String>>) -> Gc<Spot> {
    let left = Slot::default();
    Gc::new(Spot {
        part: Box::new(Part { left, r#type }),
        choice,
        list: Slot::default(),
    })
}

/// A root and a name that it leads to by many fields, with a longer way and a circle beside it.
fn root_and_name() -> (Gc<Spot>, Gc<String>) {
    let name = Gc::new(String::from("a name"));
    let last = place(Choice::Nothing, Some(name.clone()));
    let inner = place(Choice::One(1, last.clone()), None);
    let middle = place(
        Choice::Named {
            place: inner.clone(),
        },
        None,
    );
    let first = place(Choice::Nothing, None);
    first.list.with(|list| list.push(middle.clone()));
    let root = place(Choice::Nothing, None);
    root.part.left.put(Some(first.clone()));
    // A longer way, and a circle.
    last.list.with(|list| list.push(first.clone()));
    drop((last, inner, middle, first));
    (root, name)
}

/// The shortest path, field by field, from an object that is held from outside.
#[test]
fn why_alive_names_the_fields_of_the_shortest_path() {
    fresh();
    let (root, name) = root_and_name();
    let why = gc::why_alive(&name);
    let fields: Vec<&str> = why.path().iter().map(gc::Step::field).collect();
    let expected = [
        "part.left",
        "list",
        "choice.Named.place",
        "choice.One.1",
        "part.type",
    ];
    assert_eq!(fields, expected);
    assert!(why.path()[0].holder().ptr_eq(&root));
    assert!(why.object().ptr_eq(&name));
    assert_eq!((why.outside_handles(), why.is_garbage()), (0, false));
    let text = why.to_string();
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split("0x").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "Spot ",
            "  .part.left -> Spot ",
            "  .list -> Spot ",
            "  .choice.Named.place -> Spot ",
            "  .choice.One.1 -> Spot ",
            "  .part.type -> String ",
        ]
    );
    assert!(text.contains(" is held by 1 handle from outside\n"));
}

/// What is held from outside itself, what is only listed, and what is garbage has no such path.
#[test]
fn why_alive_counts_handles_from_outside() {
    fresh();
    let (root, name) = root_and_name();
    let second = name.clone();
    let why = gc::why_alive(&name);
    assert_eq!((why.outside_handles(), why.path().len()), (1, 0));
    assert!(
        why.to_string()
            .ends_with(" is held by 1 handle from outside")
    );
    drop(second);

    // Of an object that is only listed every handle from outside counts.
    let listed = gc::referrers(&[&name]).remove(0);
    assert_eq!(listed.why_alive().unwrap().path().len(), 4);
    drop(root);
    let why = gc::why_alive(&name);
    assert!(why.is_garbage() && why.path().is_empty());
    assert!(why.to_string().ends_with(" is held by nothing else"));
    assert!(listed.why_alive().unwrap().is_garbage());
    assert_eq!(gc::collect(), 4);
    assert!(listed.why_alive().is_none());
}

/// The picture has what is near, and no more.
#[test]
fn dot_draws_the_neighbourhood() {
    fresh();
    let leaf = Gc::new(String::from("leaf"));
    let b = place(Choice::Nothing, Some(leaf.clone()));
    let a = place(Choice::One(1, b.clone()), None);
    let far = place(Choice::Named { place: a.clone() }, None);
    let count = |picture: &str, what: &str| picture.matches(what).count();
    for (distance, objects, arrows) in [(0, 1, 0), (1, 3, 2), (2, 4, 3), (9, 4, 3)] {
        let picture = gc::dot(&[&b, &b], distance);
        assert_eq!(count(&picture, "peripheries="), objects);
        assert_eq!(count(&picture, " -> "), arrows);
        assert_eq!(count(&picture, "style=bold"), 1);
    }
    let picture = gc::dot(&[&b], 2);
    for label in ["choice.One.1", "choice.Named.place", "part.type"] {
        assert_eq!(count(&picture, &format!("[label=\"{label}\"];")), 1);
    }
    assert_eq!(count(&picture, "peripheries=2"), 4);
    assert!(picture.contains(&format!("{:p}\\nhandles: 2, from outside: 1", address(&b))));
    drop(far);
}

/// What several handles of an object are in is named behind a cell or a lock, too; a panic in there
/// poisons nothing.
#[test]
fn fields_are_named_behind_locks() {
    #[derive(Trace)]
    struct Holder {
        state: Slot<State>,
    }
    #[derive(Trace)]
    struct State {
        first: Option<Gc<String>>,
        second: Option<Gc<String>>,
    }

    fresh();
    let name = Gc::new(String::from("a name"));
    let second = Some(name.clone());
    let state = Slot::new(State {
        first: None,
        second,
    });
    let holder = Gc::new(Holder { state });
    let why = gc::why_alive(&name);
    assert_eq!(why.path()[0].field(), "state.second");
    holder.state.with(|state| state.first = state.second.take());
    let why = gc::why_alive(&name);
    assert_eq!(why.path()[0].field(), "state.first");
    assert!(gc::dot(&[&holder], 1).contains("state.first"));
}

/// The field of a closure stands for its captures.
#[test]
fn closures_are_named_for_their_captures() {
    #[derive(Trace)]
    struct Holder<F> {
        length: F,
    }

    fresh();
    let name = Gc::new(String::from("a name"));
    let length = closure!([name = name.clone()] || name.len());
    assert_eq!(length.call(()), 6);
    let holder = Gc::new(Holder { length });
    assert_eq!(gc::why_alive(&name).path()[0].field(), "length");
    holder.length.close();
    assert!(gc::why_alive(&name).path().is_empty());
}

/// Cells that are set once are looked into, too, if they are.
#[test]
fn fields_are_named_in_cells_that_are_set_once() {
    #[derive(Trace)]
    struct Holder {
        part: Once<Part>,
    }

    fresh();
    let name = Gc::new(String::from("a name"));
    let part = Once::new();
    let holder = Gc::new(Holder { part });
    assert!(gc::why_alive(&name).path().is_empty());
    let part = Part {
        left: Slot::default(),
        r#type: Some(name.clone()),
    };
    assert!(holder.part.set(part).is_ok());
    assert_eq!(gc::why_alive(&name).path()[0].field(), "part.type");
}

/// What an author says of a type's fields.
#[test]
fn fields_are_named_by_hand() {
    struct Pair([Gc<String>; 2]);
    // SAFETY: a pair owns its handles alone; each is traced once, and nothing else is done.
    unsafe impl Trace for Pair {
        fn trace(&self, tracer: &mut Tracer) {
            self.0.trace(tracer);
        }

        fn trace_fields(&self, fields: &mut Fields) {
            fields.field("left", &self.0[0]);
            fields.field("right", &self.0[1]);
        }
    }

    fresh();
    let names = ["one", "other"].map(|name| Gc::new(String::from(name)));
    let pair = Gc::new(Pair(names.clone()));
    let fields = names.each_ref().map(|name| {
        let why = gc::why_alive(name);
        assert!(why.path()[0].holder().ptr_eq(&pair));
        why.path()[0].field().to_owned()
    });
    assert_eq!(fields, ["left", "right"]);
}

//! What a closure has captured, and when it goes.
//!
//! `cargo run --example doc000_closures`
//!
//! A function returns an object that can be called and that has captured another object. Once it is
//! a closure, and once an instance of a class that is made for it. When the first one goes, so does
//! what it captured; the second one leaves it to the collector, since a class is part of a cycle:
//! it holds itself in the list of what it derives from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};

use gordian::{Call, Gc, Trace, Weak, closure, gc, unsize};

/// It could hold others, so it is tracked, and counted when it is collected.
#[derive(Trace)]
struct MyObject {
    name: &'static str,
    attributes: RefCell<Vec<Gc<MyObject>>>,
}

/// What both functions return.
type Leak = dyn Call<(), Output = Gc<MyObject>>;

/// The objects that have been made, by their addresses. Their entries keep none of them alive.
type Objects = BTreeMap<usize, Weak<MyObject>>;

fn register(objects: &mut Objects) -> Gc<MyObject> {
    let object = Gc::new(MyObject {
        name: "MyObject",
        attributes: RefCell::default(),
    });
    objects.insert(Gc::as_ptr(&object).addr(), Gc::downgrade(&object));
    object
}

/// A closure.
fn leak1(objects: &mut Objects) -> Gc<Leak> {
    let object = register(objects);
    unsize!(Gc::new(closure!([object] || object.clone())) => Leak)
}

/// A class: what it derives from, itself first, and a method.
#[derive(Trace)]
struct Class {
    derives_from: RefCell<Vec<Gc<Class>>>,
    call: Gc<Leak>,
}

#[derive(Trace)]
struct Instance {
    class: Gc<Class>,
}

impl Call<()> for Instance {
    type Output = Gc<MyObject>;

    fn try_call(&self, (): ()) -> Option<Gc<MyObject>> {
        self.class.call.try_call(())
    }

    fn close(&self) {
        self.class.call.close();
    }

    fn is_closed(&self) -> bool {
        self.class.call.is_closed()
    }
}

/// An instance of a class of its own, whose method captures the object.
fn leak2(objects: &mut Objects) -> Gc<Leak> {
    let class = Gc::new(Class {
        derives_from: RefCell::default(),
        call: leak1(objects),
    });
    class.derives_from.borrow_mut().push(class.clone());
    unsize!(Gc::new(Instance { class }) => Leak)
}

/// What to do beside dropping the callable object.
#[derive(Clone, Copy, PartialEq)]
enum Remedy {
    /// Nothing, as in the question.
    Nothing,
    /// Collecting after the drop, as in the answer.
    Collect,
    /// Closing before the drop.
    Close,
}

fn print_objects(out: &mut dyn Write, step: u32, objects: &Objects) -> io::Result<()> {
    for (address, object) in objects {
        match object.upgrade() {
            Some(object) => {
                assert!(object.attributes.borrow().is_empty());
                let at = Gc::as_ptr(&object);
                writeln!(out, "  {step} {address:#x} <{} at {at:p}>", object.name)?;
            }
            None => writeln!(out, "  {step} {address:#x} None")?,
        }
    }
    Ok(())
}

fn show(out: &mut dyn Write, leak: fn(&mut Objects) -> Gc<Leak>, remedy: Remedy) -> io::Result<()> {
    let mut objects = Objects::new();
    let callable = leak(&mut objects);
    assert!(objects.contains_key(&Gc::as_ptr(&callable.call(())).addr()));
    print_objects(out, 1, &objects)?;
    if remedy == Remedy::Close {
        callable.close();
    }
    drop(callable);
    if remedy == Remedy::Collect {
        writeln!(out, "  collected {}", gc::collect())?;
    }
    print_objects(out, 2, &objects)
}

/// The whole example.
pub(crate) fn run(out: &mut dyn Write) -> io::Result<()> {
    let _pause = gc::pause();
    gc::collect();
    for (remedy, title) in [
        (Remedy::Nothing, "dropped"),
        (Remedy::Collect, "dropped, then collected"),
        (Remedy::Close, "closed, then dropped"),
    ] {
        writeln!(out, "{title}:")?;
        writeln!(out, " leak1")?;
        show(out, leak1, remedy)?;
        writeln!(out, " leak2")?;
        show(out, leak2, remedy)?;
        writeln!(out, " left to the collector: {}", gc::collect())?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}

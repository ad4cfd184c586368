//! A leak, and how the `gc` module finds it.
//!
//! A server keeps a session for each visitor, and forgets it when the visitor has gone. But its
//! sessions do not go: the program finds out which type grows, who holds one of those objects, and by
//! which fields.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::cell::RefCell;

use gordian::{Gc, Trace, gc};

/// Where everybody may ask to be told of changes.
#[derive(Trace, Default)]
struct Bus {
    listeners: RefCell<Vec<Gc<Listener>>>,
}

/// Somebody who asked.
#[derive(Trace)]
struct Listener {
    session: Gc<Session>,
}

/// What is kept of a visitor.
#[derive(Trace)]
struct Session {
    visitor: String,
    history: RefCell<Vec<Gc<Page>>>,
}

/// What the visitor has seen.
#[derive(Trace)]
struct Page {
    #[trace(skip)]
    text: [u8; 200],
    session: RefCell<Option<Gc<Session>>>,
}

#[derive(Trace, Default)]
struct Server {
    bus: Bus,
    sessions: RefCell<Vec<Gc<Session>>>,
}

impl Server {
    fn visit(&self, visitor: &str) {
        let session = Gc::new(Session {
            visitor: visitor.to_owned(),
            history: RefCell::default(),
        });
        for _ in 0..3 {
            let page = Gc::new(Page {
                text: [0; 200],
                session: RefCell::new(Some(session.clone())),
            });
            session.history.borrow_mut().push(page);
        }
        if visitor.starts_with('a') {
            // Here it is: nobody takes the listener off again.
            let session = session.clone();
            let listener = Gc::new(Listener { session });
            self.bus.listeners.borrow_mut().push(listener);
        }
        self.sessions.borrow_mut().push(session);
    }

    fn forget_all(&self) {
        self.sessions.borrow_mut().clear();
    }
}

fn main() {
    let server = Gc::new(Server::default());
    gc::collect();
    let before = gc::census();

    for visitor in ["ada", "bob", "cleo", "alan", "dora"] {
        server.visit(visitor);
    }
    server.forget_all();

    println!("Five visitors have come and gone.");
    println!("{} objects were garbage.", gc::collect());
    println!("\nWhat there is more of than before:\n");
    println!("{}", gc::census().since(&before));

    let is_page = |object: &gc::ObjectRef| object.type_name().ends_with("::Page");
    let pages: Vec<_> = gc::objects(None).into_iter().filter(is_page).collect();
    println!("\nWhy is the first of {} pages alive?\n", pages.len());
    let why = pages[0].why_alive().expect("it is");
    println!("{why}");

    let listeners = server.bus.listeners.borrow();
    let visitor = &listeners[0].session.visitor;
    println!("\nSo it is the bus that holds it, for {visitor}: a listener was not taken off.");
    drop(listeners);
    let text = pages[0].size();
    println!("A page takes {text} bytes.");

    let listener = server.bus.listeners.borrow()[0].clone();
    println!("\nWhat is around that listener, for Graphviz:\n");
    print!("{}", gc::dot(&[&listener], 1));
    let page = listener.session.history.borrow()[0].clone();
    assert!(page.text.iter().all(|byte| *byte == 0));
    assert!(page.session.borrow().is_some());
    drop((listener, page));

    server.bus.listeners.take();
    println!(
        "\nThe listeners are gone: {} objects more were garbage.",
        gc::collect()
    );
    let left = gc::census().since(&before);
    println!(
        "Types of which there is more than before: {}.",
        left.rows().len()
    );
}

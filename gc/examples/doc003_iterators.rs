//! Closures that hold themselves through cells, and ways to be rid of them.
//!
//! `cargo run --example doc003_iterators`
//!
//! A nested list is flattened by a function that calls itself. As a closure, it reaches itself
//! through a variable that it has captured, so it is part of a cycle, and stays after the last item
//! until it is collected. For each way to write it, the example prints the items and what is left
//! to the collector.

use std::cell::RefCell;
use std::io::{self, Write};
use std::iter;

use gordian::{Call, Gc, Trace, Weak, closure, gc, unsize};

/// A nested list.
enum Item {
    Int(i32),
    List(Vec<Item>),
}

/// `[1, [2, 3]]`
fn sample() -> Vec<Item> {
    vec![Item::Int(1), Item::List(vec![Item::Int(2), Item::Int(3)])]
}

type Items = Box<dyn Iterator<Item = i32>>;
/// Makes an iterator of all the numbers in a list.
type Flatten = dyn Call<(Vec<Item>,), Output = Items>;
/// A variable that closures share.
type Variable = RefCell<Option<Gc<Flatten>>>;

/// The items of a list whose inner lists are flattened by the function in `flatten`. Like a
/// generator it keeps the variable until it is dropped.
fn items(flatten: Gc<Variable>, list: Vec<Item>) -> Items {
    Box::new(list.into_iter().flat_map(move |item| -> Items {
        match item {
            Item::Int(int) => Box::new(iter::once(int)),
            Item::List(list) => flatten.borrow().as_ref().unwrap().call((list,)),
        }
    }))
}

/// The closure, and the variable through which it holds itself.
fn make_flatten() -> (Gc<Flatten>, Gc<Variable>) {
    let variable = Gc::new(Variable::default());
    let flatten = closure!([variable = variable.clone()] |list: Vec<Item>| -> Items {
        items(variable.clone(), list)
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    *variable.borrow_mut() = Some(flatten.clone());
    (flatten, variable)
}

/// No code is left that could clear the variable.
fn simple(list: Vec<Item>) -> Items {
    make_flatten().0.call((list,))
}

/// The last line of the generator clears the variable, if it comes to that.
fn cleaning(list: Vec<Item>) -> Items {
    let mut state = None;
    let mut list = Some(list);
    Box::new(iter::from_fn(move || {
        if let Some(list) = list.take() {
            let (flatten, variable) = make_flatten();
            state = Some((flatten.call((list,)), variable));
        }
        let (items, _) = state.as_mut()?;
        let item = items.next();
        if item.is_none() {
            let (items, variable) = state.take()?;
            drop(items);
            variable.take();
        }
        item
    }))
}

/// The variable holds the closure weakly; whoever iterates holds it strongly.
fn weak(list: Vec<Item>) -> Items {
    type Variable = RefCell<Option<Weak<Flatten>>>;
    fn items(flatten: Gc<Flatten>, list: Vec<Item>) -> Items {
        Box::new(list.into_iter().flat_map(move |item| -> Items {
            match item {
                Item::Int(int) => Box::new(iter::once(int)),
                Item::List(list) => flatten.call((list,)),
            }
        }))
    }
    let variable = Gc::new(Variable::default());
    let flatten = closure!([variable = variable.clone()] |list: Vec<Item>| -> Items {
        let me = variable.borrow().as_ref().and_then(Weak::upgrade);
        items(me.expect("whoever calls it holds it"), list)
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    *variable.borrow_mut() = Some(Gc::downgrade(&flatten));
    flatten.call((list,))
}

/// A struct with a method needs no variable.
fn object(list: Vec<Item>) -> Items {
    struct Flattener;
    impl Flattener {
        fn flatten(&self, list: Vec<Item>, into: &mut Vec<i32>) {
            for item in list {
                match item {
                    Item::Int(int) => into.push(int),
                    Item::List(list) => self.flatten(list, into),
                }
            }
        }
    }
    let mut all = Vec::new();
    Flattener.flatten(list, &mut all);
    Box::new(all.into_iter())
}

fn line(out: &mut dyn Write, title: &str, items: &[i32]) -> io::Result<()> {
    writeln!(out, "{title}: {items:?}, collected {}", gc::collect())
}

fn show_iterators(out: &mut dyn Write) -> io::Result<()> {
    let all = |flatten: fn(Vec<Item>) -> Items| flatten(sample()).collect::<Vec<_>>();
    line(out, "a closure in a cell", &all(simple))?;
    line(out, "with a last line that clears it", &all(cleaning))?;
    line(
        out,
        "the same, abandoned after one item",
        &cleaning(sample()).take(1).collect::<Vec<_>>(),
    )?;
    line(
        out,
        "the same, never started",
        &cleaning(sample()).take(0).collect::<Vec<_>>(),
    )?;

    let mut iterator = simple(sample());
    let first = iterator.next();
    let before = gc::collect();
    line(
        out,
        "held while iterating",
        &first.into_iter().chain(iterator).collect::<Vec<_>>(),
    )?;
    writeln!(out, "  and before the end {before}")?;

    let (flatten, variable) = make_flatten();
    drop(variable);
    let flat: Vec<_> = flatten.call((sample(),)).collect();
    flatten.close();
    drop(flatten);
    line(out, "closed", &flat)?;
    line(out, "through a weak handle", &all(weak))?;
    line(out, "as a struct", &all(object))
}

/// Changes the balance by an amount.
type Method = dyn Call<(i32,), Output = i32>;

/// An object whose methods are closures over it.
#[derive(Trace)]
struct Account {
    balance: RefCell<i32>,
    methods: RefCell<Vec<Gc<Method>>>,
}

fn make_account() -> Gc<Account> {
    let account = Gc::new(Account {
        balance: RefCell::new(0),
        methods: RefCell::default(),
    });
    let deposit = closure!([account = account.clone()] |amount: i32| -> i32 {
        *account.balance.borrow_mut() += amount;
        *account.balance.borrow()
    });
    let withdraw = closure!([account = account.clone()] |amount: i32| -> i32 {
        account.methods.borrow()[0].call((-amount,))
    });
    account.methods.borrow_mut().extend([
        unsize!(Gc::new(deposit) => Method),
        unsize!(Gc::new(withdraw) => Method),
    ]);
    account
}

/// A closure in a cell that has captured something big, too.
fn show_data(out: &mut dyn Write) -> io::Result<()> {
    #[derive(Trace)]
    struct Data {
        parts: Vec<Gc<Data>>,
    }
    let data = Gc::new(Data { parts: Vec::new() });
    let watch = Gc::downgrade(&data);
    let me = Gc::new(RefCell::new(None::<Gc<dyn Call<(), Output = usize>>>));
    let parts = closure!([data, _me = me.clone()] || data.parts.len());
    *me.borrow_mut() = Some(unsize!(Gc::new(parts) => dyn Call<(), Output = usize>));
    drop(me);
    let is_there = |out: &mut dyn Write| writeln!(out, "  data: {}", watch.upgrade().is_some());
    writeln!(out, "hanging on to data:")?;
    is_there(out)?;
    writeln!(out, "  collected {}", gc::collect())?;
    is_there(out)
}

/// The whole example.
pub(crate) fn run(out: &mut dyn Write) -> io::Result<()> {
    let pause = gc::pause();
    gc::collect();
    show_iterators(out)?;
    show_data(out)?;

    let account = make_account();
    account.methods.borrow()[0].call((10,));
    let balance = account.methods.borrow()[1].call((4,));
    drop(account);
    line(out, "methods as closures", &[balance])?;

    let before = gc::objects(None).len();
    let sum: i32 = (0..100).flat_map(|_| simple(sample())).sum();
    let lingering = gc::objects(None).len() - before;
    line(out, "a hundred times", &[sum])?;
    writeln!(out, "  lingering before {lingering}")?;
    drop(pause);
    Ok(())
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}

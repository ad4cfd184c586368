//! A stock that knows each cheese for as long as somebody else has it, and notes on cheeses that
//! go with them.
//!
//! `cargo run --example doc004_cheese`

use std::io::{self, Write};

use gordian::weak::{WeakKeyMap, WeakValueMap};
use gordian::{Gc, Trace};

#[derive(Trace, Debug, PartialEq, Eq, Hash)]
struct Cheese {
    kind: &'static str,
}

fn sorted(stock: &WeakValueMap<&'static str, Cheese>) -> Vec<&'static str> {
    let mut kinds: Vec<_> = stock.keys().map(|kind| *kind).collect();
    kinds.sort_unstable();
    kinds
}

/// Writes what the program prints.
pub(crate) fn run(out: &mut dyn Write) -> io::Result<()> {
    let stock = WeakValueMap::new();
    let notes = WeakKeyMap::new();
    let kinds = ["Red Leicester", "Tilsit", "Brie", "Parmesan"];
    let catalog = kinds.map(|kind| Gc::new(Cheese { kind }));
    let mut last = None;
    for cheese in &catalog {
        stock.insert(cheese.kind, cheese);
        notes.insert(cheese, format!("{} letters", cheese.kind.len()));
        last = Some(cheese.clone());
    }
    writeln!(out, "{:?}", sorted(&stock))?;
    writeln!(out, "{:?}", stock.get("Brie"))?;

    drop(catalog);
    writeln!(out, "{:?} {:?}", sorted(&stock), stock.get("Brie"))?;
    let cheese = last.expect("there were four");
    writeln!(
        out,
        "{cheese:?}: {}",
        notes.get(&cheese).expect("it is alive")
    )?;

    drop(cheese);
    writeln!(out, "{:?} {stock:?} {notes:?}", sorted(&stock))?;
    Ok(())
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}

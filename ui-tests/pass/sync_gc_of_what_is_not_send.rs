//! What is `Send` and `Sync` can be shared.

use std::marker::PhantomData;
use std::sync::Mutex;

use gordian::{sync::Gc, Trace};

#[derive(Trace)]
struct Locked(#[trace(skip)] PhantomData<Mutex<()>>);

fn main() {
    let _locked = Gc::new(Locked(PhantomData));
}

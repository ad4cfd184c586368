//! What threads share is dropped on any of them: `Sync` is not enough.

use std::marker::PhantomData;
use std::sync::MutexGuard;

use gordian::{sync::Gc, Trace};

#[derive(Trace)]
struct Locked(#[trace(skip)] PhantomData<MutexGuard<'static, ()>>);

fn main() {
    let _locked = Gc::new(Locked(PhantomData));
}

//! The conformance tests, on the heap of a thread.

use std::cell::RefCell as Slot;
use std::rc::Rc as Shared;

use gordian::{Gc, Weak, gc, weak};
use gordian_tests::fresh;

#[path = "shared/basics.rs"]
mod basics;
#[path = "shared/basics_teardown.rs"]
mod basics_teardown;
#[path = "shared/finalization.rs"]
mod finalization;

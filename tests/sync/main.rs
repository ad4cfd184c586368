//! The conformance tests on the heap that threads share, in a module that says so.

#[path = "../sync.rs"]
mod sync;

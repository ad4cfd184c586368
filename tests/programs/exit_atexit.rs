//! Ends with finalizers that wait for it, on the heap that the first argument names.
#![expect(clippy::print_stdout, reason = "the test reads it")]
#![expect(clippy::duplicate_mod, reason = "the same on both heaps")]

#[path = "bodies"]
mod local {
    use gordian::{Gc, weak};

    #[path = "exit_atexit.rs"]
    pub(super) mod program;
}

#[path = "bodies"]
mod sync {
    use gordian::sync::{Gc, weak};

    #[path = "exit_atexit.rs"]
    pub(super) mod program;
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("sync") => sync::program::main(),
        _ => local::program::main(),
    }
}

//! The same source, compiled once against `std::rc` and once against gordian.
#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "the source reads as a user would write it"
)]

mod with_rc {
    use std::rc::{Rc as Handle, Weak};
    include!("shared/std_rc_source.rs");
}

mod with_gordian {
    use gordian::{Gc as Handle, Weak};
    include!("shared/std_rc_source.rs");
}

//! The same source, compiled once against `std` and once against gordian: `Rc` and `Gc`, `Arc` and
//! `sync::Gc`.
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

mod with_arc {
    use std::sync::{Arc as Handle, Weak};
    include!("shared/std_rc_source.rs");
    include!("shared/std_arc_source.rs");
}

mod with_gordian_sync {
    use gordian::sync::{Gc as Handle, Weak};
    include!("shared/std_rc_source.rs");
    include!("shared/std_arc_source.rs");
}

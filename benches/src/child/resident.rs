//! The resident memory of this process, from Linux's `/proc`.

use std::fs;

/// An amount of resident memory in bytes; NaN where it cannot be known.
#[derive(Clone, Copy)]
pub(crate) struct Resident(f64);

impl Resident {
    pub(crate) fn now() -> Self {
        Self::field("VmRSS:")
    }

    /// The highest amount since [`forget_peak`](Self::forget_peak).
    pub(crate) fn peak() -> Self {
        Self::field("VmHWM:")
    }

    /// Makes the present amount the peak. If that is forbidden the peak is that of the process,
    /// which is the same unless there was more before.
    pub(crate) fn forget_peak() {
        let _ = fs::write("/proc/self/clear_refs", "5");
    }

    /// How many bytes more than `earlier`.
    pub(crate) fn since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }

    fn field(name: &str) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        Self(kibibytes.map_or(f64::NAN, |amount| amount * 1024.0))
    }
}

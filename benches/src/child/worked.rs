//! The processor time of a thread, read by another one, and the time that one waits for a processor.

use std::fs;
use std::time::Duration;

/// The clock of one thread of this process, which stands still while it is not running.
#[derive(Clone, Copy)]
pub(crate) struct ThreadClock(libc::clockid_t);

impl ThreadClock {
    /// The clock of the calling thread.
    pub(crate) fn mine() -> Option<Self> {
        let mut clock = 0;
        // SAFETY: it has no requirement.
        let thread = unsafe { libc::pthread_self() };
        // SAFETY: the thread runs, as it is this one; `clock` can be written to.
        let failed = unsafe { libc::pthread_getcpuclockid(thread, &raw mut clock) };
        (failed == 0).then_some(Self(clock))
    }

    /// How long the thread has run; nothing once it has ended.
    pub(crate) fn time(self) -> Duration {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `time` can be written to; a clock that there is not is an error, and leaves it.
        let _ = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

/// How long the calling thread could have run, but had no processor, since it was started; nothing where
/// Linux does not tell.
pub(crate) fn time_without_processor() -> Duration {
    let said = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = said.split(' ').nth(1).and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

//! What the process has in use between rounds.

use std::sync::Mutex;

/// The bytes in use after each round.
static LEFT: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// What was allocated and not freed, as the allocator counts it. How much of the system's memory that takes is
/// another matter: it depends on which thread ran beside which.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "only the allocator knows")]
fn in_use() -> Option<usize> {
    // SAFETY: it reads statistics, under the allocator's locks.
    let info = unsafe { libc::mallinfo2() };
    Some(info.uordblks + info.hblkhd)
}

/// Nobody knows.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn in_use() -> Option<usize> {
    None
}

/// Notes how much there is after a round.
pub(crate) fn measure() {
    if let (Some(bytes), Ok(mut left)) = (in_use(), LEFT.lock()) {
        left.push(bytes);
    }
}

/// The least that there was in the second and in the last third of the rounds, in bytes. The first is for what is
/// kept for later to get there: from then on it is now more, now less, and only what is lost is there for ever.
/// `None` where nobody knows.
pub(crate) fn least() -> Option<(usize, usize)> {
    let left = LEFT.lock().ok()?;
    let third = left.len() / 3;
    let (earlier, last) = left[third..].split_at(left.len() - 2 * third);
    Some((*earlier.iter().min()?, *last.iter().min()?))
}

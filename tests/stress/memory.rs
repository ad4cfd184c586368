//! The resident memory of the process, over time.

use std::fs;
use std::sync::Mutex;
use std::time::Instant;

/// Peaks of a tenth of a second, in pages.
static PEAKS: Mutex<(Option<Instant>, Vec<usize>)> = Mutex::new((None, Vec::new()));

fn resident() -> Option<usize> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    statm.split_whitespace().nth(1)?.parse().ok()
}

/// Notes how much there is now.
pub(crate) fn measure() {
    let (Some(pages), Ok(mut peaks)) = (resident(), PEAKS.lock()) else {
        return;
    };
    let start = *peaks.0.get_or_insert_with(Instant::now);
    let tenth = (start.elapsed().as_millis() / 100) as usize;
    if peaks.1.len() <= tenth {
        peaks.1.resize(tenth + 1, 0);
    }
    peaks.1[tenth] = peaks.1[tenth].max(pages);
}

/// The peaks of the first and of the last third of the time, in pages. `None` where nobody knows.
pub(crate) fn peaks() -> Option<(usize, usize)> {
    let peaks = PEAKS.lock().ok()?;
    let third = peaks.1.len() / 3;
    let peak = |part: &[usize]| part.iter().copied().max().filter(|peak| *peak > 0);
    let last = peaks.1.len() - third;
    Some((peak(&peaks.1[..third])?, peak(&peaks.1[last..])?))
}

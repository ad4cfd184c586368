//! The part about handles that threads share.

use std::fmt::{self, Write};

use super::tables;
use crate::catalog::WAITS;
use crate::session::Results;

pub(super) fn part(text: &mut String, results: &Results) -> fmt::Result {
    if results.shared.is_empty() {
        return Ok(());
    }
    let (peers, measured) = (&results.shared_peers, &results.shared);
    writeln!(
        text,
        "## Shared between threads\n\n\
         `gordian::sync` and others whose handles threads can share, as multiples of `Arc`; amounts \
         where there is nothing to compare with. A dash: there is no collector to wait for. ✗: see \
         below. †: the process crashed afterwards. rudo-gc has such handles, but does not return from \
         its first `Gc::new` when it is optimized; the other crates have none.\n"
    )?;
    writeln!(text, "{}", tables::ratios(peers, measured))?;
    writeln!(
        text,
        "* All nodes have their links behind a `Mutex` of the standard library (1 link, 4 in graphs).\n\
         * The work is done by threads beside the main one, which have done it once before the clock \
           runs. Two of them start at the same moment, and the time is that of the slower one. They \
           clone handles to objects of their own, and read objects through handles that both use.\n\
         * First drop: a handle to each object is cloned and dropped after a collection of all there \
           is; only the drops are timed. Then once more, when the collector knows of the objects.\n\
         * Dead pairs: two new nodes hold each other, and are dropped. What is freed is told while the \
           threads that made them live on, with what they have buffered for the collector.\n"
    )?;
    writeln!(
        text,
        "### Amounts of shared handles\n\nMedians, with quartiles; for dead pairs means, for the \
         longest times the greatest of all repetitions.\n"
    )?;
    writeln!(text, "{}", tables::amounts(peers, measured))?;
    let waits = measured.iter().find(|it| it.workload.name == WAITS);
    let Some(waits) = waits else {
        return Ok(());
    };
    writeln!(
        text,
        "### Waiting for the collector\n\n\
         A thread locks and unlocks nodes picked at random of a live random graph. Another one clones \
         and drops handles to 10\u{202f}000 of them, and collects, all and the young in turn, again and \
         again. So a lock that somebody else has is one that the collector has. How long it keeps it \
         is told in its processor time: what it did while the first thread waited, but no more than \
         the real time for which that one did not just lack a processor. In real time there is in it \
         that the machine runs other programs instead of either thread, for milliseconds at a time. \
         What that does to a thread which waits for nobody is in the last column: there the other \
         thread clones and drops handles, too, but does not collect. (gcmodule's collector takes no \
         locks, but stops all who read an object, which shows in the third column.)\n"
    )?;
    writeln!(text, "{}", tables::waits(waits))
}

//! Random histories of threads that share a heap: see `tests/loom/word`, which this is the heap of.

#[path = "../../loom/word/access.rs"]
mod access;
#[path = "../../loom/word/atomic.rs"]
mod atomic;
#[path = "../../loom/word/collector.rs"]
mod collector;
#[path = "../../loom/word/finish.rs"]
mod finish;
#[path = "../../loom/word/heap.rs"]
#[expect(dead_code, reason = "all values of a history are there from the start")]
mod heap;
mod histories;
#[path = "../../loom/word/look.rs"]
mod look;
mod player;
mod runtime;
#[path = "../../loom/word/thread.rs"]
#[expect(dead_code, reason = "all values of a history are there from the start")]
mod thread;
#[path = "../../../gc/src/object/shared/weak_count.rs"]
#[expect(dead_code, reason = "nobody asks how many weak handles there are")]
mod weak_count;

#[path = "../../../gc/src/object/shared/word.rs"]
#[expect(
    dead_code,
    reason = "the heap of the models has no walks, epochs and limits"
)]
mod word;

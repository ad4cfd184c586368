//! What must be so at the end of a model, when all other threads are done.

use crate::heap::{Handle, lock};
use crate::thread::Thread;

impl Thread {
    /// A collection frees exactly what is not held by these handles, and another one what they held.
    pub(crate) fn finish(&self, held: impl IntoIterator<Item = Handle>) {
        let held: Vec<Handle> = held.into_iter().collect();
        self.collect();
        self.heap.assert_exact(&held.iter().collect::<Vec<_>>());
        for handle in held {
            self.deref(&handle);
            self.drop(handle);
        }
        let globals = std::mem::take(&mut *lock(&self.heap.globals));
        for handle in globals {
            self.drop(handle);
        }
        self.collect();
        self.heap.assert_exact(&[]);
        // What lost its value by its count may still have been in a buffer.
        self.collect();
        self.heap.assert_empty();
    }
}

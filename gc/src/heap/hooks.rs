//! What users registered to be told of collections.
#![forbid(unsafe_code)]

/// The hooks, in the order they were added.
pub(crate) struct Hooks<H> {
    all: Vec<(u64, H)>,
    next: u64,
}

impl<H: Clone> Hooks<H> {
    pub(super) const fn new() -> Self {
        Self {
            all: Vec::new(),
            next: 0,
        }
    }

    /// Adds a hook and returns its number.
    pub(crate) fn add(&mut self, hook: H) -> u64 {
        let number = self.next;
        self.next += 1;
        self.all.push((number, hook));
        number
    }

    /// Removes a hook. The caller drops it, with no borrow held.
    pub(crate) fn remove(&mut self, number: u64) -> Option<H> {
        let index = self.all.iter().position(|hook| hook.0 == number)?;
        Some(self.all.remove(index).1)
    }

    /// The hooks there are now.
    pub(crate) fn all(&self) -> Vec<H> {
        self.all.iter().map(|hook| hook.1.clone()).collect()
    }

    pub(super) fn shrink(&mut self) {
        self.all.shrink_to_fit();
    }
}

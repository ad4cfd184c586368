//! What a thread does with its handles.

use std::sync::Arc;

use crate::atomic::Ordering;
use crate::heap::{Handle, Heap, Id, Weak, lock, wait};
use crate::word::{Access, Claims, Dropped, Flag, Unpinned, Word};

/// One thread of a model.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) heap: Arc<Heap>,
    /// Which buffer is its own.
    pub(crate) number: usize,
}

impl Thread {
    fn word(&self, id: Id) -> &Word {
        &self.heap.object(id).word
    }

    pub(crate) fn clone(&self, handle: &Handle) -> Handle {
        self.word(handle.0).increment();
        Handle(handle.0)
    }

    /// Reads the value.
    pub(crate) fn deref(&self, handle: &Handle) {
        let is_there = self.heap.object(handle.0).value.read(|is| *is);
        assert!(is_there, "a handle to {} outlived its value", handle.0);
    }

    /// Drops a handle, and what the values that go with it hold.
    pub(crate) fn drop(&self, handle: Handle) {
        let mut handles = vec![handle];
        while let Some(Handle(id)) = handles.pop() {
            match self.word(id).decrement() {
                Dropped::Nothing => {}
                Dropped::PinOnly => lock(&self.heap.left_to_pin).push(id),
                Dropped::Candidate => {
                    let bits = self.word(id).peek();
                    assert!(!bits.has(Flag::Untracked), "a leaf cannot be visited");
                    lock(&self.heap.buffers[self.number]).push(id);
                }
                Dropped::Finalize => {
                    self.finalize(id);
                    self.word(id).finalized();
                    handles.push(Handle(id));
                }
                Dropped::Last(claims) => {
                    handles.extend(self.heap.object(id).drop_value());
                    self.end(id, claims);
                }
            }
        }
    }

    pub(crate) fn finalize(&self, id: Id) {
        self.heap.object(id).set_finalized();
        (self.heap.finalizer)(self, id);
    }

    /// The value is gone; the memory goes, too, if nobody else has a claim to it.
    fn end(&self, id: Id, claims: Claims) {
        if claims == Claims::Sole || self.word(id).hand_off() {
            self.heap.object(id).release_memory();
        }
    }

    /// Moves the handle into the slot that can be set once.
    pub(crate) fn set_once(&self, handle: &Handle, content: Handle) {
        self.deref(handle);
        let once = &self.heap.object(handle.0).once;
        let content = content.0 as u64 + 1;
        let set = once.compare_exchange(0, content, Ordering::Release, Ordering::Relaxed);
        assert_eq!(set, Ok(0), "set twice");
    }

    /// Changes the slots, under their lock.
    pub(crate) fn with_slots<R>(
        &self,
        handle: &Handle,
        change: impl FnOnce(&mut Vec<Handle>) -> R,
    ) -> R {
        self.deref(handle);
        let object = self.heap.object(handle.0);
        let slots_lock = object.lock.as_ref().expect("slots that may change");
        slots_lock.lock();
        let result = object.slots.write(change);
        slots_lock.unlock();
        result
    }

    /// Clones the handle in a slot.
    pub(crate) fn follow(&self, handle: &Handle, slot: usize) -> Handle {
        self.deref(handle);
        let object = self.heap.object(handle.0);
        if let Some(slots_lock) = &object.lock {
            slots_lock.lock();
        }
        let found = object.slots.read(|slots| self.clone(&slots[slot]));
        if let Some(slots_lock) = &object.lock {
            slots_lock.unlock();
        }
        found
    }

    /// `get_mut`: whether the value was lent, and written.
    pub(crate) fn write(&self, handle: &Handle) -> bool {
        let is_lent = self.lend(handle.0);
        if is_lent {
            let object = self.heap.object(handle.0);
            object.value.write(|is| assert!(*is));
            object.slots.write(|_| ());
        }
        is_lent
    }

    fn lend(&self, id: Id) -> bool {
        let word = self.word(id);
        let mut was_lent = false;
        loop {
            let access = match word.lend() {
                Access::Granted(()) => {
                    was_lent = true;
                    let weak = self.heap.object(id).weak.as_ref();
                    weak.map_or(Access::Granted(()), |weak| weak.is_only(word))
                }
                other => other,
            };
            match access {
                Access::Granted(()) => return true,
                Access::Later => wait(),
                Access::Refused => {
                    if was_lent {
                        word.take_back();
                    }
                    return false;
                }
            }
        }
    }

    /// `try_unwrap`: moves the value out. What it held is dropped.
    pub(crate) fn unwrap(&self, handle: Handle) -> Result<(), Handle> {
        let claims = loop {
            match self.word(handle.0).unwrap() {
                Access::Granted(claims) => break claims,
                Access::Refused => return Err(handle),
                Access::Later => wait(),
            }
        };
        let handles = self.heap.object(handle.0).take_value();
        self.end(handle.0, claims);
        for held in handles {
            self.drop(held);
        }
        Ok(())
    }

    pub(crate) fn downgrade(&self, handle: &Handle) -> Weak {
        let weak = self.heap.object(handle.0).weak.as_ref();
        weak.expect("an object that can have weak handles")
            .increment();
        Weak(handle.0)
    }

    pub(crate) fn upgrade(&self, weak: &Weak) -> Option<Handle> {
        let object = self.heap.object(weak.0);
        let is_there = object.word.upgrade(|| {
            let commit = lock(&self.heap.commit);
            let has_ended = &object.weak_handles_have_ended;
            (!has_ended.load(Ordering::Relaxed)).then_some(commit)
        });
        is_there.then_some(Handle(weak.0))
    }

    pub(crate) fn drop_weak(&self, weak: Weak) {
        self.heap.object(weak.0).release_memory();
    }

    /// Has the collector see a leaf, from now on, as it becomes a key.
    pub(crate) fn adopt(&self, handle: &Handle) {
        let object = self.heap.object(handle.0);
        let mut adopted = lock(&self.heap.adopted);
        if !adopted.contains(&handle.0) {
            adopted.push(handle.0);
            let visit_word = object.visit_word.as_ref().expect("a leaf");
            visit_word.write(|is| *is = true);
            drop(adopted);
            object.word.track(0);
        }
    }

    /// Looks at an object that was found by walking the heap, whose memory is there meanwhile.
    pub(crate) fn walk(&self, id: Id) {
        let detector = lock(&self.heap.collector);
        let word = self.word(id);
        let mut unpinned = Unpinned::Lives;
        if let Some(before) = word.pin_found() {
            if before.may_be_looked_into() {
                assert!(self.heap.object(id).value.read(|is| *is));
            }
            unpinned = word.unpin(None, false);
        }
        drop(detector);
        if unpinned == Unpinned::Last {
            self.drop(Handle(id));
        }
    }

    /// Writes the value of an object that was made without one, and without a handle.
    pub(crate) fn initialize(&self, id: Id) -> Handle {
        self.write_first(id, 1);
        Handle(id)
    }

    /// `assume_init`: writes the value of an object that was made with a handle to it.
    pub(crate) fn assume_init(&self, handle: &Handle) {
        self.write_first(handle.0, 0);
    }

    fn write_first(&self, id: Id, handles: u32) {
        let object = self.heap.object(id);
        object.value.write(|is| *is = true);
        assert!(object.word.initialize(handles, 0, object.has_finalizer()));
    }
}

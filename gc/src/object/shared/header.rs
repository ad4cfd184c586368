//! The header of a shared object.

use super::{Bits, Extension, Record, Tag, TypeInfo, Word};
use crate::object::{HEADER_SIZE, Object};

/// See the table in [`super`].
#[repr(C, align(8))]
pub(crate) struct Header {
    record: Record,
    pub(crate) word: Word,
}

const _: () = assert!(size_of::<Header>() == HEADER_SIZE || cfg!(target_pointer_width = "32"));

impl Header {
    /// Describes a new object, which nobody else knows; who walks the heap may look at it at any
    /// time. Its value has been written, unless `bits` say otherwise.
    #[inline]
    pub(crate) fn describe(&self, info: &'static TypeInfo, has_finalizer: bool, bits: Bits) {
        let tags = if has_finalizer {
            Tag::HAS_FINALIZER.bit()
        } else {
            0
        };
        let tags = if bits.has(super::Flag::Untracked) {
            tags | Tag::UNTRACKED.bit()
        } else {
            tags
        };
        self.record.describe(info, tags);
        self.word.publish(bits);
    }

    #[inline]
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.record.has(tag)
    }

    #[inline]
    pub(crate) fn info(&self) -> &'static TypeInfo {
        self.record.info()
    }

    /// The extension, if there is one by now.
    pub(crate) fn extension(&self) -> Option<&Extension> {
        self.record.extension()
    }

    /// The extension, made if there is none: allocates 128 bytes then. The caller has a handle.
    pub(crate) fn extend(&self) -> &Extension {
        self.record.extend()
    }

    /// Takes the extension away, at the end of the object's memory.
    ///
    /// # Safety
    ///
    /// Nobody else knows the object any more.
    pub(crate) unsafe fn take_extension(&self) -> Option<Box<Extension>> {
        // SAFETY: from the caller.
        unsafe { self.record.take_extension() }
    }

    /// Gives the object another type, of the same layout and as tracked as the old one.
    pub(crate) fn set_type(&self, info: &'static TypeInfo, has_finalizer: bool) {
        self.record.set_type(info, has_finalizer);
    }

    /// Makes an untracked object, for which there is a visit word by now, a tracked one, born in this epoch.
    /// Says whether it was untracked.
    pub(crate) fn track(&self, epoch: u32) -> bool {
        let was_untracked = self.record.untag(Tag::UNTRACKED);
        if was_untracked {
            self.word.track(epoch);
        }
        was_untracked
    }

    /// The strong count as users see it: see [`Bits::strong_count`].
    pub(crate) fn strong_count(&self) -> u32 {
        self.word.peek().strong_count()
    }

    /// How many weak handles there are.
    pub(crate) fn weak_count(&self) -> usize {
        self.extension().map_or(0, |extension| extension.weak.get())
    }
}

impl Object {
    /// The header of a shared object.
    ///
    /// # Safety
    ///
    /// It is a shared object, and stays [live] while the reference is used.
    #[inline]
    pub(crate) unsafe fn shared<'a>(self) -> &'a Header {
        // SAFETY: [live], from the caller; the header is never borrowed mutably.
        unsafe { self.header_ptr().cast::<Header>().as_ref() }
    }
}

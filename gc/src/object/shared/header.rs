//! The header of a shared object.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::{Bits, Extension, Word};
use crate::object::{HEADER_SIZE, Object, Tag, TypeInfo};

/// See the table in [`super`].
#[repr(C, align(8))]
pub(crate) struct Header {
    record: AtomicPtr<()>,
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
        let record = ptr::from_ref(info).cast_mut().cast::<()>();
        self.record
            .store(record.map_addr(|address| address | tags), Ordering::Relaxed);
        self.word.publish(bits);
    }

    /// The first word, with the tag bits. Acquire: what it points to was written before.
    #[inline]
    fn record(&self) -> *mut () {
        self.record.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.record.load(Ordering::Relaxed).addr() & tag.bit() != 0
    }

    #[inline]
    pub(crate) fn info(&self) -> &'static TypeInfo {
        let record = self.record();
        if record.addr() & Tag::EXTENDED.bit() != 0 {
            // SAFETY: with EXTENDED the record is the box that `extend` leaked; it lives as long as
            // the object.
            return unsafe { Self::extension_at(record) }.info();
        }
        let info = record.map_addr(|address| address & !Tag::MASK);
        // SAFETY: without EXTENDED the record is the `&'static TypeInfo` of `describe` or `set_type`.
        unsafe { &*info.cast::<TypeInfo>() }
    }

    /// # Safety
    ///
    /// The record has the tag EXTENDED, and the object is [live] while the reference is used.
    unsafe fn extension_at<'a>(record: *mut ()) -> &'a Extension {
        let extension = record.map_addr(|address| address & !Tag::MASK);
        // SAFETY: from the caller: `extend` has put it there.
        unsafe { &*extension.cast::<Extension>() }
    }

    /// The extension, if there is one by now.
    pub(crate) fn extension(&self) -> Option<&Extension> {
        let record = self.record();
        // SAFETY: it has the tag; the object is [live] as long as we are borrowed.
        (record.addr() & Tag::EXTENDED.bit() != 0).then(|| unsafe { Self::extension_at(record) })
    }

    /// The extension, made if there is none: allocates 128 bytes then. The caller has a handle.
    pub(crate) fn extend(&self) -> &Extension {
        loop {
            if let Some(extension) = self.extension() {
                return extension;
            }
            self.try_extend();
        }
    }

    /// Makes an extension, unless somebody else does, or gives the object another type, meanwhile.
    #[cold]
    fn try_extend(&self) {
        let record = self.record();
        if record.addr() & Tag::EXTENDED.bit() != 0 {
            return;
        }
        let info = record.map_addr(|address| address & !Tag::MASK);
        // SAFETY: without EXTENDED the record is the `&'static TypeInfo` of `describe` or `set_type`.
        let info = unsafe { &*info.cast::<TypeInfo>() };
        let extension = Box::into_raw(Box::new(Extension::new(info)));
        let tags = record.addr() & Tag::MASK | Tag::EXTENDED.bit();
        let new = extension.cast::<()>().map_addr(|address| address | tags);
        // Release: who finds it finds it written.
        let exchanged =
            self.record
                .compare_exchange(record, new, Ordering::Release, Ordering::Relaxed);
        if exchanged.is_err() {
            // SAFETY: made above, and nobody else has seen it.
            drop(unsafe { Box::from_raw(extension) });
        }
    }

    /// Takes the extension away, at the end of the object's memory.
    ///
    /// # Safety
    ///
    /// Nobody else knows the object any more.
    pub(crate) unsafe fn take_extension(&self) -> Option<Box<Extension>> {
        let record = self.record();
        if record.addr() & Tag::EXTENDED.bit() == 0 {
            return None;
        }
        let extension = record.map_addr(|address| address & !Tag::MASK);
        // SAFETY: leaked by `extend`; nobody else has the object, and nobody asks it again.
        Some(unsafe { Box::from_raw(extension.cast::<Extension>()) })
    }

    /// Gives the object another type, of the same layout and as tracked as the old one.
    pub(crate) fn set_type(&self, info: &'static TypeInfo, has_finalizer: bool) {
        let mut record = self.record();
        loop {
            let tags = record.addr() & Tag::MASK & !Tag::HAS_FINALIZER.bit();
            let tags = tags
                | if has_finalizer {
                    Tag::HAS_FINALIZER.bit()
                } else {
                    0
                };
            let target = match self.extension() {
                Some(extension) => {
                    extension.set_info(info);
                    record
                }
                None => ptr::from_ref(info).cast_mut().cast(),
            };
            let new = target.map_addr(|address| address & !Tag::MASK | tags);
            let exchanged =
                self.record
                    .compare_exchange(record, new, Ordering::Release, Ordering::Acquire);
            match exchanged {
                Ok(_) => return,
                Err(now) => record = now,
            }
        }
    }

    /// How many weak handles there are.
    pub(crate) fn weak_count(&self) -> usize {
        self.extension().map_or(0, Extension::weak_count)
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

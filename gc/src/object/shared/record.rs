//! The first word of a shared object: what its value is.
//!
//! It is the type, and from the first weak handle on the extension, which has it; with tag bits. Models
//! run this very source, with types and extensions of their own.

use std::ptr;

use super::atomic::{AtomicPtr, Ordering};
use super::{Extension, Tag, TypeInfo};

/// A type, of which another one may take the place.
#[derive(Debug)]
pub(crate) struct TypeCell(AtomicPtr<TypeInfo>);

impl TypeCell {
    pub(crate) fn new(info: &'static TypeInfo) -> Self {
        Self(AtomicPtr::new(ptr::from_ref(info).cast_mut()))
    }

    #[inline]
    pub(crate) fn get(&self) -> &'static TypeInfo {
        // SAFETY: it is that of `new` or `set`, which are static.
        unsafe { &*self.0.load(Ordering::Acquire) }
    }

    fn set(&self, info: &'static TypeInfo) {
        self.0
            .store(ptr::from_ref(info).cast_mut(), Ordering::Release);
    }
}

/// See the module.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Record(pub(super) AtomicPtr<()>);

impl Record {
    /// Of a new object. Relaxed: the state word that is written next publishes it.
    #[inline]
    pub(crate) fn describe(&self, info: &'static TypeInfo, tags: usize) {
        let record = ptr::from_ref(info).cast_mut().cast::<()>();
        self.0
            .store(record.map_addr(|address| address | tags), Ordering::Relaxed);
    }

    /// The word, with the tag bits. Acquire: what it points to was written before.
    #[inline]
    fn read(&self) -> *mut () {
        self.0.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.0.load(Ordering::Relaxed).addr() & tag.bit() != 0
    }

    #[inline]
    pub(crate) fn info(&self) -> &'static TypeInfo {
        let record = self.read();
        if record.addr() & Tag::EXTENDED.bit() != 0 {
            // SAFETY: with EXTENDED the record is the box that `extend` leaked; it lives as long as
            // the object.
            return unsafe { Self::extension_at(record) }.info.get();
        }
        // SAFETY: it has not the tag.
        unsafe { Self::info_at(record) }
    }

    /// # Safety
    ///
    /// The record does not have the tag EXTENDED.
    #[inline]
    unsafe fn info_at(record: *mut ()) -> &'static TypeInfo {
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
        let record = self.read();
        // SAFETY: it has the tag; the object is [live] as long as we are borrowed.
        (record.addr() & Tag::EXTENDED.bit() != 0).then(|| unsafe { Self::extension_at(record) })
    }

    /// The extension, made if there is none. The caller has a handle.
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
        let record = self.read();
        if record.addr() & Tag::EXTENDED.bit() != 0 {
            return;
        }
        // SAFETY: just so.
        let info = unsafe { Self::info_at(record) };
        let extension = Box::into_raw(Box::new(Extension::new(info)));
        let tags = record.addr() & Tag::MASK | Tag::EXTENDED.bit();
        let new = extension.cast::<()>().map_addr(|address| address | tags);
        // Release: who finds it finds it written.
        let exchanged = self
            .0
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
        let record = self.read();
        if record.addr() & Tag::EXTENDED.bit() == 0 {
            return None;
        }
        let extension = record.map_addr(|address| address & !Tag::MASK);
        // SAFETY: leaked by `extend`; nobody else has the object, and nobody asks it again.
        Some(unsafe { Box::from_raw(extension.cast::<Extension>()) })
    }

    /// Takes a tag away; says whether it was there.
    ///
    /// Release: who finds it gone finds what went before.
    pub(crate) fn untag(&self, tag: Tag) -> bool {
        let mut record = self.read();
        loop {
            if record.addr() & tag.bit() == 0 {
                return false;
            }
            let new = record.map_addr(|address| address & !tag.bit());
            let exchanged =
                self.0
                    .compare_exchange(record, new, Ordering::AcqRel, Ordering::Acquire);
            match exchanged {
                Ok(_) => return true,
                Err(now) => record = now,
            }
        }
    }

    /// Gives the object another type, of the same layout and as tracked as the old one.
    pub(crate) fn set_type(&self, info: &'static TypeInfo, has_finalizer: bool) {
        let mut record = self.read();
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
                    extension.info.set(info);
                    record
                }
                None => ptr::from_ref(info).cast_mut().cast(),
            };
            let new = target.map_addr(|address| address & !Tag::MASK | tags);
            let exchanged =
                self.0
                    .compare_exchange(record, new, Ordering::Release, Ordering::Acquire);
            match exchanged {
                Ok(_) => return,
                Err(now) => record = now,
            }
        }
    }
}

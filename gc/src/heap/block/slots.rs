//! Where the slots of a block are.

use std::ptr::NonNull;

use super::{Block, SIZE, base_of};
use crate::heap::kind::{Kind, Vacancy};
use crate::object::{Object, SLOT_ALIGN};

impl<K: Kind> Block<K> {
    /// The slot at an offset, in multiples of their alignment; none at zero.
    pub(in crate::heap) fn slot_at(self, offset: u16) -> Option<NonNull<K::Header>> {
        if offset == 0 {
            return None;
        }
        // SAFETY: in the block, which has so many multiples of the alignment at least.
        Some(unsafe { base_of(self.0).add(offset as usize * SLOT_ALIGN) }.cast())
    }

    /// Where in its block a slot is, in multiples of the alignment of slots: never at zero.
    pub(in crate::heap) fn offset_of(slot: NonNull<K::Header>) -> u16 {
        (slot.addr().get() % SIZE / SLOT_ALIGN) as u16
    }

    /// The header of a slot.
    fn slot(self, number: u32) -> NonNull<K::Header> {
        let descriptor = self.descriptor();
        let offset = descriptor.first as usize + number as usize * descriptor.class.stride();
        // SAFETY: `number` is below the capacity, so this is within the block.
        unsafe { base_of(self.0).add(offset) }.cast()
    }

    /// The objects there are in this block, whatever their phase.
    pub(in crate::heap) fn objects(self) -> impl Iterator<Item = Object> {
        let slots = (0..self.touched()).map(move |number| self.slot(number));
        // SAFETY: slots that were touched have a header.
        let taken = slots.filter(|slot| !unsafe { slot.as_ref() }.is_vacant());
        taken.map(|slot| Object::new(slot.cast()))
    }
}

//! The memory of shared objects.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::heap::Spot;
use crate::heap::large::Table;
use crate::object::shared::{Bits, Header, Word};
use crate::object::{Edge, Object, Tag};

struct Shared(Table);

// SAFETY: a table owns its vector; what that points to are objects, which threads share.
unsafe impl Send for Shared {}

static TABLE: Mutex<Shared> = Mutex::new(Shared(Table::new()));

fn table() -> MutexGuard<'static, Shared> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn allocate(value: Layout, _is_tracked: bool, _is_slice: bool) -> NonNull<Header> {
    let table = table();
    let header = table.0.allocate(value).cast::<Header>();
    // SAFETY: new memory for a header.
    unsafe { (&raw mut (*header.as_ptr()).word).write(Word::new(Bits::VACANT)) };
    drop(table);
    header
}

pub(crate) unsafe fn free(object: Object, value: Layout) {
    // SAFETY: from the caller.
    unsafe { table().0.free(object, value) };
}

pub(crate) unsafe fn spot(edge: Edge) -> Option<Spot> {
    let object = edge.object();
    // SAFETY: from the caller.
    if unsafe { object.shared() }.has(Tag::UNTRACKED) {
        return None;
    }
    // SAFETY: from the caller.
    Some(unsafe { Table::spot_of(object) })
}

pub(crate) unsafe fn clear_visit_words(edges: &[Edge]) {
    for edge in edges {
        // SAFETY: from the caller.
        if let Some(spot) = unsafe { spot(*edge) } {
            spot.set_word(0);
        }
    }
}

pub(crate) struct View;

pub(crate) fn view() -> View {
    View
}

impl View {
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (0, table().0.spots())
    }

    pub(crate) fn word_at(&self, number: u32) -> u32 {
        table().0.word_at(number - crate::heap::OUTSIDE)
    }
}

pub(crate) fn for_each_object(f: impl FnMut(Object)) {
    table().0.objects().for_each(f);
}

pub(crate) mod candidates {
    use super::*;
    struct Edges(Vec<Edge>);
    // SAFETY: edges of shared objects.
    unsafe impl Send for Edges {}
    static ALL: Mutex<Edges> = Mutex::new(Edges(Vec::new()));
    pub(crate) fn push(edge: Edge) {
        ALL.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .push(edge);
    }
    pub(crate) fn drain(f: impl FnMut(Edge)) {
        let all = std::mem::take(&mut ALL.lock().unwrap_or_else(PoisonError::into_inner).0);
        all.into_iter().for_each(f);
    }
}

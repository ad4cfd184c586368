//! Where blocks come from: segments of 1 MiB from the global allocator, 16 blocks each.
//!
//! Blocks are aligned to their size, which costs up to a block for each allocation: so one
//! allocation serves many. A segment whose blocks are all vacant goes back, but for a reserve, and
//! for what was in use a few collections ago: new memory is slow, as the system clears it page by
//! page, and what was needed lately may soon be needed again.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::block::BLOCK_SIZE;
use super::recent::Recent;

/// How many blocks a segment has.
const BLOCKS: usize = 16;
const ALL: u16 = u16::MAX;
const _: () = assert!(ALL.count_ones() as usize == BLOCKS);

/// Vacant blocks that are kept in any case, and as a share of those in use: one in four.
const LEAST_RESERVE: usize = 32;
const RESERVE_SHARE: usize = 4;

const LAYOUT: Layout = match Layout::from_size_align(BLOCKS * BLOCK_SIZE, BLOCK_SIZE) {
    Ok(layout) => layout,
    Err(_) => panic!("a power of two"),
};

struct Segment {
    /// The memory, unless it went back.
    base: Option<NonNull<u8>>,
    /// A bit for each vacant block.
    vacant: u16,
    /// Whether it is in the list of those with vacant blocks.
    is_listed: bool,
}

/// Memory for a block, and the segment it is of.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) base: NonNull<u8>,
    pub(super) segment: u32,
}

/// See the module.
pub(super) struct Segments {
    all: RefCell<Vec<Segment>>,
    /// Those with vacant blocks, and some that have none any more.
    open: RefCell<Vec<u32>>,
    /// Those whose memory went back.
    gone: RefCell<Vec<u32>>,
    vacant: Cell<usize>,
    used: Cell<usize>,
    /// How many were in use at collections.
    needed: Recent,
}

impl Segments {
    pub(super) const fn new() -> Self {
        Self {
            all: RefCell::new(Vec::new()),
            open: RefCell::new(Vec::new()),
            gone: RefCell::new(Vec::new()),
            vacant: Cell::new(0),
            used: Cell::new(0),
            needed: Recent::new(),
        }
    }

    /// Memory for a block.
    pub(super) fn take(&self) -> Site {
        let number = self.open().unwrap_or_else(|| self.add());
        let segment = &mut self.all.borrow_mut()[number as usize];
        let block = segment.vacant.trailing_zeros() as usize;
        segment.vacant &= segment.vacant - 1;
        self.vacant.set(self.vacant.get() - 1);
        self.used.set(self.used.get() + 1);
        let base = segment.base.expect("an open segment has memory");
        Site {
            // SAFETY: the segment has this many blocks and more.
            base: unsafe { base.add(block * BLOCK_SIZE) },
            segment: number,
        }
    }

    /// A segment with a vacant block.
    fn open(&self) -> Option<u32> {
        let mut open = self.open.borrow_mut();
        let mut all = self.all.borrow_mut();
        while let Some(&number) = open.last() {
            let segment = &mut all[number as usize];
            if segment.vacant != 0 {
                return Some(number);
            }
            segment.is_listed = false;
            open.pop();
        }
        None
    }

    /// A new segment.
    fn add(&self) -> u32 {
        // SAFETY: the layout is not empty.
        let base = NonNull::new(unsafe { alloc(LAYOUT) });
        let base = base.unwrap_or_else(|| handle_alloc_error(LAYOUT));
        let mut all = self.all.borrow_mut();
        let number = self.gone.borrow_mut().pop().unwrap_or_else(|| {
            all.push(Segment {
                base: None,
                vacant: 0,
                is_listed: false,
            });
            all.len() as u32 - 1
        });
        let segment = &mut all[number as usize];
        segment.base = Some(base);
        segment.vacant = ALL;
        self.vacant.set(self.vacant.get() + BLOCKS);
        self.list(number, segment);
        number
    }

    fn list(&self, number: u32, segment: &mut Segment) {
        if !segment.is_listed {
            segment.is_listed = true;
            self.open.borrow_mut().push(number);
        }
    }

    /// Takes a block's memory back. With `keeps_none` there is no reserve.
    ///
    /// # Safety
    ///
    /// The site came from [`take`](Self::take), and nothing in the block is used any more.
    pub(super) unsafe fn put(&self, site: Site, keeps_none: bool) {
        let mut all = self.all.borrow_mut();
        let segment = &mut all[site.segment as usize];
        let base = segment.base.expect("a block in use is in a segment");
        let block = (site.base.addr().get() - base.addr().get()) / BLOCK_SIZE;
        segment.vacant |= 1 << block;
        self.vacant.set(self.vacant.get() + 1);
        self.used.set(self.used.get() - 1);
        if segment.vacant == ALL && (keeps_none || self.has_too_many()) {
            self.give_back(site.segment, segment);
        } else {
            self.list(site.segment, segment);
        }
    }

    /// Whether there are more vacant blocks than are kept, by a segment.
    fn has_too_many(&self) -> bool {
        let used = self.used.get();
        let unused = self.needed.most().saturating_sub(used);
        let reserve = LEAST_RESERVE.max(used / RESERVE_SHARE).max(unused);
        self.vacant.get() >= reserve + BLOCKS
    }

    /// Notes that a collection starts, and gives back what has not been needed lately.
    pub(super) fn note_size(&self) {
        let before = self.needed.most();
        self.needed.note(self.used.get());
        if self.needed.most() < before {
            self.reduce();
        }
    }

    /// Gives back what is not in use now.
    pub(super) fn forget_need(&self) {
        self.needed.forget();
        self.reduce();
    }

    /// Gives back segments that are vacant, as long as there are more than are kept.
    fn reduce(&self) {
        if !self.has_too_many() {
            return;
        }
        for (number, segment) in (0..).zip(self.all.borrow_mut().iter_mut()) {
            if segment.vacant == ALL && self.has_too_many() {
                self.give_back(number, segment);
            }
        }
    }

    fn give_back(&self, number: u32, segment: &mut Segment) {
        if let Some(base) = segment.base.take() {
            segment.vacant = 0;
            self.vacant.set(self.vacant.get() - BLOCKS);
            self.gone.borrow_mut().push(number);
            // SAFETY: allocated by `add` with this layout; no block of it is in use.
            unsafe { dealloc(base.as_ptr(), LAYOUT) };
        }
    }

    /// Gives back the reserve.
    pub(super) fn shrink(&self) {
        let mut all = self.all.borrow_mut();
        for (number, segment) in (0..).zip(all.iter_mut()) {
            if segment.vacant == ALL {
                self.give_back(number, segment);
            }
        }
        if self.used.get() == 0 {
            *all = Vec::new();
            self.open.take();
            self.gone.take();
        }
    }
}

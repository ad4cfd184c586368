//! Random programs: what is done to a graph of objects, as plain data.
//!
//! Numbers in operations are taken modulo the length of the list they choose from, and an
//! operation on an empty list does nothing, so that every program is valid and shrinks well.

use std::collections::BTreeSet;

/// The most values that a program has at a time: fewer than the releases that nest before the
/// library's queue takes over, because what waits in it does not upgrade.
pub(super) const MOST_VALUES: usize = 20;

/// What a finalizer or a weak callback does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Makes a root of the object itself; nothing in a callback.
    ResurrectSelf,
    /// Makes a root of what the first edge leads to; nothing in a callback.
    ResurrectNeighbour,
    /// Makes an edge to the object itself; nothing in a callback.
    LinkSelf,
    /// Drops all edges; nothing in a callback.
    CutEdges,
    /// Drops a handle kept aside.
    DropAside,
    /// Drops the newest root.
    DropRoot,
    /// Makes a root of what the oldest weak handle leads to.
    UpgradeOne,
    /// Tries all weak handles.
    UpgradeAll,
    /// Drops the newest weak handle.
    DropWeak,
    /// Makes a weak handle with a callback to the newest root, or to itself in a finalizer.
    MakeWeak,
    /// Collects everything.
    Collect,
    /// Makes an object and keeps it as a root.
    Allocate,
    /// Makes an object that holds itself, and drops it.
    Litter,
    /// Puts the newest root, or itself in a finalizer, into the newest table.
    Insert,
    /// Takes the newest root, or itself in a finalizer, out of the newest table.
    Remove,
    /// Empties the newest table.
    Clear,
    /// Looks at what is in all tables.
    Contents,
    /// Calls the closure of the newest root, or its own in a finalizer.
    Call,
    /// Closes that.
    Close,
    /// Freezes everything.
    Freeze,
    /// Thaws everything.
    Unfreeze,
    /// Panics.
    Panic,
    /// Has garbage saved.
    SaveAll,
    /// Has it freed.
    SaveNothing,
    /// Looks at the garbage that was saved.
    Garbage,
    /// Forgets it.
    ClearGarbage,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 27] = [
        Self::Nothing,
        Self::ResurrectSelf,
        Self::ResurrectNeighbour,
        Self::LinkSelf,
        Self::CutEdges,
        Self::DropAside,
        Self::DropRoot,
        Self::UpgradeOne,
        Self::UpgradeAll,
        Self::DropWeak,
        Self::MakeWeak,
        Self::Collect,
        Self::Allocate,
        Self::Litter,
        Self::Insert,
        Self::Remove,
        Self::Clear,
        Self::Contents,
        Self::Call,
        Self::Close,
        Self::Freeze,
        Self::Unfreeze,
        Self::Panic,
        Self::SaveAll,
        Self::SaveNothing,
        Self::Garbage,
        Self::ClearGarbage,
    ];

    /// That of a byte. The highest bytes are those of the last actions, so that lower ones stay what they were
    /// before there were these.
    fn of(byte: u8) -> Self {
        let (first, last) = Self::ALL.split_at(23);
        match byte {
            230.. => last[usize::from(byte) % last.len()],
            _ => first[usize::from(byte) % first.len()],
        }
    }
}

/// What there are objects of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// What can hold anything.
    Common,
    /// The same, and its drop panics.
    Bomb,
    /// The same, with a closure that captures what a number tells.
    Closure(u8),
    /// What holds nothing but handles, and has no finalizer.
    Light,
}

/// A kind of weak collection: they are called tables here, and lie on a shelf unless an object owns
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A map whose values are held weakly.
    Values,
    /// A set.
    Members,
    /// A map whose keys are held weakly: its values hold handles, and tables.
    Ephemerons,
    /// One entry of such a map by itself.
    Single,
}

/// One step of a program.
///
/// Tables are chosen by an even number among those on the shelf, by an odd one among those that a
/// root's object owns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Makes an object, with a finalizer or of a type without one, and roots it.
    Create(Option<Action>),
    /// Makes an object whose value panics at the end of its drop.
    CreateBomb(Option<Action>),
    /// Makes an object that holds nothing but handles, of a type that garbage need not be dropped of:
    /// no finalizer, nothing weak, and nothing else to run.
    CreateLight,
    /// Makes an object with a closure that captures handles to roots, and perhaps a table (of which the
    /// number tells).
    CreateClosure(Option<Action>, u8),
    /// Takes the newest edge out of a root's object and makes a root of it, if that root is the only
    /// handle of any kind.
    GetMut(u8),
    /// Makes a root the only handle to a light object, a clone if need be.
    MakeMut(u8),
    /// Takes the value out of a light object and drops it, if a root is the only strong handle.
    Unwrap(u8),
    /// The same, and drops the root otherwise.
    IntoInner(u8),
    /// Makes an object to which there is a weak handle before its value, whose making does something.
    CreateCyclic(Option<Action>, Action),
    /// Calls the closure of a root's object, to do something.
    Call(u8, Action),
    /// Closes the closure of a root's object.
    Close(u8),
    /// Puts a clone of one root's handle into another root's object.
    Link(u8, u8),
    /// Moves a root (the second) into another root's object, so that no handle is dropped.
    MoveIn(u8, u8),
    /// Puts a clone of a root's handle (the third) into an object that an edge (the second) of a
    /// root (the first) leads to, reached without a handle of its own.
    LinkThrough(u8, u8, u8),
    /// Takes an edge out of a root's object and drops it.
    Unlink(u8, u8),
    /// Clones a root.
    Clone(u8),
    /// Drops a root.
    Drop(u8),
    /// Keeps a clone of a root aside.
    Aside(u8),
    /// Drops the newest handle kept aside.
    DropAside,
    /// Makes a weak handle of a root, with or without a callback.
    Weak(u8, Option<Action>),
    /// Registers a function to run when a root's object is gone.
    Finalize(u8, Action),
    /// Runs such a function now.
    CallFinalizer(u8),
    /// Calls such a function off, and makes a root of its object.
    Detach(u8),
    /// Looks at the object of such a function.
    Peek(u8),
    /// Forgets such a function, which runs nevertheless.
    DropFinalizer(u8),
    /// Clones a weak handle.
    CloneWeak(u8),
    /// Puts a clone of a weak handle (the second) into a root's object (the first).
    StashWeak(u8, u8),
    /// Moves a weak handle (the second) into a root's object (the first).
    MoveWeak(u8, u8),
    /// Upgrades a weak handle and makes a root of the result.
    Upgrade(u8),
    /// Drops a weak handle.
    DropWeak(u8),
    /// Collects a generation.
    Collect(u8),
    /// Collects a generation (the second) while the edges of a root are mutably borrowed.
    CollectBorrowed(u8, u8),
    /// Sets the thresholds.
    Thresholds(u8, u8, u8),
    /// Switches automatic collection.
    Automatic(bool),
    /// Freezes everything.
    Freeze,
    /// Thaws everything.
    Unfreeze,
    /// Makes a table on the shelf.
    Table(Kind),
    /// Drops a table on the shelf.
    DropTable(u8),
    /// Moves a table from the shelf (the second) into a root's object.
    GiveTable(u8, u8),
    /// Moves a table out of a root's object to the shelf.
    TakeTable(u8, u8),
    /// Puts a root (the second) into a table: under a number (the third) if it is a map of values, with
    /// a value of handles to roots (of which the third tells) if it is one of keys.
    Insert(u8, u8, u8),
    /// Takes a root out of a table, or what lies there under a number.
    Remove(u8, u8, u8),
    /// Empties a table.
    Clear(u8),
    /// Looks at what is in a table.
    Contents(u8),
    /// Puts a handle to a root (the third) into the value of another (the second) in a table.
    PutIn(u8, u8, u8),
    /// Moves a table from the shelf (the third) into the value of a root (the second) in a table.
    PutTable(u8, u8, u8),
    /// Moves a root (the second), so that no handle is dropped, into its own value in a table.
    MoveKey(u8, u8),
    /// Takes the value of a root (the second) in a table on loan.
    Lend(u8, u8),
    /// Gives back what was lent.
    GiveBack(u8),
    /// Has garbage saved, or freed.
    SaveAll(bool),
    /// Makes a copy of the list of garbage that was saved.
    Garbage,
    /// Makes another one of a member (the second) of a copy (the first).
    CopySaved(u8, u8),
    /// Empties that list, by a copy of it (of which an even number tells), or by a new one.
    ClearGarbage(u8),
    /// Drops a copy.
    DropSaved(u8),
    /// Makes a root of what an edge (the third) of a member (the second) of a copy leads to.
    Reach(u8, u8, u8),
    /// Takes such an edge out and drops it.
    CutSaved(u8, u8, u8),
    /// Goes on in another thread, on the heap that threads share.
    OnThread(u8),
    /// Ends the thread that the steps are on; another one goes on.
    EndThread,
}

impl Op {
    /// Whether it is about garbage that is saved.
    pub(super) fn is_of_saved(self) -> bool {
        matches!(
            self,
            Self::SaveAll(_)
                | Self::Garbage
                | Self::CopySaved(..)
                | Self::ClearGarbage(_)
                | Self::DropSaved(_)
                | Self::Reach(..)
                | Self::CutSaved(..)
        )
    }
}

/// What user code saw and the collector told, in the order of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The making of an object's value began.
    Making(usize),
    /// The finalizer of an object ran.
    Finalized(usize),
    /// The callback of a weak handle ran, or a function that waited for an object's end.
    Called(usize),
    /// A value's drop began.
    Dropped(usize),
    /// A collection of a generation began.
    Start(usize),
    /// It ended, with that many objects collected.
    Stop(usize, usize),
    /// The function of a finalizer was run or called off at once, if it still waited.
    Used(bool),
    /// The object of a finalizer, if it still waited.
    Peeked(Option<usize>),
    /// Whether a handle was the only one.
    Only(bool),
    /// An explicit collection returned.
    Returned(usize),
    /// Which weak handles upgraded.
    Upgraded(Vec<bool>),
    /// What was in a table.
    Contents(Vec<Content>),
    /// What was in the list of saved garbage.
    Saved(Vec<usize>),
    /// What an entry of a table owned, or what a closure had captured, was dropped.
    Discarded(usize),
    /// The closure of an object was called: the handles that it has captured, and how many entries
    /// the tables have, unless it was closed.
    Ran(usize, Option<(Vec<usize>, Vec<usize>)>),
}

/// An entry of a table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Content {
    /// Under which number it lies: zero if the table has no numbers.
    pub number: u8,
    /// What it holds weakly.
    pub object: usize,
    /// What its value holds.
    pub handles: Vec<usize>,
    /// How many entries the tables have that its value owns.
    pub tables: Vec<usize>,
}

/// The payload of a panic: who panicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Culprit {
    /// The finalizer of an object.
    Finalizer(usize),
    /// The callback of a weak handle.
    Callback(usize),
    /// The drop of a value.
    Drop(usize),
    /// The closure of an object.
    Closure(usize),
    /// The making of an object's value.
    Making(usize),
}

/// An object as it is between two steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Seen {
    /// Its number.
    pub id: usize,
    /// Its generation.
    pub generation: usize,
    /// Its strong handles.
    pub strong: usize,
}

/// What a handle tells of its object, be it strong or weak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// How many strong handles there are.
    pub strong: usize,
    /// How many weak ones.
    pub weak: usize,
    /// Which is the first handle in the list that leads to the same object.
    pub same: usize,
}

/// All that can be seen between two steps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// The tracked objects that are not frozen, by number.
    pub objects: Vec<Seen>,
    /// How many objects are frozen.
    pub frozen: usize,
    /// The objects of the roots.
    pub roots: Vec<usize>,
    /// What each root tells of its object.
    pub told: Vec<Told>,
    /// The handles kept aside.
    pub aside: Vec<usize>,
    /// What each weak handle tells.
    pub weaks: Vec<Told>,
    /// For each finalizer whether it waits.
    pub finalizers: Vec<bool>,
    /// How many entries tables have: those on the shelf, then those of the roots' objects.
    pub tables: Vec<usize>,
    /// How many values are lent out.
    pub loans: usize,
    /// What garbage was saved.
    pub garbage: BTreeSet<usize>,
    /// What is in each copy of that list.
    pub copies: Vec<Vec<usize>>,
}

/// Programs from random numbers.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `limit` (splitmix64).
    pub fn below(&mut self, limit: u8) -> u8 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(limit)) as u8
    }

    /// A random program of that many steps.
    pub fn program(&mut self, steps: usize) -> Vec<Op> {
        let operations = (0..steps).map(|_| decode(std::array::from_fn(|_| self.below(u8::MAX))));
        let program: Vec<Op> = operations.collect();
        if self.below(4) == 0 {
            return lighten(&program);
        }
        program
    }
}

/// A program of light objects alone, from one of all sorts: without callbacks, finalizers and weak
/// collections anywhere, garbage goes in ways of its own.
#[must_use]
pub fn lighten(program: &[Op]) -> Vec<Op> {
    let light = |op: &Op| match *op {
        Op::Create(_) | Op::CreateBomb(_) | Op::CreateClosure(..) | Op::CreateCyclic(..) => {
            Some(Op::CreateLight)
        }
        Op::Weak(_, Some(_))
        | Op::Finalize(..)
        | Op::Table(_)
        | Op::Call(..)
        | Op::Close(_)
        | Op::StashWeak(..)
        | Op::MoveWeak(..) => None,
        op => Some(op),
    };
    program.iter().filter_map(light).collect()
}

/// The program that bytes stand for, such as a fuzzer makes up: an operation is four of them wherever it is,
/// so that what is put in, taken out or changed leaves the rest of the program as it is.
#[must_use]
pub fn program(bytes: &[u8]) -> Vec<Op> {
    let (operations, _rest) = bytes.as_chunks();
    operations.iter().copied().map(decode).collect()
}

/// The last operations have the highest numbers, so that lower ones stay what they were before there were these.
fn decode_last([kind, a, b, c]: [u8; 4]) -> Op {
    match kind {
        ..242 => Op::SaveAll(true),
        242 | 243 => Op::SaveAll(false),
        244 | 245 => Op::Garbage,
        246 => Op::CopySaved(a, b),
        247 | 248 => Op::ClearGarbage(a),
        249 => Op::DropSaved(a),
        250 | 251 => Op::Reach(a, b, c),
        252 => Op::CutSaved(a, b, c),
        253.. => Op::MoveWeak(a, b),
    }
}

/// The operation that four bytes stand for: low bytes stand for simple ones.
#[must_use]
pub fn decode([kind, a, b, c]: [u8; 4]) -> Op {
    let action = Action::of(b);
    let action = (c % 4 > 0).then_some(action);
    match kind % 128 {
        _ if kind >= 240 => decode_last([kind, a, b, c]),
        0..8 => Op::Create(action),
        8..16 => Op::Link(a, b),
        16..18 => Op::Unlink(a, b),
        18 => Op::Clone(a),
        19..26 => Op::Drop(a),
        26 => Op::Aside(a),
        27 => Op::DropAside,
        28..31 => Op::Weak(a, action),
        31 => Op::CloneWeak(a),
        32 => Op::StashWeak(a, b),
        33 => Op::Upgrade(a),
        34 => Op::DropWeak(a),
        35..39 => Op::Collect(a % 3),
        39 => Op::CollectBorrowed(a, b % 3),
        40 => Op::Thresholds(1 + a % 6, 1 + b % 2, 1 + c % 2),
        41 => Op::Automatic(a.is_multiple_of(2)),
        42..44 => Op::MoveIn(a, b),
        44..46 => Op::LinkThrough(a, b, c),
        46 => Op::CreateBomb(action),
        47 => Op::Freeze,
        48..51 => Op::Unfreeze,
        51..54 => Op::Table(Kind::ALL[usize::from(a) % Kind::ALL.len()]),
        54 => Op::DropTable(a),
        55..59 => Op::GiveTable(a, b),
        59 => Op::TakeTable(a, b),
        60..71 => Op::Insert(a, b, c),
        71..73 => Op::Remove(a, b, c),
        73 => Op::Clear(a),
        74..76 => Op::Contents(a),
        76..79 => Op::PutIn(a, b, c),
        79..82 => Op::PutTable(a, b, c),
        82..84 => Op::MoveKey(a, b),
        84..87 => Op::Lend(a, b),
        87..89 => Op::GiveBack(a),
        89..94 => Op::CreateClosure(action, a),
        94..96 => Op::Call(a, Action::of(b)),
        96..98 => Op::Close(a),
        98 => Op::OnThread(a),
        99 => Op::EndThread,
        100..110 => Op::CreateLight,
        110..112 => Op::GetMut(a),
        112..115 => Op::MakeMut(a),
        115 => Op::Unwrap(a),
        116 => Op::IntoInner(a),
        117..119 => Op::CreateCyclic(action, Action::of(a)),
        119..123 => Op::Finalize(a, Action::of(b)),
        123 => Op::CallFinalizer(a),
        124 => Op::Detach(a),
        125 => Op::Peek(a),
        126 => Op::DropFinalizer(a),
        _ => Op::CreateLight,
    }
}

impl Kind {
    /// All kinds; maps of keys twice, as there is most to them.
    pub const ALL: [Self; 5] = [
        Self::Values,
        Self::Members,
        Self::Ephemerons,
        Self::Ephemerons,
        Self::Single,
    ];

    /// Whether its entries have values that what they are of keeps.
    pub(super) fn has_values(self) -> bool {
        matches!(self, Self::Ephemerons | Self::Single)
    }
}

/// Whether a new closure captures a table.
pub(super) fn captures_table(number: u8) -> bool {
    number % 4 < 2
}

/// The numbers of the roots that a new value holds, or a new closure.
pub(super) fn held(number: u8) -> impl Iterator<Item = u8> {
    (0..number % 3).map(move |more| (number / 3).wrapping_add(more))
}

/// The numbers that maps of values know are few, so that they meet.
pub(super) fn numbered(number: u8) -> u8 {
    number % 4
}

/// Whether the bomb of an object goes off before its other fields are dropped, or after.
pub(super) fn explodes_first(id: usize) -> bool {
    id.is_multiple_of(2)
}

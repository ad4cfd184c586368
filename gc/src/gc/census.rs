//! What is on the heap, counted by type.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::heap::Heap;
use crate::object::{Object, TypeInfo};

/// Counts the objects of this thread by type, leaf objects and frozen ones too.
///
/// To find a leak, take one before and one after, and look at what [grew](Census::since).
///
/// Takes time in proportion to the objects there are. Garbage that has not been collected is counted:
/// [`collect`](super::collect) first.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
///
/// let before = gc::census();
/// let leaked: Vec<Gc<u64>> = (0..100).map(Gc::new).collect();
/// let after = gc::census();
/// let change = after.since(&before);
/// assert_eq!(change.rows().len(), 1);
/// assert_eq!((change.rows()[0].objects, change.rows()[0].bytes), (100, 800));
/// println!("{change}");
/// # drop(leaked);
/// ```
#[must_use]
pub fn census() -> Census {
    let mut count = Count::default();
    Heap::with(|heap| {
        for object in heap.ordinary_objects() {
            // SAFETY: [live]: just listed, and nothing runs in between.
            let info = unsafe { object.header() }.info();
            // SAFETY: [live], as above, and [typed].
            unsafe { count.add(info, object) };
        }
    });
    count.finish()
}

/// A census under way: the objects of each type, and their bytes.
#[derive(Default)]
pub(crate) struct Count(HashMap<&'static str, (usize, usize)>);

impl Count {
    /// # Safety
    ///
    /// The object is [live] and [typed] by this record.
    pub(crate) unsafe fn add(&mut self, info: &TypeInfo, object: Object) {
        let (objects, bytes) = self.0.entry((info.name)()).or_default();
        *objects += 1;
        // SAFETY: from the caller.
        *bytes += unsafe { info.layout(object) }.size();
    }

    pub(crate) fn finish(self) -> Census {
        let row = |(type_name, (objects, bytes))| CensusRow {
            type_name,
            objects,
            bytes,
        };
        let mut rows: Vec<CensusRow> = self.0.into_iter().map(row).collect();
        rows.sort_by_key(|row| (usize::MAX - row.bytes, row.type_name));
        Census(rows)
    }
}

/// The objects there were of each type: see [`census`]. Shown as a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Census(Vec<CensusRow>);

/// The objects of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CensusRow {
    /// The name of the type, as [`std::any::type_name`] gives it.
    pub type_name: &'static str,
    /// How many objects there were.
    pub objects: usize,
    /// The size of their values; what these hold outside the heap, and what the heap needs beside
    /// them, is not counted.
    pub bytes: usize,
}

impl Census {
    /// The types, those that take most bytes first.
    #[must_use]
    pub fn rows(&self) -> &[CensusRow] {
        &self.0
    }

    /// What is different from an earlier census.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> CensusChange {
        let mut by_type: BTreeMap<&'static str, (isize, isize)> = BTreeMap::new();
        for (census, sign) in [(self, 1), (earlier, -1)] {
            for row in &census.0 {
                let (objects, bytes) = by_type.entry(row.type_name).or_default();
                *objects += sign * row.objects.cast_signed();
                *bytes += sign * row.bytes.cast_signed();
            }
        }
        let row = |(type_name, (objects, bytes))| CensusChangeRow {
            type_name,
            objects,
            bytes,
        };
        let mut rows: Vec<_> = by_type.into_iter().map(row).collect();
        rows.retain(|row| (row.objects, row.bytes) != (0, 0));
        rows.sort_by_key(|row| (-row.bytes, -row.objects, row.type_name));
        CensusChange(rows)
    }
}

/// The difference of two censuses: see [`Census::since`]. Shown as a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CensusChange(Vec<CensusChangeRow>);

/// How many objects more or fewer there are of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CensusChangeRow {
    /// The name of the type, as [`std::any::type_name`] gives it.
    pub type_name: &'static str,
    /// How many objects more there are.
    pub objects: isize,
    /// How much larger their values are together.
    pub bytes: isize,
}

impl CensusChange {
    /// The types of which there are more or fewer, those that grew most first.
    #[must_use]
    pub fn rows(&self) -> &[CensusChangeRow] {
        &self.0
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |row: &CensusRow| {
            let (objects, bytes) = (row.objects.to_string(), row.bytes.to_string());
            (objects, bytes, row.type_name)
        };
        table(f, self.0.iter().map(line))
    }
}

impl fmt::Display for CensusChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |row: &CensusChangeRow| {
            let (objects, bytes) = (format!("{:+}", row.objects), format!("{:+}", row.bytes));
            (objects, bytes, row.type_name)
        };
        table(f, self.0.iter().map(line))
    }
}

/// Lines in columns, with a heading.
fn table(
    f: &mut fmt::Formatter<'_>,
    lines: impl Iterator<Item = (String, String, &'static str)>,
) -> fmt::Result {
    let lines: Vec<_> = lines.collect();
    let widths = lines.iter().map(|line| (line.0.len(), line.1.len()));
    let (objects, bytes) = widths.fold(("objects".len(), "bytes".len()), |most, next| {
        (most.0.max(next.0), most.1.max(next.1))
    });
    write!(f, "{:>objects$}  {:>bytes$}  type", "objects", "bytes")?;
    for line in &lines {
        write!(f, "\n{:>objects$}  {:>bytes$}  {}", line.0, line.1, line.2)?;
    }
    Ok(())
}

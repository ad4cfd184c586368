//! What is on the heap, counted by type.

use gordian::Trace;

use super::{Gc, fresh, gc};

/// The counts by type and what they grew by.
#[test]
fn the_census_counts_objects_and_bytes_by_type() {
    #[derive(Trace)]
    struct Counted {
        #[trace(skip)]
        _payload: [u64; 4],
        next: Option<Gc<Counted>>,
    }

    fresh();
    let before = gc::census();
    let kept = Gc::new(1_u16);
    let mut last: Option<Gc<Counted>> = None;
    for _ in 0..10 {
        last = Some(Gc::new(Counted {
            _payload: [0; 4],
            next: last.take(),
        }));
    }
    assert!(last.as_ref().is_some_and(|last| last.next.is_some()));
    gc::freeze();
    let after = gc::census();
    gc::unfreeze();
    let change = after.since(&before);
    let rows: Vec<_> = change
        .rows()
        .iter()
        .map(|row| (row.type_name, row.objects, row.bytes))
        .collect();
    let name = std::any::type_name::<Counted>();
    assert_eq!(rows, [(name, 10, 400), ("u16", 1, 2)]);
    assert_eq!(after.rows()[0].type_name, name);
    assert_eq!((after.rows()[0].objects, after.rows()[0].bytes), (10, 400));
    let table = change.to_string();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "objects  bytes  type");
    assert_eq!(lines[1], format!("    +10   +400  {name}"));
    assert_eq!(lines[2], "     +1     +2  u16");
    let table = after.to_string();
    assert_eq!(
        table.lines().next().map(str::trim_start),
        Some("objects  bytes  type")
    );
    let line = table.lines().nth(1).map(str::trim_start);
    assert_eq!(line, Some(&*format!("10    400  {name}")));
    drop((kept, last));
    let back = gc::census().since(&after);
    assert_eq!((back.rows()[0].objects, back.rows()[1].objects), (-1, -10));
    assert!(gc::census().since(&before).rows().is_empty());
    assert_eq!(
        gc::census().since(&before).to_string(),
        "objects  bytes  type"
    );
}

//! Guards that are never dropped, of cells and locks in the objects of one thread. What leaks for ever by that
//! is in `leaks.rs`.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::ops::DerefMut;
use std::sync::{Mutex, RwLock};

use gordian::{Gc, Trace, gc};
use gordian_tests::{DropProbe, Drops, fresh};

/// What is hidden: an object, or nothing.
type Hidden = Option<Gc<DropProbe>>;

/// Two of these hold each other; beside that is what nobody can look into.
#[derive(Trace)]
struct Holder<L> {
    peer: RefCell<Option<Gc<Holder<L>>>>,
    place: L,
}

/// Leaks the guard of the place in one of two that are garbage then.
fn hide<L, G>(seize: fn(&'static L) -> G)
where
    L: Trace + Default + 'static,
    G: DerefMut<Target = Hidden>,
{
    fresh();
    let drops = Drops::new();
    let [first, second] = [(); 2].map(|()| {
        Gc::new(Holder {
            peer: RefCell::default(),
            place: L::default(),
        })
    });
    first.peer.replace(Some(second.clone()));
    second.peer.replace(Some(first.clone()));
    // SAFETY: the object is there for as long as the guard is used.
    let mut guard = seize(unsafe { &*std::ptr::from_ref(&second.place) });
    *guard = Some(Gc::new(drops.probe()));
    let _ = ManuallyDrop::new(guard);
    drop((first, second));
    assert_eq!((gc::collect(), drops.count()), (2, 1));
}

#[test]
fn what_a_leaked_guard_hides_is_dropped() {
    hide::<RefCell<Hidden>, _>(|cell| cell.borrow_mut());
    hide::<Mutex<Hidden>, _>(|lock| lock.lock().unwrap());
    hide::<RwLock<Hidden>, _>(|lock| lock.write().unwrap());
    hide::<parking_lot::Mutex<Hidden>, _>(|lock| lock.lock());
    hide::<parking_lot::RwLock<Hidden>, _>(|lock| lock.write());
}

/// Who has leaked a guard for reading keeps nobody from looking.
#[derive(Trace, Default)]
struct Readable {
    cell: RefCell<Option<Gc<Readable>>>,
    lock: RwLock<Option<Gc<Readable>>>,
    other: parking_lot::RwLock<Option<Gc<Readable>>>,
    probe: Option<DropProbe>,
}

#[test]
fn leaked_guards_for_reading_hide_nothing() {
    fresh();
    let drops = Drops::new();
    let object = Gc::new(Readable {
        probe: Some(drops.probe()),
        ..Readable::default()
    });
    object.cell.replace(Some(object.clone()));
    *object.lock.write().unwrap() = Some(object.clone());
    *object.other.write() = Some(object.clone());
    let _never_dropped = ManuallyDrop::new((
        object.cell.borrow(),
        object.lock.read().unwrap(),
        object.other.read(),
    ));
    assert!(object.probe.is_some());
    drop(object);
    assert_eq!((gc::collect(), drops.count()), (1, 1));
}

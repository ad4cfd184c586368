// Included by `std_rc.rs` with `Handle` and `Weak` of one library or the other.

use std::any::type_name;
use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[test]
fn counts() {
    let a = Handle::new(5);
    let b = Handle::clone(&a);
    let weak = Handle::downgrade(&a);
    assert_eq!((Handle::strong_count(&a), Handle::weak_count(&a)), (2, 1));
    assert_eq!((weak.strong_count(), weak.weak_count()), (2, 1));
    assert!(Handle::ptr_eq(&a, &b));
    assert!(weak.ptr_eq(&Handle::downgrade(&b)));
    drop((a, b));
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
    assert!(weak.upgrade().is_none());
}

#[test]
fn unwrapping() {
    let a = Handle::new(String::from("x"));
    let weak = Handle::downgrade(&a);
    let a = Handle::try_unwrap(a).unwrap();
    assert_eq!(a, "x");
    assert!(weak.upgrade().is_none());
    let a = Handle::new(1);
    let b = a.clone();
    let a = Handle::try_unwrap(a).unwrap_err();
    assert_eq!(Handle::into_inner(a), None);
    assert_eq!(Handle::into_inner(b), Some(1));
    assert_eq!(Handle::unwrap_or_clone(Handle::new(3)), 3);
    let a = Handle::new(4);
    assert_eq!(Handle::unwrap_or_clone(a.clone()), 4);
}

#[test]
fn mutation() {
    let mut a = Handle::new(1);
    *Handle::get_mut(&mut a).unwrap() = 2;
    let b = a.clone();
    assert!(Handle::get_mut(&mut a).is_none());
    *Handle::make_mut(&mut a) = 3;
    assert_eq!((*a, *b), (3, 2));
    let weak = Handle::downgrade(&a);
    assert!(Handle::get_mut(&mut a).is_none());
    *Handle::make_mut(&mut a) += 1;
    assert!(weak.upgrade().is_none());
    assert_eq!(*a, 4);
}

#[test]
fn raw_pointers() {
    let a = Handle::new(7);
    let address = Handle::as_ptr(&a);
    let raw = Handle::into_raw(a);
    assert_eq!(address, raw);
    // SAFETY: the pointer is `into_raw`'s, and every count is given back once.
    unsafe {
        Handle::increment_strong_count(raw);
        let a = Handle::from_raw(raw);
        assert_eq!(Handle::strong_count(&a), 2);
        Handle::decrement_strong_count(raw);
        assert_eq!(Handle::strong_count(&a), 1);
        let weak = Handle::downgrade(&a).into_raw();
        assert_eq!(weak, raw);
        let weak = Weak::from_raw(weak);
        assert_eq!(weak.as_ptr(), raw);
        assert_eq!(weak.upgrade().as_deref(), Some(&7));
    }
}

#[test]
fn cyclic() {
    let a = Handle::new_cyclic(|me: &Weak<AtomicUsize>| {
        assert!(me.upgrade().is_none());
        assert_eq!((me.strong_count(), me.weak_count()), (0, 0));
        AtomicUsize::new(9)
    });
    assert_eq!((a.load(Ordering::Relaxed), Handle::weak_count(&a)), (9, 0));
}

#[test]
fn uninitialized() {
    let mut one = Handle::<u32>::new_uninit();
    Handle::get_mut(&mut one).unwrap().write(1);
    let mut many: Handle<[MaybeUninit<u32>]> = Handle::new_uninit_slice(2);
    for element in Handle::get_mut(&mut many).unwrap() {
        element.write(2);
    }
    let zeroed = Handle::<[u64]>::new_zeroed_slice(3);
    let zero = Handle::<u64>::new_zeroed();
    // SAFETY: all have been written.
    unsafe {
        assert_eq!(*one.assume_init(), 1);
        assert_eq!(*many.assume_init(), [2, 2]);
        assert_eq!(*zeroed.assume_init(), [0; 3]);
        assert_eq!(*zero.assume_init(), 0);
    }
    drop(Handle::<String>::new_uninit());

    let token = Arc::new(());
    let wrapped = Handle::new(MaybeUninit::new(Some(token.clone())));
    let weak = Handle::downgrade(&wrapped);
    // SAFETY: it was made with a value.
    let unwrapped = unsafe { wrapped.assume_init() };
    assert!(weak.upgrade().is_some());
    drop(unwrapped);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn conversions() {
    let text: Handle<str> = "abc".into();
    assert_eq!(Handle::<str>::from(String::from("abc")), text);
    assert_eq!(Handle::<str>::from(Box::<str>::from("abc")), text);
    assert_eq!(Handle::<str>::from(&mut *String::from("abc")), text);
    assert_eq!(Handle::<str>::from(Cow::Borrowed("abc")), text);
    assert_eq!(Handle::<str>::from(Cow::Owned(String::from("abc"))), text);
    assert_eq!(*Handle::<[u8]>::from(text), *b"abc");
    let slice: Handle<[String]> = vec![String::from("a")].into();
    assert_eq!(Handle::<[String]>::from([String::from("a")]), slice);
    assert_eq!(Handle::<[String]>::from(&slice[..]), slice);
    assert_eq!(Handle::<[String]>::from(&mut slice.to_vec()[..]), slice);
    assert_eq!(Handle::<[String]>::from(slice.to_vec().into_boxed_slice()), slice);
    assert_eq!(Some(String::from("a")).into_iter().collect::<Handle<[String]>>(), slice);
    let array: Handle<[String; 1]> = slice.clone().try_into().unwrap();
    assert_eq!(array[0], "a");
    assert!(Handle::<[String; 2]>::try_from(slice).is_err());
    assert_eq!(*Handle::from(1), 1);
    assert_eq!(*Handle::<i32>::from(Box::new(1)), 1);
    assert_eq!((*Handle::<u8>::default(), &*Handle::<str>::default()), (0, ""));
    assert!(Handle::<[u8]>::default().is_empty());
    let pinned: Pin<Handle<i32>> = Handle::pin(2);
    assert_eq!(*pinned, 2);
}

#[test]
fn forwarded_traits() {
    let (one, two) = (Handle::new(1), Handle::new(2));
    assert!(one < two && one != two && one == Handle::new(1));
    assert_eq!(one.cmp(&two), std::cmp::Ordering::Less);
    assert_eq!(format!("{one} {one:?}"), "1 1");
    assert_eq!(format!("{one:p}"), format!("{:p}", Handle::as_ptr(&one)));
    assert_eq!((*AsRef::<i32>::as_ref(&one), *Borrow::<i32>::borrow(&one)), (1, 1));
    let map = HashMap::from([(Handle::<str>::from("key"), 1)]);
    assert_eq!(map.get("key"), Some(&1));
    assert!(Weak::<i32>::default().upgrade().is_none());
    assert!(!format!("{:?}", Weak::<i32>::new()).is_empty());
}

#[test]
fn traits_without_bounds() {
    struct Opaque;
    fn promises<T: Unpin + UnwindSafe + RefUnwindSafe + Clone>() -> &'static str {
        type_name::<T>()
    }
    assert!(promises::<Handle<Opaque>>().contains("Opaque"));
    assert_eq!(size_of::<Option<Handle<Opaque>>>(), size_of::<usize>());
}

#[test]
fn odd_sizes_and_alignments() {
    assert_eq!(*Handle::new(()), ());
    // Passing a megabyte by value takes a stack of several.
    let big = thread::Builder::new().stack_size(16 << 20).spawn(|| {
        let big = Handle::new([7_u8; 1 << 20]);
        big[(1 << 20) - 1]
    });
    assert_eq!(big.unwrap().join().unwrap(), 7);
    drop(Handle::<[()]>::from(vec![(); 5]));
}

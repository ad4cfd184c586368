// Included by `std_rc.rs` after `std_rc_source.rs`, with the `Handle` and `Weak` that threads share.

use std::error::Error;
use std::sync::{Mutex, OnceLock, mpsc};

#[test]
fn between_threads() {
    let total = Handle::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let total = Handle::clone(&total);
            thread::spawn(move || *total.lock().unwrap() += number)
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(Handle::try_unwrap(total).unwrap().into_inner().unwrap(), 6);
}

#[test]
fn sent_weak_handle() {
    let (handles, received) = mpsc::channel::<Weak<str>>();
    let thread = thread::spawn(move || {
        let weak = received.recv().unwrap();
        weak.upgrade().map(|text| text.len())
    });
    let text: Handle<str> = "abc".into();
    handles.send(Handle::downgrade(&text)).unwrap();
    assert_eq!(thread.join().unwrap(), Some(3));
    assert_eq!(&*text, "abc");
}

#[test]
fn in_a_static() {
    static NAME: OnceLock<Handle<String>> = OnceLock::new();
    let name = NAME.get_or_init(|| Handle::new("n".into()));
    let other = thread::spawn(|| NAME.get().cloned()).join().unwrap();
    assert!(other.is_some_and(|other| Handle::ptr_eq(&other, name)));
}

#[test]
fn errors() {
    let error = Handle::new("x".parse::<i32>().unwrap_err());
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    assert!(error.to_string().contains("invalid digit"));
    assert!(error.source().is_none());
}

#[test]
fn bounds() {
    fn promises<T: Send + Sync + Unpin + 'static>() {}
    promises::<Handle<Mutex<Vec<u8>>>>();
    promises::<Weak<Mutex<Vec<u8>>>>();
    promises::<Handle<[String]>>();
    promises::<Weak<str>>();
    promises::<Handle<dyn Error + Send + Sync>>();
}

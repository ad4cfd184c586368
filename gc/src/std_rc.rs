//! How [`Gc`](crate::Gc) and [`Weak`](crate::Weak) compare with [`std::rc`], item by item.
//!
//! *Same* means the same name, signature and meaning; construction asks for `T: Trace + 'static`
//! besides, as everywhere.
//!
//! | `Rc<T>` | `Gc<T>` |
//! |---|---|
//! | `new`, `pin`, `new_cyclic` | same; a collection may run first |
//! | `new_uninit`, `new_zeroed`, `new_uninit_slice`, `new_zeroed_slice`, `assume_init` | same |
//! | `try_unwrap`, `into_inner`, `unwrap_or_clone` | same; the value is not finalized, and weak callbacks run |
//! | `as_ptr`, `into_raw`, `from_raw` | same |
//! | `increment_strong_count`, `decrement_strong_count` | same |
//! | `strong_count`, `weak_count`, `ptr_eq` | same; `strong_count` is 0 in the finalizer of an object without handles |
//! | `downgrade` | same; the first one of an object allocates 64 bytes |
//! | `get_mut`, `make_mut` | same; a registered `weak::finalize` counts as a weak handle, and inside a finalizer the collector's hold counts as a handle. `make_mut` takes sized values only: unsized ones cannot be cloned to the heap on stable Rust |
//! | `downcast` of `Rc<dyn Any>` | same |
//! | coercion to `Rc<dyn Trait>`, `Rc<[T]>` | [`unsize!`](crate::unsize): the trait that allows the coercion is not stable |
//! | `Clone`, `Drop`, `Deref`, `AsRef`, `Borrow`, `Unpin`, `UnwindSafe`, `RefUnwindSafe` | same; no bound on `T` |
//! | `Debug`, `Display`, `Pointer`, `Hash` | same |
//! | – | `Error`, as `Arc` has it |
//! | `PartialEq`, `Eq`, `PartialOrd`, `Ord` | same, by value; without the shortcut for equal pointers that `Rc` has for `Eq` types, which is not observable for a lawful `Eq` |
//! | `Default` for `T`, `str`, `[T]` | same |
//! | `Default`, `From` for `CStr`, `OsStr`, `Path` | absent: these are opaque on stable Rust. Use `Gc<CString>`, `Gc<OsString>`, `Gc<PathBuf>` |
//! | `From<T>`, `From<&str>`, `From<&mut str>`, `From<String>`, `From<Vec<T>>`, `From<[T; N]>`, `From<&[T]>`, `From<&mut [T]>`, `From<Cow<B>>`, `FromIterator<T>` | same |
//! | `From<Box<T>>` | same for sized values, slices and `str`; absent for `Box<dyn Trait>`, which cannot be moved on stable Rust: use `unsize!` |
//! | `From<Rc<str>> for Rc<[u8]>`, `TryFrom<Rc<[T]>> for Rc<[T; N]>` | same |
//! | `AsFd`, `AsRawFd` (Unix) | absent: call them on the value |
//! | – | `downgrade_with`: a weak handle with a callback |
//!
//! | `rc::Weak<T>` | `Weak<T>` |
//! |---|---|
//! | `new`, `upgrade`, `strong_count`, `weak_count`, `ptr_eq`, `as_ptr` | same |
//! | `into_raw`, `from_raw` | same; a callback is called off |
//! | `Clone`, `Drop`, `Default`, `Debug` | same; clones share a callback; `Debug` tells live from dead |
//! | coercion to `Weak<dyn Trait>` | [`unsize!`](crate::unsize) |
//! | size of one word | two: it may carry a callback |
//! | – | `has_callback`; `PartialEq`, `Eq`, `Hash` by value while the object lives |
//!
//! `Rc` is covariant in `T`, `Gc` and `Weak` are invariant: values are `'static`, so nothing is
//! lost, and a finalizer never runs on a borrow that has ended.
//!
//! # `Arc`
//!
//! All of this is true of `Arc<T>` and [`sync::Gc<T>`](crate::sync::Gc), of `sync::Weak<T>` and
//! [`sync::Weak<T>`](crate::sync::Weak), too; construction asks for `T: Send + Sync` besides. What
//! differs:
//!
//! | `Arc<T>` | `sync::Gc<T>` |
//! |---|---|
//! | `Send` and `Sync` for `T: Send + Sync` | same |
//! | `downgrade` | same; the first one of an object allocates 128 bytes |
//! | `get_mut`, `make_mut`, `try_unwrap` | same; while the collector looks at the object they wait |
//! | `downcast` of `Arc<dyn Any + Send + Sync>` | same |
//! | the value is dropped on the thread that drops the last handle | same; if it was in a cycle, on the thread that collects it |

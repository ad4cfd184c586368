//! The derive takes every shape of type: generic, recursive, empty, unsized.

#![allow(dead_code, reason = "only the derive is of interest")]

use std::cell::RefCell;
use std::convert::Infallible;
use std::marker::PhantomData;

use gordian::{Finalize, Gc, Trace};

struct Foreign;

#[derive(Trace)]
struct Unit;

#[derive(Trace)]
struct Empty {}

#[derive(Trace)]
enum Void {}

#[derive(Trace)]
struct Node {
    name: String,
    peers: RefCell<Vec<Gc<Self>>>,
    child: Option<Box<Node>>,
}

#[derive(Trace)]
struct Entry<'a, K: Clone = u8, P = String, const N: usize = 3>
where
    P: Clone,
{
    keys: [K; N],
    marker: PhantomData<P>,
    call: fn(P),
    #[trace(skip)]
    borrowed: Option<&'a P>,
}

#[derive(Trace)]
struct Peekable<I: Iterator> {
    direct: I::Item,
    list: Vec<<I as Iterator>::Item>,
    iter: I,
}

#[derive(Trace)]
enum Shape<T> {
    Unit,
    Tuple(T, Gc<Shape<T>>),
    Named {
        x: u32,
        #[trace(skip)]
        foreign: Foreign,
    },
    #[trace(skip)]
    Skipped(Foreign, Foreign),
    Never(Infallible),
    EmptyTuple(),
    EmptyNamed {},
}

#[derive(Trace)]
struct Tail<T: ?Sized> {
    length: usize,
    tail: T,
}

#[derive(Trace)]
struct Slice {
    length: usize,
    tail: [Gc<u8>],
}

#[derive(Trace)]
struct Boxed<T>(Box<T>)
where
    T: ?Sized;

#[derive(Trace)]
#[trace(finalize, bound = "T: Trace + Clone")]
struct Bound<T>(T);

impl<T: Clone> Finalize for Bound<T> {
    fn finalize(&self) {}
}

#[derive(Trace)]
struct AllSkipped(#[trace(skip)] Gc<u8>);

impl Drop for AllSkipped {
    fn drop(&mut self) {}
}

fn main() {
    let entry = Entry {
        keys: [1],
        marker: PhantomData,
        call: |_: u8| (),
        borrowed: None,
    };
    let _ = Gc::new(entry);
    let _ = Gc::new(Shape::Tuple(1, Gc::new(Shape::Unit)));
    let _ = Gc::new(Peekable {
        direct: 1,
        list: vec![2],
        iter: Nothing,
    });
}

#[derive(Trace)]
struct Nothing;

impl Iterator for Nothing {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        None
    }
}

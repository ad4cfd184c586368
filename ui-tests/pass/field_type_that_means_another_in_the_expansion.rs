//! The neighbour: the field is a handle outside of the expansion too.

use std::marker::PhantomData;

use gordian::{Gc, Trace};

trait TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf {}

struct Ask<T: ?Sized>(PhantomData<T>);

impl Ask<dyn TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf> {
    const WHICH: usize = 1;
}

trait Otherwise {
    const WHICH: usize = 2;
}

impl<T: ?Sized> Otherwise for Ask<T> {}

struct Choice<const N: usize>;

trait Pick {
    type Type;
}

impl Pick for Choice<1> {
    type Type = Gc<Node>;
}

impl Pick for Choice<2> {
    type Type = Gc<Node>;
}

#[derive(Trace)]
struct Node {
    next: <Choice<{ <Ask<dyn TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf>>::WHICH }> as Pick>::Type,
}

fn main() {}

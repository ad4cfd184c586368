//! Whatever a field's type would mean inside the expansion, it is the field itself that counts.

use std::marker::PhantomData;
use std::rc::Rc;

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
    type Type = Rc<Gc<Node>>;
}

impl Pick for Choice<2> {
    type Type = Gc<Node>;
}

#[derive(Trace)]
struct Node {
    next: <Choice<{ <Ask<dyn TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf>>::WHICH }> as Pick>::Type,
}

fn main() {}

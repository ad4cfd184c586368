//! The derive does not depend on what the names around it mean, nor on who writes it.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(
    dead_code,
    deprecated,
    non_upper_case_globals,
    reason = "only the derive is of interest"
)]

mod shadowed {
    trait Drop {}
    trait Sized {}
    trait Trace {}
    trait Leaf {}
    type Facts = ();
    type Tracer = ();
    struct Depth;
    enum Option {
        None,
    }
    const tracer: u8 = 0;
    static finalizers: u8 = 0;

    #[derive(gordian::Trace)]
    struct Pair<T>(T, gordian::Gc<u8>);

    #[derive(gordian::Trace)]
    enum Result {
        Ok(gordian::Gc<Self>),
        Err,
        Some { trace: u8 },
    }

    #[derive(gordian::Trace)]
    #[trace(leaf, finalize)]
    struct Texture;

    impl gordian::Finalize for Texture {
        fn finalize(&self) {}
    }
}

mod renamed {
    pub(crate) mod inner {
        pub(crate) use gordian as other;
    }

    #[derive(gordian::Trace)]
    #[trace(crate = "inner::other")]
    struct Quoted(u8);

    #[derive(gordian::Trace)]
    #[trace(crate = crate::renamed::inner::other)]
    struct Plain(u8);
}

macro_rules! define {
    ($name:ident, $ty:ty, $path:path, $($field:ident),*) => {
        #[derive(gordian::Trace)]
        #[trace(crate = $crate::renamed::inner::other)]
        struct $name<T> {
            $($field: $ty,)*
            own: gordian::Gc<T>,
            x: Option<T>,
        }

        #[derive(gordian::Trace)]
        #[trace(crate = $path)]
        enum Inner {
            Tuple($ty),
            Named { x: $ty },
        }
    };
}

define!(
    Made,
    Vec<gordian::Gc<u8>>,
    crate::renamed::inner::other,
    a,
    b
);

#[deprecated]
#[derive(gordian::Trace)]
struct Old {
    #[deprecated]
    r#type: u8,
}

fn main() {
    #[derive(gordian::Trace)]
    struct Local<T>(T);

    let _ = gordian::Gc::new(Local(1));
}

#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl ::gordian::__private::Trace for File {
        #[inline]
        fn trace(&self, _: &mut ::gordian::__private::Tracer) {}
        #[inline]
        fn finalize_with(&self, __finalizers: &mut ::gordian::__private::Finalizers) {
            ::gordian::__private::Finalizers::run(__finalizers, self);
        }
        #[inline]
        fn remainder(
            __depth: ::gordian::__private::Depth,
        ) -> ::gordian::__private::Remainder
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            ::gordian::__private::Remainder::of_untraced::<Self>()
        }
        #[inline]
        fn facts(_: ::gordian::__private::Depth) -> ::gordian::__private::Facts
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            ::gordian::__private::Facts::NOTHING
                .union(::gordian::__private::Facts::FINALIZER)
        }
    }
    #[automatically_derived]
    impl ::gordian::__private::Leaf for File {}
    #[automatically_derived]
    impl ::gordian::__private::DeclaresFinalizer for File {}
};

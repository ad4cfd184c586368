#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl ::gordian::__private::Trace for Unit {
        #[inline]
        fn trace(&self, _: &mut ::gordian::__private::Tracer) {}
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
        }
    }
};

#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl<T, U> ::gordian::__private::Trace for Pair<T, U>
    where
        T: Trace + Clone,
        U: Leaf,
    {
        #[inline]
        fn trace(&self, __tracer: &mut ::gordian::__private::Tracer) {
            let _ = |__value: Self| match __value {
                Self { 0: __field_0, 1: __field_1 } => {}
            };
            match self {
                Self { 0: __field_0, 1: __field_1 } => {
                    ::gordian::__private::Trace::trace(__field_0, __tracer);
                    ::gordian::__private::Trace::trace(__field_1, __tracer);
                }
            }
        }
        fn trace_fields(&self, __fields: &mut ::gordian::__private::Fields) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self { 0: __field_0, 1: __field_1 } => {
                    ::gordian::__private::Fields::named(__fields, "0", __field_0)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "1", __field_1)
                        .report();
                }
            }
        }
        #[inline]
        fn finalize_with(&self, __finalizers: &mut ::gordian::__private::Finalizers) {
            match self {
                Self { 0: __field_0, 1: __field_1 } => {
                    ::gordian::__private::Trace::finalize_with(__field_0, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_1, __finalizers);
                }
            }
        }
        #[inline]
        unsafe fn drop_rest(&mut self, __spared: ::gordian::__private::Spared) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self { 0: __field_0, 1: __field_1 } => {
                    let __guard_1 = unsafe { __spared.of(__field_1).rest() };
                    let __guard_0 = unsafe { __spared.of(__field_0).rest() };
                }
            }
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
            __depth
                .part(|__value: &Self| match __value {
                    Self { 1: __field_0, .. } => __field_0,
                })
                .remainder(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self { 0: __field_0, .. } => __field_0,
                        })
                        .remainder(::gordian::__private::Remainder::Nothing),
                )
        }
        #[inline]
        fn facts(__depth: ::gordian::__private::Depth) -> ::gordian::__private::Facts
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            __depth
                .part(|__value: &Self| match __value {
                    Self { 1: __field_0, .. } => __field_0,
                })
                .and(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self { 0: __field_0, .. } => __field_0,
                        })
                        .and(::gordian::__private::Facts::NOTHING),
                )
        }
    }
};
#[allow(deprecated)]
const _: () = {
    trait TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf {}
    #[allow(drop_bounds)]
    impl<
        T: ::gordian::__private::Drop + ?::core::marker::Sized,
    > TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for T {}
    #[automatically_derived]
    impl<T, U> TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for Pair<T, U> {}
};

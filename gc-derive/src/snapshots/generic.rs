#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl<'a, K: Eq, I: Iterator, P, const N: usize> ::gordian::__private::Trace
    for Entry<'a, K, I, P, N>
    where
        K: Hash,
        K: ::gordian::__private::Trace,
        I::Item: ::gordian::__private::Trace,
    {
        #[inline]
        fn trace(&self, __tracer: &mut ::gordian::__private::Tracer) {
            let _ = |__value: Self| match __value {
                Self {
                    keys: __field_0,
                    item: __field_1,
                    marker: __field_2,
                    call: __field_3,
                    last: __field_4,
                } => {}
            };
            match self {
                Self {
                    keys: __field_0,
                    item: __field_1,
                    marker: __field_2,
                    call: __field_3,
                    last: __field_4,
                } => {
                    ::gordian::__private::Trace::trace(__field_0, __tracer);
                    ::gordian::__private::Trace::trace(__field_1, __tracer);
                    ::gordian::__private::Trace::trace(__field_2, __tracer);
                    ::gordian::__private::Trace::trace(__field_3, __tracer);
                    ::gordian::__private::Trace::trace(__field_4, __tracer);
                }
            }
        }
        fn trace_fields(&self, __fields: &mut ::gordian::__private::Fields) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self {
                    keys: __field_0,
                    item: __field_1,
                    marker: __field_2,
                    call: __field_3,
                    last: __field_4,
                } => {
                    ::gordian::__private::Fields::named(__fields, "keys", __field_0)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "item", __field_1)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "marker", __field_2)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "call", __field_3)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "last", __field_4)
                        .report();
                }
            }
        }
        #[inline]
        fn finalize_with(&self, __finalizers: &mut ::gordian::__private::Finalizers) {
            match self {
                Self {
                    keys: __field_0,
                    item: __field_1,
                    marker: __field_2,
                    call: __field_3,
                    last: __field_4,
                } => {
                    ::gordian::__private::Trace::finalize_with(__field_0, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_1, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_2, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_3, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_4, __finalizers);
                }
            }
        }
        #[inline]
        unsafe fn drop_rest(&mut self, __spared: ::gordian::__private::Spared) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self {
                    keys: __field_0,
                    item: __field_1,
                    marker: __field_2,
                    call: __field_3,
                    last: __field_4,
                } => {
                    let __guard_4 = unsafe { __spared.of(__field_4).rest() };
                    let __guard_3 = unsafe { __spared.of(__field_3).rest() };
                    let __guard_2 = unsafe { __spared.of(__field_2).rest() };
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
                    Self { last: __field_0, .. } => __field_0,
                })
                .remainder(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self { call: __field_0, .. } => __field_0,
                        })
                        .remainder(
                            __depth
                                .part(|__value: &Self| match __value {
                                    Self { marker: __field_0, .. } => __field_0,
                                })
                                .remainder(
                                    __depth
                                        .part(|__value: &Self| match __value {
                                            Self { item: __field_0, .. } => __field_0,
                                        })
                                        .remainder(
                                            __depth
                                                .part(|__value: &Self| match __value {
                                                    Self { keys: __field_0, .. } => __field_0,
                                                })
                                                .remainder(::gordian::__private::Remainder::Nothing),
                                        ),
                                ),
                        ),
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
                    Self { last: __field_0, .. } => __field_0,
                })
                .and(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self { call: __field_0, .. } => __field_0,
                        })
                        .and(
                            __depth
                                .part(|__value: &Self| match __value {
                                    Self { marker: __field_0, .. } => __field_0,
                                })
                                .and(
                                    __depth
                                        .part(|__value: &Self| match __value {
                                            Self { item: __field_0, .. } => __field_0,
                                        })
                                        .and(
                                            __depth
                                                .part(|__value: &Self| match __value {
                                                    Self { keys: __field_0, .. } => __field_0,
                                                })
                                                .and(::gordian::__private::Facts::NOTHING),
                                        ),
                                ),
                        ),
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
    impl<
        'a,
        K: Eq,
        I: Iterator,
        P,
        const N: usize,
    > TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for Entry<'a, K, I, P, N>
    where
        K: Hash,
    {}
};

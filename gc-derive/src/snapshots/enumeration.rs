#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl<T> ::gordian::__private::Trace for Shape<T>
    where
        T: ::gordian::__private::Trace,
    {
        #[inline]
        fn trace(&self, __tracer: &mut ::gordian::__private::Tracer) {
            let _ = |__value: Self| match __value {
                Self::Unit {} => {}
                Self::Tuple { 0: __field_0, 1: __field_1, 2: __field_2 } => {}
                Self::Named { left: __field_0, right: __field_1 } => {}
                Self::Skipped { 0: __field_0 } => {}
            };
            match self {
                Self::Unit {} => {}
                Self::Tuple { 0: __field_0, 2: __field_1, .. } => {
                    ::gordian::__private::Trace::trace(__field_0, __tracer);
                    ::gordian::__private::Trace::trace(__field_1, __tracer);
                }
                Self::Named { left: __field_0, right: __field_1 } => {
                    ::gordian::__private::Trace::trace(__field_0, __tracer);
                    ::gordian::__private::Trace::trace(__field_1, __tracer);
                }
                Self::Skipped { .. } => {}
            }
        }
        fn trace_fields(&self, __fields: &mut ::gordian::__private::Fields) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self::Unit {} => {}
                Self::Tuple { 0: __field_0, 2: __field_1, .. } => {
                    ::gordian::__private::Fields::named(__fields, "Tuple.0", __field_0)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "Tuple.2", __field_1)
                        .report();
                }
                Self::Named { left: __field_0, right: __field_1 } => {
                    ::gordian::__private::Fields::named(
                            __fields,
                            "Named.left",
                            __field_0,
                        )
                        .report();
                    ::gordian::__private::Fields::named(
                            __fields,
                            "Named.right",
                            __field_1,
                        )
                        .report();
                }
                Self::Skipped { .. } => {}
            }
        }
        #[inline]
        fn finalize_with(&self, __finalizers: &mut ::gordian::__private::Finalizers) {
            match self {
                Self::Unit {} => {}
                Self::Tuple { 0: __field_0, 2: __field_1, .. } => {
                    ::gordian::__private::Trace::finalize_with(__field_0, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_1, __finalizers);
                }
                Self::Named { left: __field_0, right: __field_1 } => {
                    ::gordian::__private::Trace::finalize_with(__field_0, __finalizers);
                    ::gordian::__private::Trace::finalize_with(__field_1, __finalizers);
                }
                Self::Skipped { .. } => {}
            }
        }
        #[inline]
        unsafe fn drop_rest(&mut self, __spared: ::gordian::__private::Spared) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self::Unit {} => {}
                Self::Tuple { 0: __field_0, 1: __field_1, 2: __field_2 } => {
                    let __guard_2 = unsafe { __spared.of(__field_2).rest() };
                    let __guard_1 = unsafe { __spared.of(__field_1).all() };
                    let __guard_0 = unsafe { __spared.of(__field_0).rest() };
                }
                Self::Named { left: __field_0, right: __field_1 } => {
                    let __guard_1 = unsafe { __spared.of(__field_1).rest() };
                    let __guard_0 = unsafe { __spared.of(__field_0).rest() };
                }
                Self::Skipped { 0: __field_0 } => {
                    let __guard_0 = unsafe { __spared.of(__field_0).all() };
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
                    Self::Skipped { 0: __field_0 } => __field_0,
                    _ => loop {}
                })
                .remainder_untraced(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self::Named { right: __field_0, .. } => __field_0,
                            _ => loop {}
                        })
                        .remainder(
                            __depth
                                .part(|__value: &Self| match __value {
                                    Self::Named { left: __field_0, .. } => __field_0,
                                    _ => loop {}
                                })
                                .remainder(
                                    __depth
                                        .part(|__value: &Self| match __value {
                                            Self::Tuple { 2: __field_0, .. } => __field_0,
                                            _ => loop {}
                                        })
                                        .remainder(
                                            __depth
                                                .part(|__value: &Self| match __value {
                                                    Self::Tuple { 1: __field_0, .. } => __field_0,
                                                    _ => loop {}
                                                })
                                                .remainder_untraced(
                                                    __depth
                                                        .part(|__value: &Self| match __value {
                                                            Self::Tuple { 0: __field_0, .. } => __field_0,
                                                            _ => loop {}
                                                        })
                                                        .remainder(::gordian::__private::Remainder::Nothing),
                                                ),
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
                    Self::Named { right: __field_0, .. } => __field_0,
                    _ => loop {}
                })
                .and(
                    __depth
                        .part(|__value: &Self| match __value {
                            Self::Named { left: __field_0, .. } => __field_0,
                            _ => loop {}
                        })
                        .and(
                            __depth
                                .part(|__value: &Self| match __value {
                                    Self::Tuple { 2: __field_0, .. } => __field_0,
                                    _ => loop {}
                                })
                                .and(
                                    __depth
                                        .part(|__value: &Self| match __value {
                                            Self::Tuple { 0: __field_0, .. } => __field_0,
                                            _ => loop {}
                                        })
                                        .and(::gordian::__private::Facts::NOTHING),
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
    impl<T> TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for Shape<T> {}
};

#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl some::gordian::__private::Trace for Holder {
        #[inline]
        fn trace(&self, __tracer: &mut some::gordian::__private::Tracer) {
            let _ = |__value: Self| match __value {
                Self { 0: __field_0 } => {}
            };
            match self {
                Self { 0: __field_0 } => {
                    some::gordian::__private::Trace::trace(__field_0, __tracer);
                }
            }
        }
        fn trace_fields(&self, __fields: &mut some::gordian::__private::Fields) {
            #[allow(unused_imports)]
            use some::gordian::__private::NotTrace as _;
            match self {
                Self { 0: __field_0 } => {
                    some::gordian::__private::Fields::named(__fields, "0", __field_0)
                        .report();
                }
            }
        }
        #[inline]
        fn finalize_with(
            &self,
            __finalizers: &mut some::gordian::__private::Finalizers,
        ) {
            match self {
                Self { 0: __field_0 } => {
                    some::gordian::__private::Trace::finalize_with(
                        __field_0,
                        __finalizers,
                    );
                }
            }
        }
        #[inline]
        unsafe fn drop_rest(&mut self, __spared: some::gordian::__private::Spared) {
            #[allow(unused_imports)]
            use some::gordian::__private::NotTrace as _;
            match self {
                Self { 0: __field_0 } => {
                    let __guard_0 = unsafe { __spared.of(__field_0).rest() };
                }
            }
        }
        #[inline]
        fn remainder(
            __depth: some::gordian::__private::Depth,
        ) -> some::gordian::__private::Remainder
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use some::gordian::__private::NotTrace as _;
            __depth
                .part(|__value: &Self| match __value {
                    Self { 0: __field_0 } => __field_0,
                })
                .remainder(some::gordian::__private::Remainder::Nothing)
        }
        #[inline]
        fn facts(
            __depth: some::gordian::__private::Depth,
        ) -> some::gordian::__private::Facts
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use some::gordian::__private::NotTrace as _;
            __depth
                .part(|__value: &Self| match __value {
                    Self { 0: __field_0 } => __field_0,
                })
                .and(some::gordian::__private::Facts::NOTHING)
        }
    }
};
#[allow(deprecated)]
const _: () = {
    trait TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf {}
    #[allow(drop_bounds)]
    impl<
        T: some::gordian::__private::Drop + ?::core::marker::Sized,
    > TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for T {}
    #[automatically_derived]
    impl TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for Holder {}
};

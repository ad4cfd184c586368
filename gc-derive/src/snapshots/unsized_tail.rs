#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl<T: ?Sized> ::gordian::__private::Trace for Tail<T>
    where
        T: ::gordian::__private::Trace,
    {
        #[inline]
        fn trace(&self, __tracer: &mut ::gordian::__private::Tracer) {
            #[allow(dead_code, unused_variables)]
            fn __guard<T>(__value: Tail<T>) {
                let Tail { length: __field_0, tail: __field_1 } = __value;
            }
            match self {
                Self { length: __field_0, tail: __field_1 } => {
                    ::gordian::__private::Trace::trace(__field_0, __tracer);
                    ::gordian::__private::Trace::trace(__field_1, __tracer);
                }
            }
        }
        fn trace_fields(&self, __fields: &mut ::gordian::__private::Fields) {
            #[allow(unused_imports)]
            use ::gordian::__private::NotTrace as _;
            match self {
                Self { length: __field_0, tail: __field_1 } => {
                    ::gordian::__private::Fields::named(__fields, "length", __field_0)
                        .report();
                    ::gordian::__private::Fields::named(__fields, "tail", __field_1)
                        .report();
                }
            }
        }
        #[inline]
        fn finalize_with(&self, __finalizers: &mut ::gordian::__private::Finalizers) {
            match self {
                Self { length: __field_0, tail: __field_1 } => {
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
                Self { length: __field_0, tail: __field_1 } => {
                    let __guard_1 = unsafe { __spared.of(__field_1).rest() };
                    let __guard_0 = unsafe { __spared.of(__field_0).rest() };
                }
            }
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
    impl<T: ?Sized> TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf for Tail<T> {}
};

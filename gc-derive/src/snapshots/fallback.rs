::core::compile_error! {
    "`#[trace(skip)]` belongs on a field or a variant: use `#[trace(leaf)]` for a type none of whose fields is to be traced"
}
::core::compile_error! {
    "unknown attribute `lief` in `#[trace(..)]`: a type takes `leaf`, `finalize`, `bound` and `crate`, a field or a variant takes `skip`"
}
#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl<T: Clone> ::gordian::__private::Trace for Node<T> {
        fn trace(&self, _: &mut ::gordian::__private::Tracer) {}
    }
    #[automatically_derived]
    impl<T: Clone> ::gordian::__private::DeclaresFinalizer for Node<T> {}
};

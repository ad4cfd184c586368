::core::compile_error! {
    "`#[derive(Trace)]` cannot know which field of a union is valid: use an enum, or implement `Trace` by hand"
}
#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    unsafe impl ::gordian::__private::Trace for Number {
        fn trace(&self, _: &mut ::gordian::__private::Tracer) {}
    }
    #[automatically_derived]
    impl ::gordian::__private::DeclaresFinalizer for Number {}
};

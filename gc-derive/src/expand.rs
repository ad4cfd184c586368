//! From the model to the impls.
//!
//! All names are absolute paths, and the bindings have names that no user constant has, so that
//! nothing in scope at the derive can change what the expansion means. Errors of the type checker
//! about a field point at the field's type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Member};

use crate::errors::Errors;
use crate::model::{Field, Input, Variant};
use crate::{bounds, check};

/// The whole derive: the impls, or the errors and an impl in place of them.
pub(crate) fn derive(ast: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let input = Input::from_syn(ast, &mut errors);
    check::check(&input, &mut errors);
    match errors.into_compile_errors() {
        None => impls(&input),
        Some(errors) => {
            let fallback = fallback(&input);
            quote!(#errors #fallback)
        }
    }
}

/// All impls of a correct input.
fn impls(input: &Input<'_>) -> TokenStream {
    let private = private(input);
    let trace = trace_impl(input, &private);
    let leaf = input.attrs.leaf.map(|_| leaf_impl(input, &private));
    let finalizer = input
        .attrs
        .finalize
        .map(|_| finalizer_impl(input, &private));
    let impls = in_const(&quote!(#trace #leaf #finalizer));
    // Apart, so that the name of its trait means nothing in the user's types.
    let guard = input
        .has_traced_field()
        .then(|| in_const(&drop_guard(input, &private)));
    quote!(#impls #guard)
}

/// Impls that make everything else compile, so that the errors reported are those of the
/// attributes and not of what follows from them.
fn fallback(input: &Input<'_>) -> TokenStream {
    let private = private(input);
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let ident = input.ident;
    let leaf = input.attrs.leaf.map(|_| leaf_impl(input, &private));
    let finalizer = finalizer_impl(input, &private);
    in_const(&quote! {
        #[automatically_derived]
        unsafe impl #impl_generics #private::Trace for #ident #ty_generics #where_clause {
            fn trace(&self, _: &mut #private::Tracer) {}
        }
        #leaf
        #finalizer
    })
}

/// Where the expansion finds what it needs.
fn private(input: &Input<'_>) -> TokenStream {
    match &input.attrs.krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::gordian::__private),
    }
}

/// A scope of its own for `items`.
fn in_const(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(deprecated)]
        const _: () = { #items };
    }
}

/// The place of `span` with the names in scope at the derive, as in the rest of the expansion.
fn placed_at(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// `unsafe impl Trace`.
fn trace_impl(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let generics = bounds::generics(input, private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = input.ident;
    let trace = trace_fn(input, private);
    let trace_fields = trace_fields_fn(input, private);
    let finalize_with = finalize_with_fn(input, private);
    let drop_rest = drop_rest_fn(input, private);
    let is_sized = !bounds::may_be_unsized(input);
    let facts = is_sized.then(|| facts_fn(input, private));
    let remainder = is_sized.then(|| remainder_fn(input, private));
    quote! {
        #[automatically_derived]
        unsafe impl #impl_generics #private::Trace for #ident #ty_generics #where_clause {
            #trace
            #trace_fields
            #finalize_with
            #drop_rest
            #remainder
            #facts
        }
    }
}

/// `fn trace`, which calls `trace` on each traced field.
fn trace_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let body = for_each_field(input, private, &quote!(trace), &quote!(__tracer));
    let guard = move_guard(input);
    let parameter = if body.is_empty() {
        quote!(_)
    } else {
        quote!(__tracer)
    };
    quote! {
        #[inline]
        fn trace(&self, #parameter: &mut #private::Tracer) { #guard #body }
    }
}

/// `fn trace_fields`, which reports each traced field under its name; the default if there is none.
fn trace_fields_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    if !input.has_traced_field() {
        return TokenStream::new();
    }
    let arms = input.variants.iter().map(|variant| {
        let pattern = pattern(variant, variant.traced_fields());
        let calls = variant.traced_fields().enumerate().map(|(number, field)| {
            let (binding, name) = (binding(number, field), field_name(variant, field));
            quote_spanned!(placed_at(field.ty.span())=>
                #private::Fields::named(__fields, #name, #binding).report();
            )
        });
        quote!(#pattern => { #(#calls)* })
    });
    quote! {
        fn trace_fields(&self, __fields: &mut #private::Fields) {
            #[allow(unused_imports)]
            use #private::NotTrace as _;
            match self { #(#arms)* }
        }
    }
}

/// What people call a field: its name or number, after that of its variant.
fn field_name(variant: &Variant<'_>, field: &Field<'_>) -> String {
    let field = match &field.member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    match variant.ident {
        Some(variant) => format!("{}.{field}", variant.unraw()),
        None => field,
    }
}

/// `fn finalize_with`, which runs the finalizer of the value and then those of its traced fields;
/// nothing if there are neither.
fn finalize_with_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let own = input.attrs.finalize.map(
        |span| quote_spanned!(placed_at(span)=> #private::Finalizers::run(__finalizers, self);),
    );
    let fields = for_each_field(
        input,
        private,
        &quote!(finalize_with),
        &quote!(__finalizers),
    );
    if own.is_none() && fields.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[inline]
        fn finalize_with(&self, __finalizers: &mut #private::Finalizers) { #own #fields }
    }
}

/// `fn drop_rest`, which drops the fields in order, the traced ones but for their handles; the
/// default if no field is traced, as the type may implement `Drop` then.
fn drop_rest_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    if !input.has_traced_field() {
        return TokenStream::new();
    }
    let arms = input.variants.iter().map(|variant| {
        let pattern = pattern(variant, &variant.fields);
        // What is bound last is dropped first.
        let fields = variant.fields.iter().enumerate();
        let guards = fields.rev().map(|(number, field)| {
            let (binding, guard) = (binding(number, field), format_ident!("__guard_{number}"));
            let new = if field.traced {
                quote!(__spared.of(#binding).rest())
            } else {
                quote!(__spared.of(#binding).all())
            };
            quote!(let #guard = unsafe { #new };)
        });
        quote!(#pattern => { #(#guards)* })
    });
    quote! {
        #[inline]
        unsafe fn drop_rest(&mut self, __spared: #private::Spared) {
            #[allow(unused_imports)]
            use #private::NotTrace as _;
            match self { #(#arms)* }
        }
    }
}

/// `fn remainder`: that of all fields; or, if none is traced, that of what is not, as the type may
/// implement `Drop` then.
fn remainder_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let mut all = quote!(#private::Remainder::Nothing);
    for (field, part) in parts(input) {
        let call = if field.traced {
            quote!(remainder)
        } else {
            quote!(remainder_untraced)
        };
        all = quote!(__depth.part(#part).#call(#all));
    }
    if !input.has_traced_field() {
        all = quote!(#private::Remainder::of_untraced::<Self>());
    }
    quote! {
        #[inline]
        fn remainder(__depth: #private::Depth) -> #private::Remainder
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use #private::NotTrace as _;
            #all
        }
    }
}

/// `fn facts`: the union of what is known of the traced fields' types.
fn facts_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let mut facts = quote!(#private::Facts::NOTHING);
    for (_, part) in parts(input).filter(|(field, _)| field.traced) {
        facts = quote!(__depth.part(#part).and(#facts));
    }
    if input.attrs.finalize.is_some() {
        facts.extend(quote!(.union(#private::Facts::FINALIZER)));
    }
    let parameter = if input.has_traced_field() {
        quote!(__depth)
    } else {
        quote!(_)
    };
    quote! {
        #[inline]
        fn facts(#parameter: #private::Depth) -> #private::Facts
        where
            Self: ::core::marker::Sized,
        {
            #[allow(unused_imports)]
            use #private::NotTrace as _;
            #facts
        }
    }
}

/// The fields, each with a function that borrows it: what is known of its type is that of the field
/// itself, whatever the user's tokens for it mean here.
fn parts<'a>(input: &'a Input<'a>) -> impl Iterator<Item = (&'a Field<'a>, TokenStream)> {
    let others = (input.variants.len() > 1).then(|| quote!(_ => loop {},));
    let fields = input
        .variants
        .iter()
        .flat_map(|variant| variant.fields.iter().map(move |field| (variant, field)));
    fields.map(move |(variant, field)| {
        let (pattern, binding) = (pattern(variant, [field]), binding(0, field));
        let span = placed_at(field.ty.span());
        let borrow =
            quote_spanned!(span=> |__value: &Self| match __value { #pattern => #binding, #others });
        (field, borrow)
    })
}

/// A `match` on `self` that calls `Trace::method(field, argument)` for each traced field; nothing
/// if there is none.
fn for_each_field(
    input: &Input<'_>,
    private: &TokenStream,
    method: &TokenStream,
    argument: &TokenStream,
) -> TokenStream {
    if !input.has_traced_field() {
        return TokenStream::new();
    }
    let arms = input.variants.iter().map(|variant| {
        let pattern = pattern(variant, variant.traced_fields());
        let calls = variant.traced_fields().enumerate().map(|(number, field)| {
            // The type is that of the field itself, whatever the user's tokens for it mean here,
            // and nothing is coerced to it.
            let binding = binding(number, field);
            quote_spanned!(placed_at(field.ty.span())=>
                #private::Trace::#method(#binding, #argument);
            )
        });
        quote!(#pattern => { #(#calls)* })
    });
    quote!(match self { #(#arms)* })
}

/// The pattern that binds some fields of `variant`. Naming the fields, by number if need be,
/// makes all shapes of a variant alike.
fn pattern<'a>(
    variant: &Variant<'_>,
    bound: impl IntoIterator<Item = &'a Field<'a>>,
) -> TokenStream {
    let bindings = bound.into_iter().enumerate().map(|(number, field)| {
        let (member, binding) = (&field.member, binding(number, field));
        quote!(#member: #binding,)
    });
    let bindings: Vec<_> = bindings.collect();
    let rest = (bindings.len() < variant.fields.len()).then(|| quote!(..));
    let path = variant.to_token_stream();
    quote!(#path { #(#bindings)* #rest })
}

/// The name of the `number`th binding of a pattern.
fn binding(number: usize, field: &Field<'_>) -> Ident {
    format_ident!("__field_{number}", span = placed_at(field.ty.span()))
}

/// `impl Leaf`.
fn leaf_impl(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let generics = bounds::generics(input, private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = input.ident;
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Leaf for #ident #ty_generics #where_clause {}
    }
}

/// `impl DeclaresFinalizer`, without which `impl Finalize` does not compile.
fn finalizer_impl(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let ident = input.ident;
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::DeclaresFinalizer for #ident #ty_generics #where_clause {}
    }
}

/// A function that moves the fields out of a value, which the compiler allows for no type that
/// implements `Drop`: this holds whatever names mean where the derive is used, unless all fields are
/// `Copy`, and so no handles.
///
/// A type that can be unsized is taken with parameters for which it is not: an `impl Drop` is for
/// all of them.
fn move_guard(input: &Input<'_>) -> TokenStream {
    if !input.has_traced_field() {
        return TokenStream::new();
    }
    if !bounds::may_be_unsized(input) {
        let arms = input.variants.iter().map(|variant| {
            let pattern = pattern(variant, &variant.fields);
            quote!(#pattern => {})
        });
        return quote!(let _ = |__value: Self| match __value { #(#arms)* };);
    }
    let Some(generics) = bounds::sized(input) else {
        // Not to be had by value, whatever the parameters: nor can it be made, in safe code.
        return TokenStream::new();
    };
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = input.ident;
    let fields = input.variants.iter().flat_map(|variant| &variant.fields);
    let bindings = fields.enumerate().map(|(number, field)| {
        let (member, binding) = (&field.member, binding(number, field));
        quote!(#member: #binding,)
    });
    quote! {
        #[allow(dead_code, unused_variables)]
        fn __guard #impl_generics (__value: #ident #ty_generics) #where_clause {
            let #ident { #(#bindings)* } = __value;
        }
    }
}

/// Two impls that are in conflict if the type implements `Drop`. The name of the trait is what
/// the user reads, so it says what to do.
///
/// The impl for the type has the bounds of the type alone, as every `impl Drop` of it must have:
/// no further bound can tell the two apart.
fn drop_guard(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let ident = input.ident;
    let name = quote!(TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf);
    let guarded = quote_spanned! {placed_at(ident.span())=>
        impl #impl_generics #name for #ident #ty_generics #where_clause {}
    };
    quote! {
        trait #name {}
        #[allow(drop_bounds)]
        impl<T: #private::Drop + ?::core::marker::Sized> #name for T {}
        #[automatically_derived]
        #guarded
    }
}

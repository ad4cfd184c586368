//! From the model to the impls.
//!
//! All names are absolute paths, and the bindings have names that no user constant has, so that
//! nothing in scope at the derive can change what the expansion means. Errors of the type checker
//! about a field point at the field's type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

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
        .then(|| in_const(&drop_guard(input)));
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
    let finalize_with = finalize_with_fn(input, private);
    let facts = (!bounds::may_be_unsized(input)).then(|| facts_fn(input, private));
    quote! {
        #[automatically_derived]
        unsafe impl #impl_generics #private::Trace for #ident #ty_generics #where_clause {
            #trace
            #finalize_with
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

/// `fn facts`: the union of what is known of the traced fields' types.
fn facts_fn(input: &Input<'_>, private: &TokenStream) -> TokenStream {
    let mut facts = quote!(#private::Facts::NOTHING);
    for field in input.traced_fields() {
        let ty = field.ty;
        facts.extend(quote_spanned!(placed_at(ty.span())=> .and::<#ty>(__depth)));
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
            #facts
        }
    }
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
        let pattern = pattern(variant);
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

/// The pattern that binds the traced fields of `variant`. Naming the fields, by number if need be,
/// makes all shapes of a variant alike.
fn pattern(variant: &Variant<'_>) -> TokenStream {
    let bindings = variant.traced_fields().enumerate().map(|(number, field)| {
        let (member, binding) = (&field.member, binding(number, field));
        quote!(#member: #binding,)
    });
    let traced = variant.traced_fields().count();
    let rest = (traced < variant.fields.len()).then(|| quote!(..));
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

/// A closure that moves the traced fields out of a value, which the compiler allows for no type
/// that implements `Drop`: this holds whatever names mean where the derive is used.
fn move_guard(input: &Input<'_>) -> TokenStream {
    if !input.has_traced_field() || bounds::may_be_unsized(input) {
        return TokenStream::new();
    }
    let arms = input.variants.iter().map(|variant| {
        let pattern = pattern(variant);
        quote!(#pattern => {})
    });
    quote!(let _ = |__value: Self| match __value { #(#arms)* };)
}

/// Two impls that are in conflict if the type implements `Drop`. The name of the trait is what
/// the user reads, so it says what to do.
///
/// The impl for the type has the bounds of the type alone, as every `impl Drop` of it must have:
/// no further bound can tell the two apart.
fn drop_guard(input: &Input<'_>) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let ident = input.ident;
    let name = quote!(TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf);
    let guarded = quote_spanned! {placed_at(ident.span())=>
        impl #impl_generics #name for #ident #ty_generics #where_clause {}
    };
    quote! {
        trait #name {}
        #[allow(drop_bounds)]
        impl<T: ::core::ops::Drop + ?::core::marker::Sized> #name for T {}
        #[automatically_derived]
        #guarded
    }
}

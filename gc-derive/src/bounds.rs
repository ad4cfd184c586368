//! The where-clause of the derived impl: bounds only on the type parameters that traced fields
//! use, in the manner of serde.
//!
//! A bound on the type of a field would be more exact, but makes the impl of a recursive type
//! depend on itself.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    GenericParam, Generics, Ident, Path, Token, TraitBoundModifier, Type, TypeBareFn,
    TypeParamBound, TypePath, TypeReference, TypeTraitObject, WherePredicate, parse_quote,
};

use crate::model::Input;

/// The generics of the impl of `Trace`: those of the type, with the bounds of `#[trace(bound)]`
/// or else the inferred ones added.
pub(crate) fn generics(input: &Input<'_>, private: &TokenStream) -> Generics {
    let mut generics = input.generics.clone();
    let predicates = match &input.attrs.bound {
        Some(predicates) => predicates.clone(),
        None => inferred(input, private),
    };
    if !predicates.is_empty() {
        generics.make_where_clause().predicates.extend(predicates);
    }
    generics
}

/// `T: Trace` for each parameter and each associated type that a traced field uses.
fn inferred(input: &Input<'_>, private: &TokenStream) -> Vec<WherePredicate> {
    let params = type_params(input.generics);
    let mut used = Used {
        params,
        types: Vec::new(),
        seen: HashSet::new(),
    };
    for field in input.traced_fields() {
        used.visit_type(field.ty);
    }
    let bound = |ty| parse_quote!(#ty: #private::Trace);
    used.types.into_iter().map(bound).collect()
}

/// The names of the type parameters.
fn type_params(generics: &Generics) -> HashSet<Ident> {
    generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect()
}

/// Collects the types that need a bound, each once, in order of appearance.
struct Used {
    params: HashSet<Ident>,
    types: Vec<TypePath>,
    /// The texts of `types`.
    seen: HashSet<String>,
}

impl Used {
    /// Whether `ty` is a type parameter, or an associated type of something with one.
    fn needs_bound(&self, ty: &TypePath) -> bool {
        match &ty.qself {
            Some(_) => mentions(ty, &self.params),
            None => starts_with_param(&ty.path, &self.params),
        }
    }
}

impl<'ast> Visit<'ast> for Used {
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        if ty
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "PhantomData")
        {
            return;
        }
        if !self.needs_bound(ty) {
            visit::visit_type_path(self, ty);
        } else if self.seen.insert(ty.to_token_stream().to_string()) {
            self.types.push(ty.clone());
        }
    }

    /// A reference owns nothing.
    fn visit_type_reference(&mut self, _: &'ast TypeReference) {}

    /// A function pointer holds no value of its parameters' types.
    fn visit_type_bare_fn(&mut self, _: &'ast TypeBareFn) {}

    /// A trait object is `Trace` through its own trait, whatever that is given as parameters.
    fn visit_type_trait_object(&mut self, _: &'ast TypeTraitObject) {}
}

/// Whether `path` is `T` or `T::Assoc` with `T` one of `params`.
fn starts_with_param(path: &Path, params: &HashSet<Ident>) -> bool {
    path.leading_colon.is_none()
        && path
            .segments
            .first()
            .is_some_and(|first| params.contains(&first.ident))
}

/// Whether the type can be unsized, as far as its syntax tells: then its last field is a slice, a
/// `str` or a trait object, or uses a type parameter that is `?Sized`.
pub(crate) fn may_be_unsized(input: &Input<'_>) -> bool {
    let Some(tail) = input.tail() else {
        return false;
    };
    is_unsized(tail.ty) || mentions(tail.ty, &unsized_params(input.generics))
}

/// The generics of a type that can be unsized, with all parameters sized; `None` if it is unsized
/// whatever they are.
pub(crate) fn sized(input: &Input<'_>) -> Option<Generics> {
    if input.tail().is_some_and(|tail| is_unsized(tail.ty)) {
        return None;
    }
    let mut generics = input.generics.clone();
    let sized = |bounds: &mut Punctuated<TypeParamBound, Token![+]>| {
        let kept = bounds.iter().filter(|bound| !is_maybe(bound)).cloned();
        *bounds = kept.collect();
    };
    generics
        .type_params_mut()
        .for_each(|param| sized(&mut param.bounds));
    let predicates = generics.where_clause.iter_mut();
    for predicate in predicates.flat_map(|clause| &mut clause.predicates) {
        if let WherePredicate::Type(of) = predicate {
            sized(&mut of.bounds);
        }
    }
    Some(generics)
}

/// Whether `ty` is one of the unsized types that the language has.
fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) | Type::TraitObject(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        Type::Group(group) => is_unsized(&group.elem),
        Type::Paren(paren) => is_unsized(&paren.elem),
        _ => false,
    }
}

/// The type parameters that are `?Sized`, where they are declared or in the where-clause.
fn unsized_params(generics: &Generics) -> HashSet<Ident> {
    let inline = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) if param.bounds.iter().any(is_maybe) => Some(param.ident.clone()),
        _ => None,
    });
    let predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let clause = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(of) if of.bounds.iter().any(is_maybe) => match &of.bounded_ty {
            Type::Path(ty) => ty.path.get_ident().cloned(),
            _ => None,
        },
        _ => None,
    });
    inline.chain(clause).collect()
}

/// Whether `bound` is `?Sized`.
fn is_maybe(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(of) if matches!(of.modifier, TraitBoundModifier::Maybe(_)))
}

/// Whether one of `names` occurs anywhere in `tokens`.
fn mentions(tokens: impl ToTokens, names: &HashSet<Ident>) -> bool {
    tokens
        .into_token_stream()
        .into_iter()
        .any(|token| match token {
            TokenTree::Ident(ident) => names.contains(&ident),
            TokenTree::Group(group) => mentions(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
}

//! The input in the form that the rest works with: a struct is an enum of one variant, and
//! tuple fields are fields whose name is a number.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, Index, Member, Token, Type};

use crate::attr::{Attrs, Place};
use crate::errors::Errors;

/// A type under `#[derive(Trace)]`.
pub(crate) struct Input<'a> {
    /// Its name.
    pub(crate) ident: &'a Ident,
    /// Its parameters, with their bounds and defaults.
    pub(crate) generics: &'a Generics,
    /// What `#[trace(..)]` says on it.
    pub(crate) attrs: Attrs,
    /// Its variants; one, without a name, for a struct; none for a union.
    pub(crate) variants: Vec<Variant<'a>>,
    /// The keyword, if it is a union.
    pub(crate) union: Option<Token![union]>,
    /// The word `packed`, if it is packed.
    pub(crate) packed: Option<Ident>,
}

/// A variant of an enum, or the body of a struct.
pub(crate) struct Variant<'a> {
    /// The name; a struct has none.
    pub(crate) ident: Option<&'a Ident>,
    /// The fields in order.
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field of a variant.
pub(crate) struct Field<'a> {
    /// Its name or number.
    pub(crate) member: Member,
    /// Its type.
    pub(crate) ty: &'a Type,
    /// Whether the derived impl calls into it.
    pub(crate) traced: bool,
}

impl<'a> Input<'a> {
    /// Reads the whole input.
    pub(crate) fn from_syn(ast: &'a DeriveInput, errors: &mut Errors) -> Self {
        let attrs = Attrs::from_syn(&ast.attrs, Place::Type, errors);
        let leaf = attrs.leaf.is_some();
        let (variants, union) = match &ast.data {
            Data::Struct(data) => (vec![Variant::from_struct(&data.fields, leaf, errors)], None),
            Data::Enum(data) => {
                let read = |variant| Variant::from_syn(variant, leaf, errors);
                (data.variants.iter().map(read).collect(), None)
            }
            Data::Union(data) => (Vec::new(), Some(data.union_token)),
        };
        let packed = packed(&ast.attrs);
        Self {
            ident: &ast.ident,
            generics: &ast.generics,
            attrs,
            variants,
            union,
            packed,
        }
    }

    /// The fields that the derived impl calls into, of all variants.
    pub(crate) fn traced_fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.variants.iter().flat_map(Variant::traced_fields)
    }

    /// Whether there is any such field.
    pub(crate) fn has_traced_field(&self) -> bool {
        self.traced_fields().next().is_some()
    }

    /// The last field of a struct, the only one that can be unsized.
    pub(crate) fn tail(&self) -> Option<&Field<'a>> {
        match self.variants.as_slice() {
            [
                Variant {
                    ident: None,
                    fields,
                },
            ] => fields.last(),
            _ => None,
        }
    }
}

impl<'a> Variant<'a> {
    /// Reads the body of a struct.
    fn from_struct(fields: &'a Fields, leaf: bool, errors: &mut Errors) -> Self {
        Self {
            ident: None,
            fields: read_fields(fields, !leaf, errors),
        }
    }

    /// Reads a variant of an enum, which is a leaf or not.
    fn from_syn(variant: &'a syn::Variant, leaf: bool, errors: &mut Errors) -> Self {
        let attrs = Attrs::from_syn(&variant.attrs, Place::Variant, errors);
        let traced = !leaf && attrs.skip.is_none();
        Self {
            ident: Some(&variant.ident),
            fields: read_fields(&variant.fields, traced, errors),
        }
    }

    /// The fields that the derived impl calls into.
    pub(crate) fn traced_fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.traced)
    }
}

/// Reads the fields; `traced` says whether those without `skip` are.
fn read_fields<'a>(fields: &'a Fields, traced: bool, errors: &mut Errors) -> Vec<Field<'a>> {
    let mut read = Vec::with_capacity(fields.len());
    for (number, field) in fields.iter().enumerate() {
        let attrs = Attrs::from_syn(&field.attrs, Place::Field, errors);
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(number)),
        };
        read.push(Field {
            member,
            ty: &field.ty,
            traced: traced && attrs.skip.is_none(),
        });
    }
    read
}

/// The word `packed` of `#[repr(packed)]` or `#[repr(packed(n))]`.
fn packed(attrs: &[Attribute]) -> Option<Ident> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("repr"))
        .find_map(|attr| {
            let list = attr.parse_args_with(Punctuated::<syn::Meta, Token![,]>::parse_terminated);
            let words = list
                .ok()?
                .into_iter()
                .filter_map(|meta| meta.path().get_ident().cloned());
            words.into_iter().find(|word| word == "packed")
        })
}

impl ToTokens for Variant<'_> {
    /// The path of the variant: `Self` or `Self::Name`.
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        match self.ident {
            Some(ident) => quote::quote!(Self::#ident).to_tokens(tokens),
            None => quote::quote!(Self).to_tokens(tokens),
        }
    }
}

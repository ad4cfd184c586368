//! The mistakes found so far, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Accumulates errors while the input is read and checked.
#[derive(Default)]
#[must_use = "errors that nobody reports let a wrong input through"]
pub(crate) struct Errors {
    list: Vec<syn::Error>,
}

impl Errors {
    /// Adds an error whose span is that of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error of the parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.list.push(error);
    }

    /// A `compile_error!` for each error, or nothing if there is none.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        let errors = self.list.iter().map(syn::Error::to_compile_error);
        if self.list.is_empty() {
            None
        } else {
            Some(errors.collect())
        }
    }
}

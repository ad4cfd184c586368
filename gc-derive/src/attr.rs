//! `#[trace(..)]`: from tokens to values with spans.

use proc_macro2::{Span, TokenTree};
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Path, Token, WherePredicate};

use crate::errors::Errors;

/// What an attribute is written on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A struct, an enum or a union.
    Type,
    /// A variant of an enum.
    Variant,
    /// A field of a struct or of a variant.
    Field,
}

impl Place {
    /// The word for it in a message.
    fn word(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Variant => "variant",
            Self::Field => "field",
        }
    }
}

/// The words that `#[trace(..)]` knows.
#[derive(Clone, Copy)]
enum Key {
    Skip,
    Leaf,
    Finalize,
    Bound,
    Crate,
}

impl Key {
    /// The key that `path` names, if it is one.
    fn from_path(path: &Path) -> Option<Self> {
        let ident = path.get_ident()?;
        [
            Self::Skip,
            Self::Leaf,
            Self::Finalize,
            Self::Bound,
            Self::Crate,
        ]
        .into_iter()
        .find(|key| ident == key.word())
    }

    /// How it is written.
    fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Leaf => "leaf",
            Self::Finalize => "finalize",
            Self::Bound => "bound",
            Self::Crate => "crate",
        }
    }

    /// Whether it may be written on `place`.
    fn fits(self, place: Place) -> bool {
        matches!(self, Self::Skip) != (place == Place::Type)
    }

    /// The message for a key that does not fit `place`.
    fn misplaced(self, place: Place) -> String {
        let (word, place) = (self.word(), place.word());
        match self {
            Self::Skip => "`#[trace(skip)]` belongs on a field or a variant: use \
                           `#[trace(leaf)]` for a type none of whose fields is to be traced"
                .to_owned(),
            Self::Leaf => format!(
                "`#[trace(leaf)]` belongs on the type: use `#[trace(skip)]` for a {place} that is \
                 not to be traced"
            ),
            Self::Finalize | Self::Bound | Self::Crate => format!(
                "`#[trace({word})]` belongs on the type, not on a {place}: move it next to \
                 `#[derive(Trace)]`"
            ),
        }
    }
}

/// All that the `#[trace(..)]` attributes of one type, variant or field say.
#[derive(Default)]
pub(crate) struct Attrs {
    /// Where `skip` stands.
    pub(crate) skip: Option<Span>,
    /// Where `leaf` stands.
    pub(crate) leaf: Option<Span>,
    /// Where `finalize` stands.
    pub(crate) finalize: Option<Span>,
    /// The predicates of `bound = ".."`.
    pub(crate) bound: Option<Vec<WherePredicate>>,
    /// The path of `crate = ..`.
    pub(crate) krate: Option<Path>,
}

impl Attrs {
    /// Reads the `#[trace(..)]` attributes among `attrs`, which stand on `place`.
    pub(crate) fn from_syn(attrs: &[Attribute], place: Place, errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("trace")) {
            let result = attr.parse_nested_meta(|meta| parsed.read(&meta, place, errors));
            if let Err(error) = result {
                errors.push(error);
            }
        }
        parsed
    }

    /// Reads one item of the list in parentheses. A wrong one is passed over, so that the rest of
    /// the list is read too.
    fn read(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        place: Place,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let Some(key) = Key::from_path(&meta.path) else {
            errors.at(&meta.path, unknown(&meta.path));
            return pass_over_value(meta);
        };
        if !key.fits(place) {
            errors.at(&meta.path, key.misplaced(place));
            return pass_over_value(meta);
        }
        if self.has(key) {
            let message = format!(
                "duplicate attribute `{}`: remove one of the two",
                key.word()
            );
            errors.at(&meta.path, message);
            return pass_over_value(meta);
        }
        self.set(key, meta)
    }

    /// Whether `key` was there already.
    fn has(&self, key: Key) -> bool {
        match key {
            Key::Skip => self.skip.is_some(),
            Key::Leaf => self.leaf.is_some(),
            Key::Finalize => self.finalize.is_some(),
            Key::Bound => self.bound.is_some(),
            Key::Crate => self.krate.is_some(),
        }
    }

    /// Keeps `key`, with the value that follows it, if it takes one.
    fn set(&mut self, key: Key, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let span = meta.path.span();
        match key {
            Key::Skip => self.skip = Some(span),
            Key::Leaf => self.leaf = Some(span),
            Key::Finalize => self.finalize = Some(span),
            Key::Bound => self.bound = Some(bound_value(meta)?),
            Key::Crate => self.krate = Some(crate_value(meta)?),
        }
        Ok(())
    }
}

/// The message for a word that is not known.
fn unknown(path: &Path) -> String {
    let word = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>();
    format!(
        "unknown attribute `{}` in `#[trace(..)]`: a type takes `leaf`, `finalize`, `bound` and \
         `crate`, a field or a variant takes `skip`",
        word.join("::")
    )
}

/// Consumes whatever follows the word, up to the next comma.
fn pass_over_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        meta.input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Reads `= "T: Foo, U: Bar"`.
fn bound_value(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<WherePredicate>> {
    let text: LitStr = meta.value()?.parse()?;
    let predicates = text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated)?;
    Ok(predicates.into_iter().collect())
}

/// Reads `= some::path` or `= "some::path"`.
fn crate_value(meta: &ParseNestedMeta<'_>) -> syn::Result<Path> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        value.parse::<LitStr>()?.parse_with(Path::parse_mod_style)
    } else {
        value.call(Path::parse_mod_style)
    }
}

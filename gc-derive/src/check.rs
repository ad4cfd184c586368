//! The rules that need the whole input.

use crate::errors::Errors;
use crate::model::Input;

/// Adds an error for each rule that `input` breaks.
pub(crate) fn check(input: &Input<'_>, errors: &mut Errors) {
    not_a_union(input, errors);
    not_packed(input, errors);
}

/// Nobody can know which field of a union is valid.
fn not_a_union(input: &Input<'_>, errors: &mut Errors) {
    if let Some(union) = &input.union {
        errors.at(
            union,
            "`#[derive(Trace)]` cannot know which field of a union is valid: use an enum, or \
             implement `Trace` by hand",
        );
    }
}

/// There are no references to the fields of a packed struct, and tracing needs them.
fn not_packed(input: &Input<'_>, errors: &mut Errors) {
    if let Some(packed) = &input.packed
        && input.has_traced_field()
    {
        errors.at(
            packed,
            "`#[derive(Trace)]` cannot borrow the fields of a packed struct: remove `packed`, or \
             put `#[trace(leaf)]` on a type without handles, or `#[trace(skip)]` on every field",
        );
    }
}

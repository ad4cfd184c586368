//! `#[derive(Trace)]` for the garbage-collecting smart pointer `gordian`.
//!
//! `gordian` re-exports the macro; [`derive@Trace`] is the reference of its attributes.
//!
//! The way through the crate: `attr` reads attributes and `model` the whole input, `check` applies
//! the rules that need all of it, `bounds` decides the where-clause, `expand` writes the impls.
//! All mistakes are gathered in `errors` and reported together.

#![forbid(unsafe_code)]

mod attr;
mod bounds;
mod check;
mod errors;
mod expand;
mod model;
#[cfg(test)]
mod snapshot;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `gordian::Trace` for a struct or an enum.
///
/// The implementation reports what every field reports. A type parameter `T` that a traced field
/// uses is given the bound `T: Trace`, likewise `T::Item: Trace` where a field uses an associated
/// type. Parameters that occur only in `PhantomData`, in references, in function pointers, in trait
/// objects or in skipped fields get none, and there are no bounds on the types of fields: recursive
/// types work.
///
/// # Attributes of a type
///
/// | attribute | effect |
/// |---|---|
/// | `#[trace(leaf)]` | No field is traced, whatever its type, and the type is `Leaf`: it can stand in an `Rc` or an `Arc`, and a `Gc` of it costs what an `Rc` costs. For types that hold no handles. |
/// | `#[trace(finalize)]` | The type has a finalizer: `impl Finalize` is then demanded, and allowed. |
/// | `#[trace(bound = "T: Trace + Clone, U: Trace")]` | Replaces the bounds that would be inferred. |
/// | `#[trace(crate = some::path)]` | Where `gordian` is found, if not at `::gordian`; for macros and for renamed dependencies. |
///
/// # Attributes of a field or variant
///
/// | attribute | effect |
/// |---|---|
/// | `#[trace(skip)]` | The field, or each field of the variant, is not looked into and need not be `Trace`. Handles in it count as held from outside: what they point to lives as long as they do, and a cycle through them is never collected. Finalizers of values in it do not run. |
///
/// # `Drop`
///
/// A type with a traced field cannot implement `Drop`: during a collection such a `drop` could
/// follow a handle to a value that is gone already. The derive makes this the compile error
/// "conflicting implementations of trait `TracedTypesCannotImplementDropUseFinalizeOrTraceLeaf`",
/// and the name says what to do: implement `Finalize` and add `#[trace(finalize)]`, or, if the
/// type holds no handles, add `#[trace(leaf)]`.
///
/// A type none of whose fields is traced can implement `Drop`: a leaf, a unit struct, an enum
/// without fields, a type all of whose fields are skipped. The usual way out is therefore to move
/// the field that needs cleaning up to a leaf type of its own.
///
/// # What is an error
///
/// * A union: nobody can know which of its fields is valid.
/// * A packed struct with a traced field, since no reference to such a field exists.
/// * An attribute that is unknown, in the wrong place or given twice.
///
/// # Unsized types
///
/// The last field may be unsized. What the type says about its values (`Trace::facts`) is then
/// left at its default, "anything is possible", also if only the type parameter of the last field
/// is `?Sized`.
///
/// # Examples
///
/// ```ignore
/// use gordian::{Finalize, Gc, Trace};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// #[trace(finalize)]
/// struct Connection {
///     peers: RefCell<Vec<Gc<Connection>>>,
///     #[trace(skip)]
///     socket: std::net::TcpStream,
/// }
///
/// impl Finalize for Connection {
///     fn finalize(&self) {
///         let _ = self.socket.shutdown(std::net::Shutdown::Both);
///     }
/// }
/// ```
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).into()
}

//! Short inputs and their whole expansion, compared with the files in `snapshots/`.
//!
//! With `GORDIAN_BLESS` in the environment the files are written instead of compared: read the
//! difference before keeping it.

use std::path::Path;
use std::{env, fs};

use syn::DeriveInput;

use crate::expand;

/// The formatted expansion of `input`.
fn expansion(input: &str) -> String {
    let input: DeriveInput = syn::parse_str(input).expect("the input is an item");
    let file = syn::parse2(expand::derive(&input)).expect("the expansion is a list of items");
    prettyplease::unparse(&file)
}

/// Compares the expansion of `input` with `snapshots/name.rs`.
#[track_caller]
fn check(name: &str, input: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/snapshots")
        .join(name);
    let path = path.with_extension("rs");
    let actual = expansion(input);
    if env::var_os("GORDIAN_BLESS").is_some() {
        fs::write(&path, &actual).expect("the snapshot can be written");
    }
    let expected = fs::read_to_string(&path).expect("the snapshot can be read");
    assert_eq!(
        actual,
        expected,
        "the expansion differs from {}",
        path.display()
    );
}

/// The messages of the errors in `input`, in order.
fn messages(input: &str) -> Vec<String> {
    let expansion = expansion(input);
    let lines = expansion.lines().map(str::trim);
    let messages = lines.filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    messages.map(str::to_owned).collect()
}

#[test]
fn struct_with_named_fields() {
    check(
        "named",
        "struct Node { name: String, peers: RefCell<Vec<Gc<Node>>> }",
    );
}

#[test]
fn generic_struct() {
    check(
        "generic",
        "struct Entry<'a, K: Eq, I: Iterator = Empty, P = (), const N: usize = 2>
         where K: Hash
         { keys: [K; N], item: Option<I::Item>, marker: PhantomData<P>, call: fn(&'a P), last: K }",
    );
}

#[test]
fn enum_of_all_shapes() {
    check(
        "enumeration",
        "enum Shape<T> {
            Unit,
            Tuple(T, #[trace(skip)] Foreign, u32),
            Named { left: Gc<Self>, right: Gc<Self> },
            #[trace(skip)] Skipped(Foreign),
        }",
    );
}

#[test]
fn types_without_traced_fields_may_implement_drop() {
    check("unit", "struct Unit;");
    check("empty_enum", "enum Void {}");
    check("all_skipped", "struct Wrapper(#[trace(skip)] Foreign);");
}

#[test]
fn type_with_finalizer() {
    check(
        "finalize",
        "#[trace(finalize)] struct Session(u32, Option<Gc<Session>>);",
    );
}

#[test]
fn leaf_type() {
    check(
        "leaf",
        "#[trace(leaf)] struct Texture<T> { pixels: Vec<T>, owner: Foreign }",
    );
    check(
        "leaf_finalize",
        "#[trace(leaf, finalize)] struct File { handle: Foreign }",
    );
}

#[test]
fn bounds_given_by_the_user() {
    check(
        "bound",
        r#"#[trace(bound = "T: Trace + Clone, U: Leaf")] struct Pair<T, U>(T, Rc<U>);"#,
    );
}

#[test]
fn parameters_that_no_field_owns_get_no_bound() {
    for field in [
        "PhantomData<T>",
        "&'static [T]",
        "fn(T) -> T",
        "Box<dyn Shape<T>>",
    ] {
        let expansion = expansion(&format!("struct S<T>({field});"));
        assert!(
            !expansion.contains("    T: ::gordian::__private::Trace,"),
            "{field}"
        );
    }
    let owned = expansion("struct S<T>(Vec<T>);");
    assert!(
        owned.contains("    T: ::gordian::__private::Trace,"),
        "{owned}"
    );
}

#[test]
fn path_of_the_crate() {
    check(
        "crate_path",
        "#[trace(crate = some::gordian)] struct Holder(u32);",
    );
    let quoted = expansion(r#"#[trace(crate = "some::gordian")] struct Holder(u32);"#);
    assert_eq!(
        quoted,
        expansion("#[trace(crate = some::gordian)] struct Holder(u32);")
    );
}

#[test]
fn unsized_tail_leaves_the_facts_at_their_default() {
    check(
        "unsized_tail",
        "struct Tail<T: ?Sized> { length: usize, tail: T }",
    );
    for input in [
        "struct S(u8, [u8]);",
        "struct S(str);",
        "struct S<T>(Box<T>) where T: ?Sized;",
    ] {
        assert!(!expansion(input).contains("fn facts"), "{input}");
    }
    assert!(expansion("struct S<T: ?Sized>(Box<T>, u8);").contains("fn facts"));
}

#[test]
fn errors_come_with_an_impl_in_place_of_the_right_one() {
    check(
        "fallback",
        "#[trace(skip, lief)] struct Node<T: Clone> { next: Option<Gc<Node<T>>> }",
    );
    check("fallback_union", "union Number { whole: u64, float: f64 }");
}

#[test]
fn all_errors_are_reported_at_once() {
    let found = messages(
        "#[repr(packed)] #[trace(finalise = 3, finalize)] #[trace(finalize)]
         struct Node { #[trace(bound = \"T: Trace\", skip, skip)] next: Foreign, other: Foreign }",
    );
    let starts = [
        "unknown attribute `finalise`",
        "duplicate attribute `finalize`",
    ];
    let further = [
        "`#[trace(bound)]` belongs",
        "duplicate attribute `skip`",
        "`#[derive(Trace)]`",
    ];
    assert_eq!(found.len(), 5, "{found:#?}");
    for (message, start) in found.iter().zip(starts.into_iter().chain(further)) {
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn malformed_attributes_are_errors_and_not_panics() {
    for input in [
        "#[trace] struct S;",
        "#[trace = 1] struct S;",
        "#[trace(leaf = 1)] struct S;",
        "#[trace(bound)] struct S;",
        "#[trace(bound = \"T\")] struct S;",
        "#[trace(crate = 1)] struct S;",
        "#[trace(::leaf::x(1, 2))] struct S;",
        "#[trace(1)] struct S;",
    ] {
        assert!(expansion(input).contains("compile_error!"), "{input}");
    }
}

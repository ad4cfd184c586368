//! The source of a program of random types and values.

use std::fmt::Write;

use super::definition::{Definition, Definitions, Field, Parameter, Style, Type, Variant};
use super::value::{Heap, LOCAL, PLAIN, Place, SYNC};
use crate::oracle::Random;

/// What all programs begin with.
const PRELUDE: &str = "\
#![allow(warnings)]
use std::cell::*;
use std::cmp::Reverse;
use std::collections::*;
use std::marker::PhantomData;
use std::sync::{Mutex, OnceLock, RwLock};
use gordian_tests::DropProbe;
fn same<T>(it: T) -> T { it }
";

/// The source of a program with that many types, and twice as many values.
#[must_use]
pub fn source(seed: u64, types: usize) -> String {
    let mut random = Random::new(seed);
    let heap = if seed.is_multiple_of(2) { LOCAL } else { SYNC };
    let mut definitions = Definitions::new(&mut random, &heap);
    (0..types).for_each(|_| definitions.add());
    let mut checks = String::new();
    for number in 0..2 * types {
        let of = definitions.whole(number % types);
        let name = definitions.written(&of);
        let value = definitions.value(&of, Place::default());
        let _ = writeln!(
            checks,
            "    check({name:?}, |m: &Made| -> {name} {{ {value} }});"
        );
    }
    let mut source = format!("// Seed {seed}.\n{PRELUDE}");
    let name = heap.name;
    let _ = writeln!(
        source,
        "use gordian_tests::derived::{name}::{{Handle, Made, Opaque, check, finalized}};\n"
    );
    for index in 0..types {
        source += &Names::of(&definitions, index).definition();
    }
    source + "fn main() {\n" + &checks + "}\n"
}

impl Definitions<'_> {
    /// A type without parameters.
    pub(super) fn written(&self, of: &Type) -> String {
        Names::of(self, 0).written(of)
    }
}

/// What is in scope in a definition.
struct Names<'a> {
    all: &'a [Definition],
    heap: &'a Heap,
    own: &'a Definition,
}

impl<'a> Names<'a> {
    fn of(definitions: &'a Definitions<'_>, index: usize) -> Self {
        Self {
            all: &definitions.all,
            heap: definitions.heap,
            own: &definitions.all[index],
        }
    }

    /// A type.
    fn written(&self, of: &Type) -> String {
        match of {
            Type::Handle => "Handle".to_owned(),
            Type::Opaque => "Opaque".to_owned(),
            Type::Plain(number) => PLAIN[*number].0.to_owned(),
            Type::In(container, of) => {
                let container = self.heap.containers[*container].name;
                container.replace('$', &self.written(of))
            }
            Type::Tuple(types) => {
                let types = types.iter().map(|of| self.written(of) + ",");
                format!("({})", types.collect::<String>())
            }
            Type::Array(of, length) => {
                format!("[{}; {}]", self.written(of), self.written(length))
            }
            Type::Length(length) => length.to_string(),
            Type::Parameter(index) => match self.own.parameters[*index] {
                Parameter::Items => format!("{}::Item", named(*index)),
                _ => named(*index),
            },
            Type::Phantom(of) => format!("PhantomData<{}>", self.written(of)),
            Type::Borrowed => "PhantomData<&'a u8>".to_owned(),
            Type::Defined(index, arguments) => self.applied(&self.all[*index], arguments),
            Type::Myself => format!("Option<Box<{}>>", self.myself()),
        }
    }

    /// A definition with arguments.
    fn applied(&self, definition: &Definition, arguments: &[Type]) -> String {
        let mut list = Vec::new();
        if definition.has_lifetime {
            list.push("'static".to_owned());
        }
        for (parameter, of) in definition.parameters.iter().zip(arguments) {
            let of = self.written(of);
            list.push(match parameter {
                Parameter::Items => format!("std::vec::IntoIter<{of}>"),
                _ => of,
            });
        }
        format!("{}{}", definition.name, bracketed(&list))
    }

    /// The type that is defined, with its parameters.
    fn myself(&self) -> String {
        let mut list = Vec::new();
        if self.own.has_lifetime {
            list.push("'a".to_owned());
        }
        list.extend((0..self.own.parameters.len()).map(named));
        format!("{}{}", self.own.name, bracketed(&list))
    }

    /// The parameters, as they are declared.
    fn declared(&self) -> String {
        let mut list = Vec::new();
        if self.own.has_lifetime {
            list.push("'a".to_owned());
        }
        for (index, parameter) in self.own.parameters.iter().enumerate() {
            let name = named(index);
            list.push(match parameter {
                Parameter::Traced | Parameter::Free => name,
                Parameter::Items => format!("{name}: Iterator"),
                Parameter::Length => format!("const {name}: usize"),
            });
        }
        bracketed(&list)
    }

    fn definition(&self) -> String {
        let own = self.own;
        let mut text = String::from("#[derive(gordian::Trace)]\n");
        for attribute in self.attributes() {
            let _ = writeln!(text, "#[trace({attribute})]");
        }
        let (name, declared) = (&own.name, self.declared());
        let variants: Vec<_> = own.variants.iter().map(|it| self.variant(it)).collect();
        let _ = if own.is_enum {
            writeln!(text, "enum {name}{declared} {{ {} }}", variants.join(", "))
        } else {
            let end = match own.variants[0].style {
                Style::Named => "",
                _ => ";",
            };
            writeln!(text, "struct {name}{declared}{}{end}", variants[0])
        };
        if own.has_finalizer {
            let _ = writeln!(
                text,
                "impl{declared} gordian::Finalize for {} {{ fn finalize(&self) {{ finalized() }} }}",
                self.myself()
            );
        }
        text + "\n"
    }

    fn attributes(&self) -> Vec<String> {
        let own = self.own;
        let mut attributes = Vec::new();
        if own.is_leaf {
            attributes.push("leaf".to_owned());
        }
        if own.has_finalizer {
            attributes.push("finalize".to_owned());
        }
        if own.is_explicit {
            attributes.push("crate = ::gordian".to_owned());
            let parameters = own.parameters.iter().enumerate();
            let bounds = parameters.filter_map(|(index, parameter)| match parameter {
                Parameter::Traced => Some(format!("{}: gordian::Trace", named(index))),
                Parameter::Items => Some(format!("{}::Item: gordian::Trace", named(index))),
                Parameter::Length | Parameter::Free => None,
            });
            let bounds: Vec<_> = bounds.collect();
            attributes.push(format!("bound = {:?}", bounds.join(", ")));
        }
        attributes
    }

    fn variant(&self, variant: &Variant) -> String {
        let fields = variant
            .fields
            .iter()
            .map(|field| self.field(variant.style, field));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let skip = if variant.is_skipped {
            "#[trace(skip)] "
        } else {
            ""
        };
        let fields = match variant.style {
            Style::Unit => String::new(),
            Style::Tuple => format!("({fields})"),
            Style::Named => format!(" {{ {fields} }}"),
        };
        format!("{skip}{}{fields}", variant.name)
    }

    fn field(&self, style: Style, field: &Field) -> String {
        let skip = if field.is_skipped {
            "#[trace(skip)] "
        } else {
            ""
        };
        let of = self.written(&field.of);
        match style {
            Style::Named => format!("{skip}{}: {of}", field.name),
            _ => format!("{skip}{of}"),
        }
    }
}

/// The name of a parameter.
fn named(index: usize) -> String {
    char::from(b'A' + index as u8).to_string()
}

fn bracketed(list: &[String]) -> String {
    if list.is_empty() {
        String::new()
    } else {
        format!("<{}>", list.join(", "))
    }
}

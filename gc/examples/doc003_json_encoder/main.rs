//! A JSON encoder whose functions hold each other through cells, and stay when it is done.
//!
//! `cargo run --example doc003_json_encoder`
//!
//! Each encoding makes three closures that call each other through three variables, and that hold
//! the encoder by its hook for what JSON does not know. They are a cycle, which lingers until it is
//! collected, and the encoder with it; unless somebody closes them.

pub(crate) mod encoder;
mod text;

use std::io::{self, Write};

use encoder::{Default, EncodeError, IterEncode, Value, make_iterencode};
use gordian::{Gc, Trace, closure, gc, unsize};

/// Knows what to write for some kinds of values.
#[derive(Trace)]
struct Encoder {
    kinds: Vec<(&'static str, &'static str)>,
    parent: Option<Gc<Encoder>>,
}

impl Encoder {
    fn new() -> Gc<Self> {
        Gc::new(Self {
            kinds: vec![("set", "items"), ("point", "coordinates")],
            parent: None,
        })
    }

    /// The hook: an object with one entry, named for the kind.
    fn default(&self, value: &Value) -> Result<Gc<Value>, EncodeError> {
        let Value::Other(kind, parts) = value else {
            return Err(EncodeError::NotSerializable("unknown".to_string()));
        };
        let known = self.kinds.iter().find(|(known, _)| known == kind);
        match (known, &self.parent) {
            (Some((_, name)), _) => {
                let parts = Value::array(parts.borrow().iter().cloned());
                Ok(Value::object([(*name, parts)]))
            }
            (None, Some(parent)) => parent.default(value),
            (None, None) => Err(EncodeError::NotSerializable(kind.clone())),
        }
    }
}

/// The functions that encode for this encoder.
fn iterencode(encoder: &Gc<Encoder>) -> IterEncode {
    let hook = closure!(
        [encoder = encoder.clone()]
        |value: &Gc<Value>| -> Result<Gc<Value>, EncodeError> { encoder.default(value) }
    );
    make_iterencode(unsize!(Gc::new(hook) => Default))
}

/// Encodes, and drops the functions, without closing them.
fn encode(encoder: &Gc<Encoder>, value: &Gc<Value>) -> Result<String, EncodeError> {
    let functions = iterencode(encoder);
    functions.encode(value)
}

/// The same with an encoder that is dropped, too.
fn encode_once(value: &Gc<Value>) -> Result<String, EncodeError> {
    let encoder = Encoder::new();
    encode(&encoder, value)
}

fn sample() -> Gc<Value> {
    let int = |n| Gc::new(Value::Int(n));
    Value::object([
        ("name", Value::text("Gordian \"knot\"\n")),
        ("years", Value::array([int(-333), int(2026)])),
        ("length", Gc::new(Value::Float(1.5))),
        ("untied", Gc::new(Value::Bool(true))),
        ("by", Gc::new(Value::Null)),
        (
            "ends",
            Value::other("set", [int(1), Value::other("point", [int(2), int(3)])]),
        ),
    ])
}

/// Says what came of it, and what it left to the collector.
fn show(out: &mut dyn Write, title: &str, encoded: Result<String, EncodeError>) -> io::Result<()> {
    writeln!(out, "{title}:")?;
    match encoded {
        Ok(json) => writeln!(out, "  {json}")?,
        Err(error) => writeln!(out, "  error: {error}")?,
    }
    writeln!(out, "  collected {}", gc::collect())
}

/// An array that contains itself.
fn circular() -> (Gc<Value>, Gc<Value>) {
    let outer = Value::array([]);
    let inner = Value::object([("outer", outer.clone())]);
    if let Value::Array(elements) = &*outer {
        elements.borrow_mut().push(inner.clone());
    }
    (outer, inner)
}

/// The whole example.
pub(crate) fn run(out: &mut dyn Write) -> io::Result<()> {
    let _pause = gc::pause();
    gc::collect();
    let value = sample();
    let encoder = Encoder::new();
    let encoded = encode(&encoder, &value);
    show(out, "with the encoder held", encoded)?;
    let functions = iterencode(&encoder);
    let encoded = functions.encode(&value);
    functions.close();
    drop((functions, encoder));
    show(out, "closed", encoded)?;
    show(out, "with the encoder let go", encode_once(&value))?;

    let unknown = Value::array([Value::other("socket", [])]);
    show(out, "unknown to the hook", encode_once(&unknown))?;
    let twice = Value::array([value.clone(), value]);
    let encoded = encode_once(&twice);
    drop(twice);
    let length = encoded.map(|json| format!("{} bytes", json.len()));
    show(out, "the same value twice", length)?;
    let (outer, inner) = circular();
    show(out, "circular", encode_once(&inner))?;
    drop((outer, inner));
    writeln!(out, "that value itself:\n  collected {}", gc::collect())
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}

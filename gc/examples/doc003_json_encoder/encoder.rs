//! A JSON encoder of three functions that call each other: one for any value, one for arrays, one
//! for objects. They are closures over three variables, each of which holds one of them.

use std::cell::RefCell;
use std::collections::HashSet;
use std::error::Error;
use std::fmt;

use gordian::{Call, Gc, Trace, closure, unsize};

use super::text::{push_float, push_string};

/// What can be encoded. Arrays and objects can be changed, so they may contain themselves.
#[derive(Trace)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    /// One that is not finite is encoded as `null`.
    Float(f64),
    Text(String),
    Array(RefCell<Vec<Gc<Value>>>),
    Object(RefCell<Vec<(String, Gc<Value>)>>),
    /// Something that JSON does not know: the default hook says what to write for it.
    Other(String, RefCell<Vec<Gc<Value>>>),
}

impl Value {
    pub(crate) fn array(values: impl IntoIterator<Item = Gc<Self>>) -> Gc<Self> {
        Gc::new(Self::Array(RefCell::new(values.into_iter().collect())))
    }

    pub(crate) fn object<'a>(entries: impl IntoIterator<Item = (&'a str, Gc<Self>)>) -> Gc<Self> {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (key.to_string(), value));
        Gc::new(Self::Object(RefCell::new(entries.collect())))
    }

    pub(crate) fn text(text: &str) -> Gc<Self> {
        Gc::new(Self::Text(text.to_string()))
    }

    pub(crate) fn other(kind: &str, parts: impl IntoIterator<Item = Gc<Self>>) -> Gc<Self> {
        Gc::new(Self::Other(
            kind.to_string(),
            RefCell::new(parts.into_iter().collect()),
        ))
    }
}

/// Why a value was not encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EncodeError {
    /// A value contains itself.
    Circular,
    /// The hook knows no better.
    NotSerializable(String),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Circular => f.write_str("Circular reference detected"),
            Self::NotSerializable(kind) => {
                write!(f, "Object of type {kind} is not JSON serializable")
            }
        }
    }
}

impl Error for EncodeError {}

/// Appends the encoding of a value.
type Encode = dyn for<'a> Call<(&'a Gc<Value>, &'a mut String), Output = Result<(), EncodeError>>;
/// A variable that holds a function.
type Variable = RefCell<Option<Gc<Encode>>>;
/// What to encode instead of a value of an unknown kind.
pub(crate) type Default =
    dyn for<'a> Call<(&'a Gc<Value>,), Output = Result<Gc<Value>, EncodeError>>;
/// The addresses of the values that are being encoded.
type Markers = Gc<RefCell<HashSet<usize>>>;

/// The three functions that encode, which hold each other.
pub(crate) struct IterEncode {
    any: Gc<Encode>,
    array: Gc<Encode>,
    object: Gc<Encode>,
}

impl IterEncode {
    /// Encodes a value.
    pub(crate) fn encode(&self, value: &Gc<Value>) -> Result<String, EncodeError> {
        let mut json = String::new();
        self.any.call((value, &mut json))?;
        Ok(json)
    }

    /// Empties the functions, so that they go without being collected.
    pub(crate) fn close(&self) {
        for function in [&self.any, &self.array, &self.object] {
            function.close();
        }
    }
}

/// Makes the functions that encode, with this hook.
pub(crate) fn make_iterencode(default: Gc<Default>) -> IterEncode {
    let [any, array, object] = [(); 3].map(|()| Gc::new(Variable::default()));
    let markers = Markers::default();
    let set = |variable: &Variable, function: Gc<Encode>| {
        *variable.borrow_mut() = Some(function.clone());
        function
    };
    IterEncode {
        array: set(&array, encode_array(any.clone(), markers.clone())),
        object: set(&object, encode_object(any.clone(), markers.clone())),
        any: set(
            &any,
            encode_any([any.clone(), array, object], markers, default),
        ),
    }
}

fn encode_any(variables: [Gc<Variable>; 3], markers: Markers, default: Gc<Default>) -> Gc<Encode> {
    let [any, array, object] = variables;
    let encode = closure!(
        [any, array, object, markers, default]
        |value: &Gc<Value>, json: &mut String| -> Result<(), EncodeError> {
            match &**value {
                Value::Null => json.push_str("null"),
                Value::Bool(bool) => json.push_str(if *bool { "true" } else { "false" }),
                Value::Int(int) => json.push_str(&int.to_string()),
                Value::Float(float) => push_float(*float, json),
                Value::Text(text) => push_string(text, json),
                Value::Array(_) => in_variable(array).call((value, json))?,
                Value::Object(_) => in_variable(object).call((value, json))?,
                Value::Other(..) => {
                    let mark = Mark::new(markers, value)?;
                    let instead = default.call((value,))?;
                    in_variable(any).call((&instead, json))?;
                    drop(mark);
                }
            }
            Ok(())
        }
    );
    unsize!(Gc::new(encode) => Encode)
}

fn encode_array(any: Gc<Variable>, markers: Markers) -> Gc<Encode> {
    let encode = closure!(
        [any, markers]
        |value: &Gc<Value>, json: &mut String| -> Result<(), EncodeError> {
            let Value::Array(elements) = &**value else { return Ok(()) };
            let _mark = Mark::new(markers, value)?;
            json.push('[');
            for (at, element) in elements.borrow().iter().enumerate() {
                push_comma(at, json);
                in_variable(any).call((element, json))?;
            }
            json.push(']');
            Ok(())
        }
    );
    unsize!(Gc::new(encode) => Encode)
}

fn encode_object(any: Gc<Variable>, markers: Markers) -> Gc<Encode> {
    let encode = closure!(
        [any, markers]
        |value: &Gc<Value>, json: &mut String| -> Result<(), EncodeError> {
            let Value::Object(entries) = &**value else { return Ok(()) };
            let _mark = Mark::new(markers, value)?;
            json.push('{');
            for (at, (key, value)) in entries.borrow().iter().enumerate() {
                push_comma(at, json);
                push_string(key, json);
                json.push(':');
                in_variable(any).call((value, json))?;
            }
            json.push('}');
            Ok(())
        }
    );
    unsize!(Gc::new(encode) => Encode)
}

fn push_comma(at: usize, json: &mut String) {
    if at > 0 {
        json.push(',');
    }
}

/// The function in a variable.
fn in_variable(variable: &Variable) -> Gc<Encode> {
    variable
        .borrow()
        .clone()
        .expect("set before the first call")
}

/// Marks a value as being encoded, until it goes.
struct Mark<'a>(&'a Markers, usize);

impl<'a> Mark<'a> {
    fn new(markers: &'a Markers, value: &Gc<Value>) -> Result<Self, EncodeError> {
        let address = Gc::as_ptr(value).addr();
        if !markers.borrow_mut().insert(address) {
            return Err(EncodeError::Circular);
        }
        Ok(Self(markers, address))
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(&self.1);
    }
}

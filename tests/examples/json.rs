//! The encoder of the example beside `serde_json`.

use std::cell::RefCell;

use gordian::{Gc, closure, gc, unsize};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::doc003_json_encoder::encoder::{
    Default, EncodeError, IterEncode, Value, make_iterencode,
};

/// The functions, with a hook that knows nothing.
fn iterencode() -> IterEncode {
    let hook = closure!([] |value: &Gc<Value>| -> Result<Gc<Value>, EncodeError> {
        match &**value {
            Value::Other(kind, _) => Err(EncodeError::NotSerializable(kind.clone())),
            _ => Ok(value.clone()),
        }
    });
    make_iterencode(unsize!(Gc::new(hook) => Default))
}

/// The same value for the example's encoder.
fn value_of(json: &Json) -> Gc<Value> {
    Gc::new(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match number.as_i128() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(elements) => {
            Value::Array(RefCell::new(elements.iter().map(value_of).collect()))
        }
        Json::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), value_of(value)));
            Value::Object(RefCell::new(entries.collect()))
        }
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        vec(prop_oneof![0_u8..0x80, Just(b'"'), Just(b'\\')], 0..8)
            .prop_map(|bytes| String::from_utf8(bytes).unwrap()),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        (-1e18_f64..1e18).prop_map(Json::from),
        (-400_i32..400, -30_i32..30).prop_map(|(n, e)| Json::from(f64::from(n) * 10_f64.powi(e))),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Json::from),
            vec((text(), inner), 0..6)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    })]

    #[test]
    fn encodes_like_serde_json(json in json()) {
        let functions = iterencode();
        let encoded = functions.encode(&value_of(&json));
        functions.close();
        prop_assert_eq!(encoded, Ok(json.to_string()));
        prop_assert_eq!(gc::collect(), 0);
    }

    #[test]
    fn floats_like_serde_json(bits in any::<u64>()) {
        let float = f64::from_bits(bits);
        let encoded = iterencode().encode(&Gc::new(Value::Float(float)));
        prop_assert_eq!(encoded, Ok(Json::from(float).to_string()));
    }
}

#[test]
fn corner_cases_like_serde_json() {
    let floats = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        1e-5,
        9.9e-6,
        1.25e-5,
        1e15,
        1e16,
        1.5e16,
        999_999_999_999_999.9,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::NAN,
        f64::INFINITY,
    ];
    // -596913432907624.25
    let between_two = f64::from_bits(0xc300_f71d_e90a_7b42);
    let powers = (-1074..1024).map(|n| 2_f64.powi(n));
    for float in floats.into_iter().chain(powers).chain([between_two]) {
        let encoded = iterencode().encode(&Gc::new(Value::Float(float)));
        assert_eq!(encoded, Ok(Json::from(float).to_string()));
    }
    let text: String = ('\0'..'\u{100}')
        .chain(['\u{2028}', '\u{fffd}', '\u{1f600}'])
        .collect();
    let encoded = iterencode().encode(&Value::text(&text));
    assert_eq!(encoded, Ok(Json::from(text).to_string()));
}

#[test]
fn what_contains_itself() {
    gc::disable();
    gc::collect();
    let functions = iterencode();
    let array = Value::array([]);
    let object = Value::object([("array", array.clone())]);
    let Value::Array(elements) = &*array else {
        unreachable!()
    };
    elements.borrow_mut().push(object.clone());
    for value in [&array, &object] {
        let error = functions.encode(value).unwrap_err();
        assert_eq!(error.to_string(), "Circular reference detected");
    }
    // The marks are gone, and it is not circular any more.
    elements.borrow_mut().clear();
    assert_eq!(functions.encode(&object).unwrap(), r#"{"array":[]}"#);
    drop(functions);
    assert_eq!(gc::collect(), 6);
}

#[test]
fn a_hook_that_gives_its_argument_back() {
    let hook = closure!([] |value: &Gc<Value>| -> Result<Gc<Value>, EncodeError> {
        Ok(value.clone())
    });
    let functions = make_iterencode(unsize!(Gc::new(hook) => Default));
    let same = functions.encode(&Value::other("same", []));
    assert_eq!(same, Err(EncodeError::Circular));
    let unknown = iterencode().encode(&Value::array([Value::other("socket", [])]));
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "Object of type socket is not JSON serializable"
    );
}

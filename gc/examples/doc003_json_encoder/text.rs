//! How JSON writes strings and floating-point numbers.

use std::fmt::Write;

/// Appends a string with its quotes.
pub(crate) fn push_string(text: &str, json: &mut String) {
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\0'..='\x1f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            _ => json.push(char),
        }
    }
    json.push('"');
}

/// Appends a number by the fewest digits that tell it from all others, or `null` for one that is
/// not finite. Of two such numbers that are equally near it is the one whose last digit is even.
pub(crate) fn push_float(float: f64, json: &mut String) {
    if !float.is_finite() {
        json.push_str("null");
        return;
    }
    let shortest = format!("{float:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent = exponent.parse::<i32>().unwrap_or(0);
    let decimals = digits
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let rounded = match exponent {
        -5..=15 => {
            let decimals = i32::try_from(decimals).unwrap_or(i32::MAX) - exponent;
            format!("{float:.*}", usize::try_from(decimals).unwrap_or(0).max(1))
        }
        _ => format!("{float:.decimals$e}"),
    };
    let is_same = rounded.parse() == Ok(float);
    let text = if is_same { rounded } else { shortest };
    if exponent > 15 {
        json.push_str(&text.replace('e', "e+"));
    } else {
        json.push_str(&text);
    }
}

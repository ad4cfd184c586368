//! Numbers as they are shown.

use crate::catalog::{Target, Unit};

/// An amount with its unit, in three digits.
pub(crate) fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => time(value),
        Unit::Milliseconds => time(value * 1e6),
        Unit::Bytes => format!("{value:.1} B"),
        Unit::Factor => format!("{value:.2}×"),
        Unit::Share => format!("{value:.0} %"),
        Unit::Percent => {
            format!("{value:.4}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
                + " %"
        }
    }
}

/// A time given in nanoseconds.
fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        1e3..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    format!("{} {unit}", digits(value))
}

/// A multiple.
pub(crate) fn ratio(value: f64) -> String {
    format!("{}×", digits(value))
}

pub(crate) fn target(target: Target, unit: Unit) -> String {
    match target {
        Target::Ratio(most) => ratio(most),
        Target::Amount(most) => amount(most, unit),
    }
}

/// About three digits.
fn digits(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        ..0.01 => format!("{value:.0e}"),
        0.01..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

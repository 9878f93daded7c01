//! How long a value's compact JSON text is, and how deep, without writing it.

use serde_json::{Map, Value};

/// Bytes of a value's JSON text.
pub(crate) fn length(value: &Value) -> u64 {
    match value {
        Value::Null => 4,
        Value::Bool(truth) => 5 - u64::from(*truth),
        Value::Number(number) => number.to_string().len() as u64,
        Value::String(text) => text_length(text),
        Value::Array(items) => {
            let all: u64 = items.iter().map(length).sum();
            all + items.len().saturating_sub(1) as u64 + 2
        }
        Value::Object(members) => object_length(members),
    }
}

/// Bytes of an object's JSON text.
pub(crate) fn object_length(members: &Map<String, Value>) -> u64 {
    let each = members.iter();
    let all: u64 = each
        .map(|(key, value)| text_length(key) + 1 + length(value))
        .sum();
    all + members.len().saturating_sub(1) as u64 + 2
}

/// Bytes of a text's JSON text, its quotes included.
pub(crate) fn text_length(text: &str) -> u64 {
    text.bytes().map(|byte| escaped(byte) as u64).sum::<u64>() + 2
}

/// Bytes that a byte of a text takes there.
pub(crate) fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | 8 | 9 | 10 | 12 | 13 => 2,
        0..=31 => 6,
        _ => 1,
    }
}

/// Objects and arrays within one another, the value's own first.
pub(crate) fn depth(value: &Value) -> u64 {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or_default()
}

//! What a value is sent as, before anything is cut.

use std::fmt::Write;

use hero_span_protocol::contract::limit;

use super::{Recipe, Shape, Value};

/// A value as it stands on a line, or `Other` for a string that the contract
/// leaves to the SDK.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sent {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Sent>),
    /// An object.
    Object(Vec<(String, Sent)>),
    /// A readable string of bounded size (`value.other`).
    Other,
}

impl Sent {
    /// What `value` is sent as where its outermost container would be the
    /// `depth`th of the line (`value.numbers`, `value.surrogates`,
    /// `value.keys`, `value.deep`, `value.other`).
    pub(crate) fn of(value: &Value, depth: usize) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Int(number) => integer(&number.to_string()),
            Value::Float(number) => Self::Float(*number),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Array(items) => within(Shape::Array, depth, || {
                Self::Array(items.iter().map(|item| Self::of(item, depth + 1)).collect())
            }),
            Value::Object(members) => within(Shape::Object, depth, || {
                let pairs = members.iter();
                unique(pairs.map(|(key, value)| (key.clone(), Self::of(value, depth + 1))))
            }),
            Value::Made(recipe) => Self::made(recipe, depth),
        }
    }

    fn made(recipe: &Recipe, depth: usize) -> Self {
        match recipe {
            Recipe::Text { .. } | Recipe::Join { .. } | Recipe::Surrogate { .. } => {
                recipe.to_text().map_or(Self::Other, Self::Text)
            }
            Recipe::Number { value } => Self::Text(value.name().into()),
            Recipe::Integer { digits } => integer(digits),
            Recipe::PowerOfTen { exponent } => integer(&format!("1{}", "0".repeat(*exponent))),
            Recipe::Deep { of, levels } => deep(*of, *levels, depth),
            Recipe::Cyclic { of } => within(*of, depth, || {
                wrap(*of, "self", Self::Text(of.ellipsis().into()))
            }),
            Recipe::Members { .. } => {
                let members = recipe.to_members().unwrap_or_default();
                Self::of(&Value::Object(members), depth)
            }
            Recipe::Map { pairs } => within(Shape::Object, depth, || {
                let sent = |(key, value)| (key_text(key), Self::of(value, depth + 1));
                unique(pairs.iter().map(|(key, value)| sent((key, value))))
            }),
            Recipe::Bytes { .. } | Recipe::Set { .. } | Recipe::Object { .. } => Self::Other,
        }
    }

    /// Whether a part of it is left to the SDK, so that its text is unknown.
    pub(crate) fn has_other(&self) -> bool {
        match self {
            Self::Other => true,
            Self::Array(items) => items.iter().any(Self::has_other),
            Self::Object(members) => members.iter().any(|(_, value)| value.has_other()),
            _ => false,
        }
    }

    /// Whether a sent JSON value is this one. Members may come in any order,
    /// and a number may be written in any way.
    pub(crate) fn allows(&self, found: &Value) -> bool {
        match (self, found) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(expected), Value::Bool(found)) => expected == found,
            (Self::Int(expected), Value::Int(found)) => expected == found,
            (Self::Int(expected), Value::Float(found)) => *expected as f64 == *found,
            (Self::Float(expected), Value::Int(found)) => *expected == *found as f64,
            (Self::Float(expected), Value::Float(found)) => expected == found,
            (Self::Text(expected), Value::Text(found)) => expected == found,
            (Self::Other, Value::Text(found)) => found.len() <= limit::VALUE_BYTES,
            (Self::Array(expected), Value::Array(found)) => {
                let pairs = expected.iter().zip(found);
                expected.len() == found.len()
                    && pairs.into_iter().all(|(one, other)| one.allows(other))
            }
            (Self::Object(expected), Value::Object(found)) => {
                expected.len() == found.len() && expected.iter().all(|member| has(found, member))
            }
            _ => false,
        }
    }
}

fn has(found: &[(String, Value)], (key, expected): &(String, Sent)) -> bool {
    let mut same_key = found.iter().filter(|(name, _)| name == key);
    same_key
        .next()
        .is_some_and(|(_, value)| expected.allows(value))
}

/// Integers with more digits may be described instead (`value.numbers`).
const DESCRIBED_DIGITS: usize = 4300;

/// Integers beyond `INTEGER_MAX` are sent as strings of their digits.
fn integer(digits: &str) -> Sent {
    if digits.trim_start_matches('-').len() > DESCRIBED_DIGITS {
        return Sent::Other;
    }
    let fits = |number: &i64| number.unsigned_abs() <= limit::INTEGER_MAX;
    match digits.parse().ok().filter(fits) {
        Some(number) => Sent::Int(number),
        None => Sent::Text(digits.into()),
    }
}

fn within(shape: Shape, depth: usize, make: impl FnOnce() -> Sent) -> Sent {
    if depth > limit::DEPTH {
        return Sent::Text(shape.ellipsis().into());
    }
    make()
}

fn wrap(shape: Shape, key: &str, inner: Sent) -> Sent {
    match shape {
        Shape::Array => Sent::Array(vec![inner]),
        Shape::Object => Sent::Object(vec![(key.into(), inner)]),
    }
}

fn deep(of: Shape, levels: usize, depth: usize) -> Sent {
    let room = (limit::DEPTH + 1).saturating_sub(depth);
    let mut sent = match of {
        _ if levels > room => Sent::Text(of.ellipsis().into()),
        Shape::Array => Sent::Array(Vec::new()),
        Shape::Object => Sent::Object(Vec::new()),
    };
    let around = if levels > room { room } else { levels - 1 };
    for _ in 0..around {
        sent = wrap(of, "in", sent);
    }
    sent
}

fn key_text(key: &Value) -> String {
    key.to_text().unwrap_or_else(|| compact(&Sent::of(key, 1)))
}

fn unique(pairs: impl Iterator<Item = (String, Sent)>) -> Sent {
    let mut members: Vec<(String, Sent)> = Vec::new();
    for (key, value) in pairs {
        if !members.iter().any(|(name, _)| *name == key) {
            members.push((key, value));
        }
    }
    Sent::Object(members)
}

/// The compact JSON text (`value.structured`); `Other` stands there as "".
pub(crate) fn compact(sent: &Sent) -> String {
    let mut text = String::new();
    write_compact(sent, &mut text);
    text
}

fn write_compact(sent: &Sent, text: &mut String) {
    match sent {
        Sent::Null => text.push_str("null"),
        Sent::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Sent::Int(number) => {
            let _ = write!(text, "{number}");
        }
        Sent::Float(number) => text.push_str(&serde_json::json!(number).to_string()),
        Sent::Text(string) => write_string(string, text),
        Sent::Other => write_string("", text),
        Sent::Array(items) => write_list(text, '[', ']', items, write_compact),
        Sent::Object(members) => write_list(text, '{', '}', members, |(key, value), text| {
            write_string(key, text);
            text.push(':');
            write_compact(value, text);
        }),
    }
}

fn write_list<T>(
    text: &mut String,
    open: char,
    close: char,
    items: &[T],
    mut write_item: impl FnMut(&T, &mut String),
) {
    text.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_item(item, text);
    }
    text.push(close);
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for char in string.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            char if char < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(char));
            }
            char => text.push(char),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, depth: usize, expected: &str) {
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(compact(&Sent::of(&value, depth)), expected, "{json}");
    }

    #[test]
    fn plain_json_stays_as_it_is() {
        check(
            r#"{"z":[1,-2.5,true,null],"a":"é\n\"\u0001"}"#,
            2,
            r#"{"z":[1,-2.5,true,null],"a":"é\n\"\u0001"}"#,
        );
    }

    #[test]
    fn numbers_that_not_every_reader_keeps_are_strings() {
        check("9007199254740991", 2, "9007199254740991");
        check("-9007199254740992", 2, "\"-9007199254740992\"");
        check(
            r#"{"gen":"power-of-ten","exponent":20}"#,
            2,
            "\"100000000000000000000\"",
        );
        check(
            r#"{"gen":"number","value":"-Infinity"}"#,
            2,
            "\"-Infinity\"",
        );
    }

    #[test]
    fn a_sign_is_not_a_digit() {
        let sent = |digits: usize| integer(&format!("-{}", "1".repeat(digits)));
        assert!(matches!(sent(4300), Sent::Text(_)));
        assert_eq!(sent(4301), Sent::Other);
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        check(
            r#"{"gen":"join","parts":["a",{"gen":"surrogate","unit":56320}]}"#,
            2,
            "\"a\u{FFFD}\"",
        );
        let join = |parts| format!(r#"{{"gen":"join","parts":[{parts}]}}"#);
        let (high, low) = (
            r#"{"gen":"surrogate","unit":55357}"#,
            r#"{"gen":"surrogate","unit":56832}"#,
        );
        check(&join(format!("{low},{high}")), 2, "\"\u{FFFD}\u{FFFD}\"");
        let pair = join(format!("{high},{low}"));
        check(&pair, 2, "\"\u{1F600}\"");
        let nested = join(format!(r#""x",{}"#, join(high.into())));
        check(&join(format!("{nested},{low}")), 2, "\"x\u{1F600}\"");
    }

    #[test]
    fn keys_are_texts_and_the_first_of_two_stays() {
        check(
            r#"{"gen":"map","pairs":[[1,"a"],["1","b"],[null,"c"],[[1,2],"d"]]}"#,
            2,
            r#"{"1":"a","null":"c","[1,2]":"d"}"#,
        );
    }

    #[test]
    fn depth_is_counted_from_the_lines_own_object() {
        check(r#"{"gen":"deep","of":"array","levels":2}"#, 31, "[[]]");
        check(
            r#"{"gen":"deep","of":"array","levels":3}"#,
            31,
            r#"[["[...]"]]"#,
        );
        check(
            r#"{"gen":"deep","of":"object","levels":9}"#,
            32,
            r#"{"in":"{...}"}"#,
        );
        check("[[]]", 32, r#"["[...]"]"#);
        check(
            r#"{"gen":"cyclic","of":"object"}"#,
            2,
            r#"{"self":"{...}"}"#,
        );
    }

    #[test]
    fn an_other_value_may_be_any_bounded_string() {
        let value: Value = serde_json::from_str(r#"[{"gen":"bytes","bytes":3}]"#).unwrap();
        let sent = Sent::of(&value, 2);
        assert!(sent.allows(&Value::Array(vec!["b'xxx'".into()])));
        assert!(!sent.allows(&Value::Array(vec![Value::Int(3)])));
        assert!(!sent.allows(&Value::Array(vec![Value::Text("x".repeat(4097))])));
    }
}

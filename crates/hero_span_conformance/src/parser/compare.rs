//! Two JSON values and their first difference, as a consumer in any language
//! must see it.

use hero_span_protocol::limits::cut;
use serde_json::{Map, Value};

/// How much of a value is shown.
const SHOWN_BYTES: usize = 200;

/// Where two values differ, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The path, such as `tags.rows`.
    pub(super) field: String,
    pub(super) expected: String,
    pub(super) found: String,
}

/// The first difference between two objects. The order of members does not
/// matter; numbers are equal if the nearest doubles are (so -0 is 0, and
/// 2^53 + 1 is 2^53).
pub(super) fn difference(
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
) -> Option<Difference> {
    objects(expected, found, "")
}

fn objects(
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
    path: &str,
) -> Option<Difference> {
    let place = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    let missing_or_other = expected
        .iter()
        .find_map(|(key, value)| values(Some(value), found.get(key), &place(key)));
    let surplus = || {
        let (key, value) = found.iter().find(|(key, _)| !expected.contains_key(*key))?;
        values(None, Some(value), &place(key))
    };
    missing_or_other.or_else(surplus)
}

fn values(expected: Option<&Value>, found: Option<&Value>, path: &str) -> Option<Difference> {
    match (expected, found) {
        (Some(Value::Object(expected)), Some(Value::Object(found))) => {
            objects(expected, found, path)
        }
        (Some(Value::Array(expected)), Some(Value::Array(found))) => {
            let length = expected.len().max(found.len());
            (0..length)
                .find_map(|at| values(expected.get(at), found.get(at), &format!("{path}[{at}]")))
        }
        (Some(Value::Number(expected)), Some(Value::Number(found)))
            if expected.as_f64() == found.as_f64() =>
        {
            None
        }
        (expected, found) if expected == found => None,
        (expected, found) => Some(Difference {
            field: path.to_owned(),
            expected: shown(expected),
            found: shown(found),
        }),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".into(), |value| shortened(&value.to_string()))
}

/// A text, cut if it is long.
pub(super) fn shortened(text: &str) -> String {
    let head = cut(text, SHOWN_BYTES);
    let dots = if head.len() < text.len() { "…" } else { "" };
    format!("{head}{dots}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, found: &str, difference: Option<(&str, &str, &str)>) {
        let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let result = super::difference(&read(expected), &read(found));
        let result = result.as_ref();
        let result = result.map(|it| (&*it.field, &*it.expected, &*it.found));
        assert_eq!(result, difference, "{expected} {found}");
    }

    #[test]
    fn numbers_are_compared_as_doubles() {
        check(r#"{"a":1}"#, r#"{"a":1.0}"#, None);
        check(r#"{"a":0}"#, r#"{"a":-0.0}"#, None);
        check(
            r#"{"a":9007199254740993}"#,
            r#"{"a":9007199254740992}"#,
            None,
        );
        check(
            r#"{"a":1}"#,
            r#"{"a":1.0000000000000002}"#,
            Some(("a", "1", "1.0000000000000002")),
        );
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, Some(("a", "1", "\"1\"")));
        check(r#"{"a":1}"#, r#"{"a":true}"#, Some(("a", "1", "true")));
    }

    #[test]
    fn order_of_members_does_not_matter() {
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, None);
        check(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#, Some(("a[0]", "1", "2")));
    }

    #[test]
    fn differences_are_placed() {
        check(
            r#"{"a":{"b":[1]}}"#,
            r#"{"a":{"b":[]}}"#,
            Some(("a.b[0]", "1", "nothing")),
        );
        check(
            r#"{"a":{}}"#,
            r#"{"a":{"b":null}}"#,
            Some(("a.b", "nothing", "null")),
        );
        check(r#"{"a":null}"#, r#"{}"#, Some(("a", "null", "nothing")));
    }
}

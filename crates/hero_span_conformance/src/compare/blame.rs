//! Which clause a wrong value breaks, as far as the value tells.

use hero_span_protocol::contract::{Clause, limit};
use hero_span_protocol::limits::cut;

use super::difference::first_difference;
use super::event::plain;
use super::traceback::DOTS;
use crate::model::Wanted;
use crate::value::{Sent, Value, compact};

/// What a value at [`limit::DEPTH`] is sent as.
const TOO_DEEP: [&str; 2] = ["[...]", "{...}"];
/// What says itself which clause a wrong text breaks.
const BOUND_BY_WORDS: [Clause; 3] = [Clause::SdkStatus, Clause::TypeKind, Clause::TypeLevel];
/// The longest that one character may be, escaped or not.
const CHARACTER: usize = 6;

/// The clause that a wrong value breaks; `event` if it is just another value.
pub(super) fn value_clause(wanted: &Wanted, found: &Value, event: Clause) -> Clause {
    let was_cut = match (&wanted.whole, &wanted.sent) {
        (Some(whole), Sent::Text(kept)) => kept.len() < whole.len(),
        _ => false,
    };
    match (&wanted.sent, found) {
        (Sent::Text(expected), Value::Text(found)) if wanted.limit == Clause::LimitError => {
            error_clause(expected, found, was_cut)
        }
        (Sent::Text(expected), Value::Text(found))
            if is_prefix(wanted, found) && counts_escapes(expected, found) =>
        {
            Clause::ValueBytes
        }
        (_, Value::Text(found)) if is_prefix(wanted, found) => wanted.limit,
        (Sent::Text(expected), Value::Text(found)) if is_surrogate(expected, found) => {
            Clause::ValueSurrogates
        }
        _ if BOUND_BY_WORDS.contains(&wanted.limit) => wanted.limit,
        (Sent::Text(_), Value::Text(_)) if was_cut && wanted.was_structure => {
            Clause::ValueStructured
        }
        (Sent::Text(_), Value::Text(_)) if was_cut => Clause::ValueCut,
        (expected, found) => match clause_within(expected, found, event) {
            Clause::ValueDeep => depth_clause(expected, found),
            clause => clause,
        },
    }
}

/// The clause that the first difference within a value breaks.
fn clause_within(expected: &Sent, found: &Value, event: Clause) -> Clause {
    match (expected, found) {
        (Sent::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found);
            let differing = pairs.find(|(one, other)| !one.allows(other));
            differing.map_or(event, |(one, other)| clause_within(one, other, event))
        }
        (Sent::Object(expected), Value::Object(found)) if expected.len() == found.len() => {
            clause_of_members(expected, found, event)
        }
        (Sent::Text(expected), Value::Text(found)) if is_surrogate(expected, found) => {
            Clause::ValueSurrogates
        }
        (Sent::Text(mark), _) | (_, Value::Text(mark)) if TOO_DEEP.contains(&mark.as_str()) => {
            Clause::ValueDeep
        }
        (Sent::Other, _) => Clause::ValueOther,
        (Sent::Text(number), _) if is_unlike_json(number) => Clause::ValueNumbers,
        (Sent::Int(number), Value::Text(digits)) if *digits == number.to_string() => {
            Clause::LimitInteger
        }
        (Sent::Int(_), Value::Text(_)) | (Sent::Text(_), Value::Int(_) | Value::Float(_)) => {
            Clause::ValueNumbers
        }
        (Sent::Array(_) | Sent::Object(_), Value::Text(_))
        | (Sent::Text(_), Value::Array(_) | Value::Object(_)) => Clause::ValueStructured,
        _ => event,
    }
}

fn clause_of_members(
    expected: &[(String, Sent)],
    found: &[(String, Value)],
    event: Clause,
) -> Clause {
    let with_key = |key: &str| found.iter().find(|(name, _)| name == key);
    for (key, one) in expected {
        match with_key(key) {
            None => return Clause::ValueKeys,
            Some((_, other)) if !one.allows(other) => return clause_within(one, other, event),
            Some(_) => {}
        }
    }
    event
}

/// Whether another limit was taken, or what is too deep was sent as something
/// else.
fn depth_clause(expected: &Sent, found: &Value) -> Clause {
    let found = plain(found);
    let has_marks = |sent: &Sent| {
        let text = compact(sent);
        TOO_DEEP.iter().any(|mark| text.contains(mark))
    };
    let apart = levels(expected).abs_diff(levels(&found));
    match (has_marks(expected), has_marks(&found)) {
        (false, _) => Clause::LimitDepth,
        // A little higher or lower.
        (true, true) if apart <= 2 => Clause::LimitDepth,
        _ => Clause::ValueDeep,
    }
}

/// How many arrays and objects lie within one another.
fn levels(sent: &Sent) -> usize {
    let within = match sent {
        Sent::Array(items) => items.iter().map(levels).max(),
        Sent::Object(members) => members.iter().map(|(_, value)| levels(value)).max(),
        _ => return 0,
    };
    1 + within.unwrap_or_default()
}

/// Whether the text is what stands for a number that JSON cannot hold.
fn is_unlike_json(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = digits.len() > 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer || matches!(text, "NaN" | "Infinity" | "-Infinity")
}

/// Whether the first thing that differs is what stands for a lone surrogate.
fn is_surrogate(expected: &str, found: &str) -> bool {
    let at = first_difference(expected, found);
    let (before, _) = expected.split_at(cut(expected, at).len());
    let rest = expected.get(before.len()..).unwrap_or_default();
    rest.starts_with('\u{FFFD}')
}

fn is_prefix(wanted: &Wanted, text: &str) -> bool {
    let whole = wanted.whole.as_deref();
    whole.is_some_and(|whole| whole.starts_with(text))
}

/// Whether a cut was made where its escapes, not its bytes, reach the limit.
fn counts_escapes(expected: &str, found: &str) -> bool {
    const QUOTES: usize = 2;
    let escaped = compact(&Sent::Text(found.into())).len() - QUOTES;
    escaped > found.len() + CHARACTER && escaped.abs_diff(expected.len()) <= CHARACTER
}

fn error_clause(expected: &str, found: &str, was_cut: bool) -> Clause {
    if !was_cut && found.contains(DOTS) && !expected.contains(DOTS) {
        Clause::LimitError
    } else if !was_cut && found.len() <= limit::ERROR_BYTES {
        Clause::SdkStatus
    } else if expected.find(DOTS) != found.find(DOTS) {
        Clause::LimitErrorHead
    } else if expected.len() != found.len() {
        Clause::LimitError
    } else {
        Clause::ValueError
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    /// What is given, and what came instead of what it must be sent as.
    fn check(given: &str, found: &str, clause: Clause) {
        let sent = Sent::of(&value(given), 2);
        let wanted = Wanted {
            was_structure: levels(&sent) > 0,
            whole: (levels(&sent) > 0).then(|| compact(&sent)),
            sent,
            limit: Clause::LimitValue,
            is_loose: false,
        };
        let found = value_clause(&wanted, &value(found), Clause::EventAny);
        assert_eq!(found, clause, "{given}");
    }

    #[test]
    fn structures_are_told_from_depths() {
        let deep = r#"{"gen":"deep","of":"array","levels":40}"#;
        let nested = |levels: usize, inner: &str| {
            format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels))
        };
        check("[1]", "[2]", Clause::EventAny);
        check("[1]", r#""[2]""#, Clause::ValueStructured);
        check("[1]", r#""[1]""#, Clause::LimitValue);
        check(deep, &nested(30, "\"[...]\""), Clause::LimitDepth);
        check(deep, &nested(31, "null"), Clause::ValueDeep);
        check("[[]]", "[\"[...]\"]", Clause::LimitDepth);
        let cyclic = r#"{"gen":"cyclic","of":"array"}"#;
        check(cyclic, &nested(31, "\"[...]\""), Clause::ValueDeep);
    }

    #[test]
    fn numbers_are_told_from_limits() {
        check("7", "\"7\"", Clause::LimitInteger);
        check("7", "\"seven\"", Clause::ValueNumbers);
        let large = r#"{"gen":"integer","digits":"9007199254740993"}"#;
        check(large, "9007199254740992.0", Clause::ValueNumbers);
        check(large, "\"9007199254740992\"", Clause::ValueNumbers);
        check(
            r#"{"gen":"number","value":"NaN"}"#,
            "null",
            Clause::ValueNumbers,
        );
    }

    #[test]
    fn what_stands_for_another_value_tells_the_clause() {
        check(r#"{"gen":"bytes","bytes":3}"#, "[]", Clause::ValueOther);
        let surrogate = r#"{"gen":"surrogate","unit":55296}"#;
        check(surrogate, r#""?""#, Clause::ValueSurrogates);
        let map = r#"{"gen":"map","pairs":[[1,null]]}"#;
        check(map, r#"{"one":null}"#, Clause::ValueKeys);
        check(map, r#"{"1":false}"#, Clause::EventAny);
        check(map, r#"{"1":null,"2":1}"#, Clause::EventAny);
    }

    #[test]
    fn a_cut_by_escaped_bytes_is_told_from_one_at_another_limit() {
        let line_ends = "\n".repeat(4096);
        assert!(counts_escapes(&line_ends, &line_ends[..2048]));
        assert!(!counts_escapes(&line_ends, &line_ends[..4095]));
        let letters = "x".repeat(4096);
        assert!(!counts_escapes(&letters, &letters[..2048]));
    }

    #[test]
    fn an_error_that_was_cut_too_early_breaks_the_limit() {
        let whole = "x".repeat(limit::ERROR_BYTES);
        let cut = format!("xx{DOTS}xx");
        assert_eq!(error_clause(&whole, &cut, false), Clause::LimitError);
        assert_eq!(error_clause("why", "what", false), Clause::SdkStatus);
    }
}

//! One event against the one the model says.

use hero_span_protocol::Event;
use hero_span_protocol::contract::{Clause, limit};
use hero_span_protocol::limits::cut;

use super::Arrival;
use super::difference::{Difference, excerpt, first_difference};
use super::length::{RULED, fits};
use super::members::members_difference;
use super::traceback::{DOTS, traceback_difference};
use crate::model::{Announced, Body, Field, Limits, Rendered, Want, Wanted, render};
use crate::value::{Sent, Value, compact};

/// The first field of the event that is not as the model says.
pub(super) fn difference(body: &Body, arrival: &Arrival) -> Option<Difference> {
    let first = with_limits(body, 0, arrival)?;
    if fits(body, 0, arrival) {
        return Some(first);
    }
    let by_halvings = |times| Some((times, with_limits(body, times, arrival)));
    let mut tried: Vec<(u32, Option<Difference>)> = (1..=Limits::MOST_HALVINGS)
        .filter_map(by_halvings)
        .collect();
    if let Some((times, _)) = tried.iter().find(|(_, difference)| difference.is_none()) {
        return cut_too_much(body, *times, arrival);
    }
    let needed = (1..Limits::MOST_HALVINGS).find(|times| fits(body, *times, arrival));
    let at_needed = needed.and_then(|times| tried.swap_remove(times as usize - 1).1);
    at_needed.or(Some(first))
}

/// An event is halved only as often as it must (`value.line`).
fn cut_too_much(body: &Body, times: u32, arrival: &Arrival) -> Option<Difference> {
    fits(body, times - 1, arrival).then(|| {
        Difference::new(
            Clause::ValueLine,
            "truncated",
            format!("limits halved until the line fits: {} times", times - 1),
            format!("halved {times} times"),
        )
    })
}

fn with_limits(body: &Body, times: u32, arrival: &Arrival) -> Option<Difference> {
    let limits = Limits::halved(times);
    let rendered = render(body, &limits);
    let clause = clause_of(&arrival.event);
    let of_field = |field: &Field| field_difference(field, arrival, &limits, clause);
    let fields = rendered.fields.iter().find_map(of_field);
    fields
        .or_else(|| announced_difference(&rendered.announced, arrival))
        .or_else(|| extra_field(&rendered, arrival, clause))
}

/// The clause that declares an event's fields.
pub(super) const fn clause_of(event: &Event<'_>) -> Clause {
    match event {
        Event::Start(_) => Clause::EventSpanStart,
        Event::Tag(_) => Clause::EventSpanTag,
        Event::Log(_) => Clause::EventSpanLog,
        Event::End(_) => Clause::EventSpanEnd,
    }
}

fn field_difference(
    field: &Field,
    arrival: &Arrival,
    limits: &Limits,
    event: Clause,
) -> Option<Difference> {
    let name = field.name;
    match (&field.want, arrival.get(name)) {
        (Want::Free, _) | (Want::Absent | Want::Optional(_), None) => None,
        (Want::Absent, Some(found)) => Some(Difference::new(event, name, "nothing", shown(found))),
        (Want::Value(wanted) | Want::Optional(wanted), Some(found)) => {
            value_difference(name, wanted, found, limits, event)
        }
        (Want::Members(wanted), Some(found)) => {
            members_difference(name, wanted, found, limits, event)
        }
        (Want::Traceback { type_name, message }, Some(Value::Text(found))) => {
            traceback_difference(type_name, message, found, arrival, limits)
        }
        (Want::Value(wanted), None) => Some(Difference::new(
            event,
            name,
            excerpt(&text_of(&wanted.sent), 0),
            "nothing",
        )),
        (Want::Members(wanted), None) => Some(Difference::new(
            event,
            name,
            format!("{} members", wanted.len()),
            "nothing",
        )),
        (Want::Traceback { .. }, found) => {
            let found = found.map_or_else(|| "nothing".into(), shown);
            Some(Difference::new(
                Clause::SdkStatus,
                name,
                "the traceback",
                found,
            ))
        }
    }
}

pub(super) fn value_difference(
    field: &str,
    wanted: &Wanted,
    found: &Value,
    limits: &Limits,
    event: Clause,
) -> Option<Difference> {
    let is_cut_loose = || matches!(found, Value::Text(text) if text.len() <= limits.value);
    if wanted.sent.allows(found) || wanted.is_loose && is_cut_loose() {
        return None;
    }
    let clause = value_clause(wanted, found, event);
    let found = plain(found);
    Some(match (&wanted.sent, &found) {
        (Sent::Text(expected), Sent::Text(found)) => {
            Difference::of_texts(clause, field, expected, found)
        }
        (expected, found) => of_values(clause, field, expected, found),
    })
}

/// Two values that are not both texts, as JSON.
fn of_values(clause: Clause, field: &str, expected: &Sent, found: &Sent) -> Difference {
    let words = |sent: &Sent, at| match sent {
        Sent::Other => "a readable string of bounded size".into(),
        Sent::Text(_) => format!("the string {}", excerpt(&text_of(sent), at)),
        sent => bare(&excerpt(&compact(sent), at)),
    };
    let at = first_difference(&text_of(expected), &text_of(found));
    Difference::new(clause, field, words(expected, at), words(found, at))
}

/// JSON needs no quotes around it.
fn bare(excerpt: &str) -> String {
    excerpt
        .replacen('"', "", 1)
        .chars()
        .rev()
        .collect::<String>()
        .replacen('"', "", 1)
        .chars()
        .rev()
        .collect()
}

/// The clause that a wrong value breaks, as far as the value tells.
fn value_clause(wanted: &Wanted, found: &Value, event: Clause) -> Clause {
    let was_cut = match (&wanted.whole, &wanted.sent) {
        (Some(whole), Sent::Text(kept)) => kept.len() < whole.len(),
        _ => false,
    };
    match (&wanted.sent, found) {
        (Sent::Text(expected), Value::Text(found)) if wanted.limit == Clause::LimitError => {
            error_clause(expected, found, was_cut)
        }
        (_, Value::Text(found)) if is_prefix(wanted, found) => wanted.limit,
        (Sent::Text(expected), Value::Text(found)) if is_surrogate(expected, found) => {
            Clause::ValueSurrogates
        }
        (Sent::Text(_), _) if wanted.limit == Clause::SdkStatus => Clause::SdkStatus,
        (Sent::Text(_), Value::Text(_)) if was_cut && is_structure(wanted) => {
            Clause::ValueStructured
        }
        (Sent::Text(_), Value::Text(_)) if was_cut => Clause::ValueCut,
        (Sent::Text(_), Value::Array(_) | Value::Object(_)) => Clause::ValueStructured,
        (Sent::Array(_) | Sent::Object(_), _) => structure_clause(&wanted.sent, found),
        (Sent::Int(number), Value::Text(digits)) if *digits == number.to_string() => {
            Clause::LimitInteger
        }
        (Sent::Int(_), Value::Text(_)) | (Sent::Text(_), Value::Int(_) | Value::Float(_)) => {
            Clause::ValueNumbers
        }
        (Sent::Other, _) => Clause::ValueOther,
        _ if matches!(wanted.limit, Clause::TypeKind | Clause::TypeLevel) => wanted.limit,
        _ => event,
    }
}

/// Whether the first thing that differs is what stands for a lone surrogate.
fn is_surrogate(expected: &str, found: &str) -> bool {
    let at = first_difference(expected, found);
    let (before, _) = expected.split_at(cut(expected, at).len());
    let rest = expected.get(before.len()..).unwrap_or_default();
    rest.starts_with('\u{FFFD}')
}

fn structure_clause(expected: &Sent, found: &Value) -> Clause {
    let found = plain(found);
    let ellipses = |sent: &Sent| {
        let text = compact(sent);
        text.matches("\"[...]\"").count() + text.matches("\"{...}\"").count()
    };
    match (ellipses(expected), ellipses(&found)) {
        (0, 0) => Clause::ValueStructured,
        (0, _) => Clause::LimitDepth,
        (_, 0) => Clause::ValueDeep,
        _ => match levels(expected).abs_diff(levels(&found)) {
            0 => Clause::ValueStructured,
            // The limit was taken for one a little higher or lower.
            1 | 2 => Clause::LimitDepth,
            _ => Clause::ValueDeep,
        },
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

/// Whether the text is that of an array or object.
fn is_structure(wanted: &Wanted) -> bool {
    let whole = wanted.whole.as_deref();
    whole.is_some_and(|whole| whole.starts_with(['[', '{']))
}

fn is_prefix(wanted: &Wanted, text: &str) -> bool {
    let whole = wanted.whole.as_deref();
    whole.is_some_and(|whole| whole.starts_with(text))
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

fn announced_difference(announced: &[Announced], arrival: &Arrival) -> Option<Difference> {
    let truncated = arrival.truncated();
    let differs = |field: &str, expected: String, found: String| {
        let clause = if expected == limit::MEASURED_BYTES.to_string() {
            Clause::LimitMeasured
        } else {
            Clause::ValueAnnounced
        };
        let field = format!("truncated.{}", cut(field, 60));
        Some(Difference::new(clause, field, expected, found))
    };
    for entry in announced {
        let size = truncated.iter().find(|(field, _)| *field == entry.field);
        match size {
            Some((_, size)) if entry.allows(*size) => {}
            None if entry.is_optional => {}
            Some((_, size)) => return differs(&entry.field, size_of(entry), size.to_string()),
            None => return differs(&entry.field, size_of(entry), "nothing".into()),
        }
    }
    let is_known = |field: &str| announced.iter().any(|entry| entry.field == field);
    let (field, size) = truncated.iter().find(|(field, _)| !is_known(field))?;
    differs(
        field,
        "nothing, for it was not cut".into(),
        size.to_string(),
    )
}

fn size_of(entry: &Announced) -> String {
    entry
        .size
        .map_or_else(|| "its size before".into(), |size| size.to_string())
}

fn extra_field(rendered: &Rendered, arrival: &Arrival, event: Clause) -> Option<Difference> {
    let is_known = |name: &str| {
        RULED.contains(&name) || rendered.fields.iter().any(|field| field.name == name)
    };
    let (name, value) = arrival.members.iter().find(|(name, _)| !is_known(name))?;
    Some(Difference::new(event, name, "nothing", shown(value)))
}

pub(super) fn plain(found: &Value) -> Sent {
    match found {
        Value::Null => Sent::Null,
        Value::Bool(flag) => Sent::Bool(*flag),
        Value::Int(number) => Sent::Int(*number),
        Value::Float(number) => Sent::Float(*number),
        Value::Text(text) => Sent::Text(text.clone()),
        Value::Array(items) => Sent::Array(items.iter().map(plain).collect()),
        Value::Object(members) => {
            let pairs = members
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)));
            Sent::Object(pairs.collect())
        }
        Value::Made(_) => Sent::Other,
    }
}

/// A text as it is, anything else as JSON.
fn text_of(sent: &Sent) -> String {
    match sent {
        Sent::Text(text) => text.clone(),
        Sent::Other => "a readable string of bounded size".into(),
        sent => compact(sent),
    }
}

pub(super) fn shown(found: &Value) -> String {
    let text = text_of(&plain(found));
    excerpt(&text, first_difference(&text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    fn check(given: &str, found: &str, clause: Clause) {
        let sent = Sent::of(&value(given), 2);
        let is_scalar = levels(&sent) == 0;
        let wanted = Wanted {
            whole: (!is_scalar).then(|| compact(&sent)),
            sent,
            limit: Clause::LimitValue,
            is_loose: false,
        };
        let found = value(found);
        let limits = Limits::halved(0);
        let difference = value_difference("value", &wanted, &found, &limits, Clause::EventAny);
        assert_eq!(difference.unwrap().clause, clause, "{given}");
    }

    #[test]
    fn structures_are_told_from_depths() {
        let deep = r#"{"gen":"deep","of":"array","levels":40}"#;
        let nested = |levels: usize, inner: &str| {
            format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels))
        };
        check("[1]", "[2]", Clause::ValueStructured);
        check("[1]", "[[1]]", Clause::ValueStructured);
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
        check(
            "9007199254740993",
            "9007199254740992.0",
            Clause::ValueNumbers,
        );
    }

    #[test]
    fn an_error_that_was_cut_too_early_breaks_the_limit() {
        let whole = "x".repeat(limit::ERROR_BYTES);
        let cut = format!("xx{DOTS}xx");
        assert_eq!(error_clause(&whole, &cut, false), Clause::LimitError);
        assert_eq!(error_clause("why", "what", false), Clause::SdkStatus);
    }
}

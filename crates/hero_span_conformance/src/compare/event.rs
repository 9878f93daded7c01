//! One event against the one the model says.

use hero_span_protocol::Event;
use hero_span_protocol::contract::{Clause, limit};
use hero_span_protocol::limits::cut;

use super::Arrival;
use super::blame::value_clause;
use super::difference::{Difference, excerpt, first_difference};
use super::length::{RULED, fits};
use super::members::members_difference;
use super::traceback::traceback_difference;
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
    let of_field = |field: &Field| {
        let clause = if left_members_out(&rendered, field) {
            Clause::ValueKeys
        } else {
            clause
        };
        field_difference(field, arrival, &limits, clause)
    };
    let fields = rendered.fields.iter().find_map(of_field);
    fields
        .or_else(|| announced_difference(&rendered.announced, arrival))
        .or_else(|| extra_field(&rendered, arrival, clause))
}

/// Whether not all members of a field are sent: a wrong one was chosen wrongly.
fn left_members_out(rendered: &Rendered, field: &Field) -> bool {
    let mut announced = rendered.announced.iter();
    matches!(field.want, Want::Members(_)) && announced.any(|entry| entry.field == field.name)
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

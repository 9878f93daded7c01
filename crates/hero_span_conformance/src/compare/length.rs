//! How long the line of an event would be.

use hero_span_protocol::contract::limit;

use super::Arrival;
use super::event::plain;
use crate::model::{Announced, Body, Limits, Rendered, Want, Wanted, render};
use crate::value::{Sent, compact};

const LF: usize = 1;

/// The fields that the model does not predict; rules judge them.
pub(super) const RULED: [&str; 7] = [
    "type",
    "span_id",
    "ts_ms",
    "seq",
    "producer",
    "truncated",
    "parent_span_id",
];

/// Whether the event would fit into a line under these limits, written as this
/// SDK writes. What the model cannot measure does not.
pub(super) fn fits(body: &Body, times: u32, arrival: &Arrival) -> bool {
    let rendered = render(body, &Limits::halved(times));
    let Some(mut members) = measurable(&rendered, arrival) else {
        return false;
    };
    let kept = arrival.members.iter().filter(|(name, _)| is_kept(name));
    members.extend(kept.map(|(name, value)| (name.clone(), plain(value))));
    let length = written(&Sent::Object(members), arrival) + excess(arrival);
    length + LF <= limit::LINE_BYTES
}

/// What this SDK writes more than it must: white space, zeros of a time.
fn excess(arrival: &Arrival) -> usize {
    let members = arrival.members.iter();
    let members = members.map(|(name, value)| (name.clone(), plain(value)));
    let least = written(&Sent::Object(members.collect()), arrival);
    arrival.length.saturating_sub(least)
}

fn written(sent: &Sent, arrival: &Arrival) -> usize {
    let text = compact(sent);
    if arrival.escapes {
        escaped_length(&text)
    } else {
        text.len()
    }
}

fn is_kept(field: &str) -> bool {
    RULED.contains(&field) && field != "truncated"
}

/// The event's own fields, unless the SDK words one of them.
fn measurable(rendered: &Rendered, arrival: &Arrival) -> Option<Vec<(String, Sent)>> {
    let mut members = Vec::new();
    for field in &rendered.fields {
        let sent = match &field.want {
            Want::Absent | Want::Free => continue,
            Want::Optional(_) if arrival.get(field.name).is_none() => continue,
            Want::Traceback { .. } => return None,
            Want::Value(wanted) | Want::Optional(wanted) => measurable_value(wanted)?,
            Want::Members(wanted) => Sent::Object(
                wanted
                    .iter()
                    .map(|(key, wanted)| Some((key.clone(), measurable_value(wanted)?)))
                    .collect::<Option<_>>()?,
            ),
        };
        members.push((field.name.to_owned(), sent));
    }
    let announced = rendered.announced.iter().filter(|entry| !entry.is_optional);
    let size = |entry: &Announced| Sent::Int(entry.size.unwrap_or_default() as i64);
    let sizes: Vec<(String, Sent)> = announced
        .map(|entry| (entry.field.clone(), size(entry)))
        .collect();
    if !sizes.is_empty() {
        members.push(("truncated".into(), Sent::Object(sizes)));
    }
    Some(members)
}

fn measurable_value(wanted: &Wanted) -> Option<Sent> {
    (!wanted.is_loose).then(|| wanted.sent.clone())
}

/// The length of a text in which every character beyond ASCII is an escape.
fn escaped_length(text: &str) -> usize {
    let length = |char: char| {
        if char.is_ascii() {
            1
        } else {
            6 * char.len_utf16()
        }
    };
    text.chars().map(length).sum()
}

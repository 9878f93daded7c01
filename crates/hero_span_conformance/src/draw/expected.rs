//! The tree that the model asks for.

use hero_span_protocol::contract::limit;

use super::found::Labels;
use super::layout::{Item, lay_out};
use super::words::{Fields, Words};

use crate::model::{Announced, Body, Event, Expected, Limits, Rendered, Want, Wanted, render};
use crate::value::{Sent, compact};

/// What every line has besides the fields that are drawn.
const FRAME_BYTES: usize = 250;

/// Draws what a script must send. Events that came as they must are labelled
/// as they came, for an SDK words some things itself.
pub(crate) fn expected_tree(
    expected: &Expected,
    parent: Option<&str>,
    came: &Labels,
) -> Vec<String> {
    let mut order: Vec<usize> = came.order().collect();
    let rest = (0..expected.events.len()).filter(|event| !came.has(*event));
    order.extend(rest);
    let events = order.iter().filter_map(|index| {
        let event = expected.events.get(*index)?;
        let label = came.label(*index).map(Into::into);
        let label = label.unwrap_or_else(|| label_of(expected, event, parent));
        Some(Item {
            span: event.span,
            parent: expected.spans.get(event.span).and_then(|span| span.parent),
            is_start: matches!(event.body, Body::Start { .. }),
            label,
        })
    });
    lay_out(&events.collect::<Vec<_>>())
}

fn label_of(expected: &Expected, event: &Event, parent: Option<&str>) -> String {
    let rendered = fitting(&event.body);
    let mut fields = Fields::default();
    for field in &rendered.fields {
        if let Some(shown) = want(field.name, &field.want) {
            fields.add(field.name, shown);
        }
    }
    let told = |announced: &&Announced| !announced.is_optional;
    let cuts = rendered.announced.iter().filter(told).map(|announced| {
        let size = announced.size.map(|size| size.to_string());
        let size = size.unwrap_or_else(|| "?".into());
        (announced.field.as_str(), size)
    });
    if let Some(cuts) = Words::SHORT.cuts(cuts) {
        fields.add("truncated", cuts);
    }
    let is_root = expected
        .spans
        .get(event.span)
        .is_some_and(|span| span.parent.is_none());
    if let (Body::Start { .. }, true, Some(parent)) = (&event.body, is_root, parent) {
        fields.add("under", parent);
    }
    fields.label(event.body.type_name())
}

/// By the first limits that make the line fit (`value.line`), as near as can
/// be told without the SDK's own words.
fn fitting(body: &Body) -> Rendered {
    let fits = |rendered: &Rendered| size(rendered) + FRAME_BYTES <= limit::LINE_BYTES;
    let mut tries = (0..Limits::MOST_HALVINGS).map(|times| render(body, &Limits::halved(times)));
    tries.find(fits).unwrap_or_default()
}

fn size(rendered: &Rendered) -> usize {
    let of_field = |want: &Want| match want {
        Want::Value(wanted) | Want::Optional(wanted) => compact(&wanted.sent).len(),
        Want::Members(members) => {
            let of_member = |(key, wanted): &(String, Wanted)| {
                compact(&Sent::Text(key.clone())).len() + compact(&wanted.sent).len() + 2
            };
            members.iter().map(of_member).sum()
        }
        _ => 0,
    };
    let fields = rendered.fields.iter();
    let announced = rendered.announced.iter();
    let fields: usize = fields.map(|field| of_field(&field.want) + 16).sum();
    fields + announced.map(|cut| cut.field.len() + 10).sum::<usize>()
}

/// A field in words; none if the contract leaves it to the SDK.
fn want(field: &str, want: &Want) -> Option<String> {
    let words = Words::SHORT;
    match want {
        Want::Absent | Want::Free => None,
        Want::Optional(wanted) if field == "level" => Some(text(field, &wanted.sent)),
        Want::Optional(_) => None,
        Want::Value(wanted) => Some(text(field, &wanted.sent)),
        Want::Members(members) => {
            let members = members.iter();
            let members = members.map(|(key, wanted)| (key.clone(), words.sent(&wanted.sent)));
            Some(words.members(members))
        }
        Want::Traceback { type_name, .. } => Some(words.traceback(type_name)),
    }
}

fn text(field: &str, sent: &Sent) -> String {
    match sent {
        Sent::Text(text) if matches!(field, "name" | "key" | "kind" | "level" | "status") => {
            Words::SHORT.word(text)
        }
        sent => Words::SHORT.sent(sent),
    }
}

//! The tree that came.

use std::collections::{HashMap, HashSet};

use hero_span_protocol::{Event, SpanId};

use super::layout::{Item, lay_out};
use super::words::{Fields, Words};

use crate::compare::Arrival;
use crate::value::Value;

/// How the events that came as they must are labelled, by their place in the
/// model.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    labels: HashMap<usize, String>,
    order: Vec<usize>,
}

impl Labels {
    /// Takes the labels of arrivals: each with its place in the model.
    pub(crate) fn of(came: &[(usize, &Arrival)], connections: &[&[Arrival]]) -> Self {
        let known = known(connections);
        let label = |(event, arrival): &(usize, &Arrival)| {
            (*event, label_of(arrival, &known, Words::SHORT))
        };
        Self {
            labels: came.iter().map(label).collect(),
            order: came.iter().map(|(event, _)| *event).collect(),
        }
    }

    pub(super) fn order(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied()
    }

    pub(super) fn has(&self, event: usize) -> bool {
        self.labels.contains_key(&event)
    }

    pub(super) fn label(&self, event: usize) -> Option<&str> {
        self.labels.get(&event).map(String::as_str)
    }
}

/// Draws what came over these connections; the roots of one may hang under the
/// spans of another.
pub(crate) fn found_tree(connections: &[&[Arrival]]) -> Vec<String> {
    tree(connections, Words::SHORT)
}

/// Draws the same with every text in full, to compare it.
pub(crate) fn whole_tree(connections: &[&[Arrival]]) -> Vec<String> {
    tree(connections, Words::WHOLE)
}

fn tree(connections: &[&[Arrival]], words: Words) -> Vec<String> {
    let known = known(connections);
    let arrivals = connections.iter().flat_map(|arrivals| arrivals.iter());
    let items = arrivals.map(|arrival| Item {
        span: arrival.event.span_id(),
        parent: parent_of(arrival),
        is_start: matches!(arrival.event, Event::Start(_)),
        label: label_of(arrival, &known, words),
    });
    lay_out(&items.collect::<Vec<_>>())
}

/// The spans that are drawn.
fn known(connections: &[&[Arrival]]) -> HashSet<SpanId> {
    let arrivals = connections.iter().flat_map(|arrivals| arrivals.iter());
    arrivals.map(|arrival| arrival.event.span_id()).collect()
}

fn parent_of(arrival: &Arrival) -> Option<SpanId> {
    match &arrival.event {
        Event::Start(start) => start.parent_span_id,
        _ => None,
    }
}

fn label_of(arrival: &Arrival, known: &HashSet<SpanId>, words: Words) -> String {
    let mut fields = Fields::default();
    if matches!(arrival.event, Event::Log(_)) && arrival.get("level").is_none() {
        fields.add("level", "info");
    }
    let told = arrival.own_members();
    for (name, value) in told.filter(|(name, value)| !says_nothing(name, value)) {
        fields.add(name, shown(arrival, name, value, words));
    }
    let cuts = arrival.truncated().into_iter();
    let cuts = cuts.map(|(field, size)| (field, size.to_string()));
    if let Some(cuts) = words.cuts(cuts) {
        fields.add("truncated", cuts);
    }
    if let Some(parent) = parent_of(arrival).filter(|parent| !known.contains(parent)) {
        fields.add("under", parent.to_string());
    }
    fields.label(arrival.event.type_name())
}

/// Whether it may as well be left out.
fn says_nothing(name: &str, value: &Value) -> bool {
    let is_empty = matches!(value, Value::Object(members) if members.is_empty());
    name == "result" && value.is_null() || matches!(name, "params" | "tags" | "fields") && is_empty
}

fn shown(arrival: &Arrival, name: &str, value: &Value, words: Words) -> String {
    match (name, value) {
        ("name" | "key" | "kind" | "level" | "status", Value::Text(text)) => words.word(text),
        ("tags" | "fields", Value::Object(members)) => {
            let members = members.iter();
            words.members(members.map(|(key, value)| (key.clone(), words.value(value))))
        }
        ("error", Value::Text(text)) if text.contains('\n') => match arrival.get("error_type") {
            Some(Value::Text(error_type)) => words.traceback(error_type),
            _ => words.quoted(text),
        },
        (_, value) => words.value(value),
    }
}

//! Lines that a contract's SDKs may send, and what they say to whoever reads them.

use std::collections::{BTreeMap, HashSet};

use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Contract, EventType, Field, Presence, Type};
use serde_json::{Map, Value, json};

use crate::faults::{Judge, is_in_use};
use crate::measure::length;
use crate::stretch::{Part, Stretch};
use crate::values::{Values, is_always_sent};

/// How much deeper than the reader takes is tried.
const DEEPER: u64 = 64;

/// How much longer than the reader takes is tried, where the sender has no limit.
const LONGER: u64 = 4_096;

/// Every kind of line that the sender's SDKs may send, hard for the reader: each event at its
/// least and its fullest, each field with each value at an edge, each field left out that may be,
/// and lines longer and deeper than the reader takes. Smallest first.
pub(crate) fn lines(sender: &Contract, reader: &Contract) -> Vec<Value> {
    let judge = Judge::new(sender, Reading::Emit);
    let mut lines: Vec<Value> = Vec::new();
    for event in &sender.events {
        let of_event = OfEvent::new(sender, reader, event);
        lines.extend(of_event.lines());
    }
    let mut seen = HashSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    lines.retain(|line| judge.line(line).is_empty());
    lines.sort_by_cached_key(length);
    lines
}

struct OfEvent<'a> {
    values: Values<'a>,
    /// Each field in use, and its values, the smallest first; `type` has one.
    fields: Vec<(&'a Field, Vec<Value>)>,
}

impl<'a> OfEvent<'a> {
    fn new(sender: &'a Contract, reader: &'a Contract, event: &'a EventType) -> Self {
        let values = Values { sender, reader };
        let other = reader.events.iter().find(|other| other.name == event.name);
        let fields = sender.fields_of(event).filter(|field| is_in_use(field));
        let fields = fields.map(|field| {
            if field.name == "type" {
                return (field, vec![json!(event.name)]);
            }
            let theirs = other.and_then(|other| {
                let mut fields = reader.fields_of(other);
                fields.find(|theirs| theirs.name == field.name)
            });
            let theirs = theirs.map_or(&field.type_name, |theirs| &theirs.type_name);
            let mut of_field = values.against(&field.type_name, theirs);
            of_field.extend(field.nullable.then_some(Value::Null));
            of_field.sort_by_cached_key(length);
            (field, of_field)
        });
        Self {
            values,
            fields: fields.collect(),
        }
    }

    fn lines(&self) -> Vec<Value> {
        let least = self.failed(self.with(is_always_sent));
        let full = self.with(|_| true);
        let mut lines = vec![Value::Object(least.clone()), Value::Object(full.clone())];
        for (field, values) in &self.fields {
            for value in values {
                lines.push(set(&least, &field.name, value.clone()));
            }
            let mut without = full.clone();
            without.remove(&field.name);
            lines.push(Value::Object(without));
        }
        for line in &mut lines {
            if let Value::Object(members) = line {
                *members = self.failed(std::mem::take(members));
            }
        }
        lines.extend(self.cut(&least));
        lines.extend(self.deep(&least));
        lines.extend(self.long(&least));
        lines
    }

    /// The event with the least value of each field that is wanted.
    fn with(&self, wanted: impl Fn(&Field) -> bool) -> Map<String, Value> {
        let fields = self.fields.iter().filter(|(field, _)| wanted(field));
        let members = fields.filter_map(|(field, values)| {
            let value = values.first()?;
            Some((field.name.clone(), value.clone()))
        });
        members.collect()
    }

    /// The line, with all that a failed span has if it is one.
    fn failed(&self, mut line: Map<String, Value>) -> Map<String, Value> {
        if line.get("status") == Some(&json!("failed")) {
            for (field, values) in &self.fields {
                if let (Presence::Failed, Some(value)) = (field.presence, values.first()) {
                    line.entry(&field.name).or_insert_with(|| value.clone());
                }
            }
        }
        line
    }

    /// The least event, with a text as long as may be and the truth about what was cut.
    fn cut(&self, least: &Map<String, Value>) -> Vec<Value> {
        let judge = Judge::new(self.values.sender, Reading::Emit);
        let texts = self.fields.iter().filter_map(|(field, _)| {
            let declared = self.values.sender.type_named(&field.type_name)?;
            let bytes = judge
                .rules(declared)
                .bytes
                .filter(|_| declared.base == Base::String)?;
            Some((field.name.as_str(), judge.whole(&bytes.to)))
        });
        let lines = texts.map(|(name, most)| {
            let mut line = set(
                least,
                name,
                Value::from("x".repeat(most.min(40_000) as usize)),
            );
            line["truncated"] = json!({name: most + 1});
            line
        });
        lines.collect()
    }

    /// The least event, deeper than the reader takes.
    fn deep(&self, least: &Map<String, Value>) -> Vec<Value> {
        let Values { sender, reader } = self.values;
        let most = limit(sender, "limit.depth");
        let Some(taken) = limit(reader, "limit.depth") else {
            return Vec::new();
        };
        let most = most.map_or(taken + DEEPER, |most| most.min(taken + DEEPER));
        let stretch = Stretch(self.values);
        let mut depths = (taken.max(1) + 1)..=most;
        let found = depths.find_map(|depth| {
            let fields = self.fields.iter().filter(|(field, _)| field.name != "type");
            let lines = fields.filter_map(|(field, _)| {
                let value = stretch.deep(&field.type_name, depth - 1)?;
                Some(set(least, &field.name, value))
            });
            Some(lines.collect()).filter(|lines: &Vec<Value>| !lines.is_empty())
        });
        found.unwrap_or_default()
    }

    /// A line longer than the reader takes.
    fn long(&self, least: &Map<String, Value>) -> Option<Value> {
        let Values { sender, reader } = self.values;
        let taken = limit(reader, "limit.line")?;
        let most = limit(sender, "limit.line").unwrap_or(taken + LONGER);
        if most <= taken {
            return None;
        }
        let judge = Judge::new(sender, Reading::Emit);
        let may_stand = |line: &Map<String, Value>| {
            let line = Value::Object(line.clone());
            judge.line(&line).is_empty()
        };
        let parts = self.fields.iter().filter_map(|(field, values)| {
            Some(Part {
                field,
                least: values.first()?.clone(),
                is_due: least.contains_key(&field.name),
            })
        });
        let parts: Vec<Part<'_>> = parts.collect();
        // Without the LF.
        let lengths = (taken, most - 1);
        let line = Stretch(self.values).filled(&parts, lengths, &may_stand)?;
        Some(Value::Object(line))
    }
}

fn set(base: &Map<String, Value>, key: &str, value: Value) -> Value {
    let mut members = base.clone();
    members.insert(key.to_owned(), value);
    Value::Object(members)
}

pub(crate) fn limit(contract: &Contract, clause: &str) -> Option<u64> {
    let limit = contract.limits.iter().find(|limit| limit.clause == clause);
    limit.map(|limit| limit.value)
}

/// What one field says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// The clause of its type.
    pub(crate) clause: String,
    /// A time in milliseconds; a word that is not known as the one that is read instead.
    pub(crate) value: Value,
    /// The types of the values around it, its own first.
    pub(crate) types: Vec<String>,
}

/// What a line says to a consumer, field by field, and member by member within a field. `None`
/// where it skips the line.
pub(crate) fn said(reader: &Contract, line: &Value) -> Option<BTreeMap<String, Said>> {
    let name = line["type"].as_str()?;
    let event = reader.events.iter().find(|event| event.name == name)?;
    let mut hearing = Hearing {
        reader,
        said: BTreeMap::new(),
    };
    let fields: Vec<&Field> = reader.fields_of(event).collect();
    hearing.members("", &[], &fields, line);
    Some(hearing.said)
}

struct Hearing<'a> {
    reader: &'a Contract,
    said: BTreeMap<String, Said>,
}

impl Hearing<'_> {
    fn members(&mut self, outer: &str, types: &[String], fields: &[&Field], object: &Value) {
        for field in fields.iter().filter(|field| is_in_use(field)) {
            if let Some(value) = object.get(&field.name) {
                let path = match outer {
                    "" => field.name.clone(),
                    outer => format!("{outer}.{}", field.name),
                };
                self.value(&path, types, &field.type_name, value);
            }
        }
    }

    fn value(&mut self, path: &str, types: &[String], type_name: &str, value: &Value) {
        let Some(declared) = self.reader.type_named(type_name) else {
            return;
        };
        let types = [&[type_name.to_owned()], types].concat();
        match (value, &declared.entries) {
            (Value::Object(_), _) if !declared.fields.is_empty() => {
                let inner: Vec<&Field> = declared.fields.iter().collect();
                self.members(path, &types, &inner, value);
            }
            (Value::Object(members), Some(entries)) if !members.is_empty() => {
                for (key, value) in members {
                    self.value(&format!("{path}.{key}"), &types, &entries.values, value);
                }
            }
            _ => {
                let said = Said {
                    clause: declared.clause.clone(),
                    value: meant(declared, value),
                    types,
                };
                self.said.insert(path.to_owned(), said);
            }
        }
    }
}

/// A value as a consumer reads it.
fn meant(declared: &Type, value: &Value) -> Value {
    let unit = declared.rules.unit.as_deref().and_then(milliseconds);
    match (value, unit, &declared.otherwise) {
        (Value::Number(number), Some(unit), _) => {
            json!(number.as_f64().unwrap_or_default() * unit)
        }
        (Value::String(word), _, Some(otherwise)) => {
            let rules = declared.rules.merged(&declared.sent);
            let known = rules.one_of.iter().any(|known| known == word);
            json!(if known { word } else { otherwise })
        }
        _ => value.clone(),
    }
}

fn milliseconds(unit: &str) -> Option<f64> {
    match unit {
        "s" => Some(1e3),
        "ms" => Some(1.0),
        "us" => Some(1e-3),
        "ns" => Some(1e-6),
        _ => None,
    }
}

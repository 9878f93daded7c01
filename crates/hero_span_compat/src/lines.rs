//! Lines that a contract's SDKs may send, and what they say to whoever reads them.

use std::collections::BTreeMap;

use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Contract, EventType, Field, Presence};
use serde_json::{Map, Value, json};

use crate::faults::{Judge, is_in_use};
use crate::values::Values;

/// Every kind of line that the sender's SDKs may send, hard for the reader: each event at its
/// least and its fullest, each field with each value at an edge, each field left out that may be,
/// and lines as long and as deep as can be. Smallest first.
pub(crate) fn lines(sender: &Contract, reader: &Contract) -> Vec<Value> {
    let judge = Judge::new(sender, Reading::Emit);
    let mut lines: Vec<Value> = Vec::new();
    for event in &sender.events {
        let of_event = OfEvent::new(sender, reader, event);
        lines.extend(of_event.lines());
    }
    lines.retain(|line| judge.line(line).is_empty());
    lines.sort_by_cached_key(|line| line.to_string().len());
    lines.dedup();
    lines
}

struct OfEvent<'a> {
    values: Values<'a>,
    /// Each field in use, and its values; `type` has one.
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
            of_field.sort_by_cached_key(|value| value.to_string().len());
            of_field.extend(field.nullable.then_some(Value::Null));
            (field, of_field)
        });
        Self {
            values,
            fields: fields.collect(),
        }
    }

    fn lines(&self) -> Vec<Value> {
        let least =
            self.with(|field| matches!(field.presence, Presence::Required | Presence::Expected));
        let full = self.with(|_| true);
        let mut lines = vec![Value::Object(least.clone()), Value::Object(full.clone())];
        for (field, values) in &self.fields {
            for value in values {
                lines.push(self.failed(set(&least, &field.name, value.clone())));
            }
            let mut without = full.clone();
            without.remove(&field.name);
            lines.push(Value::Object(without));
        }
        lines.extend(self.cut(&least));
        lines.extend(self.deep(&least));
        lines.extend(self.long(&full));
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
    fn failed(&self, mut line: Value) -> Value {
        if line["status"] == json!("failed") {
            for (field, values) in &self.fields {
                if let (Presence::Failed, Some(value)) = (field.presence, values.first())
                    && line.get(&field.name).is_none()
                {
                    line[&field.name] = value.clone();
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

    /// The least event, with arrays as deep as each side allows and one deeper.
    fn deep(&self, least: &Map<String, Value>) -> Vec<Value> {
        let depths =
            [self.values.sender, self.values.reader].map(|contract| limit(contract, "limit.depth"));
        let depths = depths
            .into_iter()
            .flatten()
            .flat_map(|depth| [depth, depth + 1]);
        let depths: Vec<u64> = depths.collect();
        let mut lines = Vec::new();
        let judge = Judge::new(self.values.sender, Reading::Emit);
        for (field, _) in &self.fields {
            for depth in &depths {
                let nested = |outer: u64| {
                    let arrays = outer..depth.saturating_sub(1).min(200);
                    arrays.fold(json!([]), |inner, _| json!([inner]))
                };
                let values = [nested(1), json!({"a": nested(2)})].into_iter();
                let fit = values.filter(|value| judge.value_of(&field.type_name, value).is_empty());
                lines.extend(fit.map(|value| set(least, &field.name, value)));
            }
        }
        lines
    }

    /// Lines one byte over what the reader takes, and as long as the sender sends.
    fn long(&self, full: &Map<String, Value>) -> Vec<Value> {
        let sender = limit(self.values.sender, "limit.line").unwrap_or(40_000);
        let reader = limit(self.values.reader, "limit.line").unwrap_or(40_000);
        let goals = [reader + 1, sender];
        goals
            .into_iter()
            .filter_map(|goal| self.filled(full, goal))
            .collect()
    }

    /// The event with its longest values, as many as it takes to come to that many bytes.
    fn filled(&self, full: &Map<String, Value>, goal: u64) -> Option<Value> {
        let mut line = full.clone();
        let bytes =
            |line: &Map<String, Value>| Value::Object(line.clone()).to_string().len() as u64 + 1;
        for (field, values) in &self.fields {
            let now = bytes(&line);
            if now >= goal {
                break;
            }
            let judge = Judge::new(self.values.sender, Reading::Emit);
            let mut longer: Vec<Value> = values.clone();
            // Whatever it takes: a text of just the bytes that are wanting, and longest members.
            let text = |bytes: u64| Value::from("x".repeat(bytes.min(100_000) as usize));
            let here = line
                .get(&field.name)
                .map_or(2, |value| value.to_string().len() as u64);
            let wanting = goal - now + here;
            longer.push(text(wanting.saturating_sub(2)));
            longer.extend(self.packed(field, wanting));
            let fits = |value: &&Value| judge.value_of(&field.type_name, value).is_empty();
            let room = |value: &&Value| value.to_string().len() as u64 <= wanting;
            let longest = longer.iter().filter(fits).filter(room);
            if let Some(value) = longest.max_by_key(|value| value.to_string().len()) {
                line.insert(field.name.clone(), value.clone());
            }
        }
        let enough = bytes(&line) >= goal;
        enough.then_some(Value::Object(line))
    }

    /// Members that take so many bytes together.
    fn packed(&self, field: &Field, wanting: u64) -> Option<Value> {
        let declared = self.values.sender.type_named(&field.type_name)?;
        let entries = declared.entries.as_ref()?;
        let judge = Judge::new(self.values.sender, Reading::Emit);
        let most = judge
            .rules(declared)
            .members
            .map_or(500, |members| judge.whole(&members.to));
        let longest = self.values.against(&entries.values, &entries.values);
        let longest = longest.iter().max_by_key(|value| value.to_string().len())?;
        let mut members = Map::new();
        let mut room = wanting.saturating_sub(2);
        for index in 0..most.min(2_000) {
            let key = format!("k{index}");
            let around = key.len() as u64 + 4;
            let size = longest.to_string().len() as u64;
            let value = if size + around <= room {
                longest.clone()
            } else {
                Value::from("x".repeat(room.saturating_sub(around + 2) as usize))
            };
            let taken = value.to_string().len() as u64 + around;
            if taken > room || !judge.value_of(&entries.values, &value).is_empty() {
                break;
            }
            room -= taken;
            members.insert(key, value);
        }
        Some(Value::Object(members))
    }
}

fn set(base: &Map<String, Value>, key: &str, value: Value) -> Value {
    let mut members = base.clone();
    members.insert(key.to_owned(), value);
    Value::Object(members)
}

fn limit(contract: &Contract, clause: &str) -> Option<u64> {
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
}

/// What a line says to a consumer, field by field. `None` where it skips the line.
pub(crate) fn said(reader: &Contract, line: &Value) -> Option<BTreeMap<String, Said>> {
    let name = line["type"].as_str()?;
    let event = reader.events.iter().find(|event| event.name == name)?;
    let mut said = BTreeMap::new();
    let fields: Vec<&Field> = reader.fields_of(event).collect();
    members(reader, "", &fields, line, &mut said);
    Some(said)
}

fn members(
    reader: &Contract,
    outer: &str,
    fields: &[&Field],
    object: &Value,
    said: &mut BTreeMap<String, Said>,
) {
    for field in fields.iter().filter(|field| is_in_use(field)) {
        let Some(value) = object.get(&field.name) else {
            continue;
        };
        let path = match outer {
            "" => field.name.clone(),
            outer => format!("{outer}.{}", field.name),
        };
        let Some(declared) = reader.type_named(&field.type_name) else {
            continue;
        };
        if !declared.fields.is_empty() && value.is_object() {
            let inner: Vec<&Field> = declared.fields.iter().collect();
            members(reader, &path, &inner, value, said);
            continue;
        }
        let unit = declared.rules.unit.as_deref().and_then(milliseconds);
        let meant = match (value, unit, &declared.otherwise) {
            (Value::Number(number), Some(unit), _) => {
                json!(number.as_f64().unwrap_or_default() * unit)
            }
            (Value::String(word), _, Some(otherwise)) => {
                let rules = declared.rules.merged(&declared.sent);
                let known = rules.one_of.iter().any(|known| known == word);
                json!(if known { word } else { otherwise })
            }
            _ => value.clone(),
        };
        let clause = declared.clause.clone();
        said.insert(
            path,
            Said {
                clause,
                value: meant,
            },
        );
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

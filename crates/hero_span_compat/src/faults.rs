//! What is wrong with a line under any contract: as its SDKs may send it, or as its consumers
//! must take it.
//!
//! A JSON Schema cannot count bytes, decimals or depth; this can. What only a parser sees, such
//! as a key that stands twice, is not looked for: nobody here writes such a line.

use hero_span_contract::model::{Base, Bound, Contract, EventType, Field, Presence, Rules, Type};
use hero_span_contract::{Reading, quoted};
use serde_json::{Map, Number, Value};

use crate::measure::{depth, length};
use crate::strings;

/// One thing that is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The event's type, where it is known.
    pub(crate) event: String,
    /// The field: `name`, or `producer.pid`; empty for the line itself.
    pub(crate) field: String,
    /// The clause that it breaks.
    pub(crate) clause: String,
    /// What is wrong, in words.
    pub(crate) said: String,
    /// The types of the values around it, its own first.
    pub(crate) types: Vec<String>,
}

/// A contract and who keeps to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'a> {
    contract: &'a Contract,
    reading: Reading,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct Here<'a> {
    event: &'a str,
    field: &'a str,
    around: Option<Around<'a>>,
}

/// The type of a value, and where that value stands.
#[derive(Debug, Clone, Copy)]
struct Around<'a> {
    type_name: &'a str,
    outer: &'a Here<'a>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(contract: &'a Contract, reading: Reading) -> Self {
        Self { contract, reading }
    }

    /// Everything that is wrong with a line, as it goes over the wire without its LF.
    pub(crate) fn line(&self, event: &Value) -> Vec<Fault> {
        let mut faults = self.event(event);
        let here = Here {
            event: event["type"].as_str().unwrap_or_default(),
            field: "",
            around: None,
        };
        let (bytes, depth) = (length(event) + 1, depth(event));
        for (clause, found, what) in [
            ("limit.line", bytes, "bytes with its LF"),
            (
                "limit.depth",
                depth,
                "objects and arrays within one another",
            ),
        ] {
            let limit = self
                .contract
                .limits
                .iter()
                .find(|limit| limit.clause == clause);
            if let Some(limit) = limit.filter(|limit| found > limit.value) {
                let said = format!("expected at most {} {what}, found {found}", limit.value);
                faults.push(here.fault(clause, said));
            }
        }
        faults
    }

    fn event(&self, event: &Value) -> Vec<Fault> {
        let Some(members) = event.as_object() else {
            let here = Here {
                event: "",
                field: "",
                around: None,
            };
            return vec![here.fault("transport.line", "expected an object".to_owned())];
        };
        let here = Here {
            event: "",
            field: "type",
            around: None,
        };
        let Some(name) = members.get("type").and_then(Value::as_str) else {
            return vec![here.fault("event.any", "expected a type".to_owned())];
        };
        let known = self.contract.events.iter().find(|known| known.name == name);
        match known {
            Some(known) => self.known_event(known, members),
            // A consumer skips it.
            None if self.reading == Reading::Accept => Vec::new(),
            None => {
                let said = format!("expected a type of this contract, found {}", quoted(name));
                vec![here.fault("event.any", said)]
            }
        }
    }

    fn known_event(&self, event: &EventType, members: &Map<String, Value>) -> Vec<Fault> {
        let fields: Vec<&Field> = self.contract.fields_of(event).collect();
        let here = Here {
            event: &event.name,
            field: "",
            around: None,
        };
        let mut faults = self.members(here, &event.clause, &fields, members);
        let failed = members.get("status").and_then(Value::as_str) == Some("failed");
        if failed && self.reading == Reading::Emit {
            let due = fields
                .iter()
                .filter(|field| field.presence == Presence::Failed);
            let missing = due.filter(|field| !members.contains_key(&field.name));
            faults.extend(missing.map(|field| here.missing(&event.clause, field)));
        }
        faults
    }

    fn members(
        &self,
        here: Here<'_>,
        clause: &str,
        fields: &[&Field],
        members: &Map<String, Value>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        for field in fields.iter().filter(|field| is_in_use(field)) {
            let path = here.member(&field.name);
            let inside = Here {
                field: &path,
                ..here
            };
            match members.get(&field.name) {
                None if self.is_due(field) => faults.push(here.missing(clause, field)),
                None => {}
                Some(_) if here.field.is_empty() && field.name == "type" => {}
                Some(Value::Null) if field.nullable => {}
                Some(value) => faults.extend(self.value(inside, &field.type_name, value)),
            }
        }
        if self.reading == Reading::Emit {
            let known = |key: &str| {
                fields
                    .iter()
                    .any(|field| field.name == key && is_in_use(field))
            };
            let unknown = members.keys().filter(|key| !known(key));
            faults.extend(unknown.map(|key| {
                let path = here.member(key);
                let inside = Here {
                    field: &path,
                    ..here
                };
                inside.fault(clause, format!("expected no field {}", quoted(key)))
            }));
        }
        faults
    }

    fn is_due(&self, field: &Field) -> bool {
        match field.presence {
            Presence::Required => true,
            Presence::Expected => self.reading == Reading::Emit,
            _ => false,
        }
    }

    /// What is wrong with a value of that type.
    pub(crate) fn value_of(&self, type_name: &str, value: &Value) -> Vec<Fault> {
        let here = Here {
            event: "",
            field: "",
            around: None,
        };
        self.value(here, type_name, value)
    }

    fn value(&self, here: Here<'_>, type_name: &str, value: &Value) -> Vec<Fault> {
        let Some(declared) = self.contract.type_named(type_name) else {
            return Vec::new();
        };
        let outer = here;
        let here = Here {
            around: Some(Around {
                type_name: &declared.name,
                outer: &outer,
            }),
            ..here
        };
        if !is_of(declared.base, value) {
            let said = format!("expected {}, found {}", words(declared.base), kind(value));
            return vec![here.fault(&declared.clause, said)];
        }
        let rules = self.rules(declared);
        let mut faults: Vec<Fault> = self
            .broken(&rules, value)
            .into_iter()
            .map(|said| here.fault(&declared.clause, said))
            .collect();
        if let Value::Object(members) = value {
            faults.extend(self.within(here, declared, members));
        }
        faults
    }

    fn within(&self, here: Here<'_>, declared: &Type, members: &Map<String, Value>) -> Vec<Fault> {
        if !declared.fields.is_empty() {
            let fields: Vec<&Field> = declared.fields.iter().collect();
            return self.members(here, &declared.clause, &fields, members);
        }
        let Some(entries) = &declared.entries else {
            return Vec::new();
        };
        let each = members.iter().flat_map(|(key, value)| {
            let key = Value::from(key.as_str());
            let keys = self.value(here, &entries.keys, &key);
            keys.into_iter()
                .chain(self.value(here, &entries.values, value))
        });
        each.collect()
    }

    /// What this reader keeps to.
    pub(crate) fn rules(&self, declared: &Type) -> Rules {
        match self.reading {
            Reading::Accept => declared.rules.clone(),
            Reading::Emit => declared.rules.merged(&declared.sent),
        }
    }

    fn broken(&self, rules: &Rules, value: &Value) -> Vec<String> {
        let mut said = Vec::new();
        if let Value::String(text) = value {
            said.extend(broken_words(rules, text));
        }
        if let Value::Number(number) = value {
            said.extend(self.broken_number(rules, number));
        }
        if let (Some(bytes), Some(found)) = (&rules.bytes, size(value)) {
            let (from, to) = (self.whole(&bytes.from), self.whole(&bytes.to));
            if found < from || found > to {
                said.push(format!("expected {from} to {to} bytes, found {found}"));
            }
        }
        if let (Some(members), Value::Object(found)) = (&rules.members, value) {
            let (from, to) = (self.whole(&members.from), self.whole(&members.to));
            let found = found.len() as u64;
            if found < from || found > to {
                said.push(format!("expected {from} to {to} members, found {found}"));
            }
        }
        said
    }

    fn broken_number(&self, rules: &Rules, number: &Number) -> Vec<String> {
        let found = number.as_f64().unwrap_or_default();
        let bound = |bound: &Bound| self.contract.number(bound).as_f64().unwrap_or_default();
        let mut said = Vec::new();
        if let Some(least) = rules
            .minimum
            .as_ref()
            .map(bound)
            .filter(|least| found < *least)
        {
            said.push(format!("expected at least {least}, found {number}"));
        }
        if let Some(most) = rules
            .maximum
            .as_ref()
            .map(bound)
            .filter(|most| found > *most)
        {
            said.push(format!("expected at most {most}, found {number}"));
        }
        let decimals = decimals(number);
        if let Some(most) = rules.decimals.filter(|most| decimals > *most) {
            said.push(format!(
                "expected at most {most} decimals, found {decimals}"
            ));
        }
        said
    }

    pub(crate) fn whole(&self, bound: &Bound) -> u64 {
        self.contract.number(bound).as_u64().unwrap_or_default()
    }
}

impl Here<'_> {
    fn member(&self, name: &str) -> String {
        match self.field {
            "" => name.to_owned(),
            outer => format!("{outer}.{name}"),
        }
    }

    fn fault(&self, clause: &str, said: String) -> Fault {
        let around = std::iter::successors(self.around, |around| around.outer.around);
        Fault {
            types: around.map(|around| around.type_name.to_owned()).collect(),
            event: self.event.to_owned(),
            field: self.field.to_owned(),
            clause: clause.to_owned(),
            said,
        }
    }

    fn missing(&self, clause: &str, field: &Field) -> Fault {
        let path = self.member(&field.name);
        let here = Here {
            field: &path,
            ..*self
        };
        here.fault(
            clause,
            format!("expected the field {}, found none", quoted(&field.name)),
        )
    }
}

/// A reserved name is no field: closed to SDKs, ignored by consumers.
pub(crate) fn is_in_use(field: &Field) -> bool {
    field.presence != Presence::Reserved
}

fn broken_words(rules: &Rules, text: &str) -> Vec<String> {
    let mut said = Vec::new();
    let found = quoted(text);
    if let Some(pattern) = rules
        .pattern
        .as_ref()
        .filter(|it| !strings::matches(it, text))
    {
        said.push(format!(
            "expected a match of {}, found {found}",
            quoted(pattern)
        ));
    }
    if rules.not.as_deref() == Some(text) {
        said.push(format!("expected anything but {found}"));
    }
    if !rules.one_of.is_empty() && !rules.one_of.iter().any(|word| word == text) {
        let words = rules.one_of.join(" ");
        said.push(format!("expected one of {}, found {found}", quoted(&words)));
    }
    said
}

/// Bytes of a text, or of an array's or object's compact JSON text (`value.structured`).
fn size(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => Some(text.len() as u64),
        Value::Array(_) | Value::Object(_) => Some(length(value)),
        _ => None,
    }
}

/// Digits behind the point, were it written without an exponent.
fn decimals(number: &Number) -> u64 {
    let text = number.to_string();
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let fraction = digits.split_once('.').map_or("", |(_, fraction)| fraction);
    let fraction = fraction.trim_end_matches('0').len() as i64;
    let exponent: i64 = exponent.parse().unwrap_or_default();
    (fraction - exponent).max(0).unsigned_abs()
}

fn is_of(base: Base, value: &Value) -> bool {
    match base {
        Base::Any => true,
        Base::String => value.is_string(),
        Base::Number => value.is_number(),
        Base::Integer => value
            .as_number()
            .is_some_and(|number| decimals(number) == 0),
        Base::Object => value.is_object(),
    }
}

fn words(base: Base) -> &'static str {
    match base {
        Base::Any => "any value",
        Base::String => "a string",
        Base::Number => "a number",
        Base::Integer => "a whole number",
        Base::Object => "an object",
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if decimals(number) > 0 => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

//! Values that a contract's SDKs may send, the plain ones and those at the edge of what another
//! contract takes.

use std::collections::BTreeSet;

use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Bound, Contract, Field, Presence, Rules, Type};
use serde_json::{Map, Number, Value, json};

use crate::faults::{Judge, is_in_use};
use crate::strings::Strings;

/// Types that name each other in a circle come to an end here.
const WITHIN: usize = 6;

/// What one contract's SDKs may send, tried against what another says.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) sender: &'a Contract,
    pub(crate) reader: &'a Contract,
}

impl<'a> Values<'a> {
    /// Values of the sender's type, hard for the reader's.
    pub(crate) fn against(self, ours: &str, theirs: &str) -> Vec<Value> {
        self.of(ours, theirs, WITHIN)
    }

    fn of(self, ours: &str, theirs: &str, within: usize) -> Vec<Value> {
        let Some(declared) = self.sender.type_named(ours) else {
            return Vec::new();
        };
        let other = self.reader.type_named(theirs);
        let judge = Judge::new(self.sender, Reading::Emit);
        let mut values = match within {
            0 => Vec::new(),
            _ => self.candidates(declared, other, within - 1),
        };
        values.retain(|value| judge.value_of(ours, value).is_empty());
        values
    }

    fn candidates(self, declared: &Type, other: Option<&Type>, within: usize) -> Vec<Value> {
        match declared.base {
            Base::String => self.strings(declared, other),
            Base::Number | Base::Integer => self.numbers(declared, other),
            Base::Any => self.anything(declared, other),
            Base::Object if declared.fields.is_empty() => self.entries(declared, other, within),
            Base::Object => self.objects(declared, other, within),
        }
    }

    /// The rules of both ends: what the sender keeps to, and the reader's, both its readings.
    fn rules(self, declared: &Type, other: Option<&Type>) -> (Rules, [Rules; 2]) {
        let ours = Judge::new(self.sender, Reading::Emit).rules(declared);
        let theirs = [Reading::Accept, Reading::Emit].map(|reading| {
            let judge = Judge::new(self.reader, reading);
            other.map(|other| judge.rules(other)).unwrap_or_default()
        });
        (ours, theirs)
    }

    fn strings(self, declared: &Type, other: Option<&Type>) -> Vec<Value> {
        let (ours, theirs) = self.rules(declared, other);
        let sender = Strings::new(Judge::new(self.sender, Reading::Emit), &ours);
        let each = theirs.iter().flat_map(|rules| {
            let reader = Strings::new(Judge::new(self.reader, Reading::Accept), rules);
            sender.against(&reader)
        });
        each.map(Value::from).collect()
    }

    fn numbers(self, declared: &Type, other: Option<&Type>) -> Vec<Value> {
        let (ours, theirs) = self.rules(declared, other);
        let finest = match declared.base {
            Base::Integer => 0,
            _ => ours.decimals.unwrap_or(4).min(6),
        };
        let step = 10_f64.powi(-(finest as i32));
        let bounds = |contract: &Contract, rules: &Rules| -> Vec<f64> {
            let both = [&rules.minimum, &rules.maximum].into_iter().flatten();
            let number = |bound: &Bound| contract.number(bound).as_f64();
            both.filter_map(number).collect()
        };
        let mut edges = bounds(self.sender, &ours);
        edges.extend(theirs.iter().flat_map(|rules| bounds(self.reader, rules)));
        edges.extend([0.0, 1.0, 1000.0]);
        // Far out, where no bound is.
        edges.extend([-1e12, 1e12]);
        let near = edges
            .iter()
            .flat_map(|edge| [-1.0, -step, 0.0, step, 1.0].map(|by| edge + by));
        let fine = theirs.iter().filter_map(|rules| rules.decimals);
        let fine: Vec<f64> = fine
            .map(|decimals| 10_f64.powi(-(decimals as i32 + 1)))
            .collect();
        let fractions = edges
            .iter()
            .flat_map(|edge| fine.iter().map(move |by| edge + by));
        near.chain(fractions)
            .filter_map(|number| rounded(number, finest))
            .collect()
    }

    fn anything(self, declared: &Type, other: Option<&Type>) -> Vec<Value> {
        let as_string = Type {
            base: Base::String,
            ..declared.clone()
        };
        let mut values = vec![
            json!(1),
            json!(-1.5),
            json!(true),
            Value::Null,
            json!([]),
            json!({}),
            json!({"a": 1}),
            json!([1]),
        ];
        values.extend(self.strings(&as_string, other));
        if let Some(other) = other {
            values.extend(self.numbers(&plain(Base::Number), Some(other)));
        }
        values
    }

    /// An object that names no member itself.
    fn entries(self, declared: &Type, other: Option<&Type>, within: usize) -> Vec<Value> {
        let Some(entries) = &declared.entries else {
            return Vec::new();
        };
        let others = other.and_then(|other| other.entries.as_ref());
        let of = |ours: &str, theirs: Option<&str>, otherwise: Value| -> Vec<Value> {
            match ours {
                // A key that no type narrows.
                "string" => vec![json!("a"), otherwise],
                ours => self.of(ours, theirs.unwrap_or(ours), within),
            }
        };
        let keys = of(&entries.keys, others.map(|it| it.keys.as_str()), json!(""));
        let keys: Vec<&str> = keys.iter().filter_map(Value::as_str).collect();
        let values = of(
            &entries.values,
            others.map(|it| it.values.as_str()),
            json!(1),
        );
        let (key, value) = (keys.first(), values.first());
        let mut objects = vec![json!({})];
        if let Some(key) = key {
            objects.extend(values.iter().map(|value| json!({*key: value})));
        }
        if let Some(value) = value {
            objects.extend(keys.iter().map(|key| json!({*key: value})));
            objects.extend(self.many(declared, other, value));
        }
        objects
    }

    /// As many members as either side bounds them to, and one more or less.
    fn many(self, declared: &Type, other: Option<&Type>, value: &Value) -> Vec<Value> {
        let (ours, theirs) = self.rules(declared, other);
        let judges = [self.sender, self.reader, self.reader];
        let rules = std::iter::once(&ours).chain(&theirs);
        let mut counts = BTreeSet::new();
        for (contract, rules) in judges.iter().zip(rules) {
            let judge = Judge::new(contract, Reading::Emit);
            if let Some(members) = &rules.members {
                let ends = [&members.from, &members.to].map(|bound| judge.whole(bound));
                counts.extend(
                    ends.iter()
                        .flat_map(|end| [end.saturating_sub(1), *end, end + 1]),
                );
            }
        }
        let keys = |count: u64| (0..count).map(|index| (format!("k{index}"), value.clone()));
        let fits = counts.into_iter().filter(|count| *count <= 2_000);
        fits.map(|count| Value::Object(keys(count).collect()))
            .collect()
    }

    /// An object with fields of its own.
    fn objects(self, declared: &Type, other: Option<&Type>, within: usize) -> Vec<Value> {
        let fields: Vec<&Field> = declared.fields.iter().filter(|it| is_in_use(it)).collect();
        let mut least = Map::new();
        let mut full = Map::new();
        let mut each: Vec<(&Field, Vec<Value>)> = Vec::new();
        for field in fields {
            let theirs =
                other.and_then(|other| other.fields.iter().find(|it| it.name == field.name));
            let theirs = theirs.map_or(field.type_name.as_str(), |field| &field.type_name);
            let mut values = self.of(&field.type_name, theirs, within);
            if field.nullable {
                values.push(Value::Null);
            }
            let smallest = values
                .iter()
                .min_by_key(|value| value.to_string().len())
                .cloned();
            if let Some(value) = smallest {
                if matches!(field.presence, Presence::Required | Presence::Expected) {
                    least.insert(field.name.clone(), value.clone());
                }
                full.insert(field.name.clone(), value);
            }
            each.push((field, values));
        }
        let with = |field: &Field, value: Value| {
            let mut object = least.clone();
            object.insert(field.name.clone(), value);
            Value::Object(object)
        };
        let varied = each.into_iter().flat_map(|(field, values)| {
            values
                .into_iter()
                .map(move |value| (field, value))
                .collect::<Vec<_>>()
        });
        let varied: Vec<Value> = varied.map(|(field, value)| with(field, value)).collect();
        [Value::Object(least.clone()), Value::Object(full)]
            .into_iter()
            .chain(varied)
            .collect()
    }
}

fn plain(base: Base) -> Type {
    Type {
        clause: String::new(),
        name: String::new(),
        base,
        entries: None,
        rules: Rules::default(),
        sent: Rules::default(),
        otherwise: None,
        fields: Vec::new(),
    }
}

/// A number with so many decimals at most, whole where it can be.
fn rounded(number: f64, decimals: u64) -> Option<Value> {
    let scale = 10_f64.powi(decimals as i32);
    let number = (number * scale).round() / scale;
    if number.fract() == 0.0 && number.abs() < 9.1e15 {
        return Some(json!(number as i64));
    }
    Number::from_f64(number).map(Value::Number)
}

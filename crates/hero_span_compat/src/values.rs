//! Values that a contract's SDKs may send, the plain ones and those at the edge of what another
//! contract takes.

use std::collections::{BTreeSet, HashSet};

use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Bound, Contract, Field, Presence, Rules, Type};
use serde_json::{Map, Number, Value, json};

use crate::faults::{Judge, is_in_use};
use crate::measure::{depth, length};
use crate::stretch::Stretch;
use crate::strings::Strings;

/// So many objects within one another are made of what they cannot do without.
const WITHIN: usize = 8;

/// The types around a value, of the sender and of the reader, where types name each other in a
/// circle.
#[derive(Clone, Copy, Default)]
pub(crate) struct Path<'p> {
    around: Option<([&'p str; 2], &'p Path<'p>)>,
}

impl<'p> Path<'p> {
    /// The path of what is within values of those types.
    pub(crate) fn inside(&'p self, ours: &'p str, theirs: &'p str) -> Self {
        Self {
            around: Some(([ours, theirs], self)),
        }
    }

    /// How many values are around.
    pub(crate) fn steps(&self) -> u64 {
        std::iter::successors(self.around, |(_, outer)| outer.around).count() as u64
    }

    /// Whether values of those types are around already.
    pub(crate) fn has(&self, ours: &str, theirs: &str) -> bool {
        let mut each = std::iter::successors(self.around, |(_, outer)| outer.around);
        each.any(|(types, _)| types == [ours, theirs])
    }
}

/// An object of more members is not tried.
const MEMBERS: u64 = 2_000;

/// What one contract's SDKs may send, tried against what another says.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) sender: &'a Contract,
    pub(crate) reader: &'a Contract,
}

impl<'a> Values<'a> {
    /// Values of the sender's type, hard for the reader's.
    pub(crate) fn against(self, ours: &str, theirs: &str) -> Vec<Value> {
        self.of(ours, theirs, &Path::default())
    }

    /// As [`Self::against`], within others. Where the types are within themselves, the simplest
    /// will do: what is hard about them was made outside.
    pub(crate) fn of(self, ours: &str, theirs: &str, path: &Path<'_>) -> Vec<Value> {
        if path.has(ours, theirs) {
            return self.simplest(ours, WITHIN).into_iter().collect();
        }
        let Some(declared) = self.sender.type_named(ours) else {
            return Vec::new();
        };
        let other = self.reader.type_named(theirs);
        let judge = self.judge();
        let mut values = self.candidates(declared, other, &path.inside(ours, theirs));
        values.extend(self.oversized(declared, other, path));
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(value.clone()));
        values.retain(|value| judge.value_of(ours, value).is_empty());
        values
    }

    /// The fields of an object that are in use, each with its simplest value.
    pub(crate) fn simplest_fields(self, declared: &Type) -> Vec<(&Field, Vec<Value>)> {
        let fields = declared.fields.iter().filter(|field| is_in_use(field));
        let each = fields.map(|field| {
            let value = self.simplest_of(field, WITHIN);
            (field, value.into_iter().collect())
        });
        each.collect()
    }

    /// Null ends what would go on within itself.
    fn simplest_of(self, field: &Field, steps: usize) -> Option<Value> {
        let value = self.simplest(&field.type_name, steps);
        let is_nested = value.as_ref().is_none_or(|value| depth(value) > 1);
        match field.nullable && is_nested {
            true => Some(Value::Null),
            false => value,
        }
    }

    /// A value of a type, of no more than it cannot do without.
    pub(crate) fn plainest(self, type_name: &str) -> Option<Value> {
        self.simplest(type_name, WITHIN)
    }

    /// A value of no more than it cannot do without, so many steps deep at most.
    fn simplest(self, type_name: &str, steps: usize) -> Option<Value> {
        let declared = self.sender.type_named(type_name)?;
        let steps = steps.checked_sub(1)?;
        let (from, _) = self.members(declared);
        let value = match (declared.base, &declared.entries) {
            (Base::Object, Some(entries)) => {
                let keys = self.keys(&entries.keys, from as usize).into_iter();
                let value = match from {
                    0 => Value::Null,
                    _ => self.simplest(&entries.values, steps)?,
                };
                Value::Object(keys.map(|key| (key, value.clone())).collect())
            }
            (Base::Object, None) => {
                let mut members = Map::new();
                for due in [true, false] {
                    let fields = declared.fields.iter().filter(|field| is_in_use(field));
                    for field in fields.filter(|field| is_always_sent(field) == due) {
                        if due || (members.len() as u64) < from {
                            members.insert(field.name.clone(), self.simplest_of(field, steps)?);
                        }
                    }
                }
                Value::Object(members)
            }
            _ => smallest(&self.against(type_name, type_name))?.clone(),
        };
        let fits = self.judge().value_of(type_name, &value).is_empty();
        fits.then_some(value)
    }

    /// Who says what the sender's SDKs may send.
    pub(crate) fn judge(self) -> Judge<'a> {
        Judge::new(self.sender, Reading::Emit)
    }

    fn candidates(self, declared: &Type, other: Option<&Type>, path: &Path<'_>) -> Vec<Value> {
        match declared.base {
            Base::String => self.strings(declared, other),
            Base::Number | Base::Integer => self.numbers(declared, other),
            Base::Any => self.anything(declared, other),
            Base::Object if declared.fields.is_empty() => self.entries(declared, other, path),
            Base::Object => self.objects(declared, other, path),
        }
    }

    /// An object whose JSON text has more bytes than the reader takes, as few more as can be.
    fn oversized(self, declared: &Type, other: Option<&Type>, path: &Path<'_>) -> Option<Value> {
        let other = other.filter(|other| other.base == Base::Any)?;
        if declared.base != Base::Object {
            return None;
        }
        let judge = Judge::new(self.reader, Reading::Accept);
        let taken = judge.whole(&judge.rules(other).bytes?.to);
        let mut more = (0..=12).map(|power| taken + (1 << power));
        more.find_map(|most| {
            let longest = Stretch(self).long(&declared.name, most, path)?;
            (length(&longest) > taken).then_some(longest)
        })
    }

    /// The rules of both ends: what the sender keeps to, and the reader's, both its readings.
    fn rules(self, declared: &Type, other: Option<&Type>) -> (Rules, [Rules; 2]) {
        let ours = self.judge().rules(declared);
        let theirs = [Reading::Accept, Reading::Emit].map(|reading| {
            let judge = Judge::new(self.reader, reading);
            other.map(|other| judge.rules(other)).unwrap_or_default()
        });
        (ours, theirs)
    }

    fn strings(self, declared: &Type, other: Option<&Type>) -> Vec<Value> {
        let (ours, theirs) = self.rules(declared, other);
        let sender = Strings::new(self.judge(), &ours);
        let each = theirs.iter().flat_map(|rules| {
            let reader = Strings::new(Judge::new(self.reader, Reading::Accept), rules);
            sender.against(&reader)
        });
        each.map(Value::from).collect()
    }

    fn numbers(self, declared: &Type, other: Option<&Type>) -> Vec<Value> {
        let (ours, theirs) = self.rules(declared, other);
        // One decimal more than the reader takes is what it rejects.
        let fine = theirs.iter().filter_map(|rules| rules.decimals);
        let fine: Vec<u64> = fine.map(|decimals| (decimals + 1).min(15)).collect();
        let finest = match declared.base {
            Base::Integer => 0,
            _ => ours
                .decimals
                .unwrap_or_else(|| fine.iter().copied().fold(4, u64::max)),
        };
        let step = 10_f64.powi(-(finest.min(4) as i32));
        let bounds = |contract: &Contract, rules: &Rules| -> Vec<f64> {
            let both = [&rules.minimum, &rules.maximum].into_iter().flatten();
            let number = |bound: &Bound| contract.number(bound).as_f64();
            both.filter_map(number).collect()
        };
        let mut edges = bounds(self.sender, &ours);
        edges.extend(theirs.iter().flat_map(|rules| bounds(self.reader, rules)));
        edges.extend([0.0, 1.0, 1000.0]);
        // Far out, where no bound is.
        edges.extend([-1e12, 1e12, -9_007_199_254_740_991.0]);
        let near = edges
            .iter()
            .flat_map(|edge| [-1.0, -step, 0.0, step, 1.0].map(|by| edge + by));
        let fractions = edges.iter().flat_map(|edge| {
            let steps = fine.iter().map(|decimals| 10_f64.powi(-(*decimals as i32)));
            steps.flat_map(move |by| [edge - by, edge + by])
        });
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
    fn entries(self, declared: &Type, other: Option<&Type>, path: &Path<'_>) -> Vec<Value> {
        let Some(entries) = &declared.entries else {
            return Vec::new();
        };
        let others = other.and_then(|other| other.entries.as_ref());
        let keys = match entries.keys.as_str() {
            // A key that no type narrows.
            "string" => self.free_keys(others.map_or("string", |it| &it.keys)),
            ours => self.of(ours, others.map_or(ours, |it| &it.keys), path),
        };
        let keys: Vec<&str> = keys.iter().filter_map(Value::as_str).collect();
        let theirs = others.map_or(&entries.values, |it| &it.values);
        let values = self.of(&entries.values, theirs, path);
        let Some(value) = smallest(&values) else {
            return vec![json!({})];
        };
        let counts = self.counts(declared, other);
        let spare = self.keys(
            &entries.keys,
            counts.last().map_or(1, |most| *most as usize),
        );
        let (least, _) = self.members(declared);
        let with = |key: &str, value: &Value, count: u64| {
            let mut object = Map::from_iter([(key.to_owned(), value.clone())]);
            for spare in &spare {
                if object.len() as u64 >= count {
                    break;
                }
                let other = smallest(&values).cloned().unwrap_or_default();
                object.entry(spare.clone()).or_insert(other);
            }
            Value::Object(object)
        };
        let mut objects = vec![json!({})];
        if let Some(key) = spare.first() {
            objects.extend(values.iter().map(|value| with(key, value, least)));
            objects.extend(counts.iter().map(|count| with(key, value, *count)));
        }
        objects.extend(keys.iter().map(|key| with(key, value, least)));
        objects
    }

    /// Keys of no type of the sender's, hard for the reader's.
    fn free_keys(self, theirs: &str) -> Vec<Value> {
        let mut free = plain(Base::String);
        free.name = "string".to_owned();
        self.strings(&free, self.reader.type_named(theirs))
    }

    /// So many keys of that type, or as many as there are.
    pub(crate) fn keys(self, type_name: &str, count: usize) -> Vec<String> {
        let declared = self.sender.type_named(type_name);
        let Some(declared) = declared.filter(|_| type_name != "string") else {
            return (0..count).map(|index| format!("k{index}")).collect();
        };
        let rules = self.judge().rules(declared);
        Strings::new(self.judge(), &rules).some(count)
    }

    /// How many members an object of that type has, least and most.
    pub(crate) fn members(self, declared: &Type) -> (u64, u64) {
        let rules = self.judge().rules(declared);
        let whole = |bound: &Bound| self.judge().whole(bound);
        let range = rules.members.as_ref();
        range.map_or((0, MEMBERS), |it| (whole(&it.from), whole(&it.to)))
    }

    /// As many members as either side bounds them to, and one more or less, fewest first.
    fn counts(self, declared: &Type, other: Option<&Type>) -> Vec<u64> {
        let (ours, theirs) = self.rules(declared, other);
        let contracts = [self.sender, self.reader, self.reader];
        let rules = std::iter::once(&ours).chain(&theirs);
        let mut counts = BTreeSet::from([1]);
        for (contract, rules) in contracts.iter().zip(rules) {
            let judge = Judge::new(contract, Reading::Emit);
            if let Some(members) = &rules.members {
                let ends = [&members.from, &members.to].map(|bound| judge.whole(bound));
                let near = ends
                    .iter()
                    .flat_map(|end| [end.saturating_sub(1), *end, end + 1]);
                counts.extend(near);
            }
        }
        counts
            .into_iter()
            .filter(|count| *count <= MEMBERS)
            .collect()
    }

    /// An object with fields of its own.
    fn objects(self, declared: &Type, other: Option<&Type>, path: &Path<'_>) -> Vec<Value> {
        let each = self.fields(declared, other, path);
        let counts = self.counts(declared, other);
        let (from, _) = self.members(declared);
        let mut objects = vec![object(&each, None, None, from)];
        objects.extend(counts.iter().map(|count| object(&each, None, None, *count)));
        objects.push(object(&each, None, None, u64::MAX));
        for (field, values) in &each {
            let varied = values
                .iter()
                .map(|value| object(&each, Some((field, value)), None, from));
            objects.extend(varied);
            objects.push(object(&each, None, Some(field), from));
        }
        objects
    }

    /// The fields of an object that are in use, and the values of each.
    pub(crate) fn fields<'b>(
        self,
        declared: &'b Type,
        other: Option<&Type>,
        path: &Path<'_>,
    ) -> Vec<(&'b Field, Vec<Value>)> {
        let fields = declared.fields.iter().filter(|field| is_in_use(field));
        let each = fields.map(|field| {
            let theirs =
                other.and_then(|other| other.fields.iter().find(|it| it.name == field.name));
            let theirs = theirs.map_or(&field.type_name, |field| &field.type_name);
            let mut values = self.of(&field.type_name, theirs, path);
            values.extend(field.nullable.then_some(Value::Null));
            (field, values)
        });
        each.collect()
    }
}

/// An object of what is given, of what an SDK never leaves out, and of others until there are so
/// many.
pub(crate) fn object(
    each: &[(&Field, Vec<Value>)],
    given: Option<(&Field, &Value)>,
    without: Option<&Field>,
    count: u64,
) -> Value {
    let mut object = Map::new();
    object.extend(given.map(|(field, value)| (field.name.clone(), value.clone())));
    for wanted in [true, false] {
        let others = each
            .iter()
            .filter(|(field, _)| is_always_sent(field) == wanted);
        for (field, values) in others.filter(|(field, _)| Some(*field) != without) {
            let enough = !wanted && object.len() as u64 >= count;
            if let Some(value) = smallest(values).filter(|_| !enough) {
                object.entry(&field.name).or_insert_with(|| value.clone());
            }
        }
    }
    Value::Object(object)
}

/// Whether an SDK never leaves it out.
pub(crate) fn is_always_sent(field: &Field) -> bool {
    matches!(field.presence, Presence::Required | Presence::Expected)
}

/// The value whose JSON text is shortest.
pub(crate) fn smallest(values: &[Value]) -> Option<&Value> {
    values.iter().min_by_key(|value| length(value))
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
    // What is whole already keeps all its digits.
    let number = match number.fract() == 0.0 {
        true => number,
        false => (number * scale).round() / scale,
    };
    if number.fract() == 0.0 && number.abs() < 9.1e15 {
        return Some(json!(number as i64));
    }
    Number::from_f64(number).map(Value::Number)
}

//! Values and lines as long or as deep as a contract lets them be.

use std::collections::HashMap;

use hero_span_contract::model::{Base, Bound, Field, Type};
use serde_json::{Map, Value, json};

use crate::lines::limit;
use crate::measure::{depth, length, object_length, text_length};
use crate::strings::Strings;
use crate::values::{Path, Values, is_always_sent, object, smallest};

/// What an object is made of: a field, and the least that it can be.
pub(crate) struct Part<'a> {
    pub(crate) field: &'a Field,
    pub(crate) least: Value,
    /// Whether the object cannot do without it.
    pub(crate) is_due: bool,
}

/// How deep a line is tried where nothing limits it.
const DEEPEST: u64 = 100;

/// What was found of a type and a depth.
type Known = HashMap<(String, u64), Option<Value>>;

/// From one length of JSON text to another, both included.
pub(crate) type Lengths = (u64, u64);

/// What one contract's SDKs may send, as large as can be.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a>(pub(crate) Values<'a>);

impl Stretch<'_> {
    /// An object of such a length, or the longest below, of parts that are each as long as there
    /// is room; `valid` says whether they may stand together.
    pub(crate) fn filled(
        self,
        parts: &[Part<'_>],
        lengths: Lengths,
        valid: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Option<Map<String, Value>> {
        self.fill(parts, lengths, valid, &Path::default())
    }

    fn fill(
        self,
        parts: &[Part<'_>],
        (from, to): Lengths,
        valid: &dyn Fn(&Map<String, Value>) -> bool,
        path: &Path<'_>,
    ) -> Option<Map<String, Value>> {
        let optional = parts.iter().filter(|part| !part.is_due).count();
        let mut best: Option<(u64, Map<String, Value>)> = None;
        // What is left out leaves room, and what is there can be stretched: all are tried.
        for count in 0..=optional {
            let base = first(parts, count);
            for order in [Order::Forward, Order::Backward, Order::WithoutWords] {
                let object = self.stretched(parts, base.clone(), to, order, path);
                let found = object_length(&object);
                if found > to || !valid(&object) {
                    continue;
                }
                if found >= from {
                    return Some(object);
                }
                if best.as_ref().is_none_or(|(longest, _)| found > *longest) {
                    best = Some((found, object));
                }
            }
        }
        best.map(|(_, object)| object)
    }

    /// Each part in turn as long as there is room.
    fn stretched(
        self,
        parts: &[Part<'_>],
        mut object: Map<String, Value>,
        to: u64,
        order: Order,
        path: &Path<'_>,
    ) -> Map<String, Value> {
        let mut now = object_length(&object);
        let mut turns: Vec<&Part<'_>> = parts.iter().collect();
        if order == Order::Backward {
            turns.reverse();
        }
        for part in turns {
            let name = &part.field.name;
            // It says what event this is, or that a span has failed.
            let is_told = name == "type" || (order == Order::WithoutWords && name == "status");
            let Some(here) = object
                .get(name)
                .filter(|_| !is_told && now < to)
                .map(length)
            else {
                continue;
            };
            let longest = self.long(&part.field.type_name, to - now + here, path);
            if let Some(value) = longest.filter(|value| length(value) > here) {
                now += length(&value) - here;
                object.insert(name.clone(), value);
            }
        }
        object
    }

    /// The value whose JSON text is longest, of those of so many bytes at most.
    pub(crate) fn long(self, type_name: &str, most: u64, path: &Path<'_>) -> Option<Value> {
        let Self(values) = self;
        let declared = values.sender.type_named(type_name)?;
        let judge = values.judge();
        if path.has(type_name, type_name) {
            let grown = self.grown(declared, most, path);
            return grown.or_else(|| self.chain(type_name, most, path));
        }
        let path = &path.inside(type_name, type_name);
        let candidates = match declared.base {
            Base::String | Base::Any => {
                let text = Strings::new(judge, &judge.rules(declared)).longest(most);
                // Where texts are short, any value but a text may be longer.
                let others = match declared.base {
                    Base::Any => self.numbers(type_name),
                    _ => Vec::new(),
                };
                others.into_iter().chain(text.map(Value::from)).collect()
            }
            Base::Number | Base::Integer => self.numbers(type_name),
            Base::Object if declared.fields.is_empty() => {
                self.packed(declared, most, path).into_iter().collect()
            }
            Base::Object => {
                let valid = |object: &Map<String, Value>| {
                    let object = Value::Object(object.clone());
                    judge.value_of(type_name, &object).is_empty()
                };
                let parts = self.parts(declared, path);
                let object = self.fill(&parts, (most, most), &valid, path);
                object.map(Value::Object).into_iter().collect()
            }
        };
        let fits =
            |value: &Value| length(value) <= most && judge.value_of(type_name, value).is_empty();
        candidates.into_iter().filter(fits).max_by_key(length)
    }

    /// Numbers of many digits, among the type's values.
    fn numbers(self, type_name: &str) -> Vec<Value> {
        let mut numbers = self.0.against(type_name, type_name);
        let digits = [1.234_567_890_123_456_7e-300, 0.123_456_789_012_345_67];
        numbers.extend(digits.iter().flat_map(|it| [json!(-it), json!(it)]));
        numbers
    }

    /// How deep a value may be, the line and each value around it left out.
    fn depth_left(self, path: &Path<'_>) -> u64 {
        let limit = limit(self.0.sender, "limit.depth").unwrap_or(DEEPEST);
        limit.saturating_sub(1 + path.steps())
    }

    /// An object within others of its type: each field as long as there is room, those of such
    /// types last. Whatever is made takes room, so it comes to an end, and no order is tried but
    /// one.
    fn grown(self, declared: &Type, most: u64, path: &Path<'_>) -> Option<Value> {
        if declared.fields.is_empty() || self.depth_left(path) == 0 {
            return None;
        }
        let Self(values) = self;
        let path = &path.inside(&declared.name, &declared.name);
        let (_, count) = values.members(declared);
        let mut fields = values.simplest_fields(declared);
        fields.sort_by_key(|(field, _)| path.has(&field.type_name, &field.type_name));
        let mut object = Map::new();
        for (field, simplest) in fields.iter().filter(|(field, _)| is_always_sent(field)) {
            object.insert(field.name.clone(), simplest.first()?.clone());
        }
        for (field, _) in &fields {
            let now = object_length(&object);
            let here = object.get(&field.name).map(length);
            let around = text_length(&field.name) + 1 + u64::from(!object.is_empty());
            let taken = here.map_or(now + around, |here| now - here);
            let is_more = here.is_none() && object.len() as u64 >= count;
            let Some(room) = most.checked_sub(taken).filter(|room| *room > 0 && !is_more) else {
                continue;
            };
            let longest = self.long(&field.type_name, room, path);
            if let Some(value) = longest.filter(|value| length(value) > here.unwrap_or(0)) {
                object.insert(field.name.clone(), value);
            }
        }
        let object = Value::Object(object);
        let is_valid = values.judge().value_of(&declared.name, &object).is_empty();
        (is_valid && length(&object) <= most).then_some(object)
    }

    /// A value within others of its type, as many more within it as there is room: it is long by
    /// being deep.
    fn chain(self, type_name: &str, most: u64, path: &Path<'_>) -> Option<Value> {
        let room = self.depth_left(path).min(most / 2);
        let mut known = Known::new();
        let each = (0..=room).filter_map(|depth| self.sunk(type_name, depth, &mut known));
        each.filter(|value| length(value) <= most)
            .max_by_key(length)
    }

    fn parts<'b>(self, declared: &'b Type, path: &Path<'_>) -> Vec<Part<'b>> {
        let each = self.0.fields(declared, None, path);
        let parts = each.into_iter().filter_map(|(field, values)| {
            Some(Part {
                field,
                least: smallest(&values)?.clone(),
                is_due: is_always_sent(field),
            })
        });
        parts.collect()
    }

    /// Members as long as there is room, as many as may be.
    fn packed(self, declared: &Type, most: u64, path: &Path<'_>) -> Option<Value> {
        let Self(values) = self;
        let entries = declared.entries.as_ref()?;
        let (from, to) = values.members(declared);
        // A member takes five bytes at least.
        let count = to.min(most / 5 + 1) as usize;
        let all = values.of(&entries.values, &entries.values, path);
        let least = smallest(&all)?;
        let keys = values.keys(&entries.keys, count);
        let due = keys.iter().take(from as usize);
        let mut members: Map<String, Value> = due.map(|key| (key.clone(), least.clone())).collect();
        let mut now = object_length(&members);
        let mut longest: Option<Value> = None;
        for key in keys {
            let here = members.get(&key).map(length);
            let around = text_length(&key) + 1 + u64::from(!members.is_empty());
            // A member that is there already makes way for a longer one.
            let (before, after) = match here {
                Some(here) => (now - here, 0),
                None => (now, around),
            };
            let Some(room) = most.checked_sub(before + after) else {
                continue;
            };
            // What is shorter than there was room for is as long as there is.
            if longest.as_ref().is_none_or(|it| length(it) > room) {
                longest = self.long(&entries.values, room, path);
            }
            if let Some(value) = longest.clone() {
                now = before + after + length(&value);
                members.insert(key, value);
            }
        }
        self.longer_key(&entries.keys, most.checked_sub(now)?, &mut members);
        Some(Value::Object(members))
    }

    /// One key that takes the room that is left.
    fn longer_key(self, keys: &str, room: u64, members: &mut Map<String, Value>) -> Option<()> {
        let Self(values) = self;
        let short = members.keys().next_back()?.clone();
        let most = text_length(&short) + room;
        let longer = match values.sender.type_named(keys).filter(|_| keys != "string") {
            Some(declared) => {
                Strings::new(values.judge(), &values.judge().rules(declared)).longest(most)?
            }
            None => format!("{short}{}", "x".repeat(room as usize)),
        };
        if text_length(&longer) > most - room && !members.contains_key(&longer) {
            let value = members.remove(&short)?;
            members.insert(longer, value);
        }
        Some(())
    }

    /// A value of just so many objects and arrays within one another, the least there is.
    pub(crate) fn deep(self, type_name: &str, wanted: u64) -> Option<Value> {
        self.sunk(type_name, wanted, &mut HashMap::new())
    }

    fn sunk(self, type_name: &str, wanted: u64, known: &mut Known) -> Option<Value> {
        let key = (type_name.to_owned(), wanted);
        if let Some(value) = known.get(&key) {
            return value.clone();
        }
        let Self(values) = self;
        let declared = values.sender.type_named(type_name)?;
        let candidates = match declared.base {
            // An object is one itself.
            Base::Object if wanted == 0 => Vec::new(),
            _ if wanted == 0 => values.against(type_name, type_name),
            Base::String | Base::Number | Base::Integer => Vec::new(),
            Base::Any => self.nested(declared, wanted),
            Base::Object if declared.fields.is_empty() => self.sunk_entry(declared, wanted, known),
            Base::Object => {
                let each = values.simplest_fields(declared);
                let (from, _) = values.members(declared);
                let mut candidates = vec![object(&each, None, None, from)];
                for (field, _) in &each {
                    let inner = self.sunk(&field.type_name, wanted - 1, known);
                    candidates
                        .extend(inner.map(|it| object(&each, Some((field, &it)), None, from)));
                }
                candidates
            }
        };
        let fits = |value: &Value| {
            depth(value) == wanted && values.judge().value_of(type_name, value).is_empty()
        };
        let found = candidates.into_iter().filter(fits).min_by_key(length);
        known.insert(key, found.clone());
        found
    }

    /// Arrays within arrays, with a text in the innermost if they must be longer.
    fn nested(self, declared: &Type, wanted: u64) -> Vec<Value> {
        let judge = self.0.judge();
        let whole = |bound: &Bound| judge.whole(bound);
        let bytes = judge.rules(declared).bytes;
        let least = bytes.map_or(0, |bytes| whole(&bytes.from));
        let text = "x".repeat(least.saturating_sub(2 * wanted + 2) as usize);
        let nested = |inner| (1..wanted).fold(inner, |inner, _| json!([inner]));
        vec![nested(json!([])), nested(json!([text]))]
    }

    fn sunk_entry(self, declared: &Type, wanted: u64, known: &mut Known) -> Vec<Value> {
        let Self(values) = self;
        let Some(entries) = &declared.entries else {
            return Vec::new();
        };
        let (from, _) = values.members(declared);
        let keys = values.keys(&entries.keys, from.max(1) as usize);
        let inner = self.sunk(&entries.values, wanted - 1, known);
        let others = values.plainest(&entries.values);
        let least = others.as_ref().or(inner.as_ref());
        let members = keys.into_iter().enumerate().filter_map(|(index, key)| {
            let value = if index == 0 { inner.as_ref() } else { least };
            Some((key, value?.clone()))
        });
        vec![json!({}), Value::Object(members.collect())]
    }
}

/// In which order parts are stretched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Forward,
    Backward,
    /// Forward, without a status that would ask for others.
    WithoutWords,
}

/// What is due, and so many of the others.
fn first(parts: &[Part<'_>], mut count: usize) -> Map<String, Value> {
    let mut object = Map::new();
    for part in parts {
        let is_one = !part.is_due && count > 0;
        count -= usize::from(is_one);
        if is_one || part.is_due {
            object.insert(part.field.name.clone(), part.least.clone());
        }
    }
    object
}

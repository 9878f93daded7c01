//! What a field must be when it is sent.

use std::borrow::Cow;

use crate::contract::{Clause, PROTOCOL, limit};
use crate::error::Violation;
use crate::fields::{Field, Fields};
use crate::json::Json;
use crate::limits::value_bytes;
use crate::names::{Kind, Level, Status};
use crate::place::Place;
use crate::printable::{quoted, shortened};
use crate::producer::{ProducerField, ProducerFields};
use crate::read::EventType;
use crate::scan::{Shape, Slot, members_of, to_count, to_f64};
use crate::text::first_big_integer;
use crate::time::TimeMs;

/// Adds what an SDK must not send in the fields that are there, and the
/// fields that it must send and are not.
pub(super) fn check(fields: &Fields<'_>, event_type: EventType, violations: &mut Vec<Violation>) {
    let mut emit = Emit {
        fields,
        event_type,
        violations,
    };
    emit.foreign_fields();
    emit.time();
    emit.expected(Field::Seq);
    emit.producer();
    match event_type {
        EventType::Start => emit.start(),
        EventType::Tag => emit.tag(),
        EventType::Log => emit.log(),
        EventType::End => emit.end(),
    }
}

struct Emit<'a, 'e> {
    fields: &'e Fields<'a>,
    event_type: EventType,
    violations: &'e mut Vec<Violation>,
}

impl<'a> Emit<'a, '_> {
    fn start(&mut self) {
        self.expected(Field::ParentSpanId);
        self.name(Field::Name);
        self.expected(Field::Kind);
        let is_kind = |word: &str| Kind::from_word(word).is_some();
        self.word(Field::Kind, is_kind, Kind::expected);
        self.members(Field::Tags);
        self.json(Field::Params);
    }

    fn tag(&mut self) {
        self.name(Field::Key);
        self.json(Field::Value);
    }

    fn log(&mut self) {
        self.text(Field::Message, Clause::LimitValue, limit::VALUE_BYTES);
        let is_level = |word: &str| Level::from_word(word).is_some();
        self.word(Field::Level, is_level, Level::expected);
        self.members(Field::Fields);
    }

    fn end(&mut self) {
        let status = self.slot(Field::Status).text();
        if status.as_deref() == Some(Status::Failed.as_str()) {
            self.expected(Field::Error);
        }
        self.text(Field::Error, Clause::LimitError, limit::ERROR_BYTES);
        self.name(Field::ErrorType);
        self.json(Field::Result);
    }

    fn slot(&self, field: Field) -> Slot<'a> {
        self.fields.slot(field)
    }

    fn place(&self, field: Field) -> Place<'a> {
        self.fields.place(field, self.event_type.owner(field))
    }

    fn foreign_fields(&mut self) {
        let (fields, event_type) = (self.fields, self.event_type);
        let unknown = fields.unknown.iter().map(|key| (key.name(), key.at));
        let of_others = Field::ALL
            .iter()
            .filter(|&&field| !event_type.has(field))
            .map(|&field| (field.name(), fields.slot(field)))
            .filter(|(_, slot)| slot.is_present())
            .map(|(name, slot)| (Cow::Borrowed(name), slot.at));
        let expected = format!("no field but those of {}", event_type.name());
        let foreign = unknown
            .chain(of_others)
            .map(|(name, at)| foreign(Clause::EventAny, &expected, &name, at).field(&*name));
        self.violations.extend(foreign);
    }

    fn expected(&mut self, field: Field) {
        let place = self.place(field);
        if !place.slot.is_present() {
            self.violations.push(place.missing());
        }
    }

    fn time(&mut self) {
        let place = self.place(Field::TsMs);
        if place.slot.shape == Shape::Number {
            self.violations.extend(time_fault(&place));
        }
    }

    fn producer(&mut self) {
        let object = self.slot(Field::Producer);
        if object.shape != Shape::Object {
            return;
        }
        let producer = ProducerFields::scan(self.fields.text, &object);
        let unknown = producer.unknown.iter().map(|key| {
            let expected = "no field but those of a producer";
            let fault = foreign(Clause::TypeProducer, expected, &key.name(), key.at);
            fault.field(format!("producer.{}", key.name()))
        });
        self.violations.extend(unknown);
        for place in ProducerField::EXPECTED.map(|field| producer.place(field)) {
            if !place.slot.is_present() {
                self.violations.push(place.missing());
            }
            self.name_at(place.path, &place.slot);
        }
        let protocol = producer.place(ProducerField::Protocol);
        self.violations.extend(protocol_fault(&protocol));
    }

    fn word(&mut self, field: Field, is_word: impl Fn(&str) -> bool, expected: fn() -> String) {
        let place = self.place(field);
        if let Some(word) = place.slot.text().filter(|word| !is_word(word)) {
            let fault = place.fault(place.type_clause, expected(), quoted(&word));
            self.violations.push(fault);
        }
    }

    fn name(&mut self, field: Field) {
        self.name_at(field.name(), &self.slot(field));
    }

    /// A string that is a name.
    fn name_at(&mut self, path: &str, slot: &Slot<'_>) {
        if let Some(name) = slot.text() {
            self.violations.extend(name_fault(path, &name, slot.at));
        }
    }

    fn text(&mut self, field: Field, clause: Clause, max: usize) {
        let slot = self.slot(field);
        if let Some(text) = slot.text() {
            let fault = too_many_bytes(clause, max, text.len());
            let fault = fault.map(|fault| fault.field(field.name()).at(slot.at));
            self.violations.extend(fault);
        }
    }

    fn json(&mut self, field: Field) {
        self.json_at(field.name(), &self.slot(field));
    }

    fn json_at(&mut self, path: &str, slot: &Slot<'_>) {
        if !slot.is_present() {
            return;
        }
        let bytes = value_bytes(&Json::from_valid(slot.raw));
        let size = too_many_bytes(Clause::LimitValue, limit::VALUE_BYTES, bytes);
        let number = first_big_integer(slot.raw).map(big_integer);
        let faults = size.into_iter().chain(number);
        self.violations
            .extend(faults.map(|fault| fault.field(path).at(slot.at)));
    }

    fn members(&mut self, field: Field) {
        let place = self.place(field);
        if place.slot.shape != Shape::Object {
            return;
        }
        let members = members_of(self.fields.text, &place.slot);
        if members.len() > limit::MEMBERS {
            let expected = format!("at most {} members", limit::MEMBERS);
            let found = members.len().to_string();
            let fault = place.fault(Clause::LimitMembers, expected, found);
            self.violations.push(fault);
        }
        for (key, slot) in members {
            let path = format!("{}.{}", field.name(), key.name());
            let fault = name_fault(&path, &key.name(), key.at);
            self.violations.extend(fault);
            self.json_at(&path, &slot);
        }
    }
}

#[cold]
fn foreign(clause: Clause, expected: &str, name: &str, at: usize) -> Violation {
    Violation::new(clause, expected, quoted(name)).at(at)
}

fn time_fault(place: &Place<'_>) -> Option<Violation> {
    let raw = place.slot.raw;
    let decimals = raw
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let expected = if raw.contains(['e', 'E']) {
        "a number without an exponent".into()
    } else if decimals > TimeMs::DECIMALS_SENT {
        format!("at most {} decimals", TimeMs::DECIMALS_SENT)
    } else if !(0.0..=TimeMs::MAX_SENT).contains(&to_f64(raw)) {
        format!("a number from 0 to {}", TimeMs::MAX_SENT)
    } else {
        return None;
    };
    Some(place.fault(Clause::TypeTime, expected, shortened(raw)))
}

fn protocol_fault(place: &Place<'_>) -> Option<Violation> {
    let is_number = place.slot.shape == Shape::Number;
    let protocol = is_number.then(|| to_count(place.slot.raw)).flatten()?;
    (protocol != PROTOCOL).then(|| {
        place.fault(
            Clause::TypeProducer,
            PROTOCOL.to_string(),
            protocol.to_string(),
        )
    })
}

fn name_fault(path: &str, name: &str, at: usize) -> Option<Violation> {
    let fault = if name.is_empty() {
        Some(Violation::new(Clause::TypeName, "at least 1 byte", "none"))
    } else {
        too_many_bytes(Clause::LimitName, limit::NAME_BYTES, name.len())
    };
    fault.map(|fault| fault.field(path).at(at))
}

fn too_many_bytes(clause: Clause, max: usize, bytes: usize) -> Option<Violation> {
    (bytes > max)
        .then(|| Violation::new(clause, format!("at most {max} bytes"), format!("{bytes}")))
}

fn big_integer(raw: &str) -> Violation {
    let max = limit::INTEGER_MAX;
    let expected = format!("integers from -{max} to {max}, others as strings");
    Violation::new(Clause::ValueNumbers, expected, shortened(raw))
}

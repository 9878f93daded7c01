//! Whether what `truncated` says can be true (`value.announced`).

use std::borrow::Cow;

use crate::contract::{Clause, limit};
use crate::error::Violation;
use crate::fields::{Field, Fields};
use crate::limits::Cap;
use crate::printable::quoted;
use crate::read::EventType;
use crate::scan::{Key, Shape, Slot, members_of, to_count};

/// Adds the entries of `truncated` that cannot be true.
pub(super) fn check(fields: &Fields<'_>, event_type: EventType, violations: &mut Vec<Violation>) {
    let truncated = fields.slot(Field::Truncated);
    if truncated.shape != Shape::Object {
        return;
    }
    let cuts = Cuts::new(fields, event_type);
    for (key, size) in members_of(fields.text, &truncated) {
        let (name, before) = (key.name(), to_count(size.raw));
        let fault = before.and_then(|before| match cuts.subject(&name) {
            Some(subject) => subject.fault(before),
            None => Some(no_subject(&name)),
        });
        let path = format!("truncated.{name}");
        violations.extend(fault.map(|fault| fault.field(path).at(size.at)));
    }
}

/// What an entry of `truncated` speaks of.
enum Subject<'a> {
    /// So many members are left.
    Members(usize),
    /// A value of which this is left.
    Value { left: Slot<'a>, cap: Cap },
    /// A member: its value is left, or its key.
    Member { left: Slot<'a>, key: Cow<'a, str> },
}

/// What an event has that can be cut.
struct Cuts<'a, 'f> {
    fields: &'f Fields<'a>,
    event_type: EventType,
    /// Its tags or log fields.
    members: Vec<(Key<'a>, Slot<'a>)>,
}

impl<'a, 'f> Cuts<'a, 'f> {
    fn new(fields: &'f Fields<'a>, event_type: EventType) -> Self {
        let own = [Field::Tags, Field::Fields]
            .into_iter()
            .filter(|&field| event_type.has(field));
        let objects = own
            .map(|field| fields.slot(field))
            .filter(|slot| slot.shape == Shape::Object);
        Self {
            fields,
            event_type,
            members: objects
                .flat_map(|slot| members_of(fields.text, &slot))
                .collect(),
        }
    }

    fn subject(&self, name: &str) -> Option<Subject<'a>> {
        match name.split_once('.') {
            Some((field, key)) if is_members(self.field(field)?) => self.member(key),
            Some(_) => None,
            None => self.whole(self.field(name)?),
        }
    }

    /// A field that this event has.
    fn field(&self, name: &str) -> Option<Field> {
        let field = Field::of(name).filter(|&field| self.event_type.has(field))?;
        self.fields.has(field).then_some(field)
    }

    fn member(&self, key: &str) -> Option<Subject<'a>> {
        let mut members = self.members.iter();
        let (key, left) = members.find(|(name, _)| name.name() == key)?;
        Some(Subject::Member {
            left: *left,
            key: key.name(),
        })
    }

    fn whole(&self, field: Field) -> Option<Subject<'a>> {
        if is_members(field) {
            return Some(Subject::Members(self.members.len()));
        }
        let cap = Cap::of(field.type_clause()).filter(|_| field != Field::Type)?;
        let left = self.fields.slot(field);
        Some(Subject::Value { left, cap })
    }
}

fn is_members(field: Field) -> bool {
    field.type_clause() == Clause::TypeMembers
}

impl Subject<'_> {
    fn fault(&self, before: u64) -> Option<Violation> {
        match self {
            Self::Members(left) => members_fault(*left, before),
            Self::Value { left, cap } => value_fault(left, *cap, before),
            Self::Member { key, .. } if is_cut_key(key, before) => None,
            Self::Member { left, .. } => value_fault(left, Cap::Value, before),
        }
    }
}

fn members_fault(left: usize, before: u64) -> Option<Violation> {
    (before <= left as u64).then(|| {
        let expected = format!("more than the {left} left");
        Violation::new(Clause::ValueAnnounced, expected, before.to_string())
    })
}

fn is_cut_key(key: &str, before: u64) -> bool {
    before > key.len() as u64 && Cap::Name.is_cut(key)
}

fn value_fault(left: &Slot<'_>, cap: Cap, before: u64) -> Option<Violation> {
    let Some(text) = left.text() else {
        // Where only a string can stand, that was found before.
        return (cap == Cap::Value).then(|| {
            let expected = "a string, as what was cut is";
            Violation::new(Clause::ValueStructured, expected, left.describe())
        });
    };
    if before <= text.len() as u64 {
        let expected = format!("more than the {} bytes left", text.len());
        return Some(Violation::new(
            Clause::ValueAnnounced,
            expected,
            before.to_string(),
        ));
    }
    if before > limit::MEASURED_BYTES as u64 {
        let expected = format!("at most {}", limit::MEASURED_BYTES);
        return Some(Violation::new(
            Clause::LimitMeasured,
            expected,
            before.to_string(),
        ));
    }
    (!cap.is_cut(&text)).then(|| bad_cut(cap, &text))
}

fn bad_cut(cap: Cap, text: &str) -> Violation {
    let max = cap.bytes();
    let found = format!("{} bytes", text.len());
    if cap == Cap::Error {
        let expected = format!("a head, LF, three dots, LF and an end that fill {max} bytes");
        Violation::new(Clause::ValueError, expected, found)
    } else {
        let expected = format!("as much as fits in {max} bytes, or in a halved limit");
        Violation::new(Clause::ValueCut, expected, found)
    }
}

fn no_subject(name: &str) -> Violation {
    let expected = "the name of a field of this event that can be cut";
    Violation::new(Clause::ValueAnnounced, expected, quoted(name))
}

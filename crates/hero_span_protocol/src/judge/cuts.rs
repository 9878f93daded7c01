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
    for (key, size) in members_of(fields.text, &truncated) {
        let (name, before) = (key.name(), to_count(size.raw));
        let fault = before.and_then(|before| match subject(fields, event_type, &name) {
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

fn subject<'a>(fields: &Fields<'a>, event_type: EventType, name: &str) -> Option<Subject<'a>> {
    let (field, key) = match name.split_once('.') {
        Some((field, key)) => (Field::of(field)?, Some(key)),
        None => (Field::of(name)?, None),
    };
    let slot = fields.slot(field);
    if !(event_type.has(field) && slot.is_present()) {
        return None;
    }
    match (field.type_clause(), key) {
        (Clause::TypeMembers, key) if slot.shape == Shape::Object => {
            member(members_of(fields.text, &slot), key)
        }
        (_, Some(_)) => None,
        (type_clause, None) if field != Field::Type => {
            let cap = Cap::of(type_clause)?;
            Some(Subject::Value { left: slot, cap })
        }
        _ => None,
    }
}

fn member<'a>(members: Vec<(Key<'a>, Slot<'a>)>, key: Option<&str>) -> Option<Subject<'a>> {
    let Some(key) = key else {
        return Some(Subject::Members(members.len()));
    };
    let mut members = members.into_iter();
    let (key, left) = members.find(|(name, _)| name.name() == key)?;
    let key = key.name();
    Some(Subject::Member { left, key })
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

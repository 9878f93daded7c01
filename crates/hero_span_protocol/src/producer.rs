//! The fields of `producer` (`type.producer`).

use crate::contract::Clause;
use crate::place::Place;
use crate::scan::{Key, Slot, members_of};

/// A field of `producer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProducerField {
    Id,
    Sdk,
    Version,
    Protocol,
    Pid,
}

impl ProducerField {
    /// Those that an SDK always sends and a consumer can do without.
    pub(crate) const EXPECTED: [Self; 4] = [Self::Sdk, Self::Version, Self::Protocol, Self::Pid];
}

/// Path and type of each, in the order of [`ProducerField`].
const ROWS: [(&str, Clause); 5] = [
    ("producer.id", Clause::TypeId),
    ("producer.sdk", Clause::TypeName),
    ("producer.version", Clause::TypeName),
    ("producer.protocol", Clause::TypeCount),
    ("producer.pid", Clause::TypeCount),
];

/// A `producer` object with a slot for each of its fields.
#[derive(Debug)]
pub(crate) struct ProducerFields<'a> {
    slots: [Slot<'a>; ROWS.len()],
    end: usize,
    /// Keys that are no field of a producer.
    pub(crate) unknown: Vec<Key<'a>>,
}

impl<'a> ProducerFields<'a> {
    /// Sorts the members of an object that was scanned before.
    pub(crate) fn scan(text: &'a str, object: &Slot<'a>) -> Self {
        let mut fields = Self {
            slots: [Slot::ABSENT; ROWS.len()],
            end: object.at + object.raw.len(),
            unknown: Vec::new(),
        };
        for (key, slot) in members_of(text, object) {
            let name = key.name();
            let row = ROWS
                .iter()
                .position(|(path, _)| path.strip_prefix("producer.") == Some(&*name));
            match row.and_then(|row| fields.slots.get_mut(row)) {
                Some(free) => *free = slot,
                None => fields.unknown.push(key),
            }
        }
        fields
    }

    /// A field's place in the line.
    pub(crate) fn place(&self, field: ProducerField) -> Place<'a> {
        let (path, type_clause) = ROWS[field as usize];
        Place {
            path,
            type_clause,
            owner: Clause::TypeProducer,
            slot: self.slots[field as usize],
            end: self.end,
        }
    }
}

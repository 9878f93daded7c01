//! No key twice in one object.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Key, Result};
use crate::contract::Clause;
use crate::error::{ParseError, Violation};
use crate::printable::quoted;

/// How many keys are compared one by one before a set takes over.
const FEW: usize = 8;

/// The keys of one object so far. Few keys cost no allocation; many, or one
/// with an escape, cost no more than a sorted set does.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    few: [&'a str; FEW],
    count: usize,
    many: Option<BTreeSet<Cow<'a, str>>>,
}

impl<'a> Seen<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            few: [""; FEW],
            count: 0,
            many: None,
        }
    }

    /// Takes the next key; fails with `transport.i-json` when it came before.
    pub(crate) fn insert(&mut self, key: Key<'a>) -> Result<()> {
        let is_few = self.many.is_none() && self.count < FEW && !key.escaped;
        let is_new = if is_few {
            self.insert_few(key.raw)
        } else {
            self.insert_many(key)
        };
        if is_new { Ok(()) } else { Err(repeated(key)) }
    }

    fn insert_few(&mut self, raw: &'a str) -> bool {
        let (seen, free) = self.few.split_at_mut(self.count);
        if seen.contains(&raw) {
            return false;
        }
        if let Some(free) = free.first_mut() {
            *free = raw;
        }
        self.count += 1;
        true
    }

    fn insert_many(&mut self, key: Key<'a>) -> bool {
        let few = self.few.iter().take(self.count);
        let few = || few.map(|&raw| Cow::Borrowed(raw)).collect();
        self.many.get_or_insert_with(few).insert(key.name())
    }
}

/// What is said of a key that came before in its object.
#[cold]
pub(crate) fn repeated(key: Key<'_>) -> ParseError {
    let found = format!("{} again", quoted(&key.name()));
    Violation::new(Clause::TransportIJson, "each key once", found)
        .at(key.at)
        .into()
}

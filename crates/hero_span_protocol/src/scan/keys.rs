//! No key twice in one object.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Key, Result};
use crate::contract::Clause;
use crate::error::{ParseError, Violation};
use crate::printable::quoted;

/// How many keys are compared one by one before a set takes over.
const FEW: usize = 8;

/// The keys of one object so far. Few keys cost no allocation; many cost no
/// more than a sorted set does.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    few: [Key<'a>; FEW],
    count: usize,
    many: BTreeSet<Cow<'a, str>>,
}

impl<'a> Seen<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            few: [Key::EMPTY; FEW],
            count: 0,
            many: BTreeSet::new(),
        }
    }

    /// Takes the next key; fails with `transport.i-json` when it came before.
    pub(crate) fn insert(&mut self, key: Key<'a>) -> Result<()> {
        let is_new = if self.count < FEW {
            self.insert_few(key)
        } else {
            self.insert_many(key)
        };
        if is_new { Ok(()) } else { Err(repeated(key)) }
    }

    fn insert_few(&mut self, key: Key<'a>) -> bool {
        let Some((seen, free)) = self.few.split_at_mut_checked(self.count) else {
            return false;
        };
        if seen.iter().any(|old| is_same(old, &key)) {
            return false;
        }
        if let Some(slot) = free.first_mut() {
            *slot = key;
        }
        self.count += 1;
        true
    }

    fn insert_many(&mut self, key: Key<'a>) -> bool {
        if self.many.is_empty() {
            self.many.extend(self.few.iter().map(Key::name));
        }
        self.many.insert(key.name())
    }
}

fn is_same(a: &Key<'_>, b: &Key<'_>) -> bool {
    if a.escaped || b.escaped {
        a.name() == b.name()
    } else {
        a.raw == b.raw
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

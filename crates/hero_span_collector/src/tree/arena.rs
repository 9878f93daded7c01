//! Where spans live: one flat array, addressed by index. Nothing in it owns
//! another span, so neither a walk nor a drop ever recurses.

use std::num::NonZeroUsize;
use std::ops::{Index, IndexMut};

use super::span::Span;

/// Which span of a [`Forest`](super::Forest); good until its run is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanKey(NonZeroUsize);

impl SpanKey {
    fn at(index: usize) -> Self {
        Self(NonZeroUsize::MIN.saturating_add(index))
    }

    fn index(self) -> usize {
        self.0.get() - 1
    }
}

#[derive(Debug, Default)]
pub(super) struct Arena {
    slots: Vec<Span>,
    free: Vec<SpanKey>,
}

impl Arena {
    pub(super) fn insert(&mut self, span: Span) -> SpanKey {
        if let Some(key) = self.free.pop() {
            self[key] = span;
            return key;
        }
        self.slots.push(span);
        SpanKey::at(self.slots.len() - 1)
    }

    /// Gives the slot back; the key may come to mean another span.
    pub(super) fn remove(&mut self, key: SpanKey) {
        self[key].vacate();
        self.free.push(key);
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

impl Index<SpanKey> for Arena {
    type Output = Span;

    fn index(&self, key: SpanKey) -> &Span {
        &self.slots[key.index()]
    }
}

impl IndexMut<SpanKey> for Arena {
    fn index_mut(&mut self, key: SpanKey) -> &mut Span {
        &mut self.slots[key.index()]
    }
}

#[cfg(test)]
impl Arena {
    /// Whether every slot is free and holds nothing.
    pub(super) fn is_tidy(&self) -> bool {
        self.free.len() == self.slots.len() && self.slots.iter().all(|span| span.name().is_empty())
    }
}

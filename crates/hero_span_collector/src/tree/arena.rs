//! Where spans live: one flat array, addressed by index. Nothing in it owns
//! another span, so neither a walk nor a drop ever recurses.

use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::{Index, IndexMut};

use hero_span_protocol::{SpanId, TimeMs};

use super::session::SessionId;
use super::shed::spacious;
use super::span::Span;

/// Which span of a [`Forest`](super::Forest); good until that span is let go,
/// with its run or before it. Then the key means no span, and later perhaps
/// another one: [`Forest::held`](super::Forest::held) tells them apart.
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

#[derive(Debug)]
pub(super) struct Arena {
    /// Each span has memory of its own, which goes with it: a few that stay
    /// for long must not hold on to that of a crowd that is gone.
    slots: Vec<Option<Box<Span>>>,
    free: Vec<SpanKey>,
    /// How many spans went since it was last seen how many slots are needed.
    gone: usize,
    /// What the key of a span that was let go shows.
    nobody: Span,
}

impl Default for Arena {
    fn default() -> Self {
        let id = SpanId::new(NonZeroU64::MIN);
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            gone: 0,
            nobody: Span::new(0, id, SessionId(0), 0, TimeMs::EPOCH),
        }
    }
}

impl Arena {
    pub(super) fn insert(&mut self, span: Span) -> SpanKey {
        let span = Some(Box::new(span));
        if let Some(key) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(key.index())
        {
            *slot = span;
            return key;
        }
        self.slots.push(span);
        SpanKey::at(self.slots.len() - 1)
    }

    /// Gives the slot back; the key may come to mean another span.
    pub(super) fn remove(&mut self, key: SpanKey) {
        let slot = self.slots.get_mut(key.index());
        if slot.and_then(Option::take).is_none() {
            return;
        }
        self.free.push(key);
        self.gone += 1;
        if self.gone > self.slots.len() {
            self.tighten();
        }
    }

    /// Gives back the free slots at the end. Looked for once in as many
    /// removals as there are slots, that costs each of them little.
    fn tighten(&mut self) {
        self.gone = 0;
        let last = self.slots.iter().rposition(Option::is_some);
        let used = last.map_or(0, |last| last + 1);
        self.slots.truncate(used);
        self.free.retain(|key| key.index() < used);
        if self.slots.capacity() > spacious(used) {
            self.slots.shrink_to(2 * used);
        }
        if self.free.capacity() > spacious(self.free.len()) {
            self.free.shrink_to(2 * self.free.len());
        }
    }

    /// How many spans there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

impl Index<SpanKey> for Arena {
    type Output = Span;

    fn index(&self, key: SpanKey) -> &Span {
        let slot = self.slots.get(key.index());
        slot.and_then(Option::as_deref).unwrap_or(&self.nobody)
    }
}

impl IndexMut<SpanKey> for Arena {
    fn index_mut(&mut self, key: SpanKey) -> &mut Span {
        let slot = self.slots.get_mut(key.index());
        slot.and_then(Option::as_deref_mut)
            .unwrap_or(&mut self.nobody)
    }
}

#[cfg(test)]
impl Arena {
    /// Whether every slot is free and holds nothing.
    pub(super) fn is_tidy(&self) -> bool {
        self.free.len() == self.slots.len() && self.slots.iter().all(Option::is_none)
    }
}

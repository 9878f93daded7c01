//! A set of clauses in sixteen bytes.

use hero_span_protocol::Clause;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags(u128);

const _: () = assert!(Clause::ALL.len() <= 128, "Flags has a bit for each clause");

impl Flags {
    pub(super) fn insert(&mut self, clause: Clause) {
        self.0 |= 1 << (clause as u32);
    }

    pub(super) fn contains(self, clause: Clause) -> bool {
        self.0 & (1 << (clause as u32)) != 0
    }

    /// What is in this set and not in the other.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Clause> {
        // Most spans break nothing, and then there is nothing to go through.
        let all: &[Clause] = if self.0 == 0 { &[] } else { Clause::ALL };
        let has = move |clause: &Clause| self.contains(*clause);
        all.iter().copied().filter(has)
    }
}

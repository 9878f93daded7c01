//! Findings that are alike, told once: a loop of a thousand makes one row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::tree::{PathId, Tree};

/// Groups of one sort that are kept: a producer may make any number differ.
const KEPT: usize = 10_000;

/// Where something was found, by the places in the trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// A span of the first run only.
    Gone(usize),
    /// A span of the second run only.
    New(usize),
    /// A span of the first run, and its counterpart.
    Pair(usize, usize),
}

impl Spot {
    /// The tree and the place in it by which the spot is named.
    pub(super) fn place<'t>(self, before: &'t Tree, after: &'t Tree) -> (&'t Tree, usize) {
        match self {
            Self::Gone(at) => (before, at),
            Self::New(at) | Self::Pair(_, at) => (after, at),
        }
    }
}

/// Findings that are alike, of spans with one path.
#[derive(Debug)]
pub(super) struct Group<D> {
    pub(super) path: PathId,
    pub(super) first: Spot,
    /// How many there are.
    pub(super) count: u64,
    /// What is told of them.
    pub(super) detail: D,
}

/// Groups of one sort, in tree order if their findings come so.
#[derive(Debug)]
pub(super) struct Groups<K, D> {
    places: HashMap<(PathId, K), usize>,
    list: Vec<Group<D>>,
    left_out: u64,
}

impl<K, D> Default for Groups<K, D> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            list: Vec::new(),
            left_out: 0,
        }
    }
}

impl<K: Hash + Eq, D> Groups<K, D> {
    /// Adds a finding. What is told of it is `detail`, unless there are others
    /// with that path and key: then that of the first, after `join`.
    pub(super) fn add(
        &mut self,
        path: PathId,
        key: K,
        spot: Spot,
        detail: D,
        join: impl FnOnce(&mut D, &D),
    ) {
        match self.places.entry((path, key)) {
            Entry::Occupied(place) => {
                let group = &mut self.list[*place.get()];
                group.count += 1;
                join(&mut group.detail, &detail);
            }
            Entry::Vacant(_) if self.list.len() == KEPT => self.left_out += 1,
            Entry::Vacant(place) => {
                place.insert(self.list.len());
                self.list.push(Group {
                    path,
                    first: spot,
                    count: 1,
                    detail,
                });
            }
        }
    }
}

impl<K, D> Groups<K, D> {
    pub(super) fn list(&self) -> &[Group<D>] {
        &self.list
    }

    /// Findings beyond what is kept.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many findings there are.
    pub(super) fn count(&self) -> u64 {
        let kept: u64 = self.list.iter().map(|group| group.count).sum();
        kept + self.left_out
    }
}

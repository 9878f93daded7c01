//! The order in which spans are shown, whatever order they arrived in.

use hero_span_protocol::{SpanId, TimeMs};

use super::Forest;
use super::arena::SpanKey;
use super::run::RunId;

/// By time, then as one producer told of them. The id only makes the order
/// total.
type Order = (TimeMs, Option<SpanId>, u32, SpanId);

impl Forest {
    /// A run's roots, in order: spans without a parent, and spans whose
    /// parent is not known (see [`Span::is_orphan`](super::Span::is_orphan)).
    pub fn roots(&self, run: RunId) -> Vec<SpanKey> {
        self.in_order(self.root_keys(run).collect())
    }

    /// A run's roots as they come.
    pub(crate) fn root_keys(&self, run: RunId) -> impl Iterator<Item = SpanKey> {
        let sessions = self.sessions_of(run);
        sessions.flat_map(|session| self.siblings(session.first_root))
    }

    /// The spans directly under one, in order.
    pub fn children(&self, key: SpanKey) -> Vec<SpanKey> {
        self.in_order(self.siblings(self.spans[key].links.first_child).collect())
    }

    /// The same spans in whatever order: it costs no sorting.
    pub fn children_unsorted(&self, key: SpanKey) -> impl Iterator<Item = SpanKey> {
        self.siblings(self.spans[key].links.first_child)
    }

    pub(super) fn siblings(&self, first: Option<SpanKey>) -> impl Iterator<Item = SpanKey> {
        std::iter::successors(first, |&key| self.spans[key].links.next)
    }

    /// A span and all that hangs under it, each before its children: one
    /// step after the other along the links, however deep the tree is.
    pub(super) fn tree(&self, root: SpanKey) -> impl Iterator<Item = SpanKey> {
        std::iter::successors(Some(root), move |&key| self.next_in_tree(root, key))
    }

    pub(super) fn next_in_tree(&self, root: SpanKey, key: SpanKey) -> Option<SpanKey> {
        let below = self.spans[key].links.first_child;
        if below.is_some() {
            return below;
        }
        let mut key = key;
        while key != root {
            let links = &self.spans[key].links;
            if links.next.is_some() {
                return links.next;
            }
            key = links.parent?;
        }
        None
    }

    fn in_order(&self, mut keys: Vec<SpanKey>) -> Vec<SpanKey> {
        keys.sort_by_cached_key(|&key| self.order(key));
        keys
    }

    pub(super) fn order(&self, key: SpanKey) -> Order {
        let span = &self.spans[key];
        let session = self.sessions.get(&span.session());
        let producer = session.and_then(|session| session.producer.as_ref());
        let producer = producer.map(|producer| producer.id);
        (span.begun(), producer, span.ordinal(), span.id())
    }
}

//! A run's tree as a list, so that only what stands on the screen is looked
//! at, and folding costs no walk through the tree.

use std::collections::HashSet;
use std::rc::Rc;
use std::vec::IntoIter;

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SessionId, SpanKey};
use hero_span_protocol::SpanId;

/// A span, by what it keeps when its tree is read again.
pub(super) type Id = (SessionId, SpanId);

pub(super) fn id(forest: &Forest, key: SpanKey) -> Id {
    let span = forest.span(key);
    (span.session(), span.id())
}

/// A span of the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: SpanKey,
    pub(super) depth: u32,
    /// Where its parent stands.
    pub(super) parent: Option<u32>,
    /// It and all that hangs under it.
    pub(super) size: u32,
    /// No sibling follows.
    pub(super) is_last: bool,
}

/// Every span that is meant, each before those that hang under it, and which
/// of them no fold hides.
#[derive(Debug, Default, Clone)]
pub(super) struct Outline {
    /// Shared by what a filter has nothing to do with.
    entries: Rc<Vec<Entry>>,
    shown: Vec<u32>,
}

struct Level {
    left: IntoIter<SpanKey>,
    parent: Option<u32>,
}

impl Outline {
    /// The spans of a run. Nothing is folded.
    pub(super) fn of(forest: &Forest, run: RunId) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut levels = vec![Level {
            left: forest.roots(run).into_iter(),
            parent: None,
        }];
        while let Some(level) = levels.last_mut() {
            let parent = level.parent;
            let Some(key) = level.left.next() else {
                levels.pop();
                close(&mut entries, parent);
                continue;
            };
            let is_last = level.left.len() == 0;
            let at = number(entries.len());
            entries.push(Entry {
                key,
                depth: number(levels.len() - 1),
                parent,
                size: 1,
                is_last,
            });
            if forest.span(key).child_count() > 0 {
                levels.push(Level {
                    left: forest.children(key).into_iter(),
                    parent: Some(at),
                });
            }
        }
        Self::unfolded(entries)
    }

    fn unfolded(entries: Vec<Entry>) -> Self {
        let shown = (0..number(entries.len())).collect();
        let entries = Rc::new(entries);
        Self { entries, shown }
    }

    /// Only the spans that are meant and those above them, and how many are
    /// meant. Neither the tree is walked again nor anything sorted: a large
    /// run answers each letter that is typed.
    pub(super) fn only(&self, is_meant: impl Fn(SpanKey) -> bool) -> (Self, usize) {
        let mut kept: Vec<bool> = self
            .entries
            .iter()
            .map(|entry| is_meant(entry.key))
            .collect();
        let count = kept.iter().filter(|kept| **kept).count();
        for (at, entry) in self.entries.iter().enumerate().rev() {
            if let Some(parent) = entry.parent.filter(|_| kept[at]) {
                kept[parent as usize] = true;
            }
        }
        let mut places = vec![0; self.entries.len()];
        let mut entries = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if kept[at] {
                places[at] = number(entries.len());
                entries.push(Entry {
                    parent: entry.parent.map(|parent| places[parent as usize]),
                    size: 1,
                    ..*entry
                });
            }
        }
        measure(&mut entries);
        (Self::unfolded(entries), count)
    }

    /// Hides what hangs under the folded spans, and nothing else.
    pub(super) fn fold(&mut self, forest: &Forest, folded: &HashSet<Id>) {
        self.shown.clear();
        let mut at = 0;
        while let Some(entry) = self.entries.get(at) {
            self.shown.push(number(at));
            let is_folded =
                entry.size > 1 && !folded.is_empty() && folded.contains(&id(forest, entry.key));
            at += if is_folded { entry.size as usize } else { 1 };
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn entry(&self, at: u32) -> Option<&Entry> {
        self.entries.get(at as usize)
    }

    /// The entries that no fold hides, in order.
    pub(super) fn shown(&self) -> &[u32] {
        &self.shown
    }

    /// The entry in that row.
    pub(super) fn row(&self, row: usize) -> Option<&Entry> {
        self.entry(*self.shown.get(row)?)
    }

    /// The row of an entry, or of what hides it.
    pub(super) fn row_of(&self, at: u32) -> Option<usize> {
        let above = std::iter::successors(Some(at), |&at| self.entry(at)?.parent);
        above
            .filter_map(|at| self.shown.binary_search(&at).ok())
            .next()
    }
}

/// Counts what hangs under each entry, and sees which of its siblings it is.
fn measure(entries: &mut [Entry]) {
    // From the end on, the first child that is met is the last one.
    let mut has_last = vec![false; entries.len()];
    let mut has_last_root = false;
    for at in (0..entries.len()).rev() {
        let (parent, size) = (entries[at].parent, entries[at].size);
        let has_later = match parent {
            Some(parent) => {
                entries[parent as usize].size += size;
                &mut has_last[parent as usize]
            }
            None => &mut has_last_root,
        };
        entries[at].is_last = !std::mem::replace(has_later, true);
    }
}

/// What hangs under that entry is all there.
fn close(entries: &mut [Entry], parent: Option<u32>) {
    let count = number(entries.len());
    if let Some((at, entry)) = parent.and_then(|at| Some((at, entries.get_mut(at as usize)?))) {
        entry.size = count - at;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

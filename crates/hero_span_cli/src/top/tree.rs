//! The tree of one run: what of it is shown, and which span is selected.

use std::collections::{HashMap, HashSet};

use hero_span_collector::Forest;
use hero_span_collector::store::Stored;
use hero_span_collector::tree::{RunId, SpanKey};
use hero_span_protocol::Event;

use super::filter::Needle;
use super::outline::{Id, Outline, id};
use crate::view::is_origin;

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) run: RunId,
    pub(super) forest: Forest,
    /// Every span.
    all: Outline,
    /// Those that the filter shows.
    pub(super) outline: Outline,
    selected: Option<Id>,
    /// The selected span's row.
    row: usize,
    /// The first row on the screen.
    pub(super) top: usize,
    folded: HashSet<Id>,
    filter: Option<Filter>,
    /// What was heard of last.
    latest: Option<Id>,
    /// The store's numbers of spans that were heard of since the tree was
    /// read: it gave them others.
    numbers: HashMap<Id, u64>,
}

/// Only some spans are shown. What was folded before comes back after it.
#[derive(Debug)]
struct Filter {
    needle: Needle,
    folded: HashSet<Id>,
    count: usize,
}

impl Tree {
    pub(super) fn new(run: RunId, forest: Forest) -> Self {
        let mut tree = Self {
            run,
            forest,
            all: Outline::default(),
            outline: Outline::default(),
            selected: None,
            row: 0,
            top: 0,
            folded: HashSet::new(),
            filter: None,
            latest: None,
            numbers: HashMap::new(),
        };
        tree.latest = tree.find_latest();
        tree.outline_again();
        tree
    }

    /// Takes the tree as it was read again, and stays where it was.
    pub(super) fn replace(&mut self, forest: Forest) {
        self.forest = forest;
        self.numbers.clear();
        self.latest = self.find_latest();
        self.outline_again();
    }

    fn find_latest(&self) -> Option<Id> {
        let keys = self.forest.spans_of(self.run);
        let latest = keys.max_by_key(|&key| (self.forest.span(key).last_heard().1, key));
        latest.map(|key| id(&self.forest, key))
    }

    /// Grows on. Each event is one of this run that has not been heard.
    pub(super) fn hear(&mut self, events: &[Stored]) {
        let mut has_moved = false;
        for stored in events {
            let Some(event) = stored.event() else {
                continue;
            };
            let forest = &mut self.forest;
            let heard = forest.hear(stored.session, &event, &stored.flags, stored.lost);
            let id = id(&self.forest, heard.span);
            if heard.is_new {
                self.numbers.insert(id, stored.span);
            }
            self.latest = Some(id);
            has_moved |= heard.is_new || matches!(event, Event::Start(_));
        }
        if has_moved {
            self.outline_again();
        } else if self.filter.is_some() && !events.is_empty() {
            // What a span says may make it fit.
            self.filter_again();
        }
    }

    fn outline_again(&mut self) {
        self.all = Outline::of(&self.forest, self.run);
        self.filter_again();
    }

    fn filter_again(&mut self) {
        self.outline = match &mut self.filter {
            None => self.all.clone(),
            Some(filter) => {
                let fits = |key| filter.needle.fits(self.forest.span(key));
                let (outline, count) = self.all.only(fits);
                filter.count = count;
                outline
            }
        };
        self.fold_again();
    }

    /// After a change of folds: the selected span stays so, or what hides it
    /// takes its place.
    fn fold_again(&mut self) {
        let folded = match &self.filter {
            Some(filter) => &filter.folded,
            None => &self.folded,
        };
        self.outline.fold(&self.forest, folded);
        let at = self.selected.and_then(|id| self.place(id));
        let row = at.and_then(|at| self.outline.row_of(at));
        self.go_to(row.unwrap_or(self.row));
    }

    /// Where a span stands among all entries.
    fn place(&self, wanted: Id) -> Option<u32> {
        // Most often it is where it was.
        let here = self.outline.shown().get(self.row).copied();
        let is_here = |at: &u32| {
            let entry = self.outline.entry(*at);
            entry.is_some_and(|entry| id(&self.forest, entry.key) == wanted)
        };
        here.filter(is_here).or_else(|| {
            let mut entries = self.outline.entries().iter();
            let at = entries.position(|entry| id(&self.forest, entry.key) == wanted);
            at.and_then(|at| u32::try_from(at).ok())
        })
    }

    pub(super) fn row(&self) -> usize {
        self.row
    }

    /// The selected span; none in a tree without spans.
    pub(super) fn selected(&self) -> Option<SpanKey> {
        self.outline.row(self.row).map(|entry| entry.key)
    }

    /// The number that the store knows a span by.
    pub(super) fn number(&self, key: SpanKey) -> u64 {
        let number = self.numbers.get(&id(&self.forest, key));
        number.copied().unwrap_or(self.forest.span(key).number())
    }

    /// Selects the span in that row, or in the last one.
    pub(super) fn go_to(&mut self, row: usize) {
        self.row = row.min(self.outline.shown().len().saturating_sub(1));
        self.selected = self.selected().map(|key| id(&self.forest, key));
    }

    pub(super) fn go_to_latest(&mut self) {
        let at = self.latest.and_then(|id| self.place(id));
        if let Some(row) = at.and_then(|at| self.outline.row_of(at)) {
            self.go_to(row);
        }
    }

    /// Scrolls as little as shows the selected span in so many rows.
    pub(super) fn scroll(&mut self, height: usize) {
        let last = self.outline.shown().len().saturating_sub(height.max(1));
        let lowest = (self.row + 1).saturating_sub(height.max(1));
        self.top = self.top.clamp(lowest, self.row.max(lowest)).min(last);
    }

    fn folds(&mut self) -> &mut HashSet<Id> {
        match &mut self.filter {
            Some(filter) => &mut filter.folded,
            None => &mut self.folded,
        }
    }

    pub(super) fn is_folded(&self, key: SpanKey) -> bool {
        let folded = match &self.filter {
            Some(filter) => &filter.folded,
            None => &self.folded,
        };
        folded.contains(&id(&self.forest, key))
    }

    /// Folds the selected span; one that cannot be folded any more leads to
    /// its parent.
    pub(super) fn fold_or_leave(&mut self) {
        let Some(entry) = self.outline.row(self.row).copied() else {
            return;
        };
        if entry.size > 1 && !self.is_folded(entry.key) {
            self.set_fold(entry.key, true);
        } else if let Some(row) = entry.parent.and_then(|at| self.outline.row_of(at)) {
            self.go_to(row);
        }
    }

    /// Unfolds the selected span; one that is unfolded leads to its first
    /// child.
    pub(super) fn unfold_or_enter(&mut self) {
        let Some(entry) = self.outline.row(self.row).copied() else {
            return;
        };
        if entry.size == 1 {
            return;
        }
        if self.is_folded(entry.key) {
            self.set_fold(entry.key, false);
        } else {
            self.go_to(self.row + 1);
        }
    }

    pub(super) fn toggle_fold(&mut self) {
        if let Some(entry) = self.outline.row(self.row).copied()
            && entry.size > 1
        {
            self.set_fold(entry.key, !self.is_folded(entry.key));
        }
    }

    fn set_fold(&mut self, key: SpanKey, folded: bool) {
        let id = id(&self.forest, key);
        if folded {
            self.folds().insert(id);
        } else {
            self.folds().remove(&id);
        }
        self.fold_again();
    }

    /// The letters that choose spans, and how many those are.
    pub(super) fn filter(&self) -> Option<usize> {
        self.filter.as_ref().map(|filter| filter.count)
    }

    /// Shows only spans that these letters mean, with those above them; no
    /// letters show all.
    pub(super) fn set_filter(&mut self, text: &str) {
        let needle = Needle::new(text);
        if needle.is_none() && self.filter.is_none() {
            return;
        }
        self.filter = needle.map(|needle| Filter {
            needle,
            folded: HashSet::new(),
            count: 0,
        });
        self.filter_again();
        self.select_meant();
    }

    /// Goes to the first span that is meant, unless the selected one is.
    fn select_meant(&mut self) {
        let Some(filter) = &self.filter else { return };
        let fits = |key: SpanKey| filter.needle.fits(self.forest.span(key));
        if self.selected().is_some_and(fits) {
            return;
        }
        let entries = self.outline.entries();
        let meant = entries.iter().position(|entry| fits(entry.key));
        if let Some(row) = meant {
            self.go_to(row);
        }
    }

    /// Whether the letters that choose spans mean this one, and not only what
    /// hangs under it.
    pub(super) fn is_meant(&self, key: SpanKey) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.needle.fits(self.forest.span(key)))
    }

    /// Goes to the next failure where it happened, or the one before, and
    /// round; unfolds what hides it. Whether there is one among what the
    /// filter shows.
    pub(super) fn next_error(&mut self, forward: bool) -> bool {
        let count = self.outline.entries().len();
        let here = self
            .outline
            .shown()
            .get(self.row)
            .map_or(0, |&at| at as usize);
        let place = |step: usize| {
            if forward {
                (here + step) % count
            } else {
                (here + count - step) % count
            }
        };
        let found = (1..=count)
            .map(place)
            .find(|&at| is_origin(&self.forest, self.outline.entries()[at].key));
        if let Some(at) = found.and_then(|at| u32::try_from(at).ok()) {
            self.reveal(at);
        }
        found.is_some()
    }

    fn reveal(&mut self, at: u32) {
        let above = |at: &u32| self.outline.entry(*at)?.parent;
        let parent = above(&at);
        let hiding: Vec<_> = std::iter::successors(parent, above)
            .filter_map(|at| self.outline.entry(at))
            .map(|entry| id(&self.forest, entry.key))
            .collect();
        let mut has_unfolded = false;
        for id in hiding {
            has_unfolded |= self.folds().remove(&id);
        }
        if has_unfolded {
            self.fold_again();
        }
        if let Some(row) = self.outline.row_of(at) {
            self.go_to(row);
        }
    }
}

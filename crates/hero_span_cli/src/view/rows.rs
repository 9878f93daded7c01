//! A tree as rows, one at a time and without recursion: a tree may be a
//! million deep.

use std::collections::{HashSet, VecDeque};

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SessionId, SpanKey};

use super::order;

/// Levels that are drawn with rails. Deeper ones say their depth and show
/// the last of them, or a deep chain would print lines without end.
const RAILS: usize = 24;

/// One line of a tree.
#[derive(Debug)]
pub(crate) struct Row {
    /// What stands before it: `│  ├─ `.
    pub(crate) rails: String,
    pub(crate) item: Item,
}

/// What a row says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item {
    /// A span, how many of its children are not shown (those that were let go
    /// are among them), and whether another
    /// process than its parent's spoke of it.
    Span {
        key: SpanKey,
        hidden: u32,
        elsewhere: bool,
    },
    /// A span's earlier log lines that were let go.
    LogsLeftOut(SpanKey),
    /// A span's log line of that index.
    Log(SpanKey, usize),
    /// A span's error.
    Error(SpanKey),
}

impl Item {
    /// The span, where the row is a span's own.
    pub(crate) fn span(self) -> Option<SpanKey> {
        match self {
            Self::Span { key, .. } => Some(key),
            Self::LogsLeftOut(_) | Self::Log(..) | Self::Error(_) => None,
        }
    }
}

/// The rows of a run, each span before its children.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    forest: &'a Forest,
    stable: bool,
    /// Levels that are shown.
    depth: usize,
    /// The only spans to show, without what they logged.
    chosen: Option<&'a HashSet<SpanKey>>,
    levels: Vec<Level>,
    notes: VecDeque<Row>,
}

#[derive(Debug)]
struct Level {
    /// The connection of the spans' parent.
    session: Option<SessionId>,
    left: std::vec::IntoIter<SpanKey>,
}

impl Level {
    fn has_more(&self) -> bool {
        self.left.len() > 0
    }
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        forest: &'a Forest,
        run: RunId,
        stable: bool,
        chosen: Option<&'a HashSet<SpanKey>>,
    ) -> Self {
        let mut rows = Self {
            forest,
            stable,
            depth: usize::MAX,
            chosen,
            levels: Vec::new(),
            notes: VecDeque::new(),
        };
        let roots = rows.shown(forest.roots(run));
        let first = roots.first().map(|&key| forest.span(key).session());
        rows.descend(first, roots);
        rows
    }

    /// Shows so many levels at most.
    pub(crate) fn down_to(mut self, levels: Option<usize>) -> Self {
        self.depth = levels.unwrap_or(usize::MAX).max(1);
        self
    }

    fn descend(&mut self, session: Option<SessionId>, keys: Vec<SpanKey>) {
        let left = keys.into_iter();
        self.levels.push(Level { session, left });
    }

    fn shown(&self, mut keys: Vec<SpanKey>) -> Vec<SpanKey> {
        if let Some(chosen) = self.chosen {
            keys.retain(|key| chosen.contains(key));
        }
        if self.stable {
            keys = order::stable(self.forest, keys);
        }
        keys
    }

    fn span(&mut self, key: SpanKey, above: Option<SessionId>) -> Row {
        let span = self.forest.span(key);
        let depth = self.levels.len() - 1;
        let rails = self.rails(depth, self.elbow(depth));
        let children = if depth + 1 < self.depth {
            self.shown(self.forest.children(key))
        } else {
            Vec::new()
        };
        let shown = u32::try_from(children.len()).unwrap_or(u32::MAX);
        let hidden = span.child_count().saturating_sub(shown);
        let item = Item::Span {
            key,
            hidden: hidden.saturating_add(span.children_let_go()),
            elsewhere: above.is_some_and(|above| above != span.session()),
        };
        if self.chosen.is_none() {
            self.note(key, &children);
        }
        self.descend(Some(span.session()), children);
        Row { rails, item }
    }

    /// What the span said stands between it and its children.
    fn note(&mut self, key: SpanKey, children: &[SpanKey]) {
        let span = self.forest.span(key);
        let mut items = Vec::new();
        if span.logs_left_out() > 0 {
            items.push(Item::LogsLeftOut(key));
        }
        items.extend((0..span.logs().count()).map(|index| Item::Log(key, index)));
        if self.has_own_error(key, children) {
            items.push(Item::Error(key));
        }
        if items.is_empty() {
            return;
        }
        let below = if children.is_empty() { "   " } else { "│  " };
        let rails = self.rails(self.levels.len(), below);
        self.notes.extend(items.into_iter().map(|item| Row {
            rails: rails.clone(),
            item,
        }));
    }

    /// An error that came up from a child is told there.
    fn has_own_error(&self, key: SpanKey, children: &[SpanKey]) -> bool {
        let error = |key: SpanKey| {
            let span = self.forest.span(key);
            (span.error_type(), span.error_line())
        };
        let own = error(key);
        own != (None, None) && !children.iter().any(|&child| error(child) == own)
    }

    fn elbow(&self, depth: usize) -> &'static str {
        match self.levels.last() {
            _ if depth == 0 => "",
            Some(level) if level.has_more() => "├─ ",
            _ => "└─ ",
        }
    }

    /// The rails of the levels below the roots and above `depth`, then `last`.
    fn rails(&self, depth: usize, last: &str) -> String {
        let above = self.levels.get(1..depth).unwrap_or_default();
        let from = above.len().saturating_sub(RAILS);
        let rail = |level: &Level| if level.has_more() { "│  " } else { "   " };
        let rails: String = above[from..].iter().map(rail).collect();
        if from == 0 {
            format!("{rails}{last}")
        } else {
            format!("[{depth}] {rails}{last}")
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if let Some(note) = self.notes.pop_front() {
            return Some(note);
        }
        loop {
            let level = self.levels.last_mut()?;
            if let Some(key) = level.left.next() {
                let above = level.session;
                return Some(self.span(key, above));
            }
            self.levels.pop();
        }
    }
}

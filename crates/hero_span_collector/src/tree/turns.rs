//! Whose turn it is to be let go: two lines of spans, linked through the
//! spans themselves, so that each can leave its line in constant time.

use super::arena::{Arena, SpanKey};

/// A line that a span can stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Spans that have not ended, in the order they were first heard of.
    Open,
    /// Spans that have ended, in the order they did.
    Ended,
}

/// Where a span stands. In no line is one that still had children when its
/// turn came: it returns when the last of them goes.
#[derive(Debug, Default)]
pub(super) struct Turn {
    line: Option<Line>,
    before: Option<SpanKey>,
    after: Option<SpanKey>,
}

impl Turn {
    pub(super) fn is_in_line(&self) -> bool {
        self.line.is_some()
    }
}

#[derive(Debug, Default)]
pub(super) struct Turns {
    open: Ends,
    ended: Ends,
}

/// The ends of a line.
#[derive(Debug, Default)]
struct Ends {
    first: Option<SpanKey>,
    last: Option<SpanKey>,
}

impl Turns {
    /// Whose turn it is.
    pub(super) fn first(&self, line: Line) -> Option<SpanKey> {
        match line {
            Line::Open => self.open.first,
            Line::Ended => self.ended.first,
        }
    }

    /// Puts a span at the end of the line that is its own now.
    pub(super) fn enter(&mut self, spans: &mut Arena, key: SpanKey) {
        self.leave(spans, key);
        let line = line_of(spans, key);
        let ends = self.ends(line);
        let before = ends.last.replace(key);
        match before {
            Some(before) => spans[before].turn.after = Some(key),
            None => ends.first = Some(key),
        }
        spans[key].turn = Turn {
            line: Some(line),
            before,
            after: None,
        };
    }

    /// Puts a span whose turn came before at the head of its line.
    pub(super) fn come_back(&mut self, spans: &mut Arena, key: SpanKey) {
        self.leave(spans, key);
        let line = line_of(spans, key);
        let ends = self.ends(line);
        let after = ends.first.replace(key);
        match after {
            Some(after) => spans[after].turn.before = Some(key),
            None => ends.last = Some(key),
        }
        spans[key].turn = Turn {
            line: Some(line),
            before: None,
            after,
        };
    }

    /// Takes a span out of its line, if it stands in one.
    pub(super) fn leave(&mut self, spans: &mut Arena, key: SpanKey) {
        let turn = std::mem::take(&mut spans[key].turn);
        let Some(line) = turn.line else { return };
        let ends = self.ends(line);
        match turn.before {
            Some(before) => spans[before].turn.after = turn.after,
            None => ends.first = turn.after,
        }
        match turn.after {
            Some(after) => spans[after].turn.before = turn.before,
            None => ends.last = turn.before,
        }
    }

    fn ends(&mut self, line: Line) -> &mut Ends {
        match line {
            Line::Open => &mut self.open,
            Line::Ended => &mut self.ended,
        }
    }
}

fn line_of(spans: &Arena, key: SpanKey) -> Line {
    match spans[key].ended() {
        Some(_) => Line::Ended,
        None => Line::Open,
    }
}

#[cfg(test)]
impl Turns {
    /// Whether nobody stands in any line.
    pub(super) fn is_empty(&self) -> bool {
        let ends = [&self.open, &self.ended];
        ends.iter()
            .all(|ends| ends.first.is_none() && ends.last.is_none())
    }
}

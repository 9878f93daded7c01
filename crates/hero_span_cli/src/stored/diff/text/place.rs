//! Which spans a row is about.

use hero_span_collector::tree::State;

use super::super::groups::Spot;
use super::super::tree::{PathId, Tree};
use super::Shown;
use crate::view::{Paint, Tone};
use hero_span_protocol::{Status, printable};

/// Spans of a path that are named.
const NAMED: usize = 8;

impl Shown<'_> {
    /// The names from the root down, the beginning of a long path left out.
    /// Where siblings have the same, it says which one of them is meant.
    pub(super) fn path(self, tree: &Tree, at: usize) -> String {
        let up = tree.up(at).take(NAMED + 1);
        joined(up.map(|at| self.numbered(tree, at)))
    }

    /// The spans that a row is about, and which is the first of them.
    pub(super) fn spans(self, path: PathId, first: Spot, count: u64, of: u64) -> String {
        let [before, after] = &self.comparison.trees;
        let (tree, at) = first.place(before, after);
        if count == 1 {
            return self.path(tree, at);
        }
        let up = self.comparison.paths.up(path).take(NAMED + 1);
        let names = joined(up.map(|step| name(step.name.as_deref())));
        if count == of {
            return format!("{names} ×{count}");
        }
        let first = self.which(tree, at);
        let first = self.paint.dim(&format!("(first {first})"));
        format!("{names} ×{count} of {of} {first}")
    }

    /// Which one of those with its path a span is.
    pub(super) fn which(self, tree: &Tree, at: usize) -> String {
        let up = tree.up(at).take(NAMED);
        let several = up.filter(|&at| tree.alike(at) > 1);
        let mut names: Vec<_> = several.map(|at| self.numbered(tree, at)).collect();
        names.reverse();
        names.join(" › ")
    }

    fn numbered(self, tree: &Tree, at: usize) -> String {
        let node = tree.node(at);
        let name = name(self.comparison.paths.step(node.path).name.as_deref());
        if tree.alike(at) > 1 {
            format!("{name} #{}", node.turn + 1)
        } else {
            name
        }
    }
}

fn name(name: Option<&str>) -> String {
    match name {
        Some("") | None => "(unnamed)".to_owned(),
        Some(name) => printable(name).into_owned(),
    }
}

/// Names from a span up, as a path down to it.
fn joined(up: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = up.collect();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("…".to_owned());
    }
    names.reverse();
    names.join(" › ")
}

pub(in super::super) fn state_text(state: State) -> &'static str {
    match state {
        State::Unknown => "unknown",
        State::Open => "open",
        State::Ended(status) => status.as_str(),
    }
}

pub(super) fn painted(state: State, paint: Paint) -> String {
    let tone = match state {
        State::Ended(Status::Ok) => Tone::Good,
        State::Ended(Status::Failed) => Tone::Bad,
        State::Ended(Status::Cancelled) | State::Open | State::Unknown => Tone::Warn,
    };
    paint.toned(tone, state_text(state))
}

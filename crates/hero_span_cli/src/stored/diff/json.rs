//! A comparison as one JSON object.

use hero_span_collector::store::RunLine;
use serde::Serialize;

use super::Comparison;
use super::findings::{Alone, Changed, Findings, Standing};
use super::groups::{Group, Groups, Spot};
use super::said::What;
use super::text::state_text;
use super::times::{Timing, Tolerance, durations};
use super::tree::PathId;

/// Names of a path from its end up: a path may be a million deep.
const NAMED: usize = 32;

#[derive(Serialize)]
pub(super) struct Whole<'a> {
    same: bool,
    whole: bool,
    before: &'a RunLine,
    after: &'a RunLine,
    tolerance: Option<Tolerance>,
    matched: u64,
    failed_first: Option<FailedFirst<'a>>,
    statuses: Vec<Row<'a, Status<'a>>>,
    new: Vec<Row<'a, Subtree>>,
    gone: Vec<Row<'a, Subtree>>,
    slower: Vec<Row<'a, Lengths>>,
    faster: Vec<Row<'a, Lengths>>,
    values: Vec<Row<'a, Differs<'a>>>,
    untimed: u64,
    cut: u64,
    left_out: LeftOut,
}

/// What every row has: spans with one path, and which is the first of them.
#[derive(Serialize)]
struct Row<'a, D> {
    path: Vec<Option<&'a str>>,
    depth: usize,
    kind: &'static str,
    count: u64,
    of: u64,
    first: Sides<u64>,
    #[serde(flatten)]
    detail: D,
}

#[derive(Serialize)]
struct Sides<T> {
    before: Option<T>,
    after: Option<T>,
}

#[derive(Serialize)]
struct FailedFirst<'a> {
    path: Vec<Option<&'a str>>,
    span: u64,
    before: Option<&'static str>,
    error_type: Option<&'a str>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Status<'a> {
    before: &'static str,
    after: &'static str,
    error_type: Option<&'a str>,
    error: Option<&'a str>,
    alike: bool,
}

#[derive(Serialize)]
struct Subtree {
    state: &'static str,
    beneath: u64,
}

#[derive(Serialize)]
struct Lengths {
    in_all: bool,
    total_ms: Sides<f64>,
    median_ms: Sides<f64>,
    beyond: u64,
    most: Option<Most>,
}

#[derive(Serialize)]
struct Most {
    span: Sides<u64>,
    ms: Sides<f64>,
}

#[derive(Serialize)]
struct Differs<'a> {
    what: &'static str,
    key: Option<&'a str>,
    place: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    alike: bool,
    cut: bool,
    more: usize,
}

#[derive(Serialize)]
struct LeftOut {
    statuses: u64,
    new: u64,
    gone: u64,
    values: u64,
}

impl Comparison {
    pub(super) fn json(&self) -> Whole<'_> {
        let findings = &self.findings;
        let [before, after] = &self.runs;
        Whole {
            same: findings.is_none(),
            whole: self.is_whole(),
            before,
            after,
            tolerance: self.tolerance,
            matched: findings.matched,
            failed_first: self.failed_first(),
            statuses: self.rows(&findings.states, status),
            new: self.rows(&findings.new, subtree),
            gone: self.rows(&findings.gone, subtree),
            slower: self.timings(&findings.slower),
            faster: self.timings(&findings.faster),
            values: self.rows(&findings.values, differs),
            untimed: findings.untimed,
            cut: findings.so_far,
            left_out: LeftOut::of(findings),
        }
    }

    fn rows<'a, K, D, T>(
        &'a self,
        groups: &'a Groups<K, D>,
        detail: impl Fn(&'a Group<D>) -> T,
    ) -> Vec<Row<'a, T>> {
        let groups = groups.list().iter();
        groups
            .map(|group| {
                let of = self.of(group.path, group.first);
                self.row(group.path, group.first, (group.count, of), detail(group))
            })
            .collect()
    }

    /// How many there are that could be in a group.
    fn of(&self, path: PathId, first: Spot) -> u64 {
        let [before, after] = &self.trees;
        match first {
            Spot::Gone(_) => before.count(path),
            Spot::New(_) => after.count(path),
            Spot::Pair(..) => self.findings.matched_with(path),
        }
    }

    fn row<D>(&self, path: PathId, first: Spot, (count, of): (u64, u64), detail: D) -> Row<'_, D> {
        Row {
            path: self.path(path),
            depth: self.paths.step(path).depth,
            kind: self.paths.step(path).kind.as_str(),
            count,
            of,
            first: self.numbers(first),
            detail,
        }
    }

    /// The names of a path's end, from the root down.
    fn path(&self, path: PathId) -> Vec<Option<&str>> {
        let names = self.paths.up(path).take(NAMED);
        let mut names: Vec<_> = names.map(|step| step.name.as_deref()).collect();
        names.reverse();
        names
    }

    /// The numbers of a span and its counterpart.
    fn numbers(&self, spot: Spot) -> Sides<u64> {
        let [before, after] = &self.trees;
        let (one, other) = match spot {
            Spot::Gone(at) => (Some(at), None),
            Spot::New(at) => (None, Some(at)),
            Spot::Pair(one, other) => (Some(one), Some(other)),
        };
        Sides {
            before: one.map(|at| before.node(at).seen.number),
            after: other.map(|at| after.node(at).seen.number),
        }
    }

    fn failed_first(&self) -> Option<FailedFirst<'_>> {
        let (at, before) = self.findings.failed_first?;
        let node = self.trees[1].node(at);
        let failure = node.seen.failure.as_deref();
        Some(FailedFirst {
            path: self.path(node.path),
            span: node.seen.number,
            before: before.map(state_text),
            error_type: failure.and_then(|failure| failure.error_type.as_deref()),
            error: failure.and_then(|failure| failure.line.as_deref()),
        })
    }

    fn timings(&self, timings: &[Timing]) -> Vec<Row<'_, Lengths>> {
        let rows = timings.iter().map(|timing| {
            let (one, other) = timing.first;
            let path = self.trees[1].node(other).path;
            let counts = (timing.spans(), timing.count);
            self.row(path, Spot::Pair(one, other), counts, self.lengths(timing))
        });
        rows.collect()
    }

    fn lengths(&self, timing: &Timing) -> Lengths {
        let [before, after] = &self.trees;
        let most = timing.most.and_then(|(one, other)| {
            let (before_ms, after_ms) = durations((before, after), (one, other))?;
            Some(Most {
                span: self.numbers(Spot::Pair(one, other)),
                ms: Sides::from([before_ms, after_ms]),
            })
        });
        Lengths {
            in_all: timing.in_all,
            total_ms: Sides::from(timing.total_ms),
            median_ms: Sides::from(timing.median_ms),
            beyond: timing.beyond,
            most,
        }
    }
}

fn status(group: &Group<Standing>) -> Status<'_> {
    let standing = &group.detail;
    let failure = standing.failure.as_deref();
    Status {
        before: state_text(standing.before),
        after: state_text(standing.after),
        error_type: failure.and_then(|failure| failure.error_type.as_deref()),
        error: failure.and_then(|failure| failure.line.as_deref()),
        alike: standing.is_same,
    }
}

fn subtree(group: &Group<Alone>) -> Subtree {
    Subtree {
        state: state_text(group.detail.state),
        beneath: group.detail.beneath,
    }
}

fn differs(group: &Group<Changed>) -> Differs<'_> {
    let Changed {
        what,
        change,
        is_same,
    } = &group.detail;
    let (what, key) = match what {
        What::Params => ("params", None),
        What::Result => ("result", None),
        What::Tag(key) => ("tag", Some(&**key)),
        What::Error => ("error", None),
    };
    Differs {
        what,
        key,
        place: &change.place,
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        alike: *is_same,
        cut: change.is_cut,
        more: change.more,
    }
}

impl LeftOut {
    fn of(findings: &Findings) -> Self {
        Self {
            statuses: findings.states.left_out(),
            new: findings.new.left_out(),
            gone: findings.gone.left_out(),
            values: findings.values.left_out(),
        }
    }
}

impl<T> From<[T; 2]> for Sides<T> {
    fn from([before, after]: [T; 2]) -> Self {
        Self {
            before: Some(before),
            after: Some(after),
        }
    }
}

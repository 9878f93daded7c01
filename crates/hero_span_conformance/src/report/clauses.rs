//! The contract clause by clause: what looks after each, and what came of it.

use hero_span_protocol::contract::Clause;

use super::{CaseResult, Group, Report, Standing, Verdict};
use crate::checks::{Coverage, coverage};

/// What a run says of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Broken, and nobody knew.
    Failed,
    /// Broken, as it is known.
    Known,
    /// Only what is advised is broken.
    Advice,
    /// A case of it could not be evaluated.
    NotEvaluated,
    /// Its cases ran, and nothing broke it.
    Passed,
    /// It has checks, and none of its cases ran.
    NotRun,
    /// It binds consumers, which `hero-span conformance parser` looks at.
    Parsers,
    /// Nothing looks at it.
    Unchecked,
}

impl State {
    pub(super) const ALL: [Self; 8] = [
        Self::Failed,
        Self::Known,
        Self::Advice,
        Self::NotEvaluated,
        Self::Passed,
        Self::NotRun,
        Self::Parsers,
        Self::Unchecked,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Known => "known",
            Self::Advice => "advice",
            Self::NotEvaluated => "not evaluated",
            Self::Passed => "passed",
            Self::NotRun => "not run",
            Self::Parsers => "for parsers",
            Self::Unchecked => "not checked",
        }
    }

    /// Its name as an id.
    pub(super) fn slug(self) -> String {
        self.name().replace(' ', "-")
    }
}

/// A clause and what came of it.
pub(super) struct Row<'a> {
    pub(super) clause: Clause,
    pub(super) state: State,
    /// The cases that are about it.
    pub(super) cases: Vec<&'a CaseResult>,
    /// How many other cases found it broken.
    pub(super) elsewhere: usize,
}

impl Row<'_> {
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        let cases = self.cases.iter();
        cases.filter(|case| case.verdict == verdict).count()
    }

    pub(super) fn ran(&self) -> usize {
        self.count(Verdict::Passed) + self.count(Verdict::Failed)
    }
}

/// A row for each clause, in the order of the contract.
pub(super) fn rows(report: &Report) -> Vec<Row<'_>> {
    Clause::ALL
        .iter()
        .map(|clause| row(*clause, &report.groups))
        .collect()
}

fn row(clause: Clause, groups: &[Group]) -> Row<'_> {
    let results = || groups.iter().flat_map(|group| &group.results);
    let is_own = |result: &&CaseResult| result.clause.as_deref() == Some(clause.id());
    let is_broken_elsewhere = |result: &&CaseResult| !is_own(result) && breaks(result, clause);
    let cases: Vec<&CaseResult> = results().filter(is_own).collect();
    let elsewhere: Vec<&CaseResult> = results().filter(is_broken_elsewhere).collect();
    let standings: Vec<Standing> = cases
        .iter()
        .chain(&elsewhere)
        .map(|result| result.standing())
        .collect();
    Row {
        clause,
        state: state(clause, &standings),
        cases,
        elsewhere: elsewhere.len(),
    }
}

/// Whether a finding of the result is of that clause.
fn breaks(result: &CaseResult, clause: Clause) -> bool {
    let findings = result.failure.iter().flat_map(|failure| &failure.findings);
    findings
        .into_iter()
        .any(|finding| finding.clause.as_deref() == Some(clause.id()))
}

fn state(clause: Clause, standings: &[Standing]) -> State {
    let holds = |standing| standings.contains(&standing);
    if holds(Standing::Failed) {
        State::Failed
    } else if holds(Standing::NotEvaluated) {
        State::NotEvaluated
    } else if holds(Standing::Known) {
        State::Known
    } else if holds(Standing::Advice) {
        State::Advice
    } else if holds(Standing::Passed) {
        State::Passed
    } else {
        match coverage(clause) {
            Coverage::Checks(_) => State::NotRun,
            Coverage::Vectors => State::Parsers,
            Coverage::Unchecked(_) => State::Unchecked,
        }
    }
}

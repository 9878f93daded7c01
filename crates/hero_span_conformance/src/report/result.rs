//! What came of one case, and of a group of them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Case;
use crate::checks::Level;
use crate::finding::Finding;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As the contract says.
    Passed,
    /// Not as the contract says; there is a failure.
    Failed,
    /// It was not run; there is a reason.
    Skipped,
    /// The adapter failed; there is a reason.
    NotEvaluated,
}

impl Verdict {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::NotEvaluated => "not evaluated",
        }
    }
}

/// What came of one case, or of one of the SDK's own tests.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// Its id.
    pub id: String,
    /// The clause that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What it shows, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it was skipped or could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it departs from the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Why this failure is known and does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// How a case failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Where it departs from the contract, what came first first.
    pub findings: Vec<Finding>,
    /// The tree of events that the contract asks for, drawn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected_tree: Vec<String>,
    /// The tree of events that came, drawn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found_tree: Vec<String>,
    /// The command that runs exactly this case again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The case itself, made as small as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Case>,
    /// The case of the same group that fails alike and is told in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

impl Failure {
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            expected_tree: Vec::new(),
            found_tree: Vec::new(),
            replay: None,
            input: None,
            like: None,
        }
    }

    /// Whether it breaks a MUST.
    pub fn is_binding(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.level == Level::Must)
    }
}

impl CaseResult {
    pub(crate) fn new(id: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            id: id.into(),
            clause: None,
            about: String::new(),
            verdict,
            reason: None,
            failure: None,
            known: None,
            ms: 0.0,
        }
    }

    pub(crate) fn of(case: &Case, verdict: Verdict) -> Self {
        Self {
            clause: case.clause().map(|clause| clause.id().into()),
            about: case.about.clone(),
            ..Self::new(&case.id, verdict)
        }
    }

    pub(crate) fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }

    pub(crate) fn failing(self, failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            ..self
        }
    }

    /// Whether it makes the SDK not conformant: a MUST is broken, and nobody
    /// knew.
    pub fn counts(&self) -> bool {
        let is_binding = self.failure.as_ref().is_some_and(Failure::is_binding);
        is_binding && self.known.is_none()
    }
}

/// Where the cases of a group come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The SDK's own tests.
    UnitTests,
    /// The fixed cases of the suite.
    Fixed,
    /// Cases that failed once.
    Regressions,
    /// Cases made from the seed.
    Generated,
    /// One case from a file.
    Replay,
    /// The vectors for parsers.
    Vectors,
}

/// One part of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its name: `cases`, `regressions`, a family, `unit tests`.
    pub name: String,
    /// Where its cases come from.
    pub source: Source,
    /// What came of each case, in the order of the cases.
    pub results: Vec<CaseResult>,
    /// Of cases meant to make the SDK drop something, how many did, and how
    /// many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalls: Option<(u64, u64)>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl Group {
    pub(crate) fn new(name: &str, source: Source) -> Self {
        Self {
            name: name.into(),
            source,
            results: Vec::new(),
            stalls: None,
            seconds: 0.0,
        }
    }

    /// How many ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        let results = self.results.iter();
        results.filter(|result| result.verdict == verdict).count()
    }

    /// How many were run to a verdict on the SDK.
    pub fn ran(&self) -> usize {
        self.count(Verdict::Passed) + self.count(Verdict::Failed)
    }

    /// How many failed as it was known.
    pub fn known(&self) -> usize {
        let results = self.results.iter();
        results.filter(|result| result.known.is_some()).count()
    }

    /// How many were skipped for each reason.
    pub fn skipped(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        let skipped = |result: &&CaseResult| result.verdict == Verdict::Skipped;
        for result in self.results.iter().filter(skipped) {
            let reason = result.reason.as_deref().unwrap_or("no reason");
            *reasons.entry(reason).or_default() += 1;
        }
        reasons
    }
}

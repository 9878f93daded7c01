//! What came of one case, and of a group of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::Case;
use crate::checks::Level;
use crate::finding::Finding;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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

/// What a result means for the SDK: its verdict, with failures told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A MUST is broken, and nobody knew.
    Failed,
    /// Nobody knows.
    NotEvaluated,
    /// Only a SHOULD is broken.
    Advice,
    /// The failure is on the list of known ones.
    Known,
    /// It was not run.
    Skipped,
    /// As the contract says.
    Passed,
}

impl Standing {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotEvaluated => "not evaluated",
            Self::Advice => "advice",
            Self::Known => "known",
            Self::Skipped => "skipped",
            Self::Passed => "passed",
        }
    }
}

/// What came of one case, or of one of the SDK's own tests.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// The case itself, made as small as it goes: what `--replay` reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
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
        self.standing() == Standing::Failed
    }

    /// What it means for the SDK.
    pub fn standing(&self) -> Standing {
        match (&self.failure, self.verdict) {
            (Some(_), _) if self.known.is_some() => Standing::Known,
            (Some(failure), _) if !failure.is_binding() => Standing::Advice,
            (Some(_), _) | (None, Verdict::Failed) => Standing::Failed,
            (None, Verdict::Passed) => Standing::Passed,
            (None, Verdict::Skipped) => Standing::Skipped,
            (None, Verdict::NotEvaluated) => Standing::NotEvaluated,
        }
    }
}

/// Where the cases of a group come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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

    /// How many stand so.
    pub fn standing(&self, standing: Standing) -> usize {
        let results = self.results.iter();
        results
            .filter(|result| result.standing() == standing)
            .count()
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

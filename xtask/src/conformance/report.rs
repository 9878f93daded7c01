//! What a run wrote about one SDK.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A report, as far as it is looked at here.
#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) sdk: Speaker,
    pub(super) groups: Vec<Group>,
}

#[derive(Deserialize)]
pub(super) struct Speaker {
    #[serde(rename = "sdk")]
    pub(super) language: String,
    pub(super) version: String,
    pub(super) features: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) source: String,
    pub(super) results: Vec<Outcome>,
}

/// What came of one case.
#[derive(Deserialize)]
pub(super) struct Outcome {
    pub(super) clause: Option<String>,
    pub(super) verdict: String,
    pub(super) failure: Option<Failure>,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) findings: Vec<Finding>,
}

#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) clause: Option<String>,
}

/// How many passed, failed and were not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl Report {
    /// The report in a file, if the run came so far as to write one.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, String> {
        #[derive(Deserialize)]
        struct Document {
            report: Report,
        }
        let Ok(text) = fs::read_to_string(file) else {
            return Ok(None);
        };
        let document: Document =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Some(document.report))
    }

    /// The results of these parts.
    pub(super) fn count(&self, sources: &[&str]) -> Count {
        let groups = self.groups.iter();
        let groups = groups.filter(|group| sources.contains(&group.source.as_str()));
        Count::of(groups.flat_map(|group| &group.results))
    }

    /// The results of a clause's own cases, and what was found about it in others.
    pub(super) fn of_clause(&self, clause: &str) -> Count {
        let is_own = |outcome: &&Outcome| outcome.clause.as_deref() == Some(clause);
        let names = |outcome: &&Outcome| {
            let findings = outcome.failure.iter().flat_map(|failure| &failure.findings);
            let mut clauses = findings.map(|finding| finding.clause.as_deref());
            clauses.any(|found| found == Some(clause))
        };
        let all = self.groups.iter().flat_map(|group| &group.results);
        Count::of(all.filter(|outcome| is_own(outcome) || names(outcome)))
    }
}

impl Count {
    fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut count = Self::default();
        for outcome in outcomes {
            match outcome.verdict.as_str() {
                "passed" => count.passed += 1,
                "skipped" => count.skipped += 1,
                _ => count.failed += 1,
            }
        }
        count
    }
}

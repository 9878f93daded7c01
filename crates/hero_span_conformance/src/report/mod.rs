//! The one result of a run, which every output is made from.

mod badge;
mod clauses;
mod detail;
mod facts;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod output;
mod result;
mod tap;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

use crate::dialogue::Hello;

pub(crate) use json::Document;
pub use output::{ReportArgument, ReportArguments, ReportFormat};
pub(crate) use output::{prepare, write};
pub use result::{CaseResult, Failure, Group, Source, Standing, Verdict};

/// What came of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The suite that judged.
    pub suite: Versions,
    /// Who was judged.
    pub sdk: Hello,
    /// What the generated cases were made from.
    pub seed: u64,
    /// When it began: RFC 3339, in UTC.
    pub date: String,
    /// The parts of the run, in order.
    pub groups: Vec<Group>,
    /// What is wrong with the list of known failures.
    pub stale: Vec<String>,
    /// How long all of it took, in seconds.
    pub seconds: f64,
}

/// What the suite is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Versions {
    /// Its own version.
    pub version: &'static str,
    /// The number of the adapter contract.
    pub contract: u64,
    /// The number of the protocol.
    pub protocol: u64,
}

impl Versions {
    pub(crate) const CURRENT: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        contract: crate::dialogue::CONTRACT,
        protocol: hero_span_protocol::contract::PROTOCOL,
    };
}

/// How a run ended. The numbers are exit codes, and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// 0: everything that ran is as the contract says.
    Conformant,
    /// 1: something is not.
    NotConformant,
    /// 3: something could not be evaluated, or nothing ran.
    NotEvaluated,
    /// 4: the list of known failures is not true any more.
    Stale,
}

impl Conclusion {
    /// The exit code. 2 is for bad usage.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NotConformant => 1,
            Self::NotEvaluated => 3,
            Self::Stale => 4,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotConformant => "not-conformant",
            Self::NotEvaluated => "not-evaluated",
            Self::Stale => "stale",
        }
    }

    /// What it means, in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Conformant => "conformant: everything that ran is as the contract says",
            Self::NotConformant => "NOT CONFORMANT: see the failures",
            Self::NotEvaluated => "NOT EVALUATED: something could not be judged, or nothing ran",
            Self::Stale => "STALE: the list of known failures is not true any more",
        }
    }
}

impl Group {
    /// How this part ended.
    pub fn conclusion(&self) -> Conclusion {
        if self.results.iter().any(CaseResult::counts) {
            Conclusion::NotConformant
        } else if self.count(Verdict::NotEvaluated) > 0 || self.ran() == 0 {
            Conclusion::NotEvaluated
        } else {
            Conclusion::Conformant
        }
    }
}

impl Report {
    /// How the run ended: a failure weighs more than what is unknown, and a
    /// part of which nothing ran is unknown.
    pub fn conclusion(&self) -> Conclusion {
        let ended = |conclusion| {
            self.groups
                .iter()
                .any(|group| group.conclusion() == conclusion)
        };
        if ended(Conclusion::NotConformant) {
            Conclusion::NotConformant
        } else if ended(Conclusion::NotEvaluated) || self.groups.is_empty() {
            Conclusion::NotEvaluated
        } else if !self.stale.is_empty() {
            Conclusion::Stale
        } else {
            Conclusion::Conformant
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Level;
    use crate::finding::Finding;

    fn result(verdict: Verdict, level: Option<Level>, known: bool) -> CaseResult {
        let mut finding = Finding::named("limit.value", "a", "b");
        finding.level = level.unwrap_or(Level::Must);
        CaseResult {
            failure: (verdict == Verdict::Failed).then(|| Failure::new(vec![finding])),
            known: known.then(|| "a reason".into()),
            ..CaseResult::new("a/b", verdict)
        }
    }

    fn group(results: Vec<CaseResult>) -> Group {
        Group {
            results,
            ..Group::new("cases", Source::Fixed)
        }
    }

    fn check(groups: Vec<Group>, stale: &[&str], code: u8) {
        let report = Report {
            suite: Versions::CURRENT,
            sdk: Hello {
                sdk: "x".into(),
                version: "1".into(),
                protocol: 1,
                features: Default::default(),
            },
            seed: 1,
            date: String::new(),
            groups,
            stale: stale.iter().map(ToString::to_string).collect(),
            seconds: 0.0,
        };
        assert_eq!(report.conclusion().exit_code(), code, "{report:?}");
    }

    #[test]
    fn only_what_ran_and_passed_is_conformant() {
        let passed = || result(Verdict::Passed, None, false);
        let failed = || result(Verdict::Failed, None, false);
        let skipped = || result(Verdict::Skipped, None, false);
        let unknown = || result(Verdict::NotEvaluated, None, false);
        check(vec![group(vec![passed(), skipped()])], &[], 0);
        check(vec![group(vec![passed(), failed()])], &[], 1);
        check(vec![group(vec![failed(), unknown()])], &[], 1);
        check(vec![group(vec![passed(), unknown()])], &[], 3);
        check(vec![group(vec![passed()]), group(vec![skipped()])], &[], 3);
        check(vec![], &[], 3);
    }

    #[test]
    fn what_is_known_or_only_advised_does_not_count() {
        let known = || result(Verdict::Failed, None, true);
        let advised = || result(Verdict::Failed, Some(Level::Should), false);
        check(vec![group(vec![known(), advised()])], &[], 0);
        check(vec![group(vec![known()])], &["case a/b passed"], 4);
        let failed = result(Verdict::Failed, None, false);
        check(vec![group(vec![failed])], &["case a/b passed"], 1);
    }
}

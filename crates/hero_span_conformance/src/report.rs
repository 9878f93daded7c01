//! The one result of a run, which every output is made from.

mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Case;
use crate::dialogue::Hello;
use crate::finding::Finding;

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Who was judged.
    pub sdk: Hello,
    /// What the cases were made from.
    pub seed: u64,
    /// The parts of the run, in order.
    pub suites: Vec<Suite>,
    /// How long all of it took.
    pub seconds: f64,
}

/// One part of a run: the SDK's own tests, or a family of cases.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// How many were run to a verdict.
    pub ran: u64,
    /// How many of those are as the contract says.
    pub passed: u64,
    /// How many are not.
    pub failed: u64,
    /// How many were not run, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// How many could not be evaluated, for the adapter failed.
    pub not_evaluated: u64,
    /// The first failures, one for each kind of fault.
    pub failures: Vec<Failure>,
    /// Why some could not be evaluated; the first few.
    pub faults: Vec<String>,
    /// Of cases meant to make the SDK drop something, how many did, and how
    /// many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalls: Option<(u64, u64)>,
    /// How long it took.
    pub seconds: f64,
}

/// One failure, made as small as it goes.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Which case or test.
    pub case: String,
    /// Where it departs from the contract, what came first first.
    pub findings: Vec<Finding>,
    /// The command that runs exactly this case again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The case itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Case>,
}

/// How a run ended. The numbers are exit codes, and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// 0: everything that ran is as the contract says.
    Conformant,
    /// 1: something is not.
    NotConformant,
    /// 3: something could not be evaluated, or nothing ran.
    NotEvaluated,
}

impl Conclusion {
    /// The exit code. 2 is for bad usage.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NotConformant => 1,
            Self::NotEvaluated => 3,
        }
    }
}

impl Suite {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// How many were not run.
    pub fn skips(&self) -> u64 {
        self.skipped.values().sum()
    }

    pub(crate) fn skip(&mut self, reason: String, count: u64) {
        if count > 0 {
            *self.skipped.entry(reason).or_default() += count;
        }
    }

    /// How this part ended.
    pub fn conclusion(&self) -> Conclusion {
        if self.failed > 0 {
            Conclusion::NotConformant
        } else if self.not_evaluated > 0 || self.ran == 0 {
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
            self.suites
                .iter()
                .any(|suite| suite.conclusion() == conclusion)
        };
        if ended(Conclusion::NotConformant) {
            Conclusion::NotConformant
        } else if ended(Conclusion::NotEvaluated) || self.suites.is_empty() {
            Conclusion::NotEvaluated
        } else {
            Conclusion::Conformant
        }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        let conclusion = self.conclusion();
        let report = serde_json::json!({
            "conclusion": conclusion,
            "exit_code": conclusion.exit_code(),
            "report": self,
        });
        format!("{report:#}\n")
    }

    /// The report for people: failures, then a table.
    pub fn to_text(&self) -> String {
        table::text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(ran: u64, failed: u64, not_evaluated: u64) -> Suite {
        Suite {
            ran,
            failed,
            not_evaluated,
            passed: ran - failed,
            ..Suite::new("s")
        }
    }

    fn check(suites: Vec<Suite>, code: u8) {
        let report = Report {
            sdk: Hello {
                sdk: "x".into(),
                version: "1".into(),
                protocol: 1,
                features: Default::default(),
            },
            seed: 1,
            suites,
            seconds: 0.0,
        };
        assert_eq!(report.conclusion().exit_code(), code, "{report:?}");
    }

    #[test]
    fn only_what_ran_and_passed_is_conformant() {
        check(vec![suite(3, 0, 0)], 0);
        check(vec![suite(3, 1, 0)], 1);
        check(vec![suite(3, 1, 2)], 1);
        check(vec![suite(3, 0, 2)], 3);
        check(vec![suite(3, 0, 0), suite(0, 0, 0)], 3);
        check(vec![], 3);
    }
}

//! What came of the self-test.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text;
use crate::checks;
use crate::dialogue::Hello;

/// What came of the self-test.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// The reference.
    pub sdk: Hello,
    /// When it began: RFC 3339, in UTC.
    pub date: String,
    /// How many cases the unbroken reference ran.
    pub cases: usize,
    /// The cases that it did not pass.
    pub false_alarms: Vec<FalseAlarm>,
    /// What came of each mutant.
    pub mutants: Vec<Tried>,
    /// The checks that no mutant is meant for; empty when mutants were chosen.
    pub without_mutant: Vec<&'static str>,
    /// How long all of it took, in seconds.
    pub seconds: f64,
}

/// A case that the unbroken reference did not pass.
#[derive(Clone, Debug, Serialize)]
pub struct FalseAlarm {
    /// The case.
    pub case: String,
    /// What was found, or why it could not be run.
    pub why: String,
    /// Whether there was no verdict at all.
    pub is_unknown: bool,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// In a copy of the reference.
    Behaviour,
    /// In what the reference sent.
    Wire,
    /// In the schemas or the parser that its lines are held against.
    Tools,
}

/// What came of one mutant.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// The mutant.
    pub id: String,
    /// What is wrong with it, in a sentence.
    pub about: String,
    /// Where.
    pub sort: Sort,
    /// The check that must find it.
    pub killed_by: String,
    /// What came of it.
    pub ending: Ending,
    /// How many cases it ran.
    pub cases: usize,
    /// The first finding of each case that failed, by check: the first such
    /// case.
    pub bites: BTreeMap<String, String>,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Its own check found it.
    Killed,
    /// It did not, and why that may be.
    Survived(String),
}

impl Tried {
    /// Whether its own check found it.
    pub fn is_killed(&self) -> bool {
        self.ending == Ending::Killed
    }
}

impl Proof {
    /// How many mutants their own checks found.
    pub fn killed(&self) -> usize {
        self.mutants
            .iter()
            .filter(|mutant| mutant.is_killed())
            .count()
    }

    /// Whether every mutant was killed by its own check, every check has one,
    /// and there was no false alarm.
    pub fn holds(&self) -> bool {
        self.killed() == self.mutants.len()
            && self.false_alarms.is_empty()
            && self.without_mutant.is_empty()
    }

    /// 0: it holds; 1: it does not; 3: the reference could not be run, or no
    /// mutant was.
    pub fn exit_code(&self) -> u8 {
        let is_unknown = self.false_alarms.iter().any(|alarm| alarm.is_unknown);
        match self.holds() {
            _ if is_unknown || self.mutants.is_empty() => 3,
            true => 0,
            false => 1,
        }
    }

    /// Of each check: how many of its mutants were killed, and how many there
    /// are.
    pub fn by_check(&self) -> Vec<(&'static str, usize, usize)> {
        let count = |check| {
            let own = self
                .mutants
                .iter()
                .filter(|mutant| mutant.killed_by == check);
            let (killed, all) = own.fold((0, 0), |(killed, all), mutant| {
                (killed + usize::from(mutant.is_killed()), all + 1)
            });
            (check, killed, all)
        };
        checks::all().into_iter().map(count).collect()
    }

    /// For people.
    pub fn to_text(&self) -> String {
        text::text(self)
    }

    /// For programs.
    pub fn to_json(&self) -> String {
        let proof = serde_json::json!({
            "holds": self.holds(),
            "exit_code": self.exit_code(),
            "proof": self,
        });
        format!("{proof:#}\n")
    }
}

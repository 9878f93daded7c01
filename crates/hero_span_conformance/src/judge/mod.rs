//! Judges what came of a case: bytes, schema, parser, rules, tree, outcome.

mod lines;
mod outcome;
mod rules;
mod tree;

use hero_span_protocol::Violation;
use hero_span_protocol::contract::Clause;

use crate::case::{Case, Ended, Observed};
use crate::checks::Level;
use crate::compare::Arrival;
use crate::error::Error;
use crate::finding::Finding;
use crate::model::{Expected, predict};
use crate::script::is_concurrent;
use lines::{Lines, Origin};
pub(crate) use lines::{Tools, validator};
use tree::Tree;

/// Judges cases.
#[derive(Debug)]
pub(crate) struct Judge {
    lines: Lines,
    /// Checks whose findings do not count.
    without: Vec<String>,
}

/// The verdict on a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    /// Whether a stall made the SDK drop something.
    pub(crate) lost_something: bool,
    /// The tree that the contract asks for and the one that came, if something
    /// is wrong with what came.
    pub(crate) trees: Option<(Vec<String>, Vec<String>)>,
}

impl Judge {
    pub(crate) fn new(without: &[String]) -> Result<Self, Error> {
        Self::with(&Tools::default(), without)
    }

    /// With these tools, which need not be the contract's.
    pub(crate) fn with(tools: &Tools, without: &[String]) -> Result<Self, Error> {
        let lines = Lines::new(tools)?;
        let without = without.to_vec();
        Ok(Self { lines, without })
    }

    /// Everything that is not as the contract and the model say, what came
    /// first on the wire first.
    pub(crate) fn judge(&self, case: &Case, observed: &Observed) -> Judgement {
        let mut judgement = self.judge_all(case, observed);
        let findings = &mut judgement.findings;
        findings.retain(|finding| !self.without.contains(&finding.check));
        if case.level == Some(Level::Should) {
            findings
                .iter_mut()
                .for_each(|finding| finding.level = Level::Should);
        }
        judgement
    }

    fn judge_all(&self, case: &Case, observed: &Observed) -> Judgement {
        let expected = predict(&case.script);
        let mut judgement = Judgement::default();
        if let Ended::Unsupported(what) = &observed.ending {
            judgement.findings.push(outcome::unsupported(what));
            return judgement;
        }
        self.judge_bytes(case, observed, &expected, &mut judgement);
        judgement.findings.extend(judge_damage(observed));
        let findings = &mut judgement.findings;
        findings.extend(outcome::judge_outcome(case, &expected, observed));
        findings.extend(outcome::judge_time(case, observed));
        judgement
    }

    /// What came over each connection, without a judgement.
    pub(crate) fn read(&self, observed: &Observed) -> Vec<Vec<Arrival>> {
        let captures = observed.captures.iter();
        let read = captures.map(|capture| self.lines.read(&capture.bytes, Origin::default()));
        read.map(|read| read.arrivals).collect()
    }

    fn judge_bytes(
        &self,
        case: &Case,
        observed: &Observed,
        expected: &Expected,
        judgement: &mut Judgement,
    ) {
        let mut wire = Wire::default();
        for capture in &observed.captures {
            let origin = Origin {
                may_be_torn: capture.was_closed || case.socket.stalls(),
                is_concurrent: is_concurrent(&case.script),
            };
            let read = self.lines.read(&capture.bytes, origin);
            wire.connections.push(read.arrivals);
            wire.findings.extend(read.findings);
            wire.is_torn |= read.is_torn;
        }
        rules::judge_rules(case, expected, &mut wire);
        let is_clean = wire.findings.is_empty();
        judgement.findings.append(&mut wire.findings);
        let mut tree = Tree {
            case,
            observed,
            expected,
            wire: &wire,
            came: Vec::new(),
        };
        if is_clean {
            tree.judge(judgement);
        }
        if !judgement.findings.is_empty() {
            judgement.trees = Some(tree.draw());
        }
    }
}

/// An SDK leaves alone what it cannot use (`env.socket`).
fn judge_damage(observed: &Observed) -> Option<Finding> {
    let damage = observed.damage.as_ref()?;
    let expected = "the files at the address as they were";
    Some(Finding::of(Clause::EnvSocket, expected, damage))
}

/// What all connections brought.
#[derive(Default)]
struct Wire {
    connections: Vec<Vec<Arrival>>,
    findings: Vec<Finding>,
    is_torn: bool,
}

#[derive(Clone, Copy)]
struct Place {
    line: u64,
    byte: u64,
}

impl Place {
    fn of(arrival: &Arrival) -> Self {
        Self {
            line: arrival.line,
            byte: arrival.byte,
        }
    }

    fn finds(self, finding: Finding) -> Finding {
        finding.at(format!("line {}, byte {}", self.line, self.byte))
    }

    fn blames(self, violation: Violation) -> Finding {
        let byte = self.byte + violation.at.unwrap_or_default() as u64;
        let finding = Finding::of(violation.clause, violation.expected, violation.found);
        let finding = match violation.field {
            Some(field) => finding.field(field),
            None => finding,
        };
        Self { byte, ..self }.finds(finding)
    }
}

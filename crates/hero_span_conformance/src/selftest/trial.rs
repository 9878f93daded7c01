//! One mutant while it is tried.

use std::collections::BTreeMap;

use super::mutant::Mutant;
use super::proof::Ending;
use crate::case::Case;
use crate::evaluate::Evaluation;

/// What came of a mutant so far.
pub(super) struct Trial<'a> {
    pub(super) mutant: &'a Mutant,
    is_full: bool,
    pub(super) cases: usize,
    pub(super) bites: BTreeMap<String, String>,
    /// Why it could not be run.
    pub(super) fault: Option<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(mutant: &'a Mutant, is_full: bool) -> Self {
        Self {
            mutant,
            is_full,
            cases: 0,
            bites: BTreeMap::new(),
            fault: None,
        }
    }

    pub(super) fn add(&mut self, case: &Case, evaluation: &Evaluation) {
        match evaluation {
            Evaluation::Passed { .. } => self.count(case, None),
            Evaluation::Failed(failure) => {
                let first = failure.findings.first();
                self.count(case, first.map(|finding| finding.check.as_str()));
            }
            Evaluation::Skipped(_) | Evaluation::NotRun(_) => {}
            Evaluation::NotEvaluated(fault) => {
                self.fault = Some(format!("{}: {fault}", case.id));
            }
        }
    }

    pub(super) fn count(&mut self, case: &Case, check: Option<&str>) {
        self.cases += 1;
        if let Some(check) = check {
            self.bites
                .entry(check.into())
                .or_insert_with(|| case.id.clone());
        }
    }

    fn is_killed(&self) -> bool {
        self.bites.contains_key(&self.mutant.killed_by)
    }

    pub(super) fn is_over(&self) -> bool {
        self.fault.is_some() || self.is_killed() && !self.is_full
    }

    pub(super) fn ending(&self) -> Ending {
        if self.is_killed() {
            return Ending::Killed;
        }
        Ending::Survived(match (&self.fault, self.bites.iter().next()) {
            (Some(fault), _) => fault.clone(),
            (None, _) if self.cases == 0 => "no case shows the fault; see cases".into(),
            (None, Some((check, case))) => {
                format!("found by {check} instead, in {case}; is that its own check?")
            }
            (None, None) => format!("{} cases pass all the same", self.cases),
        })
    }
}

//! Runs the unbroken reference and the mutants, several beside each other.

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tempfile::TempDir;

use super::Options;
use super::behaviour::Edits;
use super::mutant::{Fault, Mutant};
use super::proof::{FalseAlarm, Sort, Tried};
use super::reference::Reference;
use super::trial::Trial;
use super::wire::{Stream, edited};
use crate::adapter::{Adapter, Variables};
use crate::case::{Case, Observed};
use crate::cases;
use crate::dialogue::Hello;
use crate::each::each;
use crate::error::Error;
use crate::evaluate::{Evaluation, Evaluator, Idle};
use crate::families::Family;
use crate::generate::case_tree;
use crate::judge::{Judge, Tools};
use crate::process::Launch;
use crate::progress::Progress;
use crate::work::generated_id;

/// How many generated cases of each family a mutant may ask for.
const GENERATED: u64 = 60;
const SEED: u64 = 1;

/// Everything that all mutants share.
pub(super) struct Bench<'a> {
    options: &'a Options,
    reference: &'a Reference,
    judge: Judge,
    hello: Hello,
    cases: Vec<Case>,
    /// The unbroken copy, and the sockets.
    directory: TempDir,
}

/// What the unbroken reference did, by the places of the cases; nothing where
/// it could not be run.
pub(super) type Known = Vec<Option<Observed>>;

impl<'a> Bench<'a> {
    /// Tries the unbroken reference first.
    pub(super) fn new(
        options: &'a Options,
        reference: &'a Reference,
        mutants: &[Mutant],
    ) -> Result<Self, Error> {
        let directory = temporary()?;
        reference.copy(None, directory.path())?;
        let launch = launch(reference, directory.path());
        let adapter = Adapter::start(&launch, Variables::default()).map_err(Error::adapter)?;
        let hello = adapter.hello().clone();
        adapter.stop();
        let mut cases = all_cases()?;
        cases.retain(|case| mutants.iter().any(|mutant| mutant.cases.takes(case)));
        if !reference.proves_the_suite {
            // An SDK is not asked for what its language lacks; the suite's own reference has all.
            let has = |name: &str| hello.features.contains(name);
            cases.retain(|case| case.features().into_iter().all(has));
        }
        Ok(Self {
            options,
            reference,
            judge: Judge::new(&options.without)?,
            hello,
            cases,
            directory,
        })
    }

    pub(super) fn hello(&self) -> Hello {
        self.hello.clone()
    }

    pub(super) fn cases(&self) -> usize {
        self.cases.len()
    }

    /// Runs the unbroken reference: whatever is found is a false alarm.
    pub(super) fn run_reference(&self, progress: &dyn Progress) -> (Known, Vec<FalseAlarm>) {
        let launch = launch(self.reference, self.directory.path());
        let idle = Idle::default();
        let ran = each(
            self.options.jobs,
            self.cases.len(),
            |job| self.evaluator(&launch, &idle, format!("reference{job}")),
            |evaluator, place| {
                progress.step("unbroken reference", place, self.cases.len(), 0);
                self.cases.get(place).map(|case| observe(evaluator, case))
            },
        );
        let (known, alarms): (Known, Vec<_>) = ran.into_iter().flatten().unzip();
        (known, alarms.into_iter().flatten().collect())
    }

    /// Tries every mutant.
    pub(super) fn try_all(
        &self,
        mutants: &[Mutant],
        known: &Known,
        progress: &dyn Progress,
    ) -> Vec<Tried> {
        let survived = AtomicUsize::new(0);
        let tried = each(
            self.options.jobs,
            mutants.len(),
            |_| (),
            |(), place| {
                let tried = self.try_one(mutants.get(place)?, known);
                survived.fetch_add(usize::from(!tried.is_killed()), Ordering::Relaxed);
                let survived = survived.load(Ordering::Relaxed);
                progress.step("mutants", place, mutants.len(), survived);
                Some(tried)
            },
        );
        let mut tried: Vec<Tried> = tried.into_iter().flatten().collect();
        self.try_again(mutants, known, &mut tried);
        tried
    }

    /// Tries the survivors once more, one after the other: faults of timing
    /// show on a quiet machine.
    fn try_again(&self, mutants: &[Mutant], known: &Known, tried: &mut [Tried]) {
        for (mutant, tried) in mutants.iter().zip(tried) {
            if !tried.is_killed() && matches!(mutant.fault, Fault::Behaviour(_)) {
                *tried = self.try_one(mutant, known);
            }
        }
    }

    fn try_one(&self, mutant: &Mutant, known: &Known) -> Tried {
        let began = Instant::now();
        let mut trial = Trial::new(mutant, self.options.full);
        let sort = match &mutant.fault {
            Fault::Behaviour(edits) => {
                self.try_behaviour(edits, &mut trial);
                Sort::Behaviour
            }
            Fault::Wire(edit) => {
                self.try_wire(*edit, known, &mut trial);
                Sort::Wire
            }
            Fault::Tools(edit) => {
                self.try_tools(*edit, known, &mut trial);
                Sort::Tools
            }
        };
        Tried {
            id: mutant.id.clone(),
            about: mutant.about.clone(),
            sort,
            killed_by: mutant.killed_by.clone(),
            ending: trial.ending(),
            cases: trial.cases,
            bites: trial.bites,
            ms: began.elapsed().as_secs_f64() * 1000.0,
        }
    }

    fn try_behaviour(&self, edits: &Edits, trial: &mut Trial<'_>) {
        let copied = temporary().and_then(|directory| {
            self.reference.copy(Some(edits), directory.path())?;
            Ok(directory)
        });
        let directory = match copied {
            Ok(directory) => directory,
            Err(error) => return trial.fault = Some(error.to_string()),
        };
        let launch = Launch {
            patience: self.options.patience,
            ..launch(self.reference, directory.path())
        };
        let idle = Idle::default();
        let mut evaluator = self.evaluator(&launch, &idle, trial.mutant.id.clone());
        for case in &self.cases {
            if trial.mutant.cases.takes(case) && !trial.is_over() {
                let evaluation = evaluator.evaluate(case);
                trial.add(case, &evaluation);
            }
        }
        evaluator.stop();
    }

    fn try_wire(&self, edit: fn(&mut Stream), known: &Known, trial: &mut Trial<'_>) {
        self.judge_again(&self.judge, known, trial, |case, observed| {
            edited(case, observed, edit).map(Cow::Owned)
        });
    }

    fn try_tools(&self, edit: fn(&mut Tools), known: &Known, trial: &mut Trial<'_>) {
        let mut tools = Tools::default();
        edit(&mut tools);
        match Judge::with(&tools, &self.options.without) {
            Ok(judge) => self.judge_again(&judge, known, trial, |_, observed| {
                Some(Cow::Borrowed(observed))
            }),
            Err(error) => trial.fault = Some(error.to_string()),
        }
    }

    /// Judges what the unbroken reference did, edited.
    fn judge_again(
        &self,
        judge: &Judge,
        known: &Known,
        trial: &mut Trial<'_>,
        edit: impl for<'b> Fn(&Case, &'b Observed) -> Option<Cow<'b, Observed>>,
    ) {
        for (case, observed) in self.cases.iter().zip(known) {
            let is_tried = trial.mutant.cases.takes(case) && !trial.is_over();
            let observed = observed.as_ref().filter(|_| is_tried);
            if let Some(observed) = observed.and_then(|observed| edit(case, observed)) {
                let findings = judge.judge(case, &observed).findings;
                trial.count(case, findings.first().map(|finding| finding.check.as_str()));
            }
        }
    }

    fn evaluator<'b>(&'b self, launch: &'b Launch, idle: &'b Idle, name: String) -> Evaluator<'b> {
        let sockets = self.directory.path();
        Evaluator::new(launch, &self.judge, &self.hello, idle, sockets, name)
    }
}

/// What the unbroken reference did, and what was found in it.
fn observe(evaluator: &mut Evaluator<'_>, case: &Case) -> (Option<Observed>, Option<FalseAlarm>) {
    let mut observed = None;
    let evaluation = evaluator.watch(case, &mut |seen| observed = Some(seen));
    let alarm = |why, is_unknown| {
        Some(FalseAlarm {
            case: case.id.clone(),
            why,
            is_unknown,
        })
    };
    let alarm = match evaluation {
        Evaluation::Passed { .. } | Evaluation::NotRun(_) => None,
        Evaluation::Failed(failure) => {
            let first = failure.findings.first();
            alarm(first.map_or_else(String::new, ToString::to_string), false)
        }
        Evaluation::Skipped(features) => alarm(
            format!("the reference does not have: {}", features.join(", ")),
            true,
        ),
        Evaluation::NotEvaluated(fault) => alarm(fault.to_string(), true),
    };
    (observed, alarm)
}

fn all_cases() -> Result<Vec<Case>, Error> {
    let mut all = cases::fixed()?;
    for family in Family::ALL {
        let made = (0..GENERATED).filter_map(|number| {
            let tree = case_tree(family, SEED, number)?;
            let id = generated_id(family, SEED, number);
            Some(Case {
                id,
                ..tree.current()
            })
        });
        all.extend(made);
    }
    Ok(all)
}

fn launch(reference: &Reference, directory: &Path) -> Launch {
    Launch {
        directory: Some(directory.into()),
        ..Launch::new(reference.command.clone())
    }
}

fn temporary() -> Result<TempDir, Error> {
    let made = tempfile::Builder::new().prefix("hero-span-").tempdir();
    made.map_err(Error::directory)
}

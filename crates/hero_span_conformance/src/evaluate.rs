//! Evaluates cases, one after the other, in adapters that it starts as needed.

use std::path::Path;

use crate::adapter::{Adapter, Variables};
use crate::case::{self, Case, Observed};
use crate::checks;
use crate::dialogue::Hello;
use crate::fault::Fault;
use crate::judge::Judge;
use crate::process::Launch;
use crate::report::Failure;
use crate::schedule::Schedule;
use crate::script::{feature, features};

/// A case that may have failed by chance is tried so often before it is believed.
const TRIES: usize = 3;

/// What came of a case.
#[derive(Debug)]
pub(crate) enum Evaluation {
    Passed {
        /// Whether a stall made the SDK drop something.
        lost_something: bool,
    },
    /// Where it departs from the contract; never without a finding.
    Failed(Failure),
    /// The features that the SDK does not have.
    Skipped(Vec<&'static str>),
    /// Why this machine cannot do what the case wants.
    NotRun(Fault),
    /// The adapter failed.
    NotEvaluated(Fault),
}

/// Evaluates cases in one adapter at a time.
#[derive(Debug)]
pub(crate) struct Evaluator<'a> {
    launch: &'a Launch,
    judge: &'a Judge,
    hello: &'a Hello,
    /// Where sockets go.
    directory: &'a Path,
    /// Tells this evaluator's cases from others'.
    name: String,
    count: u64,
    adapter: Option<Adapter>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        launch: &'a Launch,
        judge: &'a Judge,
        hello: &'a Hello,
        directory: &'a Path,
        name: String,
    ) -> Self {
        Self {
            launch,
            judge,
            hello,
            directory,
            name,
            count: 0,
            adapter: None,
        }
    }

    /// Runs a case and judges it.
    pub(crate) fn evaluate(&mut self, case: &Case) -> Evaluation {
        let missing: Vec<&'static str> = features(&case.script)
            .into_iter()
            .filter(|needed| !self.hello.features.contains(*needed))
            .collect();
        if !missing.is_empty() {
            return Evaluation::Skipped(missing);
        }
        let mut verdict = self.evaluate_once(case);
        for _ in 1..TRIES {
            if !may_be_chance(case, &verdict) {
                break;
            }
            verdict = self.evaluate_once(case);
        }
        verdict
    }

    fn evaluate_once(&mut self, case: &Case) -> Evaluation {
        let observed = match self.observe(case) {
            Ok(observed) => observed,
            Err(fault) if fault.is_machines() => {
                self.adapter = None;
                return Evaluation::NotRun(fault);
            }
            Err(fault) => {
                self.adapter = None;
                return Evaluation::NotEvaluated(fault);
            }
        };
        if !observed.ending.leaves_adapter() {
            self.adapter = None;
        }
        let judgement = self.judge.judge(case, &observed);
        if judgement.findings.is_empty() {
            let lost_something = judgement.lost_something;
            return Evaluation::Passed { lost_something };
        }
        let (expected_tree, found_tree) = judgement.trees.unwrap_or_default();
        Evaluation::Failed(Failure {
            expected_tree,
            found_tree,
            ..Failure::new(judgement.findings)
        })
    }

    /// Runs a case, and says what came of it without a judgement.
    pub(crate) fn observe(&mut self, case: &Case) -> Result<Observed, Fault> {
        self.count += 1;
        let id = format!("{}-{}", self.name, self.count);
        let server = case::open(case, self.directory, &id)?;
        if self.hello.features.contains(feature::REUSE) {
            let mut adapter = match self.adapter.take() {
                Some(adapter) => adapter,
                None => Adapter::start(self.launch, Variables::default())?,
            };
            let observed = case::run(&mut adapter, case, &id, server);
            self.adapter = Some(adapter);
            return observed;
        }
        let socket = case::address(&server);
        let variables = Variables {
            socket: socket.as_deref(),
            parent: case.parent.as_deref(),
        };
        let mut adapter = Adapter::start(self.launch, variables)?;
        let observed = case::run(&mut adapter, case, &id, server);
        if observed.is_ok() {
            adapter.stop();
        }
        observed
    }

    /// Ends the adapter with a last word.
    pub(crate) fn stop(self) {
        if let Some(adapter) = self.adapter {
            adapter.stop();
        }
    }
}

/// A busy machine is slow now and then; an SDK that waits is slow each time.
/// With tiny buffers each line needs the runner to be in time; an SDK that
/// cannot go on with a line loses it each time.
fn may_be_chance(case: &Case, verdict: &Evaluation) -> bool {
    match verdict {
        Evaluation::Failed(_) if matches!(case.socket, Schedule::TinyBuffers { .. }) => true,
        Evaluation::Failed(failure) => failure
            .findings
            .iter()
            .all(|finding| finding.check == checks::TIME),
        _ => false,
    }
}

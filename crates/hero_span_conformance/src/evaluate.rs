//! Evaluates cases, one after the other, in adapters that it starts as needed.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Adapters that have nothing to do, for whoever needs one next: one takes
/// longer to start than to run dozens of cases.
#[derive(Debug, Default)]
pub(crate) struct Idle(Mutex<Vec<Adapter>>);

impl Idle {
    /// Keeps an adapter that can run another case.
    pub(crate) fn put(&self, adapter: Adapter) {
        if adapter.hello().features.contains(feature::REUSE) {
            self.adapters().push(adapter);
        } else {
            adapter.stop();
        }
    }

    fn take(&self) -> Option<Adapter> {
        self.adapters().pop()
    }

    fn adapters(&self) -> MutexGuard<'_, Vec<Adapter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends them all with a last word.
impl Drop for Idle {
    fn drop(&mut self) {
        self.adapters().drain(..).for_each(Adapter::stop);
    }
}

/// Evaluates cases in one adapter at a time.
#[derive(Debug)]
pub(crate) struct Evaluator<'a> {
    launch: &'a Launch,
    judge: &'a Judge,
    hello: &'a Hello,
    idle: &'a Idle,
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
        idle: &'a Idle,
        directory: &'a Path,
        name: String,
    ) -> Self {
        Self {
            launch,
            judge,
            hello,
            idle,
            directory,
            name,
            count: 0,
            adapter: None,
        }
    }

    /// Runs a case and judges it.
    pub(crate) fn evaluate(&mut self, case: &Case) -> Evaluation {
        self.watch(case, &mut drop)
    }

    /// Runs a case and judges it; `seen` gets what came of each try.
    pub(crate) fn watch(&mut self, case: &Case, seen: &mut dyn FnMut(Observed)) -> Evaluation {
        let missing: Vec<&'static str> = features(&case.script)
            .into_iter()
            .filter(|needed| !self.hello.features.contains(*needed))
            .collect();
        if !missing.is_empty() {
            return Evaluation::Skipped(missing);
        }
        let mut verdict = self.evaluate_once(case, seen);
        for _ in 1..TRIES {
            if !may_be_chance(case, &verdict) {
                break;
            }
            verdict = self.evaluate_once(case, seen);
        }
        verdict
    }

    fn evaluate_once(&mut self, case: &Case, seen: &mut dyn FnMut(Observed)) -> Evaluation {
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
        seen(observed);
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
            let mut adapter = match self.adapter.take().or_else(|| self.idle.take()) {
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

    /// Leaves the adapter to others.
    pub(crate) fn stop(self) {
        if let Some(adapter) = self.adapter {
            self.idle.put(adapter);
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

//! One group of cases, on several adapters at once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::case::Case;
use crate::evaluate::{Evaluation, Evaluator};
use crate::families::Family;
use crate::finding::Finding;
use crate::generate::{Tree, are_alike, case_tree_for, shrink};
use crate::progress::Progress;
use crate::report::{CaseResult, Failure, Group, Source, Verdict};
use crate::run::{Bench, quoted};

/// After so many faults of the adapter the rest of a group is skipped.
const ENOUGH_FAULTS: usize = 3;
const LEFT_OUT: &str = "after so many failures the rest was left out";

/// Where the cases of a group come from.
pub(crate) enum Cases {
    /// These.
    Given(Source, Vec<Case>),
    /// Those of a family with these numbers.
    Generated(Family, Vec<u64>),
}

impl Cases {
    fn source(&self) -> Source {
        match self {
            Self::Given(source, _) => *source,
            Self::Generated(..) => Source::Generated,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Given(_, cases) => cases.len(),
            Self::Generated(_, numbers) => numbers.len(),
        }
    }
}

/// The id of a generated case.
pub(crate) fn generated_id(family: Family, seed: u64, number: u64) -> String {
    format!("{}/{seed}/{number}", family.name())
}

/// Runs a group.
pub(crate) fn run_group(
    bench: &Bench<'_>,
    name: &str,
    cases: &Cases,
    progress: &dyn Progress,
) -> Group {
    let started = Instant::now();
    let work = Work {
        bench,
        name,
        cases,
        next: AtomicUsize::new(0),
        is_enough: AtomicBool::new(false),
        done: Mutex::new(Done::default()),
        progress,
    };
    std::thread::scope(|scope| {
        for job in 0..bench.options.jobs.clamp(1, cases.len().max(1)) {
            let work = &work;
            scope.spawn(move || work.job(job));
        }
    });
    let mut group = work.finish();
    group.seconds = started.elapsed().as_secs_f64();
    group
}

/// What the jobs of a group share.
struct Work<'a> {
    bench: &'a Bench<'a>,
    name: &'a str,
    cases: &'a Cases,
    next: AtomicUsize,
    is_enough: AtomicBool,
    done: Mutex<Done>,
    progress: &'a dyn Progress,
}

#[derive(Default)]
struct Done {
    /// By the place of the case.
    results: Vec<(usize, CaseResult)>,
    /// The first failure of each sort: its case and findings.
    sorts: Vec<(String, Vec<Finding>)>,
    failed: usize,
    faults: usize,
    stalls: Option<(u64, u64)>,
}

/// A case about to run.
struct Next {
    case: Case,
    /// How to make it smaller, if it was generated.
    tree: Option<Tree>,
}

impl Work<'_> {
    fn job(&self, job: usize) {
        let mut evaluator = self.bench.evaluator(format!("{}{job}", self.name));
        while !self.is_enough.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            if place >= self.cases.len() {
                break;
            }
            let result = self.run_case(place, &mut evaluator);
            self.add(place, result);
        }
        evaluator.stop();
    }

    fn run_case(&self, place: usize, evaluator: &mut Evaluator<'_>) -> CaseResult {
        let started = Instant::now();
        let Some(next) = self.case(place) else {
            let result = CaseResult::new(self.id(place), Verdict::Skipped);
            return result.because("proptest found no such case");
        };
        let case = &next.case;
        let evaluation = evaluator.evaluate(case);
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        let result = match evaluation {
            Evaluation::Passed { lost_something } => {
                self.count_stall(case, lost_something);
                CaseResult::of(case, Verdict::Passed)
            }
            Evaluation::Failed(failure) => {
                let result = CaseResult::of(case, Verdict::Failed);
                result.failing(self.tell(next, failure, evaluator))
            }
            Evaluation::Skipped(features) => CaseResult::of(case, Verdict::Skipped)
                .because(format!("the SDK does not have: {}", features.join(", "))),
            Evaluation::NotRun(why) => {
                CaseResult::of(case, Verdict::Skipped).because(why.to_string())
            }
            Evaluation::NotEvaluated(fault) => {
                CaseResult::of(case, Verdict::NotEvaluated).because(fault.to_string())
            }
        };
        CaseResult { ms, ..result }
    }

    fn id(&self, place: usize) -> String {
        match self.cases {
            Cases::Given(_, cases) => cases.get(place).map(|case| case.id.clone()),
            Cases::Generated(family, numbers) => {
                let number = numbers.get(place).copied();
                number.map(|number| generated_id(*family, self.bench.options.seed, number))
            }
        }
        .unwrap_or_default()
    }

    fn case(&self, place: usize) -> Option<Next> {
        match self.cases {
            Cases::Given(_, cases) => {
                let case = cases.get(place)?.clone();
                Some(Next { case, tree: None })
            }
            Cases::Generated(family, numbers) => {
                let (features, number) = (&self.bench.hello.features, *numbers.get(place)?);
                let tree = case_tree_for(features, *family, self.bench.options.seed, number)?;
                let case = Case {
                    id: self.id(place),
                    ..tree.current()
                };
                Some(Next {
                    case,
                    tree: Some(tree),
                })
            }
        }
    }

    /// A failure of a new sort is made small, and written to a file if its
    /// case was generated; others only name the first of their sort.
    fn tell(&self, next: Next, failure: Failure, evaluator: &mut Evaluator<'_>) -> Failure {
        let Next { case, tree } = next;
        let like = self.known_sort(&case, &failure.findings);
        let Some(mut tree) = tree else {
            return Failure {
                replay: self.replay_by_id(&case),
                input: Some(case),
                like,
                ..failure
            };
        };
        if like.is_some() {
            return Failure {
                like,
                ..Failure::new(failure.findings)
            };
        }
        let time = self.bench.options.shrinking;
        let (smallest, failure) = shrink(tree.as_mut(), failure, evaluator, time);
        let smallest = Case {
            id: case.id,
            ..smallest
        };
        let replay = self.bench.options.write(&smallest);
        Failure {
            replay: Some(replay),
            input: Some(smallest),
            ..failure
        }
    }

    /// A case that the binary carries, or that lies among those that failed
    /// once, is found by its id.
    fn replay_by_id(&self, case: &Case) -> Option<String> {
        let command = &self.bench.options.replay_command;
        let is_named = matches!(self.cases.source(), Source::Fixed | Source::Regressions);
        is_named.then(|| format!("{command} --filter {}", quoted(Path::new(&case.id))))
    }

    /// The case that failed alike before; if there is none, this one is the
    /// first from now on.
    fn known_sort(&self, case: &Case, findings: &[Finding]) -> Option<String> {
        let mut done = self.done();
        let alike = |(_, known): &&(String, Vec<Finding>)| are_alike(known, findings);
        if let Some((first, _)) = done.sorts.iter().find(alike) {
            return Some(first.clone());
        }
        done.sorts.push((case.id.clone(), findings.to_vec()));
        None
    }

    fn count_stall(&self, case: &Case, lost_something: bool) {
        if case.is_flood() {
            let mut done = self.done();
            let (bit, of) = done.stalls.unwrap_or_default();
            done.stalls = Some((bit + u64::from(lost_something), of + 1));
        }
    }

    fn add(&self, place: usize, result: CaseResult) {
        let mut done = self.done();
        done.failed += usize::from(result.counts());
        done.faults += usize::from(result.verdict == Verdict::NotEvaluated);
        done.results.push((place, result));
        if done.failed >= self.enough() || done.faults >= ENOUGH_FAULTS {
            self.is_enough.store(true, Ordering::Relaxed);
        }
        let (ran, failed) = (done.results.len(), done.failed);
        self.progress.step(self.name, ran, self.cases.len(), failed);
    }

    /// Fixed cases are few, and each says something else.
    fn enough(&self) -> usize {
        let enough = self.bench.options.enough;
        match self.cases.source() {
            Source::Generated => enough,
            _ if enough == 1 => 1,
            _ => usize::MAX,
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(self) -> Group {
        let mut done = std::mem::take(&mut *self.done());
        done.results.sort_by_key(|(place, _)| *place);
        let mut given = done.results.into_iter().peekable();
        let results = (0..self.cases.len()).map(|place| {
            let result = given.next_if(|(found, _)| *found == place);
            let left_out = || CaseResult::new(self.id(place), Verdict::Skipped).because(LEFT_OUT);
            result.map_or_else(left_out, |(_, result)| result)
        });
        Group {
            results: results.collect(),
            stalls: done.stalls,
            ..Group::new(self.name, self.cases.source())
        }
    }
}

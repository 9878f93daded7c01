//! The run: the SDK's own tests, then each family, on several adapters.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::adapter::{Adapter, Variables};
use crate::case::Case;
use crate::dialogue::Hello;
use crate::error::Error;
use crate::evaluate::{Evaluator, Verdict};
use crate::families::Family;
use crate::finding::Finding;
use crate::generate::{are_alike, case_tree, shrink};
use crate::judge::Judge;
use crate::process::Launch;
use crate::profile::UnitTests;
use crate::progress::Progress;
use crate::report::{Failure, Report, Suite};
use crate::unit_tests;

/// After so many faults of the adapter the rest of a family is skipped.
const ENOUGH_FAULTS: u64 = 3;

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to start the adapter.
    pub launch: Launch,
    /// The SDK's own tests, if they are to be run.
    pub unit_tests: Option<UnitTests>,
    /// The families of cases.
    pub families: Vec<Family>,
    /// How many cases each family has.
    pub cases: u64,
    /// What the cases are made from.
    pub seed: u64,
    /// How many adapters run beside each other, at least one.
    pub jobs: usize,
    /// After so many failures of a family the rest of it is skipped.
    pub enough: u64,
    /// How long smaller cases are tried when one fails.
    pub shrinking: Duration,
    /// Where the cases that failed are written.
    pub failures: PathBuf,
    /// How the command starts that replays one of them.
    pub replay_command: String,
}

/// Everything that all families share.
struct Bench<'a> {
    options: &'a Options,
    judge: Judge,
    hello: Hello,
    sockets: TempDir,
}

impl<'a> Bench<'a> {
    /// Tries the adapter first, so that its faults are not blamed on the SDK.
    fn new(options: &'a Options) -> Result<Self, Error> {
        let adapter =
            Adapter::start(&options.launch, Variables::default()).map_err(Error::adapter)?;
        let hello = adapter.hello().clone();
        adapter.stop();
        Ok(Self {
            options,
            judge: Judge::new()?,
            hello,
            sockets: tempfile::Builder::new()
                .prefix("hero-span-")
                .tempdir()
                .map_err(Error::directory)?,
        })
    }

    fn evaluator(&self, name: String) -> Evaluator<'_> {
        let launch = &self.options.launch;
        Evaluator::new(launch, &self.judge, &self.hello, self.sockets.path(), name)
    }

    fn report(self, suites: Vec<Suite>, started: Instant) -> Report {
        Report {
            sdk: self.hello,
            seed: self.options.seed,
            suites,
            seconds: started.elapsed().as_secs_f64(),
        }
    }
}

/// Runs everything that the options ask for.
///
/// # Errors
/// When the adapter does not start or say hello, or no socket can be made.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Report, Error> {
    let started = Instant::now();
    let bench = Bench::new(options)?;
    let mut suites = Vec::new();
    if let Some(tests) = &options.unit_tests {
        progress.say("unit tests");
        suites.push(unit_tests::run(tests, options.launch.directory.as_deref()));
    }
    for family in &options.families {
        suites.push(run_family(&bench, *family, progress));
    }
    progress.end();
    Ok(bench.report(suites, started))
}

/// Runs one case from its file.
///
/// # Errors
/// As [`run`], and when the file holds no case.
pub fn replay(options: &Options, file: &Path) -> Result<Report, Error> {
    let started = Instant::now();
    let what = "a case, as the suite writes it when one fails";
    let text = std::fs::read_to_string(file).map_err(|error| Error::file(what, file, error))?;
    let case = Case::from_json(&text).map_err(|why| Error::file(what, file, why))?;
    let bench = Bench::new(options)?;
    let mut evaluator = bench.evaluator("replay".into());
    let verdict = evaluator.evaluate(&case);
    evaluator.stop();
    let mut suite = Suite::new("replay");
    let name = file.display().to_string();
    if let Some(findings) = count(&mut suite, &case, verdict) {
        suite.failures.push(Failure {
            case: name,
            findings,
            replay: None,
            input: Some(case),
        });
    }
    suite.seconds = started.elapsed().as_secs_f64();
    Ok(bench.report(vec![suite], started))
}

/// Adds a verdict to the counts; the findings of a failure.
fn count(suite: &mut Suite, case: &Case, verdict: Verdict) -> Option<Vec<Finding>> {
    match verdict {
        Verdict::Passed { lost_something } => {
            suite.ran += 1;
            suite.passed += 1;
            if case.is_flood() {
                let (bit, of) = suite.stalls.unwrap_or_default();
                suite.stalls = Some((bit + u64::from(lost_something), of + 1));
            }
        }
        Verdict::Failed(findings) => {
            suite.ran += 1;
            suite.failed += 1;
            return Some(findings);
        }
        Verdict::Skipped(features) => {
            suite.skip(format!("the SDK does not have: {}", features.join(", ")), 1);
        }
        Verdict::NotEvaluated(fault) => {
            suite.not_evaluated += 1;
            let fault = fault.to_string();
            if !suite.faults.contains(&fault) && suite.faults.len() < 3 {
                suite.faults.push(fault);
            }
        }
    }
    None
}

/// What the jobs of a family share.
struct Work<'a> {
    bench: &'a Bench<'a>,
    family: Family,
    next: AtomicU64,
    is_enough: AtomicBool,
    suite: Mutex<Suite>,
    /// The faults that some job is looking into, or has.
    known: Mutex<Vec<Vec<Finding>>>,
    progress: &'a dyn Progress,
}

fn run_family(bench: &Bench<'_>, family: Family, progress: &dyn Progress) -> Suite {
    let started = Instant::now();
    let work = Work {
        bench,
        family,
        next: AtomicU64::new(0),
        is_enough: AtomicBool::new(false),
        suite: Mutex::new(Suite::new(family.name())),
        known: Mutex::new(Vec::new()),
        progress,
    };
    std::thread::scope(|scope| {
        for job in 0..bench.options.jobs.max(1) {
            let work = &work;
            scope.spawn(move || work.job(job));
        }
    });
    let mut suite = work
        .suite
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let done = suite.ran + suite.not_evaluated + suite.skips();
    let left = bench.options.cases.saturating_sub(done);
    suite.skip("after so many failures the rest was left out".into(), left);
    suite
        .failures
        .sort_by(|one, other| one.case.cmp(&other.case));
    suite.seconds = started.elapsed().as_secs_f64();
    suite
}

impl Work<'_> {
    fn job(&self, job: usize) {
        let mut evaluator = self.bench.evaluator(format!("{}{job}", self.family.name()));
        while !self.is_enough.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.bench.options.cases {
                break;
            }
            self.run_case(number, &mut evaluator);
        }
        evaluator.stop();
    }

    fn run_case(&self, number: u64, evaluator: &mut Evaluator<'_>) {
        let seed = self.bench.options.seed;
        let Some(mut tree) = case_tree(self.family, seed, number) else {
            let mut suite = self.suite();
            suite.skip("proptest found no such case".into(), 1);
            return;
        };
        let case = tree.current();
        let verdict = evaluator.evaluate(&case);
        let new_findings = self.count(&case, verdict);
        if let Some(findings) = new_findings {
            let time = self.bench.options.shrinking;
            let (case, findings) = shrink(tree.as_mut(), findings, evaluator, time);
            let failure = self.write_failure(number, case, findings);
            self.suite().failures.push(failure);
        }
    }

    /// Adds a verdict to the counts; the findings if they are of a new fault.
    fn count(&self, case: &Case, verdict: Verdict) -> Option<Vec<Finding>> {
        let mut suite = self.suite();
        let findings = count(&mut suite, case, verdict);
        if suite.failed >= self.bench.options.enough || suite.not_evaluated >= ENOUGH_FAULTS {
            self.is_enough.store(true, Ordering::Relaxed);
        }
        let done = suite.ran + suite.not_evaluated + suite.skips();
        let of = self.bench.options.cases;
        self.progress
            .step(self.family.name(), done, of, suite.failed);
        findings.filter(|findings| self.is_new(findings))
    }

    /// Whether no job knows that fault yet; from now on one does.
    fn is_new(&self, findings: &[Finding]) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !known.iter().any(|known| are_alike(known, findings));
        if is_new {
            known.push(findings.to_vec());
        }
        is_new
    }

    fn suite(&self) -> MutexGuard<'_, Suite> {
        self.suite.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_failure(&self, number: u64, case: Case, findings: Vec<Finding>) -> Failure {
        let options = self.bench.options;
        let name = format!("{}-{}-{number}", self.family.name(), options.seed);
        let file = options.failures.join(format!("{name}.json"));
        let written = std::fs::create_dir_all(&options.failures)
            .and_then(|()| std::fs::write(&file, format!("{}\n", to_json(&case))));
        let replay = match written {
            Ok(()) => format!("{} --replay {}", options.replay_command, quoted(&file)),
            Err(error) => format!("cannot write {}: {error}", file.display()),
        };
        Failure {
            case: format!("case {number}"),
            findings,
            replay: Some(replay),
            input: Some(case),
        }
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), Into::into)
}

fn to_json(case: &Case) -> String {
    serde_json::to_string(case).unwrap_or_default()
}

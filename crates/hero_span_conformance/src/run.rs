//! The run: what failed once, the fixed cases, the SDK's own tests, and each
//! family of generated cases.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use tempfile::TempDir;

use crate::adapter::{Adapter, Variables};
use crate::case::Case;
use crate::cases;
use crate::dialogue::Hello;
use crate::error::Error;
use crate::evaluate::{Evaluator, Idle};
use crate::families::Family;
use crate::fault::Fault;
use crate::filter::Filter;
use crate::judge::Judge;
use crate::known::KnownFailures;
use crate::process::Launch;
use crate::profile::UnitTests;
use crate::progress::Progress;
use crate::report::{Group, Report, Source, Versions};
use crate::smoke;
use crate::unit_tests;
use crate::work::{Cases, generated_id, run_group};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to start the adapter.
    pub launch: Launch,
    /// The SDK's own tests, if they are to be run.
    pub unit_tests: Option<UnitTests>,
    /// Whether the fixed cases are run, and those that failed once.
    pub fixed: bool,
    /// The families of generated cases.
    pub families: Vec<Family>,
    /// How many generated cases there are, in all families together.
    pub cases: u64,
    /// What they are made from.
    pub seed: u64,
    /// Which cases are run.
    pub filter: Filter,
    /// How many adapters run beside each other, at least one.
    pub jobs: usize,
    /// After so many failures of a family the rest of it is skipped.
    pub enough: usize,
    /// How long smaller cases are tried when one fails.
    pub shrinking: Duration,
    /// Where the generated cases that failed are written, and read again.
    pub regressions: PathBuf,
    /// What is known to fail.
    pub known: KnownFailures,
    /// Checks that are not looked at.
    pub without: Vec<String>,
    /// How the command starts that runs one case again.
    pub replay_command: String,
}

impl Options {
    /// The usual run of an adapter.
    pub fn new(launch: Launch) -> Self {
        Self {
            launch,
            unit_tests: None,
            fixed: true,
            families: Family::ALL.to_vec(),
            cases: 2000,
            seed: 1,
            filter: Filter::default(),
            jobs: jobs(),
            enough: 20,
            shrinking: Duration::from_secs(10),
            regressions: PathBuf::from("conformance/regressions"),
            known: KnownFailures::default(),
            without: Vec::new(),
            replay_command: "hero-span conformance run".into(),
        }
    }

    /// Writes a case to a file of its own; the command that runs it again.
    pub(crate) fn write(&self, case: &Case) -> String {
        let mut hasher = DefaultHasher::new();
        case.to_json().hash(&mut hasher);
        let name = case.id.replace('/', "-");
        let name = format!("{name}-{:08x}.json", hasher.finish() as u32);
        let file = self.regressions.join(name);
        let written = std::fs::create_dir_all(&self.regressions)
            .and_then(|()| std::fs::write(&file, format!("{}\n", case.to_json())));
        match written {
            Ok(()) => {
                let file = file.canonicalize().unwrap_or(file);
                format!("{} --replay {}", self.replay_command, quoted(&file))
            }
            Err(error) => format!("none, for {} cannot be written: {error}", file.display()),
        }
    }

    /// Which numbers of a family are run: its share of all cases.
    fn numbers(&self, family: Family) -> Vec<u64> {
        let families = self.families.len().max(1) as u64;
        let place = self.families.iter().position(|other| *other == family);
        let gets_one_more = (place.unwrap_or_default() as u64) < self.cases % families;
        let share = self.cases / families + u64::from(gets_one_more);
        let is_taken = |number: &u64| self.filter.takes(&generated_id(family, self.seed, *number));
        (0..share).filter(is_taken).collect()
    }
}

/// Adapters wait for stalled sockets most of the time.
pub(crate) fn jobs() -> usize {
    3 * std::thread::available_parallelism().map_or(1, usize::from)
}

/// Who speaks, for an adapter that is started by hand: nobody wants to do so
/// for each part of the smoke test.
fn greet(launch: &Launch, idle: &Idle) -> Result<Hello, Fault> {
    let adapter = Adapter::start(launch, Variables::default())?;
    let hello = adapter.hello().clone();
    idle.put(adapter);
    Ok(hello)
}

/// Everything that all groups share.
pub(crate) struct Bench<'a> {
    pub(crate) options: &'a Options,
    pub(crate) judge: Judge,
    pub(crate) hello: Hello,
    idle: Idle,
    sockets: TempDir,
}

impl<'a> Bench<'a> {
    /// Tries the adapter first, so that its faults are not blamed on the SDK.
    pub(crate) fn new(options: &'a Options) -> Result<Self, Error> {
        let idle = Idle::default();
        let hello = match options.launch.attach {
            Some(_) => greet(&options.launch, &idle),
            None => smoke::test(&options.launch),
        };
        let hello = hello.map_err(Error::adapter)?;
        Ok(Self {
            options,
            judge: Judge::new(&options.without)?,
            hello,
            idle,
            sockets: tempfile::Builder::new()
                .prefix("hero-span-")
                .tempdir()
                .map_err(Error::directory)?,
        })
    }

    pub(crate) fn evaluator(&self, name: String) -> Evaluator<'_> {
        Evaluator::new(
            &self.options.launch,
            &self.judge,
            &self.hello,
            &self.idle,
            self.sockets.path(),
            name,
        )
    }

    fn report(self, mut groups: Vec<Group>, is_whole: bool, began: Began) -> Report {
        let stale = self.options.known.apply(&mut groups, is_whole);
        Report {
            suite: Versions::CURRENT,
            sdk: self.hello,
            seed: self.options.seed,
            date: began.date,
            groups,
            stale,
            seconds: began.at.elapsed().as_secs_f64(),
        }
    }
}

struct Began {
    at: Instant,
    date: String,
}

impl Began {
    fn now() -> Self {
        Self {
            at: Instant::now(),
            date: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }
}

/// Runs everything that the options ask for.
///
/// # Errors
/// When the adapter does not start or say hello, when a file of cases is not
/// one, or no socket can be made.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Report, Error> {
    let began = Began::now();
    let parts = parts(options)?;
    let bench = Bench::new(options)?;
    let mut groups = Vec::new();
    for (name, cases) in &parts {
        groups.push(run_group(&bench, name, cases, progress));
    }
    if let Some(tests) = &options.unit_tests {
        progress.say("unit tests");
        groups.push(unit_tests::run(tests, options.launch.directory.as_deref()));
    }
    progress.end();
    let is_whole = options.filter.is_all() && options.fixed && options.families == Family::ALL;
    Ok(bench.report(groups, is_whole, began))
}

/// The groups that have cases, in the order in which they run.
fn parts(options: &Options) -> Result<Vec<(&'static str, Cases)>, Error> {
    let mut parts = Vec::new();
    if options.fixed {
        let regressions = taken(options, cases::regressions(&options.regressions)?);
        parts.push((
            "regressions",
            Cases::Given(Source::Regressions, regressions),
        ));
        let fixed = taken(options, cases::fixed()?);
        parts.push(("cases", Cases::Given(Source::Fixed, fixed)));
    }
    for family in &options.families {
        let cases = Cases::Generated(*family, options.numbers(*family));
        parts.push((family.name(), cases));
    }
    parts.retain(|(_, cases)| cases.len() > 0);
    Ok(parts)
}

fn taken(options: &Options, mut cases: Vec<Case>) -> Vec<Case> {
    cases.retain(|case| options.filter.takes(&case.id));
    cases
}

/// Runs one case from its file.
///
/// # Errors
/// As [`run`], and when the file holds no case.
pub fn replay(options: &Options, file: &Path, progress: &dyn Progress) -> Result<Report, Error> {
    let began = Began::now();
    let case = cases::read(file)?;
    let bench = Bench::new(options)?;
    let cases = Cases::Given(Source::Replay, vec![case]);
    let group = run_group(&bench, "replay", &cases, progress);
    progress.end();
    Ok(bench.report(vec![group], false, began))
}

/// A path, or another word, as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), Into::into)
}

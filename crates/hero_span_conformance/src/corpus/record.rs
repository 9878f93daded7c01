//! Records what an SDK sends for the fixed cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::file::{self, Captured, Line, MANIFEST, Manifest};
use super::reading::Reader;
use crate::case::Case;
use crate::cases;
use crate::dialogue::Hello;
use crate::each::each;
use crate::error::Error;
use crate::evaluate::{Evaluation, Evaluator};
use crate::progress::Progress;
use crate::report::{CaseResult, Conclusion, Group, Source, Standing, Verdict};
use crate::run::{Bench, Options};

/// What is recorded, and where.
pub(crate) struct RecordOptions {
    /// How the adapter is run, which cases are taken, and what is known to fail.
    pub(crate) run: Options,
    /// Where the version's folder is made.
    pub(crate) out: PathBuf,
    /// Whether a version that is there already is recorded anew.
    pub(crate) force: bool,
    /// The captures of a case that are larger together are left out.
    pub(crate) case_bytes: usize,
}

/// What came of a case.
enum Outcome {
    Captured(Captured, Vec<Vec<u8>>),
    LeftOut(String),
    /// Not as the contract says, or without a verdict.
    Bad(Box<CaseResult>),
}

/// Runs the fixed cases, writes what arrived if all of them passed or are known
/// to fail, and says what came of it.
///
/// # Errors
/// When the adapter does not work, the version is there already, or no file can
/// be written.
pub(crate) fn record(
    options: &RecordOptions,
    progress: &dyn Progress,
) -> Result<(Conclusion, String), Error> {
    let mut cases = cases::fixed()?;
    cases.retain(|case| options.run.filter.takes(&case.id) && !case.socket.is_off());
    let bench = Bench::new(&options.run)?;
    let folder = folder(&bench.hello, options)?;
    let outcomes = run(options, &bench, &cases, progress);
    progress.end();
    let (captured, left_out, bad) = sorted(options, &cases, outcomes);
    if !bad.is_empty() {
        return Ok(told_bad(&bad));
    }
    if captured.is_empty() {
        let told = "nothing to record: no case was run that sends something\n";
        return Ok((Conclusion::NotEvaluated, told.into()));
    }
    let manifest = write(&folder, &bench.hello, &captured, left_out)?;
    Ok((Conclusion::Conformant, told(&manifest, &folder)))
}

/// The folder of the version, which must be new: a released version sends what
/// it sends.
fn folder(hello: &Hello, options: &RecordOptions) -> Result<PathBuf, Error> {
    let name = format!("{}-{}", hello.sdk, hello.version);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
    let folder = options.out.join(&name);
    if !name.chars().all(is_plain) || name.starts_with('.') {
        let expected = "an SDK and a version of letters, digits and -._+";
        return Err(Error::file(
            expected,
            &options.out,
            format!("found {name:?}"),
        ));
    }
    if folder.exists() && !options.force {
        let why = "it is there already, and what a released version sent is frozen; \
            add --force to record it anew";
        return Err(Error::file(
            "a version that is not recorded yet",
            &folder,
            why,
        ));
    }
    Ok(folder)
}

fn run(
    options: &RecordOptions,
    bench: &Bench<'_>,
    cases: &[Case],
    progress: &dyn Progress,
) -> Vec<Outcome> {
    each(
        options.run.jobs,
        cases.len(),
        |job| Some(bench.evaluator(format!("record{job}"))),
        |evaluator, place| {
            progress.step("cases", place, cases.len(), 0);
            let (case, evaluator) = (cases.get(place)?, evaluator.as_mut()?);
            Some(outcome(options, case, evaluator))
        },
    )
    .into_iter()
    .flatten()
    .collect()
}

fn outcome(options: &RecordOptions, case: &Case, evaluator: &mut Evaluator<'_>) -> Outcome {
    let mut captures = Vec::new();
    let evaluation = evaluator.watch(case, &mut |observed| captures = observed.captures);
    let bad = |verdict| CaseResult::of(case, verdict);
    match evaluation {
        Evaluation::Passed { .. } => {}
        Evaluation::Failed(failure) => {
            return Outcome::Bad(Box::new(bad(Verdict::Failed).failing(failure)));
        }
        Evaluation::Skipped(features) => {
            let features = features.join(", ");
            return Outcome::LeftOut(format!("the SDK does not have: {features}"));
        }
        Evaluation::NotRun(why) => return Outcome::LeftOut(why.to_string()),
        Evaluation::NotEvaluated(why) => {
            let bad = bad(Verdict::NotEvaluated).because(why.to_string());
            return Outcome::Bad(Box::new(bad));
        }
    }
    let mut bytes: Vec<Vec<u8>> = captures.into_iter().map(|capture| capture.bytes).collect();
    bytes.retain(|bytes| !bytes.is_empty());
    match bytes.iter().map(Vec::len).sum::<usize>() {
        0 => Outcome::LeftOut("nothing was sent".into()),
        size if size > options.case_bytes => {
            Outcome::LeftOut(format!("{size} bytes are more than {}", options.case_bytes))
        }
        _ => {
            let captured = Captured {
                case: case.id.clone(),
                connections: bytes.iter().map(|bytes| Line::split(bytes)).collect(),
            };
            Outcome::Captured(captured, bytes)
        }
    }
}

type Sorted = (
    Vec<(Captured, Vec<Vec<u8>>)>,
    BTreeMap<String, String>,
    Vec<CaseResult>,
);

/// What is captured, what is left out and why, and what must not be.
fn sorted(options: &RecordOptions, cases: &[Case], outcomes: Vec<Outcome>) -> Sorted {
    let (mut captured, mut left_out) = (Vec::new(), BTreeMap::new());
    let mut group = Group::new("cases", Source::Fixed);
    for (case, outcome) in cases.iter().zip(outcomes) {
        match outcome {
            Outcome::Captured(lines, bytes) => captured.push((lines, bytes)),
            Outcome::LeftOut(why) => drop(left_out.insert(case.id.clone(), why)),
            Outcome::Bad(result) => group.results.push(*result),
        }
    }
    let mut groups = [group];
    options.run.known.apply(&mut groups, false);
    let [group] = groups;
    let (known, bad): (Vec<_>, Vec<_>) = group
        .results
        .into_iter()
        .partition(|result| result.standing() == Standing::Known);
    let known = known.into_iter();
    left_out.extend(known.map(|result| (result.id, result.known.unwrap_or_default())));
    (captured, left_out, bad)
}

/// Written beside its place and then moved there, so that no half of a version
/// is ever taken for one.
fn write(
    folder: &Path,
    hello: &Hello,
    captured: &[(Captured, Vec<Vec<u8>>)],
    left_out: BTreeMap<String, String>,
) -> Result<Manifest, Error> {
    let failed = |error: std::io::Error| Error::corpus(folder, error);
    let out = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(out).map_err(failed)?;
    let fresh = tempfile::Builder::new()
        .prefix(".recording-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(out)
        .map_err(failed)?;
    let mut clauses: BTreeMap<&str, Vec<&Captured>> = BTreeMap::new();
    for (lines, _) in captured {
        let clause = lines.case.split('/').next().unwrap_or(&lines.case);
        clauses.entry(clause).or_default().push(lines);
    }
    for (clause, captured) in clauses {
        file::write(&fresh.path().join(file::name(clause)), &captured)?;
    }
    let manifest = manifest(hello, captured, left_out)?;
    file::write(&fresh.path().join(MANIFEST), &manifest)?;
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed)?;
    }
    std::fs::rename(fresh.keep(), folder).map_err(failed)?;
    Ok(manifest)
}

fn manifest(
    hello: &Hello,
    captured: &[(Captured, Vec<Vec<u8>>)],
    left_out: BTreeMap<String, String>,
) -> Result<Manifest, Error> {
    let reader = Reader::new()?;
    let mut manifest = Manifest {
        sdk: hello.sdk.clone(),
        version: hello.version.clone(),
        protocol: hello.protocol,
        captures: 0,
        lines: 0,
        bytes: 0,
        cases: BTreeMap::new(),
        left_out,
    };
    for (lines, connections) in captured {
        manifest.captures += connections.len();
        manifest.lines += lines.connections.iter().map(Vec::len).sum::<usize>();
        manifest.bytes += connections.iter().map(Vec::len).sum::<usize>();
        let made = connections.iter();
        let made = made.map(|bytes| reader.read(bytes).record(bytes)).collect();
        manifest.cases.insert(lines.case.clone(), made);
    }
    Ok(manifest)
}

fn told(manifest: &Manifest, folder: &Path) -> String {
    let Manifest {
        sdk,
        version,
        protocol,
        captures,
        lines,
        bytes,
        ..
    } = manifest;
    let cases = manifest.cases.len();
    let mut text = String::new();
    for (case, why) in &manifest.left_out {
        let _ = writeln!(text, "left out  {case}: {why}");
    }
    let folder = folder.display();
    let _ = writeln!(
        text,
        "{sdk} {version}, protocol {protocol}: {cases} cases, {captures} captures, {lines} lines, \
         {bytes} bytes in {folder}"
    );
    text
}

fn told_bad(bad: &[CaseResult]) -> (Conclusion, String) {
    let mut text = String::new();
    for result in bad {
        let findings = result.failure.iter().flat_map(|failure| &failure.findings);
        let why = findings.map(ToString::to_string).next();
        let why = why.or_else(|| result.reason.clone()).unwrap_or_default();
        let name = result.verdict.name().to_uppercase();
        let _ = writeln!(
            text,
            "{name}  {}\n  {}",
            result.id,
            why.replace('\n', "\n  ")
        );
    }
    text += "nothing was recorded: only what passes is; `hero-span conformance run` shows more\n";
    let is_failure = |result: &CaseResult| result.verdict == Verdict::Failed;
    let conclusion = if bad.iter().any(is_failure) {
        Conclusion::NotConformant
    } else {
        Conclusion::NotEvaluated
    };
    (conclusion, text)
}

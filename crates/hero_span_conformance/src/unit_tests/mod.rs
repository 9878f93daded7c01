//! Runs an SDK's own tests and counts them by name.

mod cargo;
mod go;
mod python;
mod tap;

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::checks::UNIT_TESTS;
use crate::finding::Finding;
use crate::profile::{Format, UnitTests};
use crate::report::{CaseResult, Failure, Group, Source, Verdict};

/// How long the tests may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// So much of their output is read.
const OUTPUT_BYTES: u64 = 1024 * 1024;

/// What came of one test: why it failed, or was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Test {
    group: String,
    name: String,
    outcome: Outcome,
}

/// Runs the tests in `directory`. Tests that are expected and not there fail.
pub(crate) fn run(tests: &UnitTests, directory: Option<&Path>) -> Group {
    let started = Instant::now();
    let results = match output(tests, directory) {
        Ok(output) => {
            let read = match tests.format {
                Format::PythonUnittest => python::read,
                Format::CargoTest => cargo::read,
                Format::Tap => tap::read,
                Format::GoTestJson => go::read,
            };
            results(tests, &read(&output), &output)
        }
        Err(why) => {
            let why = format!("`{}`: {why}", tests.command.join(" "));
            let groups = tests.expected.keys();
            let unknown = |name: &String| CaseResult::new(name, Verdict::NotEvaluated);
            groups.map(|name| unknown(name).because(&why)).collect()
        }
    };
    Group {
        results,
        seconds: started.elapsed().as_secs_f64(),
        ..Group::new("unit tests", Source::UnitTests)
    }
}

/// What the command says on stdout and stderr, in whatever order.
fn output(tests: &UnitTests, directory: Option<&Path>) -> Result<String, String> {
    let (program, arguments) = tests.command.split_first().ok_or("no command is given")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    let mut child = command
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let stdout = child.stdout.take().map(read_in_background);
    let stderr = child.stderr.take().map(read_in_background);
    let deadline = Instant::now() + PATIENCE;
    let ended = loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            Ok(status) => break status,
            Err(error) => return Err(error.to_string()),
        }
    };
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    if ended.is_none() {
        return Err(format!("expected an end within {PATIENCE:?}, found none"));
    }
    let texts = [stdout, stderr].into_iter().flatten();
    Ok(texts
        .map(|reader| reader.join().unwrap_or_default())
        .collect())
}

fn read_in_background(mut source: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = source.by_ref().take(OUTPUT_BYTES).read_to_end(&mut bytes);
        // The rest is read away, so that the tests do not hang on a full pipe.
        let _ = std::io::copy(&mut source, &mut std::io::sink());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn results(tests: &UnitTests, found: &[Test], output: &str) -> Vec<CaseResult> {
    let mut results = Vec::new();
    let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
    let is_asked = |test: &&Test| tests.expected.contains_key(&test.group);
    for test in found.iter().filter(is_asked) {
        *groups.entry(&test.group).or_default() += 1;
        results.push(result(test));
    }
    for (group, expected) in &tests.expected {
        let found = groups.get(group.as_str()).copied().unwrap_or_default();
        if found != *expected {
            let expected = format!("{expected} tests");
            let found = format!("{found}: {}", last_words(output));
            results.push(failed(
                group.clone(),
                Finding::named(UNIT_TESTS, expected, found),
            ));
        }
    }
    results
}

fn result(test: &Test) -> CaseResult {
    let name = format!("{}.{}", test.group, test.name);
    match &test.outcome {
        Outcome::Passed => CaseResult::new(name, Verdict::Passed),
        Outcome::Skipped(reason) => {
            let reason = format!("{name}: {reason}");
            CaseResult::new(name, Verdict::Skipped).because(reason)
        }
        Outcome::Failed(found) => failed(name, Finding::named(UNIT_TESTS, "ok", found)),
    }
}

fn failed(name: String, finding: Finding) -> CaseResult {
    CaseResult::new(name, Verdict::Failed).failing(Failure::new(vec![finding]))
}

/// The last line that says something.
fn last_words(output: &str) -> &str {
    let mut lines = output.lines().rev().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or("no output")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
test_one (test_contract.FirstTests.test_one) ... ok
test_two (test_contract.FirstTests.test_two) ... FAIL
test_old (test_contract.SecondTests) ... skipped 'no fork here'
";

    /// A line for each test.
    pub(super) fn told(tests: &[Test]) -> String {
        let line = |test: &Test| format!("{} | {} | {:?}\n", test.group, test.name, test.outcome);
        tests.iter().map(line).collect()
    }

    fn unit_tests(expected: &[(&str, u64)]) -> UnitTests {
        UnitTests {
            command: vec!["true".into()],
            format: Format::PythonUnittest,
            expected: expected
                .iter()
                .map(|(group, count)| ((*group).into(), *count))
                .collect(),
        }
    }

    fn check(expected: &[(&str, u64)], passed: usize, failed: usize, skipped: usize) -> Group {
        let tests = unit_tests(expected);
        let group = Group {
            results: results(&tests, &python::read(OUTPUT), OUTPUT),
            ..Group::new("unit tests", Source::UnitTests)
        };
        let counts = [Verdict::Passed, Verdict::Failed, Verdict::Skipped];
        let counts = counts.map(|verdict| group.count(verdict));
        assert_eq!(counts, [passed, failed, skipped], "{group:?}");
        group
    }

    #[test]
    fn tests_are_counted_by_class() {
        check(&[("FirstTests", 2), ("SecondTests", 1)], 1, 1, 1);
    }

    #[test]
    fn a_missing_test_fails_by_the_name_of_its_class() {
        let group = check(&[("FirstTests", 3), ("NoTests", 2)], 1, 3, 0);
        let failed = group
            .results
            .iter()
            .filter(|result| result.failure.is_some());
        let names: Vec<&str> = failed.map(|result| result.id.as_str()).collect();
        assert_eq!(names, ["FirstTests.test_two", "FirstTests", "NoTests"]);
    }

    #[test]
    fn a_command_that_cannot_run_is_not_evaluated() {
        let tests = UnitTests {
            command: vec!["/nonexistent".into()],
            ..unit_tests(&[("A", 2)])
        };
        let group = run(&tests, None);
        assert_eq!((group.ran(), group.count(Verdict::NotEvaluated)), (0, 1));
        let reason = group.results[0].reason.as_deref().unwrap();
        assert!(reason.contains("/nonexistent"), "{reason}");
    }
}

//! Adapters that misbehave: never conformant, and never the SDK's fault.

use std::fs;
use std::time::{Duration, Instant};

use hero_span_conformance::{Conclusion, Family, Filter, Quiet, Report, Verdict, run};

use crate::support::{code, copy_sdk, options, python, sdk};

/// Says hello as told, then does `body` for each case; `case` is its id.
fn adapter(features: &str, body: &str) -> String {
    format!(
        r#"
import json, os, sys, time, subprocess
def say(answer):
    print(json.dumps(answer), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command["cmd"] == "start":
        say({{"ok": True, "sdk": "fake", "version": "1", "protocol": 1, "features": [{features}]}})
    elif command["cmd"] == "run":
        case = command["id"]
        {body}
"#
    )
}

/// Runs the family of cases that needs no feature; what came of it, as text.
fn outcome(script: &str) -> (Option<Conclusion>, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter.py");
    fs::write(&file, script).unwrap();
    let mut options = options(python(&file), Family::Truncation, directory.path());
    options.cases = 6;
    // Short where the adapter hangs; a busy machine needs longer to start one.
    let hangs = script.contains("time.sleep(60)");
    options.launch.patience = Duration::from_millis(if hangs { 1500 } else { 30_000 });
    match run(&options, &Quiet) {
        Ok(report) => (Some(report.conclusion()), report.to_text()),
        Err(error) => (None, error.to_string()),
    }
}

/// It must end in time, without a verdict, and say why.
fn check(script: &str, why: &str) {
    let started = Instant::now();
    let (conclusion, text) = outcome(script);
    assert!(
        matches!(conclusion, None | Some(Conclusion::NotEvaluated)),
        "{text}"
    );
    assert!(text.contains(why), "expected {why:?} in:\n{text}");
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn one_that_cannot_start() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(
        vec!["/nonexistent/adapter".into()],
        Family::Truncation,
        directory.path(),
    );
    let error = run(&options, &Quiet).unwrap_err().to_string();
    assert!(
        error.contains("cannot start `/nonexistent/adapter`"),
        "{error}"
    );
}

#[test]
fn one_that_exits_at_once() {
    check("import sys; sys.exit('no config found')", "no config found");
}

#[test]
fn one_that_never_says_hello() {
    check(
        "import time; time.sleep(60)",
        "expected an answer within 1.5s",
    );
}

#[test]
fn one_that_says_hello_badly() {
    check("print('hello')", "expected an answer, found \"hello\"");
}

#[test]
fn one_that_exits_in_a_case() {
    check(
        &adapter("'reuse'", "sys.stderr.write('core dumped'); os._exit(7)"),
        "exit status: 7",
    );
    check(
        &adapter("'reuse'", "sys.stderr.write('core dumped'); os._exit(7)"),
        "core dumped",
    );
}

#[test]
fn one_that_hangs_in_a_case() {
    check(
        &adapter("'reuse'", "time.sleep(60)"),
        "expected an answer within 1.5s",
    );
}

#[test]
fn one_that_prints_garbage() {
    check(
        &adapter("'reuse'", "print('debug: starting', flush=True)"),
        "found \"debug: starting\"",
    );
}

#[test]
fn one_that_floods() {
    check(
        &adapter("'reuse'", "os.write(1, b'x' * 5_000_000)"),
        "expected a line of at most",
    );
}

#[test]
fn one_that_floods_stderr() {
    let body = "os.write(2, b'x' * 5_000_000); os._exit(1)";
    check(&adapter("'reuse'", body), "exit status: 1");
}

#[test]
fn one_that_answers_for_another_case() {
    let body = "say({'id': 'c-other', 'outcome': 'returned', 'value': []})";
    check(&adapter("'reuse'", body), "found one for c-other");
}

#[test]
fn one_that_reports_its_own_failure() {
    check(
        &adapter("", "say({'id': case, 'errored': 'cannot import'})"),
        "cannot import",
    );
}

#[test]
fn one_that_supports_nothing() {
    check(
        &adapter("'reuse'", "say({'id': case, 'unsupported': 'all'})"),
        r#"expected  {"outcome":"returned","value":[]}"#,
    );
}

#[test]
fn one_that_runs_nothing() {
    let nothing = "say({'id': case, 'outcome': 'returned', 'value': []})";
    check(
        &adapter("'reuse'", nothing),
        r#"expected  {"outcome":"returned","value":[null]}"#,
    );
}

#[test]
fn one_that_answers_twice() {
    let twice = "[say({'id': case, 'outcome': 'returned', 'value': []}) for _ in range(2)]";
    check(
        &adapter("'reuse'", twice),
        "expected an answer for case smoke-1",
    );
    check(&adapter("", twice), "expected no more after the answer");
}

#[test]
fn one_that_does_not_wait_at_a_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    let command = copy_sdk(directory.path(), &code());
    let file = directory.path().join("conformance_adapter.py");
    let adapter = fs::read_to_string(&file).unwrap();
    let waits = "lambda name: dialogue.checkpoint(case, name)";
    let goes_on = "lambda name: dialogue.say(id=case, at=name)";
    assert!(adapter.contains(waits), "adapt the test");
    fs::write(&file, adapter.replace(waits, goes_on)).unwrap();
    let options = options(command, Family::Truncation, directory.path());
    let error = run(&options, &Quiet).unwrap_err().to_string();
    assert!(error.contains("without waiting for go"), "{error}");
}

#[test]
fn one_that_names_a_feature_that_is_none() {
    check(&adapter("'reuse', 'generators'", "pass"), "generators");
}

#[test]
fn one_that_does_not_stop() {
    let stays =
        adapter("", "say({'id': case, 'outcome': 'returned', 'value': []})") + "time.sleep(30)\n";
    check(&stays, "runs on");
}

#[test]
fn one_that_is_not_executable() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    let command = vec![file.display().to_string()];
    let options = options(command, Family::Truncation, directory.path());
    let error = run(&options, &Quiet).unwrap_err().to_string();
    assert!(error.contains("cannot start `"), "{error}");
    assert!(error.contains("Permission denied"), "{error}");
}

#[test]
fn one_that_leaves_children_behind_is_cleaned_up() {
    let directory = tempfile::tempdir().unwrap();
    let pid = directory.path().join("pid");
    let body = format!(
        "child = subprocess.Popen(['sleep', '600']); open({:?}, 'w').write(str(child.pid)); os._exit(0)",
        pid.display().to_string()
    );
    check(&adapter("'reuse'", &body), "exit status: 0");
    let pid = fs::read_to_string(pid).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let runs =
        || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"));
    while runs() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!runs(), "the adapter's child still runs");
}

#[test]
fn without_a_single_case_there_is_no_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let command = python(&sdk().join("conformance_adapter.py"));
    let mut options = options(command, Family::Truncation, directory.path());
    options.cases = 0;
    let report = run(&options, &Quiet).unwrap();
    assert_eq!(report.conclusion(), Conclusion::NotEvaluated);
}

/// The real SDK, whose adapter says that it can do less: fixed cases about parents, and generated
/// ones.
fn run_with_features(features: &str, is_fixed: bool) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let command = copy_sdk(directory.path(), &code());
    let file = directory.path().join("conformance_adapter.py");
    let adapter = fs::read_to_string(&file).unwrap();
    let said = "[*FEATURES, \"reuse\"]";
    assert!(
        adapter.contains(said),
        "the adapter says its features in another way; adapt the test"
    );
    fs::write(&file, adapter.replace(said, features)).unwrap();
    let mut options = options(command, Family::Ordering, directory.path());
    if is_fixed {
        options.fixed = true;
        options.families.clear();
        options.filter = Filter::new(&["sdk.parent/*".into()]).unwrap();
    }
    options.cases = 20;
    let report = run(&options, &Quiet).unwrap();
    assert_eq!(
        report.conclusion(),
        Conclusion::Conformant,
        "{}",
        report.to_text()
    );
    report
}

#[test]
fn what_an_sdk_does_not_have_is_skipped_by_name() {
    let report = run_with_features("[\"reuse\", \"async\"]", true);
    let group = &report.groups[0];
    assert!(
        group.count(Verdict::Skipped) > 0 && group.ran() > 0,
        "{group:?}"
    );
    let mut reasons = group.skipped().into_keys();
    assert!(
        reasons.any(|reason| reason.contains("threads")),
        "{group:?}"
    );
}

#[test]
fn generated_cases_are_such_that_the_sdk_can_run_them() {
    let report = run_with_features("[\"reuse\", \"async\"]", false);
    assert_eq!(report.groups[0].ran(), 20);
}

#[test]
fn without_reuse_each_case_has_a_process_of_its_own() {
    let report = run_with_features("FEATURES", false);
    assert_eq!(report.groups[0].ran(), 20);
}

//! Adapters that pass the smoke test and misbehave in a case. None is ever
//! conformant, and each has its verdict in time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hero_span_conformance::{Conclusion, Family, Options, Quiet, run};

use crate::support::{code, copy_sdk, options};

/// The Python SDK's adapter, which does `body` for each case with a socket.
/// There `case` is its id, and `write` writes to the dialogue.
fn adapter(directory: &Path, body: &str) -> Options {
    let command = copy_sdk(directory, &code());
    let file = directory.join("conformance_adapter.py");
    let own = fs::read_to_string(&file).unwrap();
    let place = "    unknown = unsupported(script)\n";
    assert!(
        own.contains(place),
        "the adapter has changed; adapt the test"
    );
    let body = format!(
        "    def write(text: str) -> None:\n        os.write(dialogue.stdout.fileno(), text.encode())\n    \
         if command[\"socket\"]:\n        {body}\n{place}"
    );
    fs::write(&file, own.replace(place, &body)).unwrap();
    let mut options = options(command, Family::Truncation, directory);
    options.cases = 6;
    options.launch.patience = Duration::from_secs(3);
    options
}

fn check(body: &str, conclusion: Conclusion, why: &str) {
    let directory = tempfile::tempdir().unwrap();
    let options = adapter(directory.path(), body);
    let started = Instant::now();
    let report = run(&options, &Quiet).unwrap();
    let text = report.to_text();
    assert_eq!(report.conclusion(), conclusion, "{text}");
    assert!(text.contains(why), "expected {why:?} in:\n{text}");
    assert!(started.elapsed() < Duration::from_secs(60), "{text}");
}

#[test]
fn one_that_exits() {
    check("os._exit(7)", Conclusion::NotEvaluated, "exit status: 7");
}

#[test]
fn one_that_hangs() {
    check(
        "threading.Event().wait()",
        Conclusion::NotEvaluated,
        "expected an answer within 3s",
    );
}

#[test]
fn one_that_prints_garbage() {
    check(
        r#"write("debug: starting\n")"#,
        Conclusion::NotEvaluated,
        "found \"debug: starting\"",
    );
}

#[test]
fn one_that_floods() {
    check(
        r#"write("x" * 5_000_000)"#,
        Conclusion::NotEvaluated,
        "expected a line of at most",
    );
}

#[test]
fn one_that_answers_for_another_case() {
    check(
        r#"return {"id": "other", "outcome": "returned", "value": []}"#,
        Conclusion::NotEvaluated,
        "found one for other",
    );
}

#[test]
fn one_that_answers_twice() {
    check(
        r#"dialogue.say(id=case, outcome="returned", value=[])"#,
        Conclusion::NotConformant,
        "expected an answer for case",
    );
}

#[test]
fn one_that_reports_its_own_failure() {
    check(
        r#"return {"id": case, "errored": "cannot import"}"#,
        Conclusion::NotEvaluated,
        "cannot import",
    );
}

#[test]
fn one_that_supports_nothing() {
    check(
        r#"return {"id": case, "unsupported": "step"}"#,
        Conclusion::NotConformant,
        "adapter.features",
    );
}

#[test]
fn one_that_forges_what_the_user_saw_fails_by_the_wire() {
    check(
        r#"return {"id": case, "outcome": "returned", "value": []}"#,
        Conclusion::NotConformant,
        "sdk.delivered",
    );
}

//! Adapters that misbehave, and adapters that can do less.

use std::fs;

use crate::judge;

/// An adapter that says this hello, and does `body` when it is asked.
fn adapter(hello: &str, body: &str) -> String {
    format!(
        r#"
import json, os, sys, time
def say(answer):
    print(json.dumps(answer), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command["cmd"] == "start":
        print('{hello}', flush=True)
    elif command["cmd"] != "stop":
        id = command["id"]
        {body}
"#
    )
}

fn hello(features: &str) -> String {
    format!(r#"{{"ok":true,"consumer":"fake","version":"1","protocol":1,"features":[{features}]}}"#)
}

fn check(script: &str, arguments: &[&str], code: i32, words: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter.py");
    fs::write(&file, script).unwrap();
    let (found, said) = judge(&format!("python3 '{}'", file.display()), arguments);
    assert_eq!(found, code, "{said}");
    for words in words {
        assert!(said.contains(words), "expected {words:?} in:\n{said}");
    }
}

/// It reads lines, and does `body`: that is not the consumer's fault.
fn check_fault(body: &str, words: &[&str]) {
    let script = adapter(&hello(r#""lines""#), body);
    check(&script, &["--patience", "3"], 3, words);
}

const REJECTS: &str = r#"say({"id": id, "line": {"verdict": "reject"}})"#;
const REJECTS_STREAMS: &str = r#"say({"id": id, "connections": [
            {"lines": [], "torn": False, "lost": 0, "open": []} for _ in command["connections"]]})"#;

#[test]
fn an_adapter_that_fails_is_no_verdict() {
    check_fault(
        "sys.exit('no parser')",
        &["exit status: 1", "no parser", "at lines/"],
    );
    check_fault(
        "print('hello', flush=True)",
        &["expected an answer, found \"hello\""],
    );
    check_fault(
        "say({'id': 'x', 'line': {'verdict': 'reject'}})",
        &["found one for x"],
    );
    check_fault(
        "say({'id': id, 'errored': 'out of order'})",
        &["out of order"],
    );
    check_fault("say({'id': 'x', 'errored': 'no'})", &["found one for x"]);
    check_fault("time.sleep(60)", &["expected an answer within 3s"]);
    check_fault(
        "os.write(1, b'x' * 5_000_000)",
        &["expected a line of at most"],
    );
    check("", &[], 3, &["the adapter does not work"]);
}

#[test]
fn an_answer_keeps_its_schema() {
    let fault =
        |answer: &str, word: &str| check_fault(&format!("say({{'id': id, {answer}}})"), &[word]);
    fault("'verdict': 'reject'", "unknown field `verdict`");
    fault("'line': {'verdict': 'maybe'}", "maybe");
    fault("'line': {'verdict': 'accept'}", "event");
    fault("'line': {'verdict': 'ignore'}", "type");
    fault("'line': {'verdict': 'reject', 'why': 'x'}", "why");
    fault("'line': {'verdict': 'reject'}, 'more': 1", "more");
    fault("'connections': []", "line");
}

#[test]
fn a_greeting_keeps_its_schema() {
    let check = |hello: &str, words: &str| check(&adapter(hello, REJECTS), &[], 3, &[words]);
    check(&hello(r#""lines","yaml""#), "yaml");
    check(&hello("").replace("true", "false"), "true was expected");
    check(&hello("").replace("consumer", "sdk"), "sdk");
    check("hello", "expected an answer, found \"hello\"");
}

#[test]
fn without_vectors_there_is_no_verdict() {
    let words = ["skipped, without the feature streams", "NOT EVALUATED"];
    check(&adapter(&hello(""), REJECTS), &[], 3, &words);
    let script = adapter(&hello(r#""lines""#), REJECTS);
    check(&script, &["--filter", "nothing"], 3, &["NOT EVALUATED"]);
}

#[test]
fn what_a_consumer_cannot_do_is_not_asked() {
    let only = ["--filter", "*/transport.utf8/byte-ff"];
    check(
        &adapter(&hello(r#""lines""#), REJECTS),
        &only,
        0,
        &["conformant"],
    );
    // A clause is asked for only where it was promised.
    let script = adapter(&hello(r#""lines","clauses""#), REJECTS);
    check(
        &script,
        &only,
        1,
        &["expected transport.utf8", "found    none"],
    );
    let only = ["--filter", "*/transport.line/nothing"];
    let script = |features: &str| adapter(&hello(features), REJECTS_STREAMS);
    check(&script(r#""streams""#), &only, 0, &["conformant"]);
    let only = ["--filter", "*/consumer.run/nothing-said"];
    check(
        &script(r#""streams","runs""#),
        &only,
        1,
        &["number of lines"],
    );
}

#[test]
fn a_consumer_that_takes_nothing_or_everything_fails() {
    check(
        &adapter(&hello(r#""lines""#), REJECTS),
        &[],
        1,
        &["NOT CONFORMANT", "--filter 'lines/"],
    );
    let accepts = r#"say({"id": id, "line": {"verdict": "accept", "event": {}}})"#;
    check(
        &adapter(&hello(r#""lines""#), accepts),
        &["--fail-fast"],
        1,
        &["NOT CONFORMANT"],
    );
}

#[test]
fn bad_usage_is_2() {
    let check = |arguments: &[&str], words: &str| {
        let (code, said) = judge("'", arguments);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(words), "{said}");
    };
    check(&[], "--adapter: expected a command");
    check(&["--filter", "["], "--adapter: expected a command");
    check(&["--patience", "0"], "--patience");
}

//! Runs that are stopped, and run again.

use super::{Desk, stable};

const WAITS: &str = r#"
import os, signal, time
from hero_tracing import flow

@flow
def waits(stubborn: bool = False):
    if stubborn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    open("here", "w").close()
    time.sleep(60)
"#;

#[test]
fn a_run_is_stopped_by_its_name_and_says_how_it_ended() {
    let desk = Desk::new(WAITS);
    let run = desk.spawn(&["run", "--quiet", "--id", "one", "flow.py"]);
    desk.wait_for("here");
    let stopped = desk.hero_span(&["stop", "one"]);
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
    assert_eq!(
        stable(&stopped.stdout),
        "one cancelled by SIGINT after TIME\n"
    );
    let ended = run.wait_with_output().expect("ended");
    assert_eq!(ended.status.code(), Some(130));

    let over = desk.hero_span(&["stop", "one"]);
    assert_eq!(over.code, Some(2));
    insta::assert_snapshot!(stable(&over.stderr), @"hero-span: expected a run that goes on, found one that is over: one cancelled by SIGINT after TIME");
}

#[test]
fn a_stubborn_run_is_killed() {
    let desk = Desk::new(WAITS);
    let args = [
        "run",
        "--quiet",
        "--id",
        "one",
        "--grace",
        "1h",
        "flow.py",
        "-i",
        "stubborn=true",
    ];
    let run = desk.spawn(&args);
    desk.wait_for("here");
    let stopped = desk.hero_span(&["stop", "one", "--kill"]);
    assert_eq!(
        stable(&stopped.stdout),
        "one cancelled by SIGKILL after TIME inside waits, open for TIME\n"
    );
    assert_eq!(
        run.wait_with_output().expect("ended").status.code(),
        Some(130)
    );
}

#[test]
fn what_hero_span_did_not_run_is_not_stopped() {
    let desk = Desk::new(WAITS);
    desk.hero_span(&["run", "--quiet", "--timeout", "1ms", "flow.py"]);
    let unknown = desk.hero_span(&["stop", "two"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("\"two\""), "{}", unknown.stderr);
}

const TAKES: &str = r#"
import os
from hero_tracing import flow

@flow
def other():
    pass

@flow
def takes(day: str, size: int = 1):
    return [day, size, os.environ.get("DAY"), os.environ.get("TOKEN"), os.getcwd()]
"#;

#[test]
fn a_run_is_run_again_as_it_was_asked_for() {
    let desk = Desk::new(TAKES);
    let mut first = desk.command(&[
        "run",
        "--json",
        "--id",
        "one",
        "flow.py:takes",
        "-i",
        "size=3",
    ]);
    first.args([
        "--input-json",
        r#"{"day": "monday"}"#,
        "--env",
        "DAY",
        "--env",
        "TOKEN=s",
    ]);
    first.env("DAY", "d");
    let first = crate::common::run_to_the_end(&mut first);
    let result = |text: &str| -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
        json["result"].clone()
    };
    let missing = desk.hero_span(&["rerun", "one"]);
    assert_eq!(missing.code, Some(2));
    insta::assert_snapshot!(missing.stderr, @"hero-span: one: expected a value for the variable TOKEN, which is not kept, found none: give it with --env TOKEN=VALUE");
    let mut again = desk.command(&["rerun", "one", "--json", "--env", "TOKEN=s"]);
    again.env("DAY", "d").current_dir("/");
    let again = crate::common::run_to_the_end(&mut again);
    assert_eq!(
        result(&again.stdout),
        result(&first.stdout),
        "{}",
        again.stderr
    );
    assert_eq!(result(&first.stdout)[1], 3);
    let same = desk.hero_span(&["diff", "last~1", "last", "--tolerance", "1h"]);
    assert_eq!((same.code, &*same.stderr), (Some(0), ""), "{}", same.stdout);
}

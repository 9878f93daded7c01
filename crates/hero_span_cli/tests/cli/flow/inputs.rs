//! What a flow is given.

use std::io::Write;
use std::process::Stdio;

use super::Place;
use crate::common::{await_end, run};

const FLOW: &str = r#"
import json
from typing import Optional
from hero_tracing import flow

@flow
def nightly(day: str = "", size: int = 0, rate: float = 0.0, deep: bool = False,
            rows: list = (), more: Optional[dict] = None, any=None):
    print(json.dumps([day, size, rate, deep, rows, more, any]))
"#;

/// What the flow is called with.
#[track_caller]
fn check(args: &[&str], expected: &str) {
    let place = Place::with("flow.py", FLOW);
    place.write("input.json", r#"{"day": "file", "size": 1}"#);
    let finished = place.run(&[&["run", "flow.py", "--store", "none"], args].concat());
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout.trim_end(), expected);
}

#[test]
fn texts_become_what_the_flow_takes() {
    check(
        &[
            "-i",
            "day=1",
            "-i",
            "size=2",
            "-i",
            "rate=0.5",
            "-i",
            "deep=true",
            "-i",
            "rows=[1]",
            "-i",
            "more={\"a\": null}",
            "-i",
            "any=x",
        ],
        r#"["1", 2, 0.5, true, [1], {"a": null}, "x"]"#,
    );
    check(
        &[
            "--input",
            "day=a=b",
            "--input",
            "any=[1, 2]",
            "--input",
            "day=last",
        ],
        r#"["last", 0, 0.0, false, [], null, [1, 2]]"#,
    );
}

#[test]
fn an_object_comes_as_text_or_in_a_file_and_texts_come_on_top() {
    let text = r#" {"day": "text", "rate": 1}"#;
    check(
        &["--input-json", text],
        r#"["text", 0, 1, false, [], null, null]"#,
    );
    check(
        &["--input-json", "input.json"],
        r#"["file", 1, 0.0, false, [], null, null]"#,
    );
    check(
        &["--input-json", "input.json", "-i", "size=7"],
        r#"["file", 7, 0.0, false, [], null, null]"#,
    );
}

#[test]
fn an_object_comes_from_standard_input() {
    let place = Place::with("flow.py", FLOW);
    let mut command = place.command(&["run", "flow.py", "--store", "none", "--input-json", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(br#"{"day": "piped"}"#).expect("sent");
    drop(stdin);
    assert!(await_end(&mut child).success());
    let output = child.wait_with_output().expect("ended");
    assert!(output.stdout.starts_with(br#"["piped", "#), "{output:?}");
}

#[test]
fn standard_input_is_not_the_flows() {
    let code = super::flow_of("print(repr(sys.stdin.read()))");
    let place = Place::with("flow.py", &code);
    let input = place.write("input", "for nobody");
    let mut command = place.command(&["run", "flow.py", "--store", "none"]);
    let mut command = command.stdin(std::fs::File::open(input).expect("there"));
    let output = command.output().expect("it runs");
    assert_eq!(output.stdout, b"''\n");
    command = command.stdin(Stdio::null());
    assert_eq!(run(command).stdout, "''\n");
}

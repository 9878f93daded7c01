//! Each way that a flow can end: the exit code, and what is told.

use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use super::{Place, Running, flow_of};

/// Runs that file with nothing kept; gives the exit code, what stands on
/// standard error, and what is special of the end as JSON.
#[track_caller]
fn ended(file: &str, code: &str, args: &[&str]) -> String {
    let place = Place::with("flow.py", code);
    let usual = ["run", file, "--id", "run-1", "--store", "none"];
    let args: Vec<_> = usual.iter().chain(args).copied().collect();
    let start = |args: &[&str]| {
        let mut command = place.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it runs");
        Running {
            child,
            place: &place,
        }
    };
    // At once: one that is out of time takes its time.
    let text = start(&args);
    let json = start(&[&args[..], &["--json"]].concat()).finish();
    let text = text.finish();
    assert_eq!(text.code, json.code, "{}", json.stderr);
    assert_eq!(text.stdout, "");
    let mut all: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let all = all.as_object_mut().expect("an object");
    assert_eq!(all.remove("name"), Some("run-1".into()));
    assert_eq!(all.remove("run"), Some(Value::Null));
    assert_eq!(all.remove("exit_code"), text.code.map(Value::from));
    for name in [
        "took_ms",
        "stdout_bytes",
        "stderr_bytes",
        "stdout_lost",
        "stderr_lost",
        "cut_off",
        "left",
        "unrecorded",
        "open",
        "after_ms",
    ] {
        all.remove(name);
    }
    if let Some(Value::String(error)) = all.get_mut("error") {
        *error = without_carets(error);
    }
    let json = serde_json::to_string(all).expect("JSON");
    let told = without_carets(&text.stderr);
    format!("{:?}\n{told}\n{json}", text.code.expect("a code"))
}

/// Interpreters differ in what they underline of a traceback.
fn without_carets(text: &str) -> String {
    let is_carets = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && line.chars().all(|c| "~^ ".contains(c))
    };
    let lines: Vec<_> = text.lines().filter(|line| !is_carets(line)).collect();
    lines.join("\n")
}

#[track_caller]
fn body(lines: &str) -> String {
    ended("flow.py", &flow_of(lines), &[])
}

#[test]
fn it_returned() {
    insta::assert_snapshot!(body("return {\"rows\": [1, None, \"ä\"]}"), @r#"
    0
    1 span, TIME
    ✓ nightly  flow  TIME
    nightly ok in TIME: {"rows":[1,null,"ä"]}
    {"cut":false,"end":"ok","flow":"nightly","result":{"rows":[1,null,"ä"]},"told":"ok in TIME"}
    "#);
    insta::assert_snapshot!(body("pass"), @r#"
    0
    1 span, TIME
    ✓ nightly  flow  TIME
    nightly ok in TIME
    {"cut":false,"end":"ok","flow":"nightly","result":null,"told":"ok in TIME"}
    "#);
}

#[test]
fn a_result_that_is_long_or_odd_is_cut() {
    insta::assert_snapshot!(body("return {1, 2} and object"), @r#"
    0
    1 span, TIME
    ✓ nightly  flow  TIME
    nightly ok in TIME: "<class 'object'>"
    {"cut":true,"end":"ok","flow":"nightly","result":"<class 'object'>","told":"ok in TIME"}
    "#);
    let long = body("return \"x\" * 300");
    let line = long
        .lines()
        .find(|line| line.contains("ok in"))
        .expect("told");
    assert!(line.ends_with("x… (302 bytes)"), "{line}");
}

#[test]
fn it_gave_up() {
    insta::assert_snapshot!(body("with flow.span(\"load\"):\n    raise flow.Failed(\"no rows for monday\")"), @r#"
    1
    2 spans, 2 failed, TIME
    ✗ nightly  flow  failed  TIME
    └─ ✗ load  span  failed  TIME
          ! Failed: no rows for monday
    nightly failed: no rows for monday after TIME
    {"end":"failed","error":"no rows for monday","flow":"nightly","told":"failed: no rows for monday after TIME"}
    "#);
}

#[test]
fn it_raised_an_exception() {
    insta::assert_snapshot!(body("with flow.span(\"load\"):\n    {}[\"day\"]"), @r#"
    1
    2 spans, 2 failed, TIME
    ✗ nightly  flow  failed  TIME
    └─ ✗ load  span  failed  TIME
          ! KeyError: 'day'
    Traceback (most recent call last):
      File "DIR/work/flow.py", line 7, in nightly
        {}["day"]
    KeyError: 'day'
    nightly failed: KeyError: 'day' after TIME
    {"end":"raised","error":"Traceback (most recent call last):\n  File \"DIR/work/flow.py\", line 7, in nightly\n    {}[\"day\"]\nKeyError: 'day'","error_type":"KeyError","flow":"nightly","told":"failed: KeyError: 'day' after TIME"}
    "#);
}

#[test]
fn its_process_exited_early() {
    const LEAVES: &str = "\
import os
from hero_tracing import flow, instrument

class Db:
    def fetch(self, table):
        os._exit(0)

@flow
def nightly():
    with flow.step(\"load\"):
        instrument(Db()).fetch(\"rows\")
";
    insta::assert_snapshot!(ended("flow.py", LEAVES, &[]), @r#"
    3
    3 spans, 3 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    └─ ○ load  step  open, producer gone; last heard its start
       └─ ○ rpc:Db.fetch  rpc  open, producer gone; last heard its start
    nightly exited with code 0 without finishing after TIME inside load > rpc:Db.fetch, open for TIME
    {"code":0,"end":"unfinished","flow":"nightly","told":"exited with code 0 without finishing after TIME inside load > rpc:Db.fetch, open for TIME"}
    "#);
    insta::assert_snapshot!(body("sys.exit(3)"), @r#"
    3
    1 span, 1 failed, TIME
    ✗ nightly  flow  failed  TIME
       ! SystemExit: 3
    nightly exited with code 3 without finishing after TIME
    {"code":3,"end":"unfinished","flow":"nightly","told":"exited with code 3 without finishing after TIME"}
    "#);
    insta::assert_snapshot!(body("sys.exit(0)"), @r#"
    3
    1 span, TIME
    ✓ nightly  flow  TIME
    nightly exited with code 0 without finishing after TIME
    {"code":0,"end":"unfinished","flow":"nightly","told":"exited with code 0 without finishing after TIME"}
    "#);
}

#[test]
fn its_file_cannot_be_loaded() {
    insta::assert_snapshot!(ended("flow.py", "import no_such_module\n", &[]), @r#"
    126
    Traceback (most recent call last):
      File "DIR/work/flow.py", line 1, in <module>
        import no_such_module
    ModuleNotFoundError: No module named 'no_such_module'
    run-1 cannot be loaded: ModuleNotFoundError: No module named 'no_such_module' after TIME
    {"end":"broken","error":"Traceback (most recent call last):\n  File \"DIR/work/flow.py\", line 1, in <module>\n    import no_such_module\nModuleNotFoundError: No module named 'no_such_module'","error_type":"ModuleNotFoundError","flow":null,"told":"cannot be loaded: ModuleNotFoundError: No module named 'no_such_module' after TIME"}
    "#);
    insta::assert_snapshot!(ended("flow.py", "def f(:\n", &[]), @r#"
    126
      File "DIR/work/flow.py", line 1
        def f(:
    SyntaxError: invalid syntax
    run-1 cannot be loaded: SyntaxError: invalid syntax after TIME
    {"end":"broken","error":"  File \"DIR/work/flow.py\", line 1\n    def f(:\nSyntaxError: invalid syntax","error_type":"SyntaxError","flow":null,"told":"cannot be loaded: SyntaxError: invalid syntax after TIME"}
    "#);
    insta::assert_snapshot!(ended("gone.py", "", &[]), @r#"
    126
    FileNotFoundError: [Errno 2] No such file or directory: 'DIR/work/gone.py'
    run-1 cannot be loaded: FileNotFoundError: [Errno 2] No such file or directory: 'DIR/work/gone.py' after TIME
    {"end":"broken","error":"FileNotFoundError: [Errno 2] No such file or directory: 'DIR/work/gone.py'","error_type":"FileNotFoundError","flow":null,"told":"cannot be loaded: FileNotFoundError: [Errno 2] No such file or directory: 'DIR/work/gone.py' after TIME"}
    "#);
}

#[test]
fn no_flow_is_meant_or_more_than_one() {
    const TWO: &str = "from hero_tracing import flow\n@flow\ndef one(): pass\n@flow(name=\"the second\")\ndef two(): pass\n";
    insta::assert_snapshot!(ended("flow.py", "import hero_tracing\n", &[]), @r#"
    2
    run-1 not started: expected a function with @flow, found none: decorate one
    {"end":"refused","error":"expected a function with @flow, found none: decorate one","flow":null,"told":"not started: expected a function with @flow, found none: decorate one"}
    "#);
    insta::assert_snapshot!(ended("flow.py", TWO, &[]), @r#"
    2
    run-1 not started: expected one flow, found one in line 2, two in line 4: name one of them
    {"end":"refused","error":"expected one flow, found one in line 2, two in line 4: name one of them","flow":null,"told":"not started: expected one flow, found one in line 2, two in line 4: name one of them"}
    "#);
    insta::assert_snapshot!(ended("flow.py:three", TWO, &[]), @r#"
    2
    run-1 not started: expected one of its flows (one, the second), found "three": name one of them
    {"end":"refused","error":"expected one of its flows (one, the second), found \"three\": name one of them","flow":null,"told":"not started: expected one of its flows (one, the second), found \"three\": name one of them"}
    "#);
    insta::assert_snapshot!(ended("flow.py:two", TWO, &[]), @r#"
    0
    1 span, TIME
    ✓ the second  flow  TIME
    the second ok in TIME
    {"cut":false,"end":"ok","flow":"the second","result":null,"told":"ok in TIME"}
    "#);
    insta::assert_snapshot!(ended("flow.py:the second", TWO, &[]), @r#"
    0
    1 span, TIME
    ✓ the second  flow  TIME
    the second ok in TIME
    {"cut":false,"end":"ok","flow":"the second","result":null,"told":"ok in TIME"}
    "#);
}

#[test]
fn each_wrong_input_is_told_and_nothing_is_started() {
    const MARKS: &str = "from hero_tracing import flow\n@flow\ndef nightly(day: str, size: int = 3, deep: bool = False):\n    open(\"ran\", \"w\").close()\n";
    let args = [
        "-i",
        "size=many",
        "-i",
        "dya=x",
        "--input-json",
        "{\"deep\": 1}",
    ];
    insta::assert_snapshot!(ended("flow.py", MARKS, &args), @r#"
    2
    nightly not started: input "size": expected an integer, found the text "many"
    input "deep": expected a boolean, found 1
    input "dya": expected one of "day", "size", "deep", found one that it does not take
    input "day": expected a string, found none
    {"end":"refused","error":"input \"size\": expected an integer, found the text \"many\"\ninput \"deep\": expected a boolean, found 1\ninput \"dya\": expected one of \"day\", \"size\", \"deep\", found one that it does not take\ninput \"day\": expected a string, found none","flow":"nightly","told":"not started: input \"size\": expected an integer, found the text \"many\"\ninput \"deep\": expected a boolean, found 1\ninput \"dya\": expected one of \"day\", \"size\", \"deep\", found one that it does not take\ninput \"day\": expected a string, found none"}
    "#);
    let place = Place::with("flow.py", MARKS);
    let finished = place.run(&["run", "flow.py", "--store", "none"]);
    assert_eq!(finished.code, Some(2));
    assert!(!place.path("work/ran").exists());
    place.run(&["run", "flow.py", "--store", "none", "-i", "day=x"]);
    assert!(place.path("work/ran").exists(), "else nothing was shown");
}

/// No span of it will come: nothing is waited for.
#[test]
fn what_was_not_started_is_soon_told() {
    let place = Place::with("flow.py", &flow_of("pass"));
    let begun = Instant::now();
    let end = place.json(&["run", "flow.py", "-i", "day=x", "--json"]);
    let beside = begun.elapsed().as_secs_f64() * 1e3 - end["took_ms"].as_f64().expect("a time");
    assert_eq!(end["exit_code"], 2);
    assert!(beside < 1_900.0, "{beside} ms beside the flow itself");
}

#[test]
fn a_signal_from_elsewhere_killed_it() {
    insta::assert_snapshot!(body("os.kill(os.getpid(), signal.SIGKILL)"), @r#"
    137
    1 span, 1 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    nightly killed by SIGKILL after TIME inside nightly, open for TIME
    {"end":"killed","flow":"nightly","signal":9,"told":"killed by SIGKILL after TIME inside nightly, open for TIME"}
    "#);
    insta::assert_snapshot!(body("os.kill(os.getpid(), signal.SIGSEGV)"), @r#"
    139
    1 span, 1 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    nightly killed by SIGSEGV after TIME inside nightly, open for TIME
    {"end":"killed","flow":"nightly","signal":11,"told":"killed by SIGSEGV after TIME inside nightly, open for TIME"}
    "#);
}

#[test]
fn its_interpreter_cannot_be_started() {
    let code = flow_of("pass");
    insta::assert_snapshot!(ended("flow.py", &code, &["--python", "/no/python"]), @r#"
    127
    run-1 not started: cannot run "/no/python": No such file or directory (os error 2)
    {"end":"not_started","error":"cannot run \"/no/python\": No such file or directory (os error 2)","flow":null,"told":"not started: cannot run \"/no/python\": No such file or directory (os error 2)"}
    "#);
    insta::assert_snapshot!(ended("flow.py", &code, &["--cwd", "/no/place"]), @r#"
    127
    run-1 not started: cannot enter "/no/place": No such file or directory (os error 2)
    {"end":"not_started","error":"cannot enter \"/no/place\": No such file or directory (os error 2)","flow":null,"told":"not started: cannot enter \"/no/place\": No such file or directory (os error 2)"}
    "#);
}

#[test]
fn it_was_out_of_time() {
    let slow = flow_of("with flow.span(\"load\"):\n    time.sleep(600)");
    let args = ["--timeout", "3s", "--grace", "5s"];
    insta::assert_snapshot!(ended("flow.py", &slow, &args), @r#"
    124
    2 spans, 2 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    └─ ○ load  span  open, producer gone; last heard its start
    nightly out of time after TIME, ended by SIGTERM inside load, open for TIME
    {"by":"SIGTERM","end":"out_of_time","flow":"nightly","told":"out of time after TIME, ended by SIGTERM inside load, open for TIME"}
    "#);
}

#[test]
fn it_was_out_of_time_and_minded_no_sigterm() {
    let stubborn = flow_of(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwith flow.span(\"load\"):\n    time.sleep(600)",
    );
    let args = ["--timeout", "3s", "--grace", "100ms"];
    insta::assert_snapshot!(ended("flow.py", &stubborn, &args), @r#"
    124
    2 spans, 2 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    └─ ○ load  span  open, producer gone; last heard its start
    nightly out of time after TIME, ended by SIGKILL inside load, open for TIME
    {"by":"SIGKILL","end":"out_of_time","flow":"nightly","told":"out of time after TIME, ended by SIGKILL inside load, open for TIME"}
    "#);
}

#[test]
fn a_span_from_before_all_time_is_no_reason_to_break() {
    let code = r#"
import json, os, socket
from hero_tracing import flow

@flow
def nightly():
    spans = socket.socket(socket.AF_UNIX)
    spans.connect(os.environ["HERO_FLOW_SPAN_SOCK"])
    start = {"type": "span_start", "span_id": "00000000000000a1", "ts_ms": -1e300, "parent_span_id": None, "name": "old", "kind": "step"}
    spans.sendall((json.dumps(start) + "\n").encode())
    return spans
"#;
    let place = Place::with("flow.py", code);
    let ended = place.run(&["run", "flow.py", "--id", "it", "-q"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    let told = place.execution("it").told;
    assert_eq!(
        place.steady(&told.unwrap_or_default()),
        "ok in TIME inside old"
    );
}

#[test]
fn what_of_it_is_not_whole_is_told_as_json_too() {
    let place = Place::with("flow.py", &flow_of("print(\"well\")"));
    let end = place.json(&["run", "flow.py", "--store", "none", "--json"]);
    let told = [
        "stdout_lost",
        "stderr_lost",
        "cut_off",
        "left",
        "unrecorded",
    ];
    let told = told.map(|name| end.get(name).cloned().unwrap_or("nothing".into()));
    assert_eq!(told, [0.into(), 0.into(), 0.into(), 0.into(), Value::Null]);
}

/// The store that it began in is no more when it ends.
#[test]
fn a_record_that_is_not_whole_is_told_as_json_too() {
    let body = "\
import sqlite3
path = os.path.join(os.environ[\"HERO_HOME\"], \"var/hero-span/spans.db\")
with sqlite3.connect(path) as store:
    store.execute(\"ALTER TABLE printed RENAME TO gone\")
print(\"well\")";
    let place = Place::with("flow.py", &flow_of(body));
    let end = place.json(&["run", "flow.py", "--json"]);
    let why = end["unrecorded"].as_str().expect("a reason");
    assert!(why.contains("no such table"), "{why}");
}

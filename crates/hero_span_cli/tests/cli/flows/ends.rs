//! Each end, as it is told and as the exit code says it.

use super::{Desk, stable, within};

const FLOWS: &str = r#"
import os, signal, sys, time
from hero_tracing import flow

@flow
def returns(day: str = "monday"):
    with flow.step("load", day=day):
        print("loading", day)
    return {"day": day}

@flow
def fails():
    raise flow.Failed("no rows")

@flow
def raises():
    with flow.step("load"):
        raise ValueError("bad day")

@flow
def leaves():
    with flow.step("load"):
        os._exit(0)

@flow
def exits():
    sys.exit(3)

@flow
def waits():
    with flow.step("load"), flow.step("fetch"):
        open("here", "w").close()
        time.sleep(60)

@flow
def minds_nothing():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    open("here", "w").close()
    time.sleep(60)

@flow
def dies(number: int):
    with flow.step("load"):
        os.kill(os.getpid(), number)

@flow
def takes(day: str, size: int = 1):
    open("started", "w").close()
"#;

/// The exit code of a run, and the lines that tell its end.
#[track_caller]
fn told(flow: &str, more: &[&str]) -> (i32, String) {
    let desk = Desk::new(FLOWS);
    told_at(&desk, flow, more)
}

#[track_caller]
fn told_at(desk: &Desk, flow: &str, more: &[&str]) -> (i32, String) {
    let finished = desk.hero_span(&[&["run", "--quiet", flow], more].concat());
    let place = desk.path("work").display().to_string();
    let told = stable(&finished.stderr).replace(&place, "DIR");
    (finished.code.expect("a code"), told)
}

#[test]
fn one_command_runs_a_flow_and_shows_its_tree_result_and_time() {
    let desk = Desk::new(FLOWS);
    let finished = desk.hero_span(&["run", "flow.py:returns"]);
    assert_eq!(
        (finished.code, &*finished.stdout),
        (Some(0), "loading monday\n")
    );
    insta::assert_snapshot!(stable(&finished.stderr), @r#"
    run 1  2 spans, TIME
    ✓ returns  flow  TIME
    └─ ✓ load  step  TIME  day="monday"
    returns ok in TIME: {"day":"monday"}
    run 1, flow-ID: see hero-span show 1
    "#);
}

#[test]
fn a_flow_that_fails_or_raises() {
    insta::assert_debug_snapshot!(told("flow.py:fails", &[]), @r#"
    (
        1,
        "fails failed: no rows after TIME\n",
    )
    "#);
    insta::assert_debug_snapshot!(told("flow.py:raises", &[]), @r#"
    (
        1,
        "Traceback (most recent call last):\n  File \"DIR/flow.py\", line 18, in raises\n    raise ValueError(\"bad day\")\nValueError: bad day\nraises failed: ValueError: bad day after TIME\n",
    )
    "#);
}

#[test]
fn a_process_that_ends_before_its_flow() {
    insta::assert_debug_snapshot!(told("flow.py:leaves", &[]), @r#"
    (
        3,
        "leaves exited with code 0 without finishing after TIME inside load, open for TIME\n",
    )
    "#);
    insta::assert_debug_snapshot!(told("flow.py:exits", &[]), @r#"
    (
        3,
        "exits exited with code 3 without finishing after TIME\n",
    )
    "#);
    insta::assert_debug_snapshot!(told("flow.py:dies", &["-i", "number=9"]), @r#"
    (
        137,
        "dies killed by SIGKILL after TIME inside load, open for TIME\n",
    )
    "#);
    insta::assert_debug_snapshot!(told("flow.py:dies", &["-i", "number=15"]), @r#"
    (
        143,
        "dies killed by SIGTERM after TIME inside load, open for TIME\n",
    )
    "#);
}

#[test]
fn a_flow_that_is_out_of_time() {
    insta::assert_debug_snapshot!(told("flow.py:waits", &["--timeout", "1500ms"]), @r#"
    (
        124,
        "waits out of time after TIME, ended by SIGTERM inside load > fetch, open for TIME\n",
    )
    "#);
    let stubborn = ["--timeout", "1500ms", "--grace", "200ms"];
    insta::assert_debug_snapshot!(told("flow.py:minds_nothing", &stubborn), @r#"
    (
        124,
        "minds_nothing out of time after TIME, ended by SIGKILL inside minds_nothing, open for TIME\n",
    )
    "#);
}

#[test]
fn what_is_not_started() {
    let desk = Desk::new(FLOWS);
    insta::assert_debug_snapshot!(told_at(&desk, "flow.py:takes", &["-i", "size=many", "-i", "dya=1"]), @r#"
    (
        2,
        "takes not started: input \"size\": expected an integer, found the text \"many\"\ninput \"dya\": expected one of \"day\", \"size\", found one that it does not take\ninput \"day\": expected a string, found none\n",
    )
    "#);
    assert!(!desk.path("work/started").exists());
    insta::assert_debug_snapshot!(told_at(&desk, "flow.py:nope", &[]), @r#"
    (
        2,
        "flow-ID not started: expected one of its flows (returns, fails, raises, leaves, exits, waits, minds_nothing, dies, takes), found \"nope\": name one of them\n",
    )
    "#);
    desk.write("none.py", "import hero_tracing");
    insta::assert_debug_snapshot!(told_at(&desk, "none.py", &[]), @r#"
    (
        2,
        "none-ID not started: expected a function with @flow, found none: decorate one\n",
    )
    "#);
    desk.write(
        "two.py",
        "from hero_tracing import flow\n@flow\ndef a(): pass\n@flow\ndef b(): pass\n",
    );
    insta::assert_debug_snapshot!(told_at(&desk, "two.py", &[]), @r#"
    (
        2,
        "two-ID not started: expected one flow, found a in line 2, b in line 4: name one of them\n",
    )
    "#);
    let refused = desk.hero_span(&["run", "flow.py:takes", "--python", "/nowhere/python"]);
    assert_eq!(refused.code, Some(127));
    insta::assert_snapshot!(stable(&refused.stderr), @r#"flow-ID not started: cannot run "/nowhere/python": No such file or directory (os error 2)"#);
}

#[test]
fn a_file_that_cannot_be_loaded() {
    let desk = Desk::new("import nothing_like_it\n");
    let (code, told) = told_at(&desk, "flow.py", &[]);
    assert_eq!(code, 126);
    insta::assert_snapshot!(told, @r#"
    Traceback (most recent call last):
      File "DIR/flow.py", line 1, in <module>
        import nothing_like_it
    ModuleNotFoundError: No module named 'nothing_like_it'
    flow-ID its file cannot be loaded: ModuleNotFoundError: No module named 'nothing_like_it' after TIME
    "#);
    desk.write("flow.py", "def broken(:\n");
    let (code, told) = told_at(&desk, "flow.py", &[]);
    assert!(code == 126 && told.contains("SyntaxError"), "{told}");
    let (code, told) = told_at(&desk, "gone.py", &[]);
    assert!(code == 126 && told.contains("FileNotFoundError"), "{told}");
}

#[test]
fn ctrl_c_cancels_and_a_second_one_kills() {
    use rustix::process::Signal;
    let desk = Desk::new(FLOWS);
    let run = desk.spawn(&["run", "--json", "flow.py:waits"]);
    desk.wait_for("here");
    super::signal(run.id(), Signal::INT);
    let output = run.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&json["end"], &json["by"]),
        (&"cancelled".into(), &"SIGINT".into())
    );
    let run = desk.reader().find("last").expect("kept");
    assert_eq!((run.spans, run.cancelled), (3, 3));

    std::fs::remove_file(desk.path("work/here")).expect("removed");
    let mut run = desk.spawn(&["run", "--quiet", "--grace", "1h", "flow.py:minds_nothing"]);
    desk.wait_for("here");
    within("it ends", || {
        super::signal(run.id(), Signal::INT);
        run.try_wait().expect("waited for").is_some()
    });
    assert_eq!(run.wait().expect("ended").code(), Some(130));
}

#[test]
fn the_end_as_json() {
    let desk = Desk::new(FLOWS);
    let mut json = desk.json("flow.py:returns", &["-i", "day=tuesday"]);
    for name in ["took_ms", "name", "told"] {
        assert!(!json[name].is_null(), "{json}");
        json[name] = "…".into();
    }
    insta::assert_snapshot!(json, @r#"{"cut":false,"end":"ok","exit_code":0,"flow":"returns","name":"…","open":null,"result":{"day":"tuesday"},"run":1,"stderr_bytes":0,"stdout_bytes":16,"told":"…","took_ms":"…"}"#);
    let json = desk.json("flow.py:raises", &[]);
    assert_eq!(
        (&json["end"], &json["error_type"]),
        (&"raised".into(), &"ValueError".into())
    );
}

#[test]
fn inputs_come_from_the_command_line_a_file_and_standard_input() {
    let desk = Desk::new(FLOWS);
    desk.write("input.json", r#"{"day": "friday"}"#);
    for (input, day) in [(r#"{"day": "sunday"}"#, "sunday"), ("input.json", "friday")] {
        let json = desk.json("flow.py:returns", &["--input-json", input]);
        assert_eq!(json["result"]["day"], day);
    }
    let mut command = desk.command(&["run", "--json", "flow.py:returns", "--input-json", "-"]);
    let file = std::fs::File::open(desk.path("work/input.json")).expect("there");
    let output = command.stdin(file).output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("friday"));
}

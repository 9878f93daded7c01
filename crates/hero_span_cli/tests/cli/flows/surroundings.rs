//! What stands around a flow and must not matter to it, and what it leaves.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use super::{Desk, lives, signal, within};
use crate::common::run_to_the_end;

const SEES: &str = r#"
import os
from hero_tracing import flow

@flow
def sees(names: list):
    return {name: os.environ.get(name) for name in names}
"#;

#[test]
fn modules_beside_the_flow_do_not_get_in_the_way_of_the_sdk() {
    for name in ["json", "socket", "contextvars", "threading", "typing"] {
        let desk =
            Desk::new("from hero_tracing import flow\n@flow\ndef trivial():\n    return 1\n");
        desk.write(&format!("{name}.py"), "raise SystemExit('in the way')");
        let json = desk.json("flow.py", &[]);
        assert_eq!(json["result"], 1, "{name}: {json}");
        assert_eq!(desk.reader().find("last").expect("kept").spans, 1);
    }
}

#[test]
fn a_flow_may_import_what_lies_beside_it() {
    let desk = Desk::new(
        "from hero_tracing import flow\nimport helper\n@flow\ndef uses():\n    return helper.VALUE\n",
    );
    desk.write("helper.py", "VALUE = 7");
    assert_eq!(desk.json("flow.py", &[])["result"], 7);
}

#[test]
fn what_decides_what_is_loaded_does_not_reach_the_flow() {
    let desk = Desk::new(SEES);
    desk.write("hero_tracing.py", "raise SystemExit('hostile')");
    desk.write("start.py", "raise SystemExit('hostile')");
    fs::create_dir(desk.path("flows")).expect("made");
    fs::rename(desk.path("work/flow.py"), desk.path("flows/flow.py")).expect("moved");
    let names = r#"names=["PYTHONSTARTUP", "LD_PRELOAD", "SECRET", "DAY", "AWS", "LANG"]"#;
    let mut command = desk.command(&["run", "--json", "../flows/flow.py", "-i", names]);
    command
        .env("PYTHONPATH", desk.path("work"))
        .env("PYTHONSTARTUP", desk.path("work/start.py"))
        .env("PYTHONHOME", "/nowhere")
        .env("LD_PRELOAD", "/nowhere/evil.so")
        .env("SECRET", "s")
        .env("AWS", "a")
        .env("LANG", "C.UTF-8")
        .args(["--env", "DAY=monday", "--env", "AWS"]);
    let finished = run_to_the_end(&mut command);
    let json: serde_json::Value = serde_json::from_str(&finished.stdout).expect(&finished.stderr);
    insta::assert_snapshot!(json["result"], @r#"{"AWS":"a","DAY":"monday","LANG":"C.UTF-8","LD_PRELOAD":null,"PYTHONSTARTUP":null,"SECRET":null}"#);
}

#[test]
fn names_of_runs_that_are_none_are_refused() {
    let desk = Desk::new(SEES);
    for id in ["../x", "", "a b", &"x".repeat(65)] {
        let refused = desk.hero_span(&["run", "flow.py", "--id", id]);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    }
    desk.hero_span(&["run", "--quiet", "flow.py", "--id", "one", "-i", "names=[]"]);
    let again = desk.hero_span(&["run", "flow.py", "--id", "one", "-i", "names=[]"]);
    assert_eq!(again.code, Some(2));
    assert!(
        again.stderr.contains("found \"one\", which one has"),
        "{}",
        again.stderr
    );
}

#[test]
fn variables_that_are_not_for_callers_are_refused() {
    let desk = Desk::new(SEES);
    for variable in [
        "PYTHONPATH=/x",
        "LD_PRELOAD",
        "HERO_FLOW_SPAN_SOCK=/x",
        "=x",
    ] {
        let refused = desk.hero_span(&["run", "flow.py", "--env", variable]);
        assert_eq!(refused.code, Some(2), "{variable}: {}", refused.stderr);
    }
}

/// Says its process number and that of a child in a session of its own.
const LINGERS: &str = r#"
import os, time
from hero_tracing import flow

@flow
def lingers():
    child = os.fork()
    if child == 0:
        os.setsid()
        time.sleep(600)
    with open("pids.tmp", "w") as file:
        print(os.getpid(), child, file=file)
    os.rename("pids.tmp", "pids")
    time.sleep(600)
"#;

#[test]
fn sigkill_of_hero_span_leaves_no_flow_and_nothing_that_the_next_run_does_not_clear() {
    let desk = Desk::new(LINGERS);
    let mut command = desk.command(&["run", "flow.py"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut run = command.spawn().expect("it runs");
    let pids = desk.wait_for("pids");
    run.kill().expect("killed");
    run.wait().expect("ended");
    for pid in pids.split_whitespace() {
        within("the flow is gone", || !lives(pid));
    }
    let places = || {
        let entries = fs::read_dir(desk.path("run")).expect("there").flatten();
        let ours = entries.filter(|e| e.file_name().to_string_lossy().starts_with("hero-run-"));
        ours.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let left = places();
    assert_eq!(left.len(), 1);
    let old = SystemTime::now() - Duration::from_secs(600);
    fs::File::open(&left[0])
        .expect("there")
        .set_modified(old)
        .expect("set");
    desk.write("other.py", SEES);
    assert_eq!(desk.json("other.py", &["-i", "names=[]"])["end"], "ok");
    assert_eq!(places().len(), 0);
    let execution = desk.hero_span(&["runs"]).stdout;
    assert!(execution.contains("lost"), "{execution}");
}

#[test]
fn what_a_flow_leaves_behind_is_killed_and_its_end_is_its_own() {
    let desk = Desk::new(&LINGERS.replace("    time.sleep(600)\n\"", "").replace(
        "    os.rename(\"pids.tmp\", \"pids\")\n    time.sleep(600)",
        "    os.rename(\"pids.tmp\", \"pids\")\n    return 1",
    ));
    let json = desk.json("flow.py", &[]);
    assert_eq!((&json["end"], &json["result"]), (&"ok".into(), &1.into()));
    for pid in desk.wait_for("pids").split_whitespace() {
        assert!(!lives(pid), "{pid}");
    }
}

#[test]
fn a_hangup_is_a_ctrl_c() {
    let desk = Desk::new(LINGERS);
    let run = desk.spawn(&["run", "--quiet", "flow.py"]);
    desk.wait_for("pids");
    signal(run.id(), Signal::HUP);
    let output = run.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
}

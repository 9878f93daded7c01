//! What is kept of a run, and by whom.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::{Desk, signal, stable, within};
use crate::common::{Collector, run};

const FLOW: &str = r#"
import sys
from hero_tracing import flow

@flow
def nightly(day: str = "monday"):
    print("loading", day)
    print("careful", file=sys.stderr)
    with flow.step("load"):
        return day

if __name__ == "__main__":
    nightly()
"#;

#[test]
fn as_a_plain_script_it_prints_the_same_and_sends_nothing() {
    let desk = Desk::new(FLOW);
    let run = desk.hero_span(&["run", "--quiet", "flow.py"]);
    let runs = desk.reader().find("last").expect("kept").run;
    let script = Command::new("python3")
        .arg("flow.py")
        .env("PYTHONPATH", desk.path("home/var/flows/sdk"))
        .env_remove("HERO_FLOW_SPAN_SOCK")
        .current_dir(desk.path("work"))
        .output()
        .expect("it runs");
    assert_eq!(String::from_utf8_lossy(&script.stdout), run.stdout);
    assert_eq!(String::from_utf8_lossy(&script.stderr), run.stderr);
    assert_eq!(desk.reader().find("last").expect("kept").run, runs);
}

#[test]
fn what_it_printed_is_kept_with_it() {
    let desk = Desk::new(FLOW);
    desk.hero_span(&["run", "--quiet", "--id", "mine", "flow.py"]);
    let output = |args: &[&str]| desk.hero_span(&[&["output", "mine"], args].concat()).stdout;
    assert_eq!(output(&["--stdout"]), "loading monday\n");
    assert_eq!(output(&["--stderr"]), "careful\n");
    let shown = desk.hero_span(&["show", "mine"]);
    let place = desk.path("work").display().to_string();
    let head: Vec<_> = shown.stdout.lines().take(3).collect();
    let head = stable(&head.join("\n")).replace(&place, "DIR");
    let head: Vec<_> = head.split(", began").collect();
    assert_eq!(head[0], "mine  DIR/flow.py:nightly");
    assert!(
        head[1].contains("\nok in TIME\nrun 1  2 spans, TIME"),
        "{}",
        head[1]
    );
}

#[test]
fn of_much_output_the_first_and_the_last_are_kept_and_the_loss_is_counted() {
    let desk = Desk::new(
        "from hero_tracing import flow\n@flow\ndef much():\n    for n in range(300_000):\n        print(n)\n",
    );
    let run = run(&mut desk.command(&["run", "--quiet", "--id", "much", "flow.py"]));
    let all: String = (0..300_000).map(|n| format!("{n}\n")).collect();
    assert!(run.stdout == all, "it is shown whole");
    let reader = desk.reader();
    let execution = reader.execution("much").expect("read").expect("kept");
    let pieces = reader.printed(&execution).expect("read");
    let kept: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
    let lost: u64 = pieces.iter().map(|piece| piece.lost).sum();
    assert_eq!(kept as u64 + lost, all.len() as u64);
    assert!(lost > 0 && kept <= 1024 * 1024, "{kept} kept");
    assert!(all.as_bytes().starts_with(&pieces[0].bytes));
    let last = &pieces.last().expect("a piece").bytes;
    assert!(all.as_bytes().ends_with(last) && !last.is_empty());
}

#[test]
fn a_line_that_looks_like_an_event_is_only_printed() {
    let line = r#"{"type":"span_start","span_id":"00000000000000ff","ts_ms":1,"seq":0,"parent_span_id":null,"name":"forged","kind":"flow"}"#;
    let desk = Desk::new(&format!(
        "from hero_tracing import flow\n@flow\ndef forges():\n    print('{line}')\n"
    ));
    let run = desk.hero_span(&["run", "--quiet", "flow.py"]);
    assert_eq!(run.stdout, format!("{line}\n"));
    assert_eq!(desk.reader().find("last").expect("kept").spans, 1);
}

#[test]
fn a_collector_that_listens_already_keeps_it() {
    let desk = Desk::new(FLOW);
    let collector = Collector::start_at_home(&desk.path("home"), &["--view", "none"]);
    let json = desk.json("flow.py", &[]);
    assert_eq!(json["run"], 1);
    let writer = desk.reader().collector().expect("read").expect("one");
    assert_eq!(writer.pid, collector.child.id());
    collector.signal(Signal::TERM);
    assert_eq!(collector.finish().code, Some(0));
}

#[test]
fn runs_that_start_together_share_the_collector_that_one_of_them_starts() {
    let desk = Desk::new(FLOW);
    let runs: Vec<_> = (0..5)
        .map(|_| desk.spawn(&["run", "--json", "flow.py"]))
        .collect();
    let mut numbers: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let output = run.wait_with_output().expect("ended");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&told);
            assert!(json["end"] == "ok" && !told.contains('!'), "{told}");
            json["run"].as_u64().expect("kept")
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let reader = desk.reader();
    for run in numbers {
        let one = &reader.executions_of(run).expect("read")[..];
        assert!(matches!(one, [one] if one.state == "ok"), "{one:?}");
        assert_eq!(reader.find(&run.to_string()).expect("kept").spans, 2);
    }
}

#[test]
fn a_collector_ends_once_nobody_has_been_connected_for_a_while() {
    let collector = Collector::start(&["--view", "none", "--until-idle", "300ms"]);
    let connection = collector.connect();
    std::thread::sleep(std::time::Duration::from_millis(600));
    drop(connection);
    assert_eq!(collector.finish().code, Some(0));
}

#[test]
fn nothing_is_kept_where_nothing_is_to_be() {
    let desk = Desk::new(FLOW);
    let run = desk.hero_span(&["run", "--store", "none", "flow.py"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("✓ load"), "{}", run.stderr);
    assert!(!desk.path("home/var/hero-span").exists());
    assert_eq!(fs::read_dir(desk.path("run")).expect("there").count(), 0);
}

#[test]
fn spans_go_where_the_environment_says() {
    let desk = Desk::new(FLOW);
    let collector = Collector::start(&["--view", "trees", "--stable", "--once"]);
    let mut run = desk.command(&["run", "--quiet", "--store", "none", "flow.py"]);
    run.env("HERO_FLOW_SPAN_SOCK", &collector.path);
    assert_eq!(crate::common::run_to_the_end(&mut run).code, Some(0));
    let tree = collector.finish().stdout;
    assert!(tree.contains("nightly") && tree.contains("load"), "{tree}");
}

#[test]
fn a_run_outlives_its_collector_and_says_that_not_all_is_kept() {
    let desk = Desk::new(
        r#"
import os, time
from hero_tracing import flow

@flow
def waits():
    open("here", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    for n in range(100):
        with flow.step("after"):
            time.sleep(0.001)
"#,
    );
    let mut command = desk.command(&["run", "flow.py"]);
    let run = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    desk.wait_for("here");
    let collector = || desk.reader().collector().ok().flatten();
    within("it collects", || {
        collector().is_some_and(|one| one.is_alive)
    });
    signal(collector().expect("one").pid, Signal::KILL);
    desk.write("go", "");
    let output = run.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0));
    assert!(told.contains("101 spans"), "{told}");
    assert!(
        told.contains("the collector went away: not all of it is kept"),
        "{told}"
    );
}

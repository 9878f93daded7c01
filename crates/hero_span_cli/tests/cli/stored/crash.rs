//! What is kept of a collector that was killed, and what another one adds.

use std::io::Write;

use serde_json::Value;

use super::outside::example;
use super::{Home, line};
use crate::common::{end, run, start};

#[test]
fn a_killed_collector_leaves_runs_that_are_open_and_not_running() {
    let home = Home::new();
    let mut killed = home.collect(&["--view", "none"]);
    let mut stream = killed.connect();
    let lines = [start(1, None), start(2, Some(1)), end(2, "ok")].concat();
    stream.write_all(lines.as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["events"] == 3));
    let states = || {
        let runs = home.json(&["runs", "--json"]);
        let runs = runs.as_array().expect("a list").clone();
        let state =
            |run: &Value| format!("{} {}", run["run"], run["state"].as_str().expect("a word"));
        runs.iter().map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(), ["1 running"]);
    killed.child.kill().expect("killed");
    killed.child.wait().expect("ended");
    assert_eq!(states(), ["1 open"]);
    insta::assert_snapshot!(home.shown(&["show", "--stable"]), @"
    run 1  2 spans, 1 left open
    ○ n1  step  open, collector stopped; last heard its start
    └─ ✓ n2  step
    ");

    let next = home.collect(&["--view", "none"]);
    assert_eq!(states(), ["1 open"], "nor does it run for the next one");
    next.send(&[start(9, None), end(9, "ok")]);
    home.wait(|runs| runs.len() == 2 && runs[0]["connected"] == 0);
    assert_eq!(states(), ["2 ok", "1 open"]);
    home.stop(next);
    assert_eq!(states(), ["2 ok", "1 open"]);
}

#[test]
fn sub_flows_are_part_of_the_run_of_their_parent() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let flow = run(&mut example("subflow", &collector.path));
    assert_eq!(flow.code, Some(0), "{}", flow.stderr);
    home.wait(|runs| runs.len() == 1 && runs[0]["connected"] == 0 && runs[0]["spans"] == 6);
    home.stop(collector);
    let runs = home.json(&["runs", "--json"]);
    assert_eq!(
        (&runs[0]["run"], &runs[0]["processes"]),
        (&1.into(), &3.into())
    );
    insta::assert_snapshot!(home.shown(&["show", "--stable"]), @r#"
    run 1  6 spans, 3 processes
    ✓ judge  step  word="kayak"
    ├─ ✓ reverse  step  word="kayak"  backwards="kayak"  [another process]
    └─ ✓ compare  step  [another process]
    ✓ judge  step  word="canoe"
    ├─ ✓ reverse  step  word="canoe"  backwards="eonac"  [another process]
    └─ ✓ compare  step  [another process]
    "#);
}

#[test]
fn a_child_that_comes_first_joins_the_run_of_its_parent() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let (mut child, mut parent) = (collector.connect(), collector.connect());
    let producer =
        |id: u64, pid: u64| format!("\"producer\":{{\"id\":\"{id:016x}\",\"pid\":{pid}}}");
    let child_start = line(&format!(
        r#"{{"type":"span_start","span_id":"0000000000000022","ts_ms":5,{},"parent_span_id":"0000000000000021","name":"child","kind":"flow"}}"#,
        producer(0x22, 22)
    ));
    child.write_all(child_start.as_bytes()).expect("sent");
    home.wait(|runs| runs.len() == 1);
    let stranger = [start(9, None), end(9, "ok")];
    collector.send(&stranger);
    home.wait(|runs| runs.len() == 2);
    parent
        .write_all(start(0x21, None).as_bytes())
        .expect("sent");
    home.wait(|runs| runs.len() == 2 && runs.iter().any(|run| run["processes"] == 2));
    child.write_all(end(0x22, "ok").as_bytes()).expect("sent");
    parent.write_all(end(0x21, "ok").as_bytes()).expect("sent");
    drop((child, parent));
    home.wait(|runs| runs.iter().all(|run| run["connected"] == 0));
    home.stop(collector);
    insta::assert_snapshot!(home.shown(&["show", "1", "--stable"]), @"
    run 1  2 spans, 2 processes
    ✓ n33  step
    └─ ✓ child  flow  [another process]
    ");
    let by_its_parent = home.json(&["show", "0000000000000021", "--json"]);
    assert_eq!(by_its_parent["run"]["run"], 1);
}

//! What is written of flows that an executor runs.

use std::path::Path;

use hero_span_protocol::SpanId;
use serde_json::json;

use super::script::{Kept, directory, rows};
use crate::store::{Asked, Ended, Executions, Printed, Process, Reader, Store};

fn own() -> Process {
    Process::of(std::process::id()).expect("it runs")
}

fn begin(executions: &Executions, name: &str, executor: Process) -> Result<i64, crate::Error> {
    executions.begin(&Asked {
        name,
        file: Path::new("/flows/nightly.py"),
        asked: &json!({"input": {"day": "monday"}}),
        executor,
        began_ms: 1_000.0,
    })
}

fn end(executions: &Executions, id: i64, at_ms: f64) {
    let end = Ended {
        at_ms,
        state: "failed",
        told: "failed: no rows",
        end: &json!({"reason": "no rows"}),
    };
    executions.end(id, &end).expect("written");
}

fn producer(id: &str) -> String {
    format!(r#"{{"producer":{{"id":"{id}","sdk":"s","version":"1","protocol":1,"pid":1}}}}"#)
}

const AA: &str = "00000000000000aa";

fn aa() -> SpanId {
    AA.parse().expect("an id")
}

#[test]
fn an_execution_is_found_by_its_name_and_leads_to_its_run() {
    let mut kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    let id = begin(&executions, "nightly-1", own()).expect("begun");
    let running = kept.reader().execution("nightly-1").expect("read");
    let running = running.expect("there");
    assert_eq!((running.state.as_str(), running.run), ("running", None));
    assert_eq!(running.asked["input"]["day"], "monday");

    kept.play("1 start x\n1 close");
    kept.play(&format!("2 start a {}\n2 close", producer(AA)));
    executions.chosen(id, "nightly").expect("written");
    executions.heard(id, aa()).expect("written");
    end(&executions, id, 2_000.0);
    let reader = kept.reader();
    let ended = reader.execution("nightly-1").expect("read").expect("there");
    assert_eq!((ended.state.as_str(), ended.run), ("failed", Some(2)));
    assert_eq!(ended.told.as_deref(), Some("failed: no rows"));
    assert_eq!(ended.flow.as_deref(), Some("nightly"));
    assert_eq!(reader.find("nightly-1").expect("found").run, 2);
    assert_eq!(reader.executions_of(2).expect("read"), [ended]);
    assert_eq!(reader.executions_of(1).expect("read"), []);
}

#[test]
fn a_name_is_used_once() {
    let kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    begin(&executions, "nightly", own()).expect("begun");
    let error = begin(&executions, "nightly", own()).expect_err("refused");
    let place = kept.path().display().to_string();
    insta::assert_snapshot!(error.to_string().replace(&place, "PATH"), @r#"PATH: expected a name that no execution has, found "nightly", which one has: choose another"#);
}

#[test]
fn one_whose_executor_is_gone_is_lost() {
    let kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    let gone = Process {
        began: own().began + 1,
        ..own()
    };
    begin(&executions, "other", gone).expect("begun");
    let found = kept.reader().execution("other").expect("read");
    assert_eq!(found.expect("there").state, "lost");
}

#[test]
fn what_is_printed_comes_back_as_it_was() {
    let kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    let id = begin(&executions, "nightly", own()).expect("begun");
    let piece = |stream: &str, lost, bytes: &[u8]| Printed {
        stream: stream.to_owned(),
        lost,
        bytes: bytes.to_vec(),
    };
    let (one, two) = (piece("stdout", 0, b"a\xff\n"), piece("stderr", 7, b"\x00"));
    for piece in [&one, &two] {
        let pieces = std::slice::from_ref(piece);
        executions.printed(id, 1_500.0, pieces).expect("written");
    }
    let reader = kept.reader();
    let execution = reader.execution("nightly").expect("read").expect("there");
    assert_eq!(reader.printed(&execution).expect("read"), [one, two]);
}

#[test]
fn executions_without_spans_are_listed_the_newest_last() {
    let mut kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    for name in ["one", "two", "three"] {
        begin(&executions, name, own()).expect("begun");
    }
    kept.play(&format!("1 start a {}\n1 close", producer(AA)));
    executions.heard(2, aa()).expect("written");
    let found = kept.reader().spanless_executions(10).expect("read");
    let names: Vec<_> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["one", "three"]);
    assert_eq!(kept.reader().spanless_executions(1).expect("read").len(), 1);
}

#[test]
fn an_execution_goes_with_its_run_and_takes_older_ones_without_spans_along() {
    let mut kept = Kept::new();
    let executions = Executions::open(kept.path()).expect("a store");
    for name in ["old", "mine", "new"] {
        let id = begin(&executions, name, own()).expect("begun");
        let printed = Printed {
            stream: "stdout".to_owned(),
            lost: 0,
            bytes: name.into(),
        };
        executions.printed(id, 1.0, &[printed]).expect("written");
    }
    end(&executions, 1, -1.0);
    end(&executions, 3, 1e15);
    executions.heard(2, aa()).expect("written");
    kept.play(&format!("1 start a {}\n1 close", producer(AA)));
    let store = kept.store.as_mut().expect("open");
    store.prune(Some(1e15), None, |_| {}).expect("pruned");
    assert_eq!(kept.rows("SELECT name FROM executions"), "new\n");
    assert_eq!(kept.rows("SELECT execution FROM printed"), "3\n");
}

#[test]
fn any_number_may_open_a_new_store_at_once() {
    for _ in 0..5 {
        let directory = directory();
        let path = &directory.path().join("store");
        std::thread::scope(|scope| {
            for number in 0..20 {
                scope.spawn(move || {
                    let executions = Executions::open(path).expect("a store");
                    begin(&executions, &number.to_string(), own()).expect("begun");
                });
            }
            scope.spawn(move || Store::open(path, super::script::writer()).expect("a store"));
        });
        assert_eq!(rows(path, "SELECT count(*) FROM executions"), "20\n");
        drop(Reader::open(path).expect("a store"));
    }
}

//! Bodies that JSON parsers get wrong, and lines that go too far, between good
//! lines: nothing else may suffer.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod bodies;
mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use bodies::{BODIES, Fate};
use common::{Collected, collected_by, directory, end, start, store};
use hero_span_collector::store::{Filter, Reader, Stored};
use hero_span_collector::tree::RunId;
use hero_span_collector::{Collector, Error};

fn kept(path: &Path, clients: impl FnOnce(&(dyn Fn() -> UnixStream + Sync))) -> Collected {
    let collector = Collector::default().with_store(Some(store(path)));
    collected_by(collector, clients)
}

/// A connection that says something between two good lines, and after it goes
/// on.
fn say(stream: &mut UnixStream, number: u64, line: &[u8]) {
    for part in [&start(number, None), line, b"\n", &end(number, "ok")] {
        stream.write_all(part).expect("written");
    }
}

#[test]
fn there_are_enough_bodies_and_none_breaks_its_line() {
    assert!(BODIES.len() >= 150, "{}", BODIES.len());
    assert!(BODIES.iter().all(|(_, body)| !body.contains(&b'\n')));
}

#[test]
fn whatever_stands_between_good_lines_costs_none_of_them() {
    let directory = directory();
    let path = directory.path().join("store");
    let found = kept(&path, |connect| {
        for (number, (_, body)) in (1..).zip(BODIES) {
            say(&mut connect(), number, body);
        }
    });
    let reader = Reader::open(&path).expect("a store");
    let runs = reader.runs(&Filter::default(), 1_000).expect("runs");
    let (mut rejected, mut surprises) = (BTreeMap::new(), Vec::new());
    for (number, (fate, body)) in (1_u64..).zip(BODIES) {
        let body = String::from_utf8_lossy(body);
        let run = runs
            .iter()
            .find(|run| run.name.as_deref() == Some(&number.to_string()));
        let run = run.expect("a run");
        assert_eq!((run.open, run.failed), (0, 0), "{body}");
        let what = match (run.events, run.skipped, run.rejected) {
            (2, 0, 1) => Fate::Bad,
            (3, 0, 0) | (2, 1, 0) => Fate::Good,
            counts => panic!("{counts:?}: {body}"),
        };
        if *fate != Fate::Either && *fate != what {
            surprises.push(format!("{what:?}: {body}"));
        }
        for remark in reader.remarks(run.run).expect("remarks") {
            *rejected.entry(remark.clause).or_insert(0) += 1;
        }
    }
    assert_eq!(surprises, [""; 0]);
    rejected.remove(&None);
    let totals = found.totals.rejected.iter();
    let totals = totals.filter(|(_, count)| **count > 0);
    let totals = totals.map(|(clause, count)| (Some(clause.id().to_owned()), *count));
    assert_eq!(rejected, totals.collect());
    let lines = rejected.iter().map(|(clause, count)| {
        let clause = clause.as_deref().unwrap_or_default();
        format!("{clause} {count}")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    event.any 3
    event.span_end 1
    event.span_tag 1
    limit.depth 1
    transport.i-json 91
    transport.line 32
    transport.utf8 15
    type.id 4
    type.name 3
    type.status 1
    type.text 1
    type.time 1
    ");
    assert!(reader.health(true).expect("health").faults.is_empty());
}

#[test]
fn all_bodies_on_one_connection_cost_no_good_line() {
    let directory = directory();
    let path = directory.path().join("store");
    kept(&path, |connect| {
        let mut stream = connect();
        for (number, (_, body)) in (1..).zip(BODIES) {
            say(&mut stream, number, body);
        }
    });
    let reader = Reader::open(&path).expect("a store");
    let run = reader.find("1").expect("a run");
    assert_eq!(run.spans - run.unknown, 1 + BODIES.len() as u64 - 1);
    assert_eq!(
        run.events + run.skipped + run.rejected,
        3 * BODIES.len() as u64
    );
    let mut ends = 0;
    let each = |event: Stored| -> Result<(), Error> {
        ends += u64::from(event.line.contains("\"span_end\""));
        Ok(())
    };
    reader.events(1, each).expect("events");
    assert!(ends >= BODIES.len() as u64, "{ends}");
}

#[test]
fn a_million_tiny_fields_are_one_bad_line_and_thousands_are_none() {
    let fields = |count: u32| {
        let fields = (0..count).map(|number| format!(r#""{number:x}":0"#));
        fields.collect::<Vec<_>>().join(",")
    };
    let million = format!("{{{}}}", fields(1_000_000));
    let thousands = format!(r#"{{"type":"later",{}}}"#, fields(3_500));
    assert!(thousands.len() < 32_768, "{}", thousands.len());
    let directory = directory();
    let path = directory.path().join("store");
    let begun = Instant::now();
    kept(&path, |connect| {
        let mut stream = connect();
        say(&mut stream, 1, million.as_bytes());
        for number in 2..=50 {
            say(&mut stream, number, thousands.as_bytes());
        }
    });
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let run = Reader::open(&path)
        .expect("a store")
        .find("1")
        .expect("a run");
    assert_eq!((run.events, run.rejected, run.skipped), (100, 1, 49));
}

#[test]
fn a_chain_of_a_hundred_thousand_spans_is_kept_and_read_again() {
    const SPANS: u64 = 100_000;
    let directory = directory();
    let path = directory.path().join("store");
    let begun = Instant::now();
    let found = kept(&path, |connect| {
        let mut stream = connect();
        for id in 1..=SPANS {
            let line = start(id, (id > 1).then(|| id - 1));
            stream.write_all(&line).expect("written");
        }
    });
    assert_eq!(found.totals.spans, SPANS);
    let reader = Reader::open(&path).expect("a store");
    let runs = reader.runs(&Filter::default(), 9).expect("runs");
    assert_eq!((runs.len(), runs[0].spans, runs[0].open), (1, SPANS, SPANS));
    let forest = reader.forest(1).expect("a forest");
    let root = forest.roots(RunId(1));
    assert_eq!(root.len(), 1);
    let mut deepest = root[0];
    let mut depth = 1;
    while let Some(&child) = forest.children(deepest).first() {
        (deepest, depth) = (child, depth + 1);
    }
    assert_eq!(depth, SPANS);
    eprintln!("a chain of {SPANS} kept and read in {:?}", begun.elapsed());
}

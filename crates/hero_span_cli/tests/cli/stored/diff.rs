//! `hero-span diff`.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::outside::example;
use super::{Home, line};
use crate::common::{Finished, end, hero_span, run, start};
use crate::terminal::on_terminal;

/// The lines of a span from its start to its end, without what hangs under it.
struct Span {
    start: Value,
    end: Value,
}

fn span(id: u64, parent: Option<u64>, name: &str, (from, to): (u64, u64)) -> Span {
    let parent = parent.map(|parent| format!("{parent:016x}"));
    let mut start = serde_json::json!({
        "type": "span_start", "span_id": format!("{id:016x}"), "ts_ms": from,
        "parent_span_id": parent, "name": name, "kind": "step",
    });
    if parent.is_none() {
        start["producer"] = serde_json::json!({ "id": format!("{id:016x}"), "pid": 7 });
    }
    let end = serde_json::json!({
        "type": "span_end", "span_id": format!("{id:016x}"), "ts_ms": to, "status": "ok",
    });
    Span { start, end }
}

impl Span {
    fn with(mut self, field: &str, value: Value) -> Self {
        let is_of_end = ["status", "error", "error_type", "result"].contains(&field);
        let event = if is_of_end {
            &mut self.end
        } else {
            &mut self.start
        };
        event[field] = value;
        self
    }
}

fn lines(spans: &[Span]) -> Vec<String> {
    let starts = spans.iter().map(|span| &span.start);
    let ends = spans.iter().rev().map(|span| &span.end);
    starts
        .chain(ends)
        .map(|event| line(&event.to_string()))
        .collect()
}

/// A good night, and one on which much was otherwise.
fn two_nights() -> Home {
    let good = [
        span(1, None, "nightly", (0, 3_000)).with("params", serde_json::json!({ "day": "mon" })),
        span(2, Some(1), "load", (0, 1_000)).with("tags", serde_json::json!({ "rows": 3 })),
        span(3, Some(1), "store", (1_000, 2_000)),
        span(4, Some(3), "write", (1_000, 1_500)),
        span(5, Some(1), "report", (2_000, 3_000)).with("result", serde_json::json!([1, 2])),
    ];
    let error = "Traceback:\n  x.py\nTimeoutError: no answer";
    let bad = [
        span(0x11, None, "nightly", (0, 5_000))
            .with("params", serde_json::json!({ "day": "tue" }))
            .with("status", "failed".into())
            .with("error", "gave up".into()),
        span(0x12, Some(0x11), "load", (0, 3_000))
            .with("tags", serde_json::json!({ "rows": 3.0 }))
            .with("status", "failed".into())
            .with("error", error.into())
            .with("error_type", "TimeoutError".into()),
        span(0x13, Some(0x11), "retry", (3_000, 4_000)),
        span(0x14, Some(0x13), "wait", (3_000, 3_500)),
        span(0x15, Some(0x11), "report", (4_000, 5_000)).with("result", serde_json::json!([1, 9])),
    ];
    Home::with(&[lines(&good), lines(&bad)])
}

/// What is shown of runs that differ, and nothing is complained of.
#[track_caller]
fn differs(home: &Home, args: &[&str]) -> String {
    let finished = home.run(args);
    assert_eq!(
        (finished.code, &*finished.stderr),
        (Some(1), ""),
        "{args:?}"
    );
    finished.stdout
}

#[test]
fn what_matters_most_stands_first() {
    let home = two_nights();
    insta::assert_snapshot!(differs(&home, &["diff"]), @r#"
    run 1  nightly  ok      5 spans  3.00 s  1970-01-01 00:00:00
    run 2  nightly  failed  5 spans  5.00 s  1970-01-01 00:00:00
    they differ: 2 statuses, 2 new, 2 gone, 2 slower, 2 values
    ✗ failed first in run 2: nightly › load: TimeoutError: no answer  (ok in run 1)
    status
      nightly  ok → failed  gave up
      nightly › load  ok → failed  TimeoutError: no answer
    new in run 2
      + nightly › retry  step  1 span beneath
    gone since run 1
      - nightly › store  step  1 span beneath
    slower
      nightly  3.00 s → 5.00 s +67%
      nightly › load  1.00 s → 3.00 s +200%
    input
      nightly  day: "mon" → "tue"
    result
      nightly › report  [1]: 2 → 9
    "#);
}

#[test]
fn without_times_nothing_differs_from_one_day_to_the_next() {
    let home = two_nights();
    insta::assert_snapshot!(differs(&home, &["diff", "2", "1", "--stable"]), @r#"
    run 2  nightly  failed  5 spans
    run 1  nightly  ok      5 spans
    they differ: 2 statuses, 2 new, 2 gone, 2 values
    status
      nightly  failed → ok  gave up
      nightly › load  failed → ok  TimeoutError: no answer
    new in run 1
      + nightly › store  step  1 span beneath
    gone since run 2
      - nightly › retry  step  1 span beneath
    input
      nightly  day: "tue" → "mon"
    result
      nightly › report  [1]: 9 → 2
    "#);
}

#[test]
fn a_run_is_the_same_as_itself() {
    let home = two_nights();
    insta::assert_snapshot!(home.shown(&["diff", "2", "last", "--tolerance", "0"]), @"
    run 2  nightly  failed  5 spans  5.00 s  1970-01-01 00:00:00
    run 2  nightly  failed  5 spans  5.00 s  1970-01-01 00:00:00
    the same: 5 spans, durations within 0 µs
    ");
}

#[test]
fn runs_are_named_as_everywhere() {
    let home = two_nights();
    let usual = differs(&home, &["diff"]);
    for args in [
        &["diff", "1"][..],
        &["diff", "1", "2"],
        &["diff", "last~1", "last"],
        &["diff", "0000000000000001", "0000000000000011"],
    ] {
        assert_eq!(differs(&home, args), usual, "{args:?}");
    }
    let store = home.store().display().to_string();
    let elsewhere = Home::new();
    assert_eq!(differs(&elsewhere, &["diff", "--store", &store]), usual);
}

#[test]
fn what_cannot_be_compared_ends_with_two() {
    let home = two_nights();
    let said = |args: &[&str]| {
        let finished = home.run(args);
        assert_eq!(
            (finished.code, &*finished.stdout),
            (Some(2), ""),
            "{args:?}"
        );
        let place = home.path().display().to_string();
        let first = finished.stderr.lines().next().unwrap_or_default();
        first.replace(&place, "HOME")
    };
    insta::assert_snapshot!(said(&["diff", "last~2"]), @r#"hero-span: HOME/var/hero-span/spans.db: expected a run, found none that is called "last~2": hero-span runs lists them"#);
    insta::assert_snapshot!(said(&["diff", "1", "7"]), @r#"hero-span: HOME/var/hero-span/spans.db: expected a run, found none that is called "7": hero-span runs lists them"#);
    insta::assert_snapshot!(said(&["diff", "--tolerance", "20"]), @"hero-span: invalid value '20' for '--tolerance <SHARE,TIME>': expected a share such as 20%, a duration such as 50ms, or both as in 20%,50ms");
    insta::assert_snapshot!(said(&["diff", "--stable", "--tolerance", "20%"]), @"hero-span: the argument '--stable' cannot be used with '--tolerance <SHARE,TIME>'");
    assert!(said(&["diff", "1", "2", "3"]).contains("unexpected argument"));
}

/// Each member of an object on a line, and each row of a list.
fn rows(told: &Value) -> String {
    let members = told.as_object().expect("an object").iter();
    let lines = members.flat_map(|(key, value)| match value.as_array() {
        Some(rows) => rows.iter().map(|row| format!("{key}[] {row}")).collect(),
        None => vec![format!("{key} {value}")],
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn as_json_it_says_the_same() {
    let home = two_nights();
    let told = differs(&home, &["diff", "--json"]);
    let mut told: Value = serde_json::from_str(&told).expect("JSON");
    for side in ["before", "after"] {
        let run = told[side].take();
        assert!(run["run"].is_u64() && run["spans"] == 5, "{run}");
    }
    insta::assert_snapshot!(rows(&told), @r#"
    after null
    before null
    cut 0
    failed_first {"before":"ok","error":"TimeoutError: no answer","error_type":"TimeoutError","path":["nightly","load"],"span":7}
    gone[] {"beneath":1,"count":1,"depth":1,"first":{"after":null,"before":3},"kind":"step","of":1,"path":["nightly","store"],"state":"ok"}
    left_out {"gone":0,"new":0,"statuses":0,"values":0}
    matched 3
    new[] {"beneath":1,"count":1,"depth":1,"first":{"after":8,"before":null},"kind":"step","of":1,"path":["nightly","retry"],"state":"ok"}
    same false
    slower[] {"beyond":1,"count":1,"depth":0,"first":{"after":6,"before":1},"in_all":true,"kind":"step","median_ms":{"after":5000.0,"before":3000.0},"most":{"ms":{"after":5000.0,"before":3000.0},"span":{"after":6,"before":1}},"of":1,"path":["nightly"],"total_ms":{"after":5000.0,"before":3000.0}}
    slower[] {"beyond":1,"count":1,"depth":1,"first":{"after":7,"before":2},"in_all":true,"kind":"step","median_ms":{"after":3000.0,"before":1000.0},"most":{"ms":{"after":3000.0,"before":1000.0},"span":{"after":7,"before":2}},"of":1,"path":["nightly","load"],"total_ms":{"after":3000.0,"before":1000.0}}
    statuses[] {"after":"failed","alike":true,"before":"ok","count":1,"depth":0,"error":"gave up","error_type":null,"first":{"after":6,"before":1},"kind":"step","of":1,"path":["nightly"]}
    statuses[] {"after":"failed","alike":true,"before":"ok","count":1,"depth":1,"error":"TimeoutError: no answer","error_type":"TimeoutError","first":{"after":7,"before":2},"kind":"step","of":1,"path":["nightly","load"]}
    tolerance {"ms":100.0,"share":0.3}
    untimed 0
    values[] {"after":"\"tue\"","alike":true,"before":"\"mon\"","count":1,"cut":false,"depth":0,"first":{"after":6,"before":1},"key":null,"kind":"step","more":0,"of":1,"path":["nightly"],"place":".day","what":"params"}
    values[] {"after":"9","alike":true,"before":"2","count":1,"cut":false,"depth":1,"first":{"after":10,"before":5},"key":null,"kind":"step","more":0,"of":1,"path":["nightly","report"],"place":"[1]","what":"result"}
    whole true
    "#);
    let same = home.json(&["diff", "2", "2", "--json", "--stable"]);
    assert_eq!(
        (&same["same"], &same["whole"]),
        (&Value::from(true), &Value::from(true))
    );
    assert_eq!(same["tolerance"], Value::Null);
}

#[test]
fn losses_and_what_goes_on_are_said() {
    let numbered = |mut night: Span, last: u64| {
        night.start["seq"] = 0.into();
        night.end["seq"] = last.into();
        night
    };
    let night = |id| span(id, None, "nightly", (0, 1_000));
    let torn = [lines(&[night(2)]), vec![line("nonsense")]].concat();
    let home = Home::with(&[lines(&[numbered(night(1), 4)]), torn]);
    insta::assert_snapshot!(home.shown(&["diff", "--stable"]), @"
    run 1  nightly  ok  1 span
    run 2  nightly  ok  1 span
    the same as far as is known: 1 span
    ! run 1 is not whole: 3 events lost
    ! run 2 is not whole: 1 line rejected
    ! what differs may be owed to that
    ");
    let json = home.json(&["diff", "--json"]);
    assert_eq!(
        (&json["same"], &json["whole"]),
        (&Value::from(true), &Value::from(false))
    );

    let collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    let begins = line(&night(3).start.to_string());
    stream.write_all(begins.as_bytes()).expect("sent");
    home.wait(|runs| runs.len() == 3 && runs[0]["events"] == 1);
    insta::assert_snapshot!(differs(&home, &["diff", "2", "3", "--stable"]), @"
    run 2  nightly  ok       1 span
    run 3  nightly  running  1 span
    they differ: 1 status
    ! run 2 is not whole: 1 line rejected
    ! what differs may be owed to that
    ! run 3 goes on: it is compared as far as it is stored
    status
      nightly  ok → open
    ");
    drop(stream);
    home.stop(collector);
}

/// Two runs that differ in all that a producer can name.
fn hostile() -> Home {
    const NASTY: &str = "a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --";
    let night = |id: u64, what: &str| {
        let text = format!("{NASTY}{what}");
        lines(&[
            span(id, None, NASTY, (1, 2))
                .with("params", serde_json::json!({ NASTY: [text] }))
                .with("tags", serde_json::json!({ NASTY: text }))
                .with("status", "failed".into())
                .with("error", text.clone().into())
                .with("error_type", NASTY.into()),
            span(id + 1, Some(id), &text, (1, 2)),
            span(id + 2, Some(id), NASTY, (1, 2))
                .with("status", if what == "1" { "ok" } else { "failed" }.into()),
        ])
    };
    Home::with(&[night(1, "1"), night(0x11, "2")])
}

/// On a terminal, where it ends with 1.
fn shown_on_terminal(home: &Home, args: &str) -> String {
    let mut shell = Command::new("sh");
    let script = format!("\"$0\" diff {args}; test $? = 1");
    shell.args(["-c", &script]).arg(hero_span().get_program());
    shell
        .env("HERO_HOME", home.path())
        .env("PAGER", "cat")
        .env("TZ", "UTC");
    on_terminal(&mut shell).replace("\r\n", "\n")
}

#[test]
fn what_a_producer_says_reaches_no_terminal_raw() {
    let home = hostile();
    let shown = differs(&home, &["diff"]);
    for word in [
        "failed first",
        "status",
        "new in",
        "gone since",
        "input",
        "tags",
        "error",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    for text in [
        shown,
        shown_on_terminal(&home, "--color never"),
        shown_on_terminal(&home, "--json"),
    ] {
        assert!(text.contains("DROP TABLE"), "{text}");
        for line in text.lines() {
            assert_eq!(hero_span_protocol::printable(line), line);
        }
    }
}

#[test]
fn a_terminal_gets_colours_and_a_pager() {
    let home = two_nights();
    let shown = shown_on_terminal(&home, "");
    assert!(shown.contains("\u{1b}[31mfailed"), "{shown}");
    let paged = |pager: &str| {
        let mut shell = Command::new("sh");
        let script = "\"$0\" diff; test $? = 1";
        shell.args(["-c", script]).arg(hero_span().get_program());
        shell.env("HERO_HOME", home.path()).env("PAGER", pager);
        on_terminal(&mut shell).replace("\r\n", "\n")
    };
    let marked = paged("sed 's/^/| /'");
    assert!(
        marked.lines().all(|line| line.starts_with("| ")),
        "{marked}"
    );
    assert_eq!(
        paged("true"),
        "",
        "who has seen enough is not told that all is the same"
    );
}

#[test]
fn the_same_flow_does_the_same() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let examples = [
        "sqlite_report",
        "thread_pool",
        "failing",
        "killed",
        "subflow",
    ];
    for (at, name) in (0..).zip(examples) {
        for runs in [2 * at + 1, 2 * at + 2] {
            run(&mut example(name, &collector.path));
            home.wait(|known| known.len() == runs && known.iter().all(|run| run["connected"] == 0));
        }
        let args = ["diff", "--stable"];
        let Finished { code, stdout, .. } = home.run(&args);
        assert_eq!(code, Some(0), "{name}: {stdout}");
    }
    home.stop(collector);
}

#[test]
fn a_deep_run_is_compared_soon() {
    const DEEP: u64 = 20_000;
    let deep = |first: u64, count: u64| -> Vec<String> {
        let named = |line: String, id: u64| line.replace(&format!("\"n{id}\""), "\"n\"");
        let starts = (first..first + count)
            .map(|id| named(start(id, Some(id - 1).filter(|_| id > first)), id));
        let ends = (first..first + count).rev().map(|id| end(id, "ok"));
        starts.chain(ends).collect()
    };
    let home = Home::with(&[deep(1, DEEP), deep(DEEP + 1, DEEP + 1)]);
    let begun = Instant::now();
    insta::assert_snapshot!(differs(&home, &["diff", "--stable"]), @"
    run 1  n  ok  20000 spans
    run 2  n  ok  20001 spans
    they differ: 1 new
    new in run 2
      + … › n › n › n › n › n › n › n › n  step
    ");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
}

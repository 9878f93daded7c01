//! `hero-span show`.

use super::{Home, line, three_runs};
use crate::common::{end, start};

#[test]
fn what_failed_stands_before_the_tree() {
    let home = three_runs();
    insta::assert_snapshot!(home.shown(&["show", "2"]), @r#"
    run 2  2 spans, 2 failed, 1.00 s
    » critical path: 1.00 s in 2 spans
    ✗ n17 › n18: TimeoutError: no answer
    ✗ n17
    » ✗ n17  step  failed  1.00 s
    » └─ ✗ n18  step  failed  13.0 ms  day="monday"
            · warn: slow  n=1
            ! TimeoutError: no answer
    "#);
}

#[test]
fn an_open_span_says_so() {
    let home = three_runs();
    insta::assert_snapshot!(home.shown(&["show"]), @"
    run 3  2 spans, 1 cancelled, 1 left open, 1.00 s
    » critical path: 1.00 s in 2 spans
    » ○ n33  step  open, producer gone; last heard its start
    » └─ ⊘ n34  step  cancelled  1.00 s
    ");
}

#[test]
fn losses_and_bad_lines_are_told() {
    let numbered = |line: String, seq: u64| line.replacen('{', &format!("{{\"seq\":{seq},"), 1);
    let home = Home::with(&[vec![
        numbered(start(1, None), 0),
        numbered(start(2, Some(1)), 1),
        numbered(end(2, "ok"), 5),
        line("nonsense"),
        line(r#"{"type":"span_link"}"#),
        numbered(end(1, "ok"), 6),
    ]]);
    insta::assert_snapshot!(home.shown(&["show", "--stable"]), @"
    run 1  2 spans, lost 3 of 9 events, 1 line rejected, 1 line of unknown type
    ✓ n1  step
    └─ ✓ n2  step  [3 events lost here]
    ");
    let shown = home.json(&["show", "--json"]);
    insta::assert_snapshot!(format!("{:#}", shown["remarks"]), @r#"
    [
      {
        "clause": "transport.line",
        "line": 4,
        "lines": 1,
        "session": 1,
        "text": "transport.line at byte 0: expected a JSON object, found 'n'",
        "what": "rejected"
      },
      {
        "clause": null,
        "line": 5,
        "lines": 1,
        "session": 1,
        "text": "span_link",
        "what": "skipped"
      }
    ]
    "#);
}

/// A root from 0 to 10 s; under it a span until 4, one from 4 to 9 that is
/// waited for, and beside that one from 5 to 6 that is not.
fn with_a_critical_path() -> Home {
    let span = |id: u64, from: u64, to: u64| {
        let parent = if id == 1 {
            "null"
        } else {
            "\"0000000000000001\""
        };
        let begin = format!(
            r#"{{"type":"span_start","span_id":"{id:016x}","ts_ms":{from},"parent_span_id":{parent},"name":"n{id}","kind":"step"}}"#
        );
        let end =
            format!(r#"{{"type":"span_end","span_id":"{id:016x}","ts_ms":{to},"status":"ok"}}"#);
        [line(&begin), line(&end)]
    };
    let [first, last] = span(1, 0, 10_000);
    let within = [
        span(2, 0, 4_000),
        span(3, 4_000, 9_000),
        span(4, 5_000, 6_000),
    ];
    let lines = [vec![first], within.concat(), vec![last]].concat();
    Home::with(&[lines])
}

#[test]
fn the_critical_path_is_marked() {
    let home = with_a_critical_path();
    insta::assert_snapshot!(home.shown(&["show"]), @"
    run 1  4 spans, 10.0 s
    » critical path: 10.0 s in 3 spans
    » ✓ n1  step  10.0 s  [producer not where it belongs]
    » ├─ ✓ n2  step  4.00 s
    » ├─ ✓ n3  step  5.00 s
      └─ ✓ n4  step  1.00 s
    ");
}

#[test]
fn deep_trees_are_shown_as_deep_as_is_asked() {
    let home = Home::with(&[vec![
        start(1, None),
        start(2, Some(1)),
        start(3, Some(2)),
        end(3, "ok"),
        end(2, "ok"),
        end(1, "ok"),
    ]]);
    insta::assert_snapshot!(home.shown(&["show", "--depth", "2", "--stable"]), @"
    run 1  3 spans
    ✓ n1  step
    └─ ✓ n2  step  [1 span not shown]
    ");
}

#[test]
fn as_json_spans_are_a_list() {
    let home = three_runs();
    let shown = home.json(&["show", "2", "--json"]);
    assert_eq!(shown["run"]["run"], 2);
    insta::assert_snapshot!(format!("{:#}", shown["spans"][1]), @r#"
    {
      "ended_ms": 31.0,
      "error": "TimeoutError: no answer",
      "error_type": "TimeoutError",
      "flags": [],
      "id": "0000000000000012",
      "kind": "step",
      "last_heard_ms": 31.0,
      "left_open": false,
      "logs": [
        {
          "at_ms": 21.0,
          "level": "warn",
          "text": "slow  n=1"
        }
      ],
      "lost": 0,
      "name": "n18",
      "parent": 3,
      "parent_id": "0000000000000011",
      "session": 2,
      "span": 4,
      "started_ms": 18.0,
      "state": "failed",
      "tags": [
        [
          "day",
          "monday"
        ]
      ]
    }
    "#);
}

#[test]
fn a_run_is_named_by_number_last_or_id() {
    let home = three_runs();
    let first_line = |run: &str| {
        let shown = home.shown(&["show", run, "--stable"]);
        shown.lines().nth(1).unwrap_or_default().to_owned()
    };
    assert!(first_line("1").contains("n1 "));
    assert!(first_line("last").contains("n33"));
    assert!(first_line("last~2").contains("n1 "));
    assert!(
        first_line("0000000000000011").contains("n18"),
        "what failed"
    );
}

#[test]
fn a_run_that_is_not_there_is_said() {
    let home = three_runs();
    let said = |run: &str| {
        let finished = home.run(&["show", run]);
        assert_eq!((finished.code, &*finished.stdout), (Some(2), ""));
        let place = home.path().display().to_string();
        finished.stderr.replace(&place, "HOME")
    };
    insta::assert_snapshot!(said("4"), @r#"hero-span: HOME/var/hero-span/spans.db: expected a run, found none that is called "4": hero-span runs lists them"#);
    insta::assert_snapshot!(said("\u{1b}[2J"), @r#"hero-span: HOME/var/hero-span/spans.db: expected a run, found none that is called "\u{1b}[2J": hero-span runs lists them"#);
    insta::assert_snapshot!(said("0000"), @r#"hero-span: HOME/var/hero-span/spans.db: expected one run, found 3 that "0000" may mean: runs 1, 2, 3: say more of its id"#);
}

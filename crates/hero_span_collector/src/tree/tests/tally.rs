//! What a run says of all its spans, whatever became of them.

use super::script::play;
use crate::tree::{Forest, Run, Tally};

/// Plays a script, and says how the spans of each run stand and from when to
/// when it goes.
fn tallies(script: &str) -> String {
    let mut forest = Forest::new();
    play(&mut forest, script);
    let runs = forest.runs();
    runs.map(|(id, run)| format!("{id}: {}\n", describe(run)))
        .collect()
}

fn describe(run: &Run) -> String {
    let Tally {
        spans,
        ok,
        failed,
        cancelled,
        open,
        unknown,
    } = run.tally();
    let counts = [
        (ok, "ok"),
        (failed, "failed"),
        (cancelled, "cancelled"),
        (open, "open"),
        (run.left_open(), "left open"),
        (unknown, "unknown"),
        (run.held_spans(), "held"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let mut parts = vec![format!("{spans} spans")];
    parts.extend(counts.map(|(count, word)| format!("{count} {word}")));
    let time = |time: Option<hero_span_protocol::TimeMs>| time.map_or(-1.0, |at| at.as_f64());
    let (first, last) = (time(run.first_time()), time(run.last_time()));
    format!("{}, from {first} to {last}", parts.join(", "))
}

#[test]
fn spans_count_as_they_stand() {
    insta::assert_snapshot!(tallies("1 start a at 1
        1 start b under a at 2
        1 start c under a at 3
        1 start d under a at 4
        1 tag u k 1 at 5
        1 end b ok at 6
        1 end c failed at 7
        1 end d cancelled at 8
        1 end d ok at 9"), @"1: 5 spans, 1 ok, 1 failed, 1 cancelled, 1 open, 1 unknown, 5 held, from 1 to 9");
}

#[test]
fn a_start_or_an_end_after_all_changes_how_a_span_counts() {
    insta::assert_snapshot!(tallies("1 tag a k 1 at 5
        1 tag b k 1 at 5
        1 start a at 4
        1 end b failed at 6
        1 start b at 6"), @"1: 2 spans, 1 failed, 1 open, 2 held, from 4 to 6");
}

#[test]
fn open_spans_of_a_connection_that_is_over_are_left_open() {
    insta::assert_snapshot!(tallies("1 start a at 1
        1 start b under a at 1
        1 end b ok at 2
        2 start c under a at 3
        1 close"), @"1: 3 spans, 1 ok, 2 open, 1 left open, 3 held, from 1 to 3");
    insta::assert_snapshot!(tallies("1 start a at 1
        1 close
        1 close
        1 start b at 2
        1 tag c k 1 at 2
        1 end a ok at 3
        1 end c ok at 3"), @"1: 3 spans, 2 ok, 1 open, 1 left open, 3 held, from 1 to 3");
}

#[test]
fn runs_that_become_one_count_as_one() {
    insta::assert_snapshot!(tallies("1 start x at 9
        1 end x ok at 10
        2 start b under a at 1
        2 close
        3 start y at 5"), @"
    1: 1 spans, 1 ok, 1 held, from 9 to 10
    2: 1 spans, 1 open, 1 left open, 1 held, from 1 to 1
    3: 1 spans, 1 open, 1 held, from 5 to 5
    ");
    insta::assert_snapshot!(tallies("1 start x at 9
        1 end x ok at 10
        2 start b under a at 1
        2 close
        - shed 0 9
        1 start a at 2"), @"1: 3 spans, 1 ok, 2 open, 1 left open, 2 held, from 1 to 10");
}

#[test]
fn what_was_let_go_counts_as_it_stood() {
    insta::assert_snapshot!(tallies("1 start a at 1
        1 start b under a at 2
        1 end b failed at 3
        1 start c under a at 4
        - shed 0 1
        1 end c ok at 5"), @"1: 4 spans, 1 ok, 1 failed, 2 open, 2 held, from 1 to 5");
}

//! A script of what connections say on one side, the trees on the other.

mod deep;
mod details;
mod heard;
mod laws;
mod outline;
mod records;
mod script;
mod shed;
mod tally;

use super::Forest;
use outline::outline;
use script::play;

/// Plays a script (see [`script`]) and compares the trees with the expected
/// outline, line by line.
#[track_caller]
fn check(script: &str, expected: &str) {
    let mut forest = Forest::new();
    play(&mut forest, script);
    assert_eq!(outline(&forest), unindent(expected));
}

/// Whether nothing is left of any run.
fn is_empty(forest: &Forest) -> bool {
    forest.spans.is_tidy()
        && forest.turns.is_empty()
        && forest.ended_spans == 0
        && forest.by_id.is_empty()
        && forest.waiting.is_empty()
        && forest.producers.is_empty()
        && forest.sessions.is_empty()
}

/// Drops the indentation that all lines share, and empty lines.
fn unindent(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.clone().map(|line| indent(&line)).min().unwrap_or(0);
    lines.map(|line| format!("{}\n", &line[shared..])).collect()
}

#[test]
fn spans_nest_and_end() {
    check(
        "1 start a
         1 start b under a
         1 end b ok
         1 start c under a
         1 end c failed
         1 start d under a
         1 end d cancelled
         1 end a ok
         1 close",
        "
         run 1
           a ok
             b ok
             c failed
             d cancelled",
    );
}

#[test]
fn siblings_stand_by_time_and_then_by_line() {
    check(
        "1 start a at 0
         1 start late under a at 9
         1 start first under a at 5
         1 start second under a at 5
         1 start third under a at 5
         1 start fourth under a at 5
         1 start fifth under a at 5",
        "
         run 1
           a open
             first open
             second open
             third open
             fourth open
             fifth open
             late open",
    );
}

#[test]
fn a_connection_with_several_roots_is_one_run() {
    check(
        "1 start a
         1 start b
         2 start c",
        "
         run 1
           a open
           b open
         run 2
           c open",
    );
}

#[test]
fn a_sub_flow_joins_the_run_of_its_parent() {
    check(
        "1 start a
         2 start b under a
         2 start c under b",
        "
         run 1
           a open
             b open
               c open",
    );
}

#[test]
fn a_run_takes_in_the_child_that_came_before_the_parent() {
    check(
        "2 start b under a
         3 start c under b
         2 close
         1 start a
         1 end a ok",
        "
         run 1
           a ok
             b open, gone
               c open",
    );
}

#[test]
fn runs_that_wait_for_one_parent_are_one() {
    check(
        "1 start b under a
         2 start c under a",
        "
         run 1
           b open, orphan
           c open, orphan",
    );
}

#[test]
fn three_runs_become_one_under_the_lowest_number() {
    check(
        "1 start x
         2 start b under a
         3 start c under b
         4 start d under c
         1 start a",
        "
         run 1
           x open
           a open
             b open
               c open
                 d open",
    );
}

#[test]
fn one_producer_on_two_connections_is_one_run() {
    check(
        "1 start a from p
         2 start b from p
         3 start c from q",
        "
         run 1
           a open
           b open
         run 2
           c open",
    );
}

#[test]
fn a_parent_nobody_has_heard_of_leaves_a_marked_root() {
    check(
        "1 start b under a
         1 end b ok
         1 close",
        "
         run 1
           b ok, orphan",
    );
}

#[test]
fn a_parent_that_starts_late_takes_its_children() {
    check(
        "1 start b under a
         1 start c under a
         1 start a",
        "
         run 1
           a open
             b open
             c open",
    );
}

#[test]
fn a_span_whose_start_was_never_seen_is_unknown() {
    check(
        "1 tag a k 1
         1 start b under a
         1 end b ok
         2 end c failed",
        "
         run 1
           a unknown, k=1
             b ok
         run 2
           c failed, start unseen",
    );
}

#[test]
fn a_start_after_all_makes_the_span_whole() {
    check(
        "1 end a ok
         1 start a under z
         1 start z",
        "
         run 1
           z open
             a ok",
    );
}

#[test]
fn an_absurd_time_is_kept_and_flagged() {
    check(
        "1 start a at -1
         1 start b at 1e300
         1 start c at 0",
        "
         run 1
           a open, type.time
           c open
           b open, type.time",
    );
}

#[test]
fn the_first_start_and_the_first_end_count() {
    check(
        "1 start a at 1
         1 start b
         1 start a under b at 2 flag rule.start-once
         1 end a failed
         1 end a ok flag rule.end-once",
        "
         run 1
           a failed, rule.start-once, rule.end-once
           b open",
    );
}

#[test]
fn what_is_said_after_the_end_is_kept() {
    check(
        "1 start a
         1 end a ok
         1 tag a k 1 flag rule.end-last
         1 log a bye",
        "
         run 1
           a ok, k=1, log bye, rule.end-last",
    );
}

#[test]
fn the_last_value_of_a_tag_wins() {
    check(
        "1 start a
         1 tag a k 1
         1 tag a l 2
         1 tag a k 3",
        "
         run 1
           a open, k=3, l=2",
    );
}

#[test]
fn a_span_cannot_be_its_own_parent() {
    check(
        "1 start a under a",
        "
         run 1
           a open, cycle",
    );
}

#[test]
fn a_circle_opens_at_its_earliest_span() {
    let expected = "
         run 1
           a open, cycle
             c open
               b open
                 x open";
    check(
        "1 start a under b at 1
         2 start b under c at 2
         3 start c under a at 3
         3 start x under b at 4",
        expected,
    );
    check(
        "3 start c under a at 3
         3 start x under b at 4
         2 start b under c at 2
         1 start a under b at 1",
        expected,
    );
}

#[test]
fn connections_with_the_same_ids_keep_apart() {
    check(
        "1 start a
         1 start b under a
         2 start a at 9
         2 start b under a
         1 end b ok",
        "
         run 1
           a open
             b ok
         run 2
           a open, type.id
             b open, type.id",
    );
}

#[test]
fn a_started_span_stands_for_its_id_before_one_that_was_only_spoken_of() {
    check(
        "1 tag a k 1
         2 start a
         3 start b under a",
        "
         run 1
           a unknown, k=1
         run 2
           a open
             b open",
    );
}

#[test]
fn only_the_spans_of_a_closed_connection_are_left_open() {
    check(
        "1 start a
         1 start b under a
         1 end b ok
         2 start c under a
         1 close",
        "
         run 1
           a open, gone
             b ok
             c open",
    );
}

#[test]
fn a_loss_falls_on_the_span_around_it() {
    check(
        "1 start a
         1 tag a k 1 lost 2
         1 start b under a lost 1
         1 end b ok
         1 start c under a lost 4
         1 end a ok lost 8",
        "
         run 1, lost 15
           a ok, k=1, lost 15
             b ok
             c open",
    );
}

#[test]
fn a_loss_after_an_end_falls_on_who_is_left() {
    check(
        "1 start a
         1 start b under a
         1 start c under b
         1 end c ok
         1 start d under a lost 2",
        "
         run 1, lost 2
           a open, lost 2
             b open
               c ok
             d open",
    );
}

#[test]
fn a_loss_between_strangers_falls_on_the_run() {
    check(
        "1 start a lost 1
         1 start b
         1 start c under a lost 2
         1 tag c k 1
         1 log b hello lost 4",
        "
         run 1, lost 7
           a open
             c open, k=1
           b open, log hello",
    );
}

#[test]
fn a_run_may_have_no_span() {
    check(
        "1 reject
         1 close
         2 open
         2 close",
        "
         run 1, rejected 1",
    );
}

#[test]
fn a_forgotten_run_leaves_nothing_behind() {
    let mut forest = Forest::new();
    play(
        &mut forest,
        "1 start a from p
         2 start b under a from q
         2 start o under nobody",
    );
    let run = forest.runs().next().expect("one run").0;
    forest.forget(run);
    assert_eq!((forest.span_count(), forest.spans_ever()), (0, 3));
    assert!(is_empty(&forest));

    play(&mut forest, "3 start b under a\n3 start c under b");
    let expected = "run 2\n  b open, orphan\n    c open\n";
    assert_eq!(outline(&forest), expected);
}

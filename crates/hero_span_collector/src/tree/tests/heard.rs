//! What the forest says of each event that it hears.

use crate::tree::{Forest, Heard};

use super::script::{play, step};
use super::unindent;

/// Plays a script, and compares what is said of each event with the expected
/// lines.
#[track_caller]
fn check(script: &str, expected: &str) {
    let mut forest = Forest::new();
    let lines = script.lines().enumerate();
    let said: String = lines
        .filter_map(|(number, line)| step(&mut forest, line, number))
        .map(|(_, _, heard)| describe(&heard))
        .collect();
    assert_eq!(said, unindent(expected));
}

fn describe(heard: &Heard) -> String {
    let mut parts = vec![format!("span {} of run {}", heard.number, heard.run)];
    parts.extend(heard.is_new.then(|| "new".to_owned()));
    parts.extend(heard.lost_in.map(|(number, _)| format!("lost in {number}")));
    parts.extend(heard.flags.iter().map(|clause| clause.to_string()));
    let joined = heard.joined.iter();
    parts.extend(joined.map(|(stays, goes)| format!("run {goes} is {stays}")));
    parts.join(", ") + "\n"
}

#[test]
fn spans_are_numbered_as_they_are_first_heard_of() {
    check(
        "1 start a
         2 tag b k 1
         1 start c under a
         2 start b
         1 end a ok",
        "
         span 1 of run 1, new
         span 2 of run 2, new
         span 3 of run 1, new
         span 2 of run 2
         span 1 of run 1",
    );
}

#[test]
fn a_flag_is_new_once() {
    check(
        "1 start a at -1 flag rule.time-order
         1 tag a k 1 at -1 flag rule.time-order
         1 tag a k 1 flag rule.seq-rises
         2 start a",
        "
         span 1 of run 1, new, type.time, rule.time-order
         span 1 of run 1
         span 1 of run 1, rule.seq-rises
         span 2 of run 2, new, type.id",
    );
}

#[test]
fn a_loss_is_told_with_the_span_that_it_is_counted_on() {
    check(
        "1 start a lost 1
         1 start b under a lost 1
         1 end b ok
         1 tag a k 1 lost 1
         2 start c
         1 start d
         1 tag a k 1 lost 1",
        "
         span 1 of run 1, new
         span 2 of run 1, new, lost in 1
         span 2 of run 1
         span 1 of run 1, lost in 1
         span 3 of run 2, new
         span 4 of run 1, new
         span 1 of run 1",
    );
}

#[test]
fn runs_that_an_event_joins_are_told_in_turn() {
    check(
        "1 start x
         2 start b under a
         3 start c under d
         1 start d
         3 tag c k 1 from p
         2 tag b k 1 from p
         1 start a",
        "
         span 1 of run 1, new
         span 2 of run 2, new
         span 3 of run 3, new
         span 4 of run 1, new, run 3 is 1
         span 3 of run 1
         span 2 of run 1, run 2 is 1
         span 5 of run 1, new",
    );
    check(
        "2 start y from p
         3 start b under a
         2 start x
         4 start a from p under z
         5 start z",
        "
         span 1 of run 1, new
         span 2 of run 2, new
         span 3 of run 1, new
         span 4 of run 1, new, run 2 is 1
         span 5 of run 1, new",
    );
}

#[test]
fn numbers_begin_where_they_are_told_to() {
    let mut forest = Forest::with_first_numbers(1, 700);
    play(&mut forest, "1 start a\n1 start b");
    let (_, _, heard) = step(&mut forest, "1 start c", 0).expect("an event");
    assert_eq!(heard.number, 702);
    assert_eq!(forest.span(heard.span).number(), 702);
}

#[test]
fn a_forgotten_span_does_not_give_its_number_back() {
    let mut forest = Forest::new();
    let (_, _, heard) = step(&mut forest, "1 start a", 0).expect("an event");
    forest.forget(heard.run);
    let (_, _, again) = step(&mut forest, "1 start a", 0).expect("an event");
    assert_eq!((heard.span, heard.number), (again.span, 1));
    assert_eq!((again.number, again.is_new), (2, true));
}

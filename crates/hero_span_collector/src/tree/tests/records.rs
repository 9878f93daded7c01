//! Forests grown again from records, and records made of events alone.

use std::collections::BTreeMap;
use std::time::Duration;

use hero_span_protocol::{Clause, Event};
use proptest::prelude::*;

use super::laws::{connections, interleave, runs, turns};
use super::outline::outline;
use super::script::{play, step};
use super::unindent;
use crate::tree::{Folding, Forest, SessionId, SessionRecord, Span, SpanRecord};

/// All that is known of a forest, its spans by number.
fn records(forest: &Forest) -> (Vec<SessionRecord>, Vec<SpanRecord>) {
    let mut sessions = Vec::new();
    let mut spans = Vec::new();
    for (run, of_run) in forest.runs() {
        let ids = of_run.sessions().iter();
        sessions.extend(ids.filter_map(|&id| Some(forest.session(id)?.record(id))));
        spans.extend(forest.spans_of(run).map(|key| forest.span(key).record()));
    }
    spans.sort_by_key(|span| span.number);
    (sessions, spans)
}

fn restored(sessions: Vec<SessionRecord>, spans: Vec<SpanRecord>) -> Forest {
    let mut forest = Forest::new();
    for session in sessions {
        forest.restore_session(session);
    }
    for span in spans {
        forest.restore(span);
    }
    forest
}

/// Plays a script, and compares the trees that its records grow, and which
/// numbers are given next.
#[track_caller]
fn check(script: &str, expected: &str) {
    let mut forest = Forest::new();
    play(&mut forest, script);
    let (sessions, mut spans) = records(&forest);
    for _ in 0..2 {
        let mut again = restored(sessions.clone(), spans.clone());
        assert_eq!(outline(&again), unindent(expected));
        assert_eq!(again.runs_ever(), again.runs().count() as u64);
        let (_, _, heard) = step(&mut again, "99 start new", 0).expect("an event");
        let latest = spans.iter().map(|span| span.number).max();
        assert_eq!(Some(heard.number - 1), latest);
        spans.reverse();
    }
}

#[test]
fn trees_grow_from_records() {
    check(
        "1 start a from p
         2 start b under a from q
         2 tag b k 1
         2 log b hello
         3 start o under nobody
         3 reject
         2 end b failed at 20 flag rule.end-last
         1 tag a k 1 lost 3
         2 close
         3 end u ok",
        "
         run 1, lost 3
           a open, k=1, lost 3
             b failed, k=1, log hello, rule.end-last
         run 2, rejected 1
           o open, orphan
           u ok, start unseen",
    );
}

#[test]
fn circles_open_where_they_did() {
    check(
        "1 start a under b at 1
         2 start b under c at 2
         3 start c under a at 3
         3 start x under b at 4
         3 start self under self",
        "
         run 1
           a open, cycle
             c open
               b open
                 x open
           self open, cycle",
    );
}

#[test]
fn runs_with_the_same_ids_keep_apart() {
    check(
        "1 start a
         1 start b under a
         2 start a at 9
         2 start b under a
         3 start c under a
         2 start d under z",
        "
         run 1
           a open
             b open
             c open
         run 2
           d open, orphan
           a open, type.id
             b open, type.id",
    );
}

#[test]
fn a_session_is_restored_once_and_a_span_needs_none() {
    let mut forest = Forest::new();
    play(&mut forest, "7 start a\n7 close");
    let (sessions, spans) = records(&forest);
    let twice = restored([sessions.clone(), sessions].concat(), spans.clone());
    assert_eq!(outline(&twice), "run 1\n  a open, gone\n");
    let none = restored(Vec::new(), spans);
    assert_eq!(outline(&none), "run 1\n  a open\n");
}

/// What one span's events said, to be folded.
#[derive(Default)]
struct Told<'a> {
    events: Vec<(Event<'a>, Vec<Clause>, u32)>,
}

/// Plays a script, and gathers the events of each span by its number.
fn told<'a>(forest: &mut Forest, script: &'a str) -> BTreeMap<u64, Told<'a>> {
    let mut told: BTreeMap<u64, Told<'_>> = BTreeMap::new();
    for (number, line) in script.lines().enumerate() {
        let Some((event, lost, heard)) = step(forest, line, number) else {
            continue;
        };
        let own = &mut told.entry(heard.number).or_default().events;
        own.push((event, heard.flags.into(), 0));
        // Counted on another span, whose first event is as good as any.
        let counted = heard.lost_in.and_then(|(number, _)| told.get_mut(&number));
        if let Some((_, _, sum)) = counted.and_then(|span| span.events.first_mut()) {
            *sum += lost as u32;
        }
    }
    told
}

fn fold(span: &Span, told: &Told<'_>) -> Option<SpanRecord> {
    let SpanRecord {
        session, ordinal, ..
    } = span.record();
    let mut folding = Folding::new(span.number(), session, ordinal);
    for (event, flags, lost) in &told.events {
        folding.hear(event, flags, (*lost).into());
    }
    folding.record()
}

#[test]
fn no_events_are_no_span() {
    assert_eq!(Folding::new(1, SessionId(1), 0).record(), None);
}

/// Without losses: which span was spoken of last is not known any more.
fn without_losses(script: &str) -> String {
    script.replace("lost 1", "").replace("lost 2", "")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn records_grow_the_same_trees_in_any_order(
        (said, turns) in (connections(), turns()),
        cut in any::<prop::sample::Index>(),
        order in proptest::collection::vec(any::<u32>(), 60),
    ) {
        let script = interleave(&said, &turns);
        let lines: Vec<_> = script.lines().collect();
        let (before, after) = lines.split_at(cut.index(lines.len() + 1));
        let mut forest = Forest::new();
        play(&mut forest, &before.join("\n"));
        let (sessions, mut spans) = records(&forest);
        let known = (sessions.clone(), spans.clone());
        spans.sort_by_key(|span| order.get(span.number as usize));
        let mut again = restored(sessions, spans);
        prop_assert_eq!(outline(&forest), outline(&again), "{}", before.join("\n"));
        prop_assert_eq!(known, records(&again));
        // They go on alike, but for the numbers of runs that became one.
        let after = without_losses(&after.join("\n"));
        play(&mut forest, &after);
        play(&mut again, &after);
        prop_assert_eq!(runs(&forest), runs(&again), "{}\n{}", before.join("\n"), after);
    }

    #[test]
    fn a_record_is_the_fold_of_the_spans_own_events(
        (said, turns) in (connections(), turns()),
    ) {
        let script = interleave(&said, &turns);
        let mut forest = Forest::new();
        let mut told = told(&mut forest, &script);
        for (run, _) in forest.runs() {
            for key in forest.spans_of(run) {
                let span = forest.span(key);
                let own = told.remove(&span.number()).unwrap_or_default();
                prop_assert_eq!(Some(span.record()), fold(span, &own), "{}", script);
            }
        }
        prop_assert!(told.is_empty());
    }
}

/// How long this thread has run, not counting what others took meanwhile.
fn time_on_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("readable");
    let nanoseconds = text.split(' ').next().expect("a figure");
    Duration::from_nanos(nanoseconds.parse().expect("a number"))
}

#[test]
fn a_hundred_thousand_spans_are_restored_at_once() {
    const SPANS: u64 = 100_000;
    let mut forest = Forest::new();
    for number in 0..SPANS {
        let parent = (number > 0).then(|| format!("under s{}", number / 7));
        let line = format!("1 start s{number} {}", parent.unwrap_or_default());
        step(&mut forest, &line, number as usize);
        step(
            &mut forest,
            &format!("1 tag s{number} key 1"),
            number as usize,
        );
    }
    let (sessions, spans) = records(&forest);
    let begun = time_on_cpu();
    let again = restored(sessions, spans);
    let took = time_on_cpu() - begun;
    assert_eq!(again.span_count() as u64, SPANS);
    eprintln!("{SPANS} spans restored in {took:?}");
    // Some times what it takes, for a machine that is busy with other things.
    assert!(took.as_millis() < 400, "{took:?}");
}

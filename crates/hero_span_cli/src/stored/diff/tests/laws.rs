//! What holds of any two runs.

use std::collections::BTreeSet;

use hero_span_collector::tree::State;
use hero_span_protocol::{Kind, Status};
use proptest::prelude::*;

use super::super::Comparison;
use super::super::groups::{Groups, Spot};
use super::super::pairs::{Pairs, Side};
use super::super::times::Timing;
use super::super::tree::{Called, Failure, PathId, Seen};
use super::script::{Compared, Span};

const STATES: [State; 5] = [
    State::Unknown,
    State::Open,
    State::Ended(Status::Ok),
    State::Ended(Status::Failed),
    State::Ended(Status::Cancelled),
];

/// What a span says, as JSON values in few enough sorts to meet each other.
const VALUES: [&str; 5] = [
    "1",
    "1.0",
    "{\"a\":1,\"b\":2}",
    "{\"b\":2,\"a\":3}",
    "\"x\"",
];

/// A span: how many levels up from the one before it hangs, what it is called,
/// how it stands, how long it takes, and what it says.
type Drawn = (usize, usize, usize, u32, u32, usize, usize);

fn spans(first: u64) -> impl Strategy<Value = Vec<Span>> {
    let span = (
        0..4_usize,
        0..3_usize,
        0..5_usize,
        0..400_u32,
        0..4_u32,
        0..5_usize,
        0..5_usize,
    );
    proptest::collection::vec(span, 0..30).prop_map(move |drawn| grow(&drawn, first))
}

fn grow(drawn: &[Drawn], first: u64) -> Vec<Span> {
    let mut above: Vec<usize> = Vec::new();
    let mut spans = Vec::new();
    for (at, drawn) in drawn.iter().enumerate() {
        let levels = above.len().saturating_sub(drawn.0);
        above.truncate(levels);
        spans.push(span(drawn, first + at as u64, above.last().copied()));
        above.push(at);
    }
    spans
}

fn span(drawn: &Drawn, number: u64, above: Option<usize>) -> Span {
    let &(_, name, state, took, began, params, tag) = drawn;
    let state = STATES[state];
    let took = f64::from(took);
    let began = f64::from(began) * 100.0;
    let ended = matches!(state, State::Ended(_)).then_some(began + took);
    let is_failed = state == State::Ended(Status::Failed);
    Span {
        called: Called {
            name: ["a", "b"].get(name).map(|&name| name.into()),
            kind: Kind::Step,
        },
        seen: Seen {
            above,
            number,
            state,
            began_ms: began,
            ended_ms: ended,
            duration_ms: ended.map(|_| took),
            failure: is_failed.then(|| {
                Box::new(Failure {
                    is_origin: true,
                    ..Failure::default()
                })
            }),
        },
        lines: vec![format!(
            r#"{{"type":"span_start","span_id":"0000000000000001","ts_ms":1,"name":"n","params":{},"tags":{{"k":{}}}}}"#,
            VALUES[params], VALUES[tag]
        )],
    }
}

fn two() -> impl Strategy<Value = [Vec<Span>; 2]> {
    (spans(1), spans(1_000)).prop_map(|(before, after)| [before, after])
}

/// The paths of groups and how many there are, as text: ids are given in the
/// order in which paths are met.
fn described<K, D>(comparison: &Comparison, groups: &Groups<K, D>) -> BTreeSet<String> {
    let groups = groups.list().iter();
    groups
        .map(|group| format!("{:?} ×{}", path(comparison, group.path), group.count))
        .collect()
}

fn path(comparison: &Comparison, path: PathId) -> Vec<String> {
    let names = comparison.paths.up(path);
    names.map(|step| format!("{:?}", step.name)).collect()
}

fn timings(comparison: &Comparison, timings: &[Timing], turned: bool) -> BTreeSet<String> {
    let timings = timings.iter();
    let text = timings.map(|timing| {
        let node = comparison.trees[1].node(timing.first.1);
        let [mut total, mut median] = [timing.total_ms, timing.median_ms];
        if turned {
            total.reverse();
            median.reverse();
        }
        format!(
            "{:?} ×{} of {} {total:?} {median:?}",
            path(comparison, node.path),
            timing.spans(),
            timing.count
        )
    });
    text.collect()
}

fn spans_alone<K, D>(groups: &Groups<K, D>, beneath: impl Fn(&D) -> u64) -> u64 {
    let groups = groups.list().iter();
    groups
        .map(|group| group.count + beneath(&group.detail))
        .sum()
}

proptest! {
    #[test]
    fn a_run_is_the_same_as_itself(spans in spans(1)) {
        let compared = Compared::of([spans.clone(), spans]).within("0");
        let findings = compared.compare().findings;
        prop_assert!(findings.is_none(), "{findings:?}");
        prop_assert_eq!(findings.failed_first, None);
    }

    #[test]
    fn turned_round_it_says_the_contrary([before, after] in two()) {
        let there = Compared::of([before.clone(), after.clone()]).within("10%,5ms").compare();
        let back = Compared::of([after, before]).within("10%,5ms").compare();
        let (one, other) = (&there.findings, &back.findings);
        prop_assert_eq!(one.is_none(), other.is_none());
        prop_assert_eq!(one.matched, other.matched);
        prop_assert_eq!(one.untimed, other.untimed);
        prop_assert_eq!(one.so_far, other.so_far);
        prop_assert_eq!(described(&there, &one.new), described(&back, &other.gone));
        prop_assert_eq!(described(&there, &one.gone), described(&back, &other.new));
        prop_assert_eq!(described(&there, &one.states), described(&back, &other.states));
        prop_assert_eq!(described(&there, &one.values), described(&back, &other.values));
        prop_assert_eq!(
            timings(&there, &one.slower, false),
            timings(&back, &other.faster, true)
        );
        prop_assert_eq!(
            timings(&there, &one.faster, false),
            timings(&back, &other.slower, true)
        );
    }

    #[test]
    fn every_span_is_matched_once_or_told_as_new_or_gone([before, after] in two()) {
        let counts = [before.len() as u64, after.len() as u64];
        let comparison = Compared::of([before, after]).compare();
        let findings = &comparison.findings;
        let gone = spans_alone(&findings.gone, |alone| alone.beneath);
        let new = spans_alone(&findings.new, |alone| alone.beneath);
        prop_assert_eq!([findings.matched + gone, findings.matched + new], counts);
    }

    #[test]
    fn counterparts_have_one_path_and_counterparts_above([before, after] in two()) {
        let compared = Compared::of([before, after]);
        let Comparison { trees: [before, after], .. } = compared.compare();
        let number = |number: u64| Ok::<_, std::convert::Infallible>(number % 3);
        let Ok(pairs) = Pairs::of(&before, &after, number);
        let mut seen = BTreeSet::new();
        for (one, other) in pairs.iter() {
            prop_assert!(seen.insert(one), "twice");
            let (ours, theirs) = (before.node(one), after.node(other));
            prop_assert_eq!(ours.path, theirs.path);
            prop_assert_eq!(pairs.other(Side::Before, one), Some(other));
            let above = ours.seen.above.map(|above| pairs.other(Side::Before, above));
            prop_assert_eq!(above, theirs.seen.above.map(Some));
        }
    }

    #[test]
    fn of_siblings_with_one_path_as_many_are_matched_as_can_be([before, after] in two()) {
        let comparison = Compared::of([before, after]).compare();
        for group in comparison.findings.new.list() {
            let Spot::New(at) = group.first else {
                panic!("{:?} is not new", group.first)
            };
            let after = &comparison.trees[1];
            let above = after.node(at).seen.above;
            let all = after.below(above).filter(|&at| after.node(at).path == group.path);
            prop_assert_eq!(all.count(), after.alike(at));
        }
    }

    #[test]
    fn what_is_shown_is_fit_for_a_terminal([before, after] in two(), limit in 0..5_usize) {
        let mut compared = Compared::of([before, after]).within("0");
        compared.limit = limit;
        for line in compared.told().lines() {
            prop_assert_eq!(hero_span_protocol::printable(line), line);
        }
        let json = serde_json::to_value(compared.compare().json()).expect("JSON");
        prop_assert!(json["same"].is_boolean());
    }
}

//! Whatever order the lines of different connections arrive in, the trees
//! are the same in the end.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::outline::run_outline;
use super::script::play;
use crate::tree::Forest;

/// Spans are named by a connection and a letter: no connection speaks of
/// another's spans but as parents.
const CONNECTIONS: u64 = 4;
const LETTERS: [char; 5] = ['a', 'b', 'c', 'd', 'e'];

/// One step without its connection: `VERB`, letter, the rest.
fn step() -> impl Strategy<Value = (&'static str, char, String)> {
    let letter = || proptest::sample::select(&LETTERS[..]);
    // Connection 0 is nobody: its spans never start.
    let parent = (0..=CONNECTIONS, letter()).prop_map(|(other, letter)| format!("{other}{letter}"));
    let start = (parent, 0..9_u32, 0..2_u32)
        .prop_map(|(parent, at, lost)| format!("under {parent} at {at} lost {lost}"));
    let root = (0..9_u32).prop_map(|at| format!("at {at}"));
    prop_oneof![
        4 => (Just("start"), letter(), start),
        1 => (Just("start"), letter(), root),
        1 => (Just("tag"), letter(), (0..9_u32).prop_map(|value| format!("k {value} at 9 lost 1"))),
        1 => (Just("log"), letter(), Just("hello at 9".to_owned())),
        2 => (Just("end"), letter(), Just("ok at 9".to_owned())),
    ]
}

/// What each connection says, from the first line to its end.
pub(super) fn connections() -> impl Strategy<Value = Vec<Vec<String>>> {
    let one = proptest::collection::vec(step(), 0..12);
    let all = proptest::collection::vec(one, CONNECTIONS as usize);
    all.prop_map(|all| {
        (1..)
            .zip(all)
            .map(|(number, steps)| lines(number, steps))
            .collect()
    })
}

fn lines(number: u64, steps: Vec<(&str, char, String)>) -> Vec<String> {
    let said = steps.into_iter();
    let mut lines: Vec<_> = said
        .map(|(verb, letter, rest)| {
            format!("{number} {verb} {number}{letter} {rest} from p{number}")
        })
        .collect();
    lines.push(format!("{number} close"));
    lines
}

/// The lines in an order that keeps each connection's own: at each place,
/// which connection speaks.
pub(super) fn interleave(connections: &[Vec<String>], turns: &[usize]) -> String {
    let mut left: Vec<_> = connections.iter().map(|lines| lines.iter()).collect();
    let mut script = Vec::new();
    for turn in turns {
        script.extend(left[*turn].next().cloned());
    }
    script.extend(left.into_iter().flatten().cloned());
    script.join("\n")
}

pub(super) fn turns() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..CONNECTIONS as usize, 0..60)
}

fn grown(script: &str) -> Vec<String> {
    let mut forest = Forest::new();
    play(&mut forest, script);
    runs(&forest)
}

/// Runs without their numbers, which come from the order of arrival.
pub(super) fn runs(forest: &Forest) -> Vec<String> {
    let runs = forest.runs();
    let mut runs: Vec<_> = runs.map(|(id, _)| run_outline(forest, id)).collect();
    runs.sort();
    runs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_order_of_arrival_does_not_matter(
        said in connections(),
        one in turns(),
        other in turns(),
    ) {
        let one = interleave(&said, &one);
        let other = interleave(&said, &other);
        prop_assert_eq!(grown(&one), grown(&other), "\n{}\n--- against\n{}", one, other);
    }

    #[test]
    fn every_span_is_in_its_tree_once(said in connections(), turns in turns()) {
        let mut forest = Forest::new();
        play(&mut forest, &interleave(&said, &turns));
        for (run, _) in forest.runs() {
            let mut left = forest.roots(run);
            let mut seen = std::collections::BTreeSet::new();
            while let Some(key) = left.pop() {
                prop_assert!(seen.insert(key), "{key:?} twice");
                let children = forest.children(key);
                prop_assert_eq!(children.len(), forest.span(key).child_count() as usize);
                left.extend(children);
            }
            let listed: Vec<_> = forest.spans_of(run).collect();
            prop_assert_eq!(seen.len(), listed.len());
            prop_assert_eq!(seen, listed.into_iter().collect());
        }
        let all = forest.runs().map(|(run, _)| forest.spans_of(run).count());
        prop_assert_eq!(all.sum::<usize>(), forest.span_count());
    }

    #[test]
    fn what_is_left_after_forgetting_one_run_is_the_same(
        said in connections(),
        which in subsequence((0..CONNECTIONS as usize).collect::<Vec<_>>(), 1),
    ) {
        let mut forest = Forest::new();
        play(&mut forest, &interleave(&said, &[]));
        let runs: Vec<_> = forest.runs().map(|(id, _)| id).collect();
        let gone = runs.get(which[0] % runs.len().max(1)).copied();
        let before: Vec<_> = runs.iter().filter(|&&id| Some(id) != gone)
            .map(|&id| run_outline(&forest, id)).collect();
        gone.into_iter().for_each(|id| forest.forget(id));
        let after: Vec<_> = forest.runs().map(|(id, _)| run_outline(&forest, id)).collect();
        prop_assert_eq!(before, after);
    }
}

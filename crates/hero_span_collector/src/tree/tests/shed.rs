//! What is let go, and that nothing else is changed by it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::laws::{connections, interleave, turns};
use super::outline::outline;
use super::script::{id, play, step};
use super::{check, is_empty};
use crate::tree::{Counts, Forest, Heard, SessionId, SpanKey, Tally};

#[test]
fn the_earliest_end_goes_first() {
    check(
        "1 start a
         1 start b under a
         1 start c under a
         1 start d under a
         1 end c ok
         1 end b ok
         1 end d ok
         - shed 1 9",
        "
         run 1
           a open, 2 let go
             d ok",
    );
}

#[test]
fn a_span_stays_while_something_hangs_under_it() {
    let script = "1 start a
         1 start b under a
         1 start c under b
         1 start d under b
         1 end b ok
         1 end c ok
         - shed 0 9";
    check(
        script,
        "
         run 1
           a open
             b ok, 1 let go
               d open",
    );
    let more = "
         1 start e
         1 end e ok
         1 end d ok";
    // Of those that have ended, what has waited longest goes first.
    check(
        &format!("{script}{more}\n- shed 2 9"),
        "
         run 1, roots let go 1
           a open
             b ok, 1 let go
               d ok",
    );
    check(
        &format!("{script}{more}\n- shed 0 9"),
        "
         run 1, roots let go 1
           a open, 1 let go",
    );
}

#[test]
fn open_spans_go_when_there_are_too_many() {
    check(
        "1 start a
         1 start b
         1 start c
         1 start d under c
         1 start e
         1 end e ok
         - shed 1 3",
        "
         run 1, roots let go 2
           c open
             d open
           e ok",
    );
    check(
        "1 start a
         1 start b under a
         1 start c under b
         - shed 0 1",
        "
         run 1
           a open, 1 let go",
    );
}

#[test]
fn what_comes_for_a_span_that_was_let_go_is_of_a_new_one() {
    check(
        "1 start a
         1 start b under a
         1 end b ok
         - shed 0 9
         1 tag b k 1
         1 start c under b
         1 start d under a",
        "
         run 1
           a open, 1 let go
             d open
           b unknown, k=1
             c open",
    );
}

#[test]
fn a_child_of_a_span_that_was_let_go_is_an_orphan() {
    check(
        "1 start b
         1 end b ok
         - shed 0 9
         1 start c under b
         2 start d under b",
        "
         run 1, roots let go 1
           c open, orphan
           d open, orphan",
    );
}

#[test]
fn a_loss_after_the_end_of_a_span_that_was_let_go_falls_on_its_parent() {
    check(
        "1 start a
         1 start b under a
         1 end b ok
         - shed 0 9
         1 start c under a lost 2",
        "
         run 1, lost 2
           a open, 1 let go, lost 2
             c open",
    );
    check(
        "1 start a
         1 start b under a
         1 end a ok
         1 tag b k 1
         - shed 1 1
         1 tag a k 1 lost 2",
        "
         run 1, lost 2
           a ok, k=1, 1 let go",
    );
}

#[test]
fn an_opened_circle_is_let_go_like_any_tree() {
    check(
        "1 start a under b at 1
         2 start b under c at 2
         3 start c under a at 3
         3 start x under b at 4
         3 end x ok
         2 end b ok
         - shed 0 9
         3 start y under c at 5
         1 start z under a at 6",
        "
         run 1
           a open, cycle
             c open, 1 let go
               y open
             z open",
    );
    // The others once found their tree by a span that is let go here, and
    // whose place the next one takes.
    check(
        "3 start c under a at 3
         2 start b under c at 1
         1 start a under b at 2
         4 start y under b at 0
         3 end c ok
         - shed 0 9
         1 end a ok
         - shed 0 9
         5 start z under y at 9",
        "
         run 1
           b open, cycle, 1 let go
             y open
               z open",
    );
}

/// A thousand spans at a time that wait for one parent, and are let go.
#[test]
fn orphans_of_one_parent_cost_no_more_than_others() {
    let mut forest = Forest::new();
    for number in 0..100_000 {
        let line = format!("1 start s{number} under nobody");
        step(&mut forest, &line, number);
        step(&mut forest, &format!("1 end s{number} ok"), number);
        if number % 1_000 == 0 {
            forest.shed(1_000, 2_000);
        }
    }
    forest.shed(10, 2_000);
    let waiting = &forest.waiting[&id("nobody")];
    assert_eq!(waiting.len(), 10);
    assert!(waiting.capacity() < 200, "{}", waiting.capacity());
    step(&mut forest, "1 start nobody", 0);
    let (run, _) = forest.runs().next().expect("a run");
    assert_eq!(forest.roots(run).len(), 1);
    assert!(forest.waiting.is_empty());
}

#[test]
fn memory_is_given_back() {
    let mut forest = Forest::new();
    for number in 0..20_000 {
        step(&mut forest, &format!("1 start s{number}"), number);
        if number != 19_000 {
            step(&mut forest, &format!("1 end s{number} ok"), number);
        }
    }
    forest.shed(0, 20_000);
    assert_eq!(forest.span_count(), 1);
    let session = forest.sessions.values().next().expect("a connection");
    let room = [forest.by_id.capacity(), session.spans.capacity()];
    assert!(room.iter().all(|room| *room < 200), "{room:?}");
    let key = forest
        .spans_of(forest.runs().next().expect("a run").0)
        .next();
    assert_eq!(forest.span(key.expect("a span")).name(), "s19000");
}

#[test]
fn a_deep_chain_goes_from_its_tip() {
    let mut forest = Forest::new();
    step(&mut forest, "1 start s0", 0);
    for number in 1..100_000_usize {
        let line = format!("1 start s{number} under s{}", number - 1);
        step(&mut forest, &line, number);
    }
    forest.shed(0, 3);
    assert_eq!(
        outline(&forest),
        "run 1\n  s0 open\n    s1 open\n      s2 open, 1 let go\n"
    );
}

/// Which span a script's name means in a forest: the latest of that name.
#[derive(Default)]
struct Names<'a> {
    heard: BTreeMap<&'a str, (SpanKey, u64)>,
    /// The parents that were named by spans of those names.
    parents: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn hear(&mut self, words: &[&'a str], heard: &Heard) {
        self.heard.insert(words[2], (heard.span, heard.number));
        if words[1] == "start" && words[3] == "under" {
            self.parents.entry(words[2]).or_insert(words[4]);
        }
    }

    /// The spans that were let go and, as others may have waited for them
    /// with those, the parents that they named.
    fn gone(&self, forest: &Forest) -> BTreeSet<&'a str> {
        let heard = self.heard.iter();
        let gone = heard.filter(|(_, (key, number))| forest.held(*key, *number).is_none());
        gone.flat_map(|(&name, _)| [Some(name), self.parents.get(name).copied()])
            .flatten()
            .collect()
    }
}

fn check_alike(kept: &Forest, shed: &Forest) -> Result<(), TestCaseError> {
    let by_number: BTreeMap<_, _> = kept
        .runs()
        .flat_map(|(run, _)| kept.spans_of(run))
        .map(|key| (kept.span(key).number(), kept.span(key)))
        .collect();
    let number = |forest: &Forest, key: Option<SpanKey>| key.map(|key| forest.span(key).number());
    for ((id, run), (other_id, other)) in kept.runs().zip(shed.runs()) {
        prop_assert_eq!(id, other_id);
        prop_assert_eq!(run.tally(), other.tally());
        prop_assert_eq!(run.left_open(), other.left_open());
        prop_assert_eq!(run.first_time(), other.first_time());
        prop_assert_eq!(run.last_time(), other.last_time());
        prop_assert_eq!(run.revision(), other.revision());
        prop_assert_eq!(run.sessions_ever(), other.sessions_ever());
        prop_assert_eq!(run.connected(), other.connected());
        prop_assert_eq!(kept.counts(id), shed.counts(id));
        let held: Vec<_> = shed.spans_of(id).map(|key| shed.span(key)).collect();
        prop_assert_eq!(held.len() as u64, other.held_spans());
        for span in held {
            let same = by_number[&span.number()];
            prop_assert_eq!(span.state(), same.state());
            prop_assert_eq!(number(shed, span.parent()), number(kept, same.parent()));
            prop_assert_eq!(span.is_in_cycle(), same.is_in_cycle());
            let children = span.child_count() + span.children_let_go();
            prop_assert_eq!(children, same.child_count());
        }
    }
    prop_assert_eq!(kept.runs().count(), shed.runs().count());
    prop_assert_eq!(kept.spans_ever(), shed.spans_ever());
    Ok(())
}

/// As many as may be, or any number.
fn keep(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..most, 1 => Just(usize::MAX)]
}

/// After which line to let go of how many.
fn sheds() -> impl Strategy<Value = BTreeMap<usize, (usize, usize)>> {
    proptest::collection::btree_map(0..60_usize, (keep(4), keep(8)), 0..30)
}

/// What is kept up to date event by event is what one would count.
fn check_counts(forest: &Forest) -> Result<(), TestCaseError> {
    for (id, run) in forest.runs() {
        let mut held = Tally::default();
        forest
            .root_keys(id)
            .for_each(|key| held.add(forest.span(key).state()));
        prop_assert_eq!(run.roots().spans, held.spans + run.roots_let_go());
        if run.roots_let_go() == 0 {
            prop_assert_eq!(run.roots(), held);
        }
        if run.sessions_let_go == 0 {
            let mut came = Counts::default();
            forest
                .sessions_of(id)
                .for_each(|session| came += session.counts());
            prop_assert_eq!(run.counts(), came);
        }
    }
    Ok(())
}

fn check_bounds(forest: &Forest, ended: usize, all: usize) -> Result<(), TestCaseError> {
    check_counts(forest)?;
    prop_assert!(forest.span_count() <= all);
    let spans = forest.runs().flat_map(|(run, _)| forest.spans_of(run));
    let spans: Vec<_> = spans.map(|key| forest.span(key)).collect();
    prop_assert_eq!(spans.len(), forest.span_count());
    for span in &spans {
        let above = std::iter::successors(span.parent(), |&up| forest.span(up).parent());
        let tree = span.links.tree;
        let is_above = tree.is_none_or(|tree| above.into_iter().any(|key| key == tree));
        prop_assert!(is_above, "{:?} finds its tree by {:?}", span, tree);
    }
    let ended_spans = spans.iter().filter(|span| span.ended().is_some());
    prop_assert_eq!(ended_spans.clone().count(), forest.ended_spans);
    if forest.ended_spans > ended {
        let has_children = ended_spans.clone().all(|span| span.child_count() > 0);
        prop_assert!(has_children, "one more could go");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// As long as nobody speaks of what was let go.
    #[test]
    fn what_is_let_go_changes_nothing_else(
        (said, turns) in (connections(), turns()),
        sheds in sheds(),
    ) {
        let script = interleave(&said, &turns);
        let (mut kept, mut shed) = (Forest::new(), Forest::new());
        let mut names = Names::default();
        for (number, line) in script.lines().enumerate() {
            let words: Vec<_> = line.split_whitespace().collect();
            let gone = names.gone(&shed);
            if !words.iter().any(|word| gone.contains(word)) {
                step(&mut kept, line, number);
                if let Some((_, _, heard)) = step(&mut shed, line, number) {
                    names.hear(&words, &heard);
                }
            }
            if let Some(&(ended, all)) = sheds.get(&number) {
                shed.shed(ended, all);
                check_bounds(&shed, ended, all)?;
            }
            check_alike(&kept, &shed)?;
        }
    }

    #[test]
    fn what_is_said_of_spans_that_were_let_go_does_no_harm(
        (said, turns) in (connections(), turns()),
        sheds in sheds(),
    ) {
        let script = interleave(&said, &turns);
        let mut forest = Forest::new();
        let mut names = Names::default();
        let mut latest = 0;
        for (number, line) in script.lines().enumerate() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let Some((_, _, heard)) = step(&mut forest, line, number) {
                let known = names.heard.get(words[2]);
                let is_held = known.is_some_and(|&(key, number)| {
                    (key, number) == (heard.span, heard.number)
                });
                prop_assert_eq!(heard.is_new, !is_held);
                prop_assert_eq!(heard.is_new, heard.number == latest + 1);
                latest = latest.max(heard.number);
                names.hear(&words, &heard);
            }
            if let Some(&(ended, all)) = sheds.get(&number) {
                forest.shed(ended, all);
                check_bounds(&forest, ended, all)?;
            }
        }
        let runs: Vec<_> = forest.runs().map(|(run, _)| run).collect();
        runs.into_iter().for_each(|run| forest.forget(run));
        (1..=9).for_each(|id| forest.forget_silent(SessionId(id)));
        prop_assert!(is_empty(&forest), "{:?}", forest);
    }
}

#[test]
fn connections_that_are_over_go_with_their_spans() {
    let mut forest = Forest::new();
    let script = "1 start a
        2 start b under a lost 1
        2 end b ok
        2 close
        3 start c under a
        3 close
        4 start d under a
        4 end d ok
        - shed 0 9
        4 close
        4 reject";
    play(&mut forest, script);
    let sessions = |forest: &Forest| {
        let (id, run) = forest.runs().next().expect("a run");
        let mut held: Vec<_> = run.sessions().iter().map(|session| session.0).collect();
        held.sort_unstable();
        let counts = forest.counts(id);
        (held, run.sessions_ever(), counts.lost, counts.rejected)
    };
    assert_eq!(sessions(&forest), (vec![1, 3, 4], 4, 1, 1));
    assert_eq!(forest.session(SessionId(2)).map(|_| ()), None);
    forest.shed(0, 9);
    assert_eq!(sessions(&forest), (vec![1, 3], 4, 1, 1));
    forest.shed(0, 1);
    assert_eq!(sessions(&forest), (vec![1], 4, 1, 1));
}

#[test]
fn a_producer_is_known_while_any_connection_of_it_is_open() {
    let mut forest = Forest::new();
    let script = "1 start a from p
        2 start b from p
        1 end a ok
        1 close
        - shed 0 9
        3 start c from p";
    play(&mut forest, script);
    assert_eq!(forest.session(SessionId(1)).map(|_| ()), None);
    assert_eq!(forest.runs().count(), 1);
}

#[test]
fn a_run_keeps_the_name_of_its_first_root() {
    let mut forest = Forest::new();
    play(
        &mut forest,
        "1 start b at 5\n1 start a at 4\n1 end a ok at 6\n- shed 0 9\n1 start c at 7",
    );
    let names: Vec<_> = forest.runs().map(|(_, run)| run.name()).collect();
    assert_eq!(names, [Some("a")]);
}

#[test]
fn all_can_be_let_go() {
    let mut forest = Forest::new();
    play(&mut forest, "1 start a\n1 start b under a\n- shed 0 0");
    assert_eq!(outline(&forest), "run 1, roots let go 1\n");
    assert!(forest.spans.is_tidy() && forest.turns.is_empty());
}

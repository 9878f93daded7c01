//! What is shown when not everything fits.

use std::collections::HashSet;

use hero_span_collector::Forest;
use hero_span_collector::tree::SpanKey;

use super::grow;
use crate::view::{Look, Rows, choose};

/// A hundred finished steps with one that runs in the middle, and a branch
/// that was heard of last.
fn crowd() -> Forest {
    let steps = (0..100).map(|n| {
        let end = if n == 50 {
            String::new()
        } else {
            format!("1 end s{n} ok at {n}\n")
        };
        format!("1 start step s{n} under run at {n}\n{end}")
    });
    let script = format!(
        "1 start flow run at 0\n{}1 start step branch under run at 200\n1 start step leaf under branch at 201\n1 end leaf ok at 202\n1 end branch ok at 203\n",
        steps.collect::<String>()
    );
    grow(&script)
}

fn shown(forest: &Forest, room: usize) -> (String, HashSet<SpanKey>) {
    let (run, _) = forest.runs().next().expect("a run");
    let chosen = choose(forest, run, room);
    let look = Look {
        stable: true,
        ..Look::default()
    };
    let rows = Rows::new(forest, run, true, Some(&chosen));
    let lines = rows.map(|row| look.row(forest, &row) + "\n").collect();
    (lines, chosen)
}

#[test]
fn what_runs_comes_first_and_then_what_was_heard_last() {
    let forest = crowd();
    insta::assert_snapshot!(shown(&forest, 5).0, @"
    ● run  flow  running  [98 spans not shown]
    ├─ ✓ branch  step
    │  └─ ✓ leaf  step
    ├─ ● s50  step  running
    └─ ✓ s99  step
    ");
    insta::assert_snapshot!(shown(&forest, 2).0, @"
    ● run  flow  running  [100 spans not shown]
    └─ ● s50  step  running
    ");
}

#[test]
fn what_was_let_go_is_not_shown_and_said_to_be_earlier() {
    let script = "
        1 start flow run at 0
        1 start step a under run at 1
        1 end a ok at 2
        1 start step b under run at 3
        1 end b failed at 4
        1 start step c under run at 5
        1 start step d under run at 6
        1 start step e at 6
        1 end e ok at 7
        - shed 0 99";
    let forest = grow(script);
    insta::assert_snapshot!(super::stable(script), @"
    run 1  6 spans, 1 failed, 3 running, 1 earlier span not shown
    ● run  flow  running  [2 earlier spans not shown]
    ├─ ● c  step  running
    └─ ● d  step  running
    ");
    insta::assert_snapshot!(shown(&forest, 2).0, @"
    ● run  flow  running  [3 earlier spans not shown]
    └─ ● d  step  running
    ");
}

#[test]
fn there_is_never_more_than_fits() {
    let forest = crowd();
    for room in 0..110 {
        let (lines, chosen) = shown(&forest, room);
        assert!(chosen.len() <= room, "{room}");
        assert_eq!(
            lines.lines().count(),
            chosen.len(),
            "each stands in the tree"
        );
    }
}

#[test]
fn a_span_too_deep_for_the_room_is_passed_over() {
    let links = (1..60).map(|n| format!("1 start span s{n} under s{} at {n}\n", n - 1));
    let script: String = std::iter::once("1 start flow s0 at 0\n".to_owned())
        .chain(links)
        .collect();
    let forest = grow(&script);
    assert_eq!(shown(&forest, 60).1.len(), 60);
    assert!(shown(&forest, 10).1.len() <= 10);
}

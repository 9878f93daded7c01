//! The table of single edits: each rule finds its failing edit and passes the one beside it, and
//! each edit has the findings that stand in the snapshot, and no other.

use std::thread;

use super::edited;
use crate::{Comparison, Direction, Rule, compare, rules};

#[test]
fn each_edit_has_its_findings_and_no_other_and_each_break_its_witness() {
    let rules = rules().unwrap();
    let halves = rules.split_at(rules.len() / 2);
    let [first, second] = thread::scope(|scope| {
        [halves.0, halves.1]
            .map(|half| scope.spawn(move || half.iter().map(check).collect::<String>()))
            .map(|running| running.join().unwrap())
    });
    insta::assert_snapshot!(first + &second);
}

/// What is found of a rule's two edits, after what must hold of both.
fn check(rule: &Rule) -> String {
    let (fails, passes) = (compared(rule, &rule.fails), compared(rule, &rule.passes));
    let of_rule = |comparison: &Comparison| {
        let mut findings = comparison.findings.iter();
        findings.find(|finding| finding.rule == rule.id).cloned()
    };
    let finding = of_rule(&fails).unwrap_or_else(|| panic!("{}: {}", rule.id, told(&fails)));
    for direction in Direction::BOTH {
        let claimed = rule.effect(direction);
        // A judge of SDKs sees what is flagged only where values differ.
        if claimed.breaks() && !rule.suspect {
            assert_eq!(
                finding.effect(direction),
                claimed,
                "{}: {direction}",
                rule.id
            );
        }
    }
    assert_eq!(of_rule(&passes), None, "{} finds the passing edit", rule.id);
    for comparison in [&fails, &passes] {
        assert_eq!(comparison.unexplained, [], "{}", rule.id);
        assert_proved(comparison);
    }
    let id = &rule.id;
    format!(
        "{id}, found\n{}{id}, passed\n{}",
        told(&fails),
        told(&passes)
    )
}

fn compared(rule: &Rule, edits: &[(String, String)]) -> Comparison {
    let old = edited(&rule.base);
    let new = edited(rule.base.iter().chain(edits));
    compare(&old, &new).unwrap()
}

/// Each finding: its rule, its place, and what becomes of lines both ways.
fn told(comparison: &Comparison) -> String {
    let findings = comparison.findings.iter().map(|finding| {
        let [to_new, to_old] = Direction::BOTH.map(|direction| finding.effect(direction));
        let (rule, place) = (finding.rule, &finding.place);
        format!("  {rule} {place}: {to_new} / {to_old}\n")
    });
    findings.collect()
}

/// Every break has a witness, and all that looked at it agree.
fn assert_proved(comparison: &Comparison) {
    for finding in &comparison.findings {
        let breaks = finding
            .outcomes
            .iter()
            .filter(|outcome| outcome.effect.breaks());
        for outcome in breaks {
            let witness = outcome.witness.as_ref().unwrap();
            assert!(!witness.tried.is_empty(), "{finding:?}");
            assert!(
                witness.tried.iter().all(|trial| trial.agrees),
                "{finding:?}"
            );
        }
    }
}

//! Each rule finds its failing edit and passes the one beside it.

use super::edited;
use crate::{Comparison, Direction, Rule, compare, rules};

fn compared(rule: &Rule, edits: &[(String, String)]) -> Comparison {
    let old = edited(&rule.base);
    let new = edited(rule.base.iter().chain(edits));
    compare(&old, &new).unwrap()
}

#[test]
fn each_rule_finds_its_edit_with_a_witness_and_passes_another() {
    let mut wrong = Vec::new();
    for rule in rules().unwrap() {
        let fails = compared(rule, &rule.fails);
        match fails
            .findings
            .iter()
            .find(|finding| finding.rule == rule.id)
        {
            None => {
                let found: Vec<_> = fails.findings.iter().map(|it| it.rule).collect();
                wrong.push(format!("{}: finds {found:?}", rule.id));
            }
            Some(finding) => {
                for direction in Direction::BOTH {
                    let outcome = finding.outcomes.iter().find(|it| it.direction == direction);
                    let outcome = outcome.unwrap();
                    // A judge of SDKs sees what is flagged only where values differ.
                    let must = rule.effect(direction).breaks() && !rule.suspect;
                    if must && outcome.effect != rule.effect(direction) {
                        let (id, claimed) = (&rule.id, rule.effect(direction));
                        wrong.push(format!("{id}: {direction} {claimed} is not shown"));
                    }
                }
            }
        }
        let passes = compared(rule, &rule.passes);
        if passes
            .findings
            .iter()
            .any(|finding| finding.rule == rule.id)
        {
            wrong.push(format!("{}: finds the passing edit", rule.id));
        }
        for comparison in [fails, passes] {
            if !comparison.unexplained.is_empty() {
                wrong.push(format!("{}: {:?}", rule.id, comparison.unexplained));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

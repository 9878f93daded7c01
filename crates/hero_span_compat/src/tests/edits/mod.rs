//! Edits of the contract's text as a maintainer makes them, and all that is found about each.
//!
//! What is found is written as `RULE PLACE: OLD TO NEW / NEW TO OLD`: what becomes of an old SDK's
//! lines at a new collector, and of a new SDK's at an old one. `not refused` says that the rule
//! expects it, and no line shows it.

mod clauses;
mod events;
mod fields;
mod limits;
mod presences;
mod types;
mod words;

use super::{edited, shown};
use crate::compare;

/// One edit.
struct Edit {
    /// What it does, in words.
    what: &'static str,
    /// What stands in the text, and what stands there instead.
    edit: &'static [(&'static str, &'static str)],
    /// Everything that is found, in order.
    found: &'static [&'static str],
}

/// Compares the contract with each edit of it, and says everything that is not as expected.
#[track_caller]
fn check(edits: &[Edit]) {
    let wrong: Vec<String> = edits.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn wrong(edit: &Edit) -> Option<String> {
    let texts = edit.edit.iter();
    let texts: Vec<_> = texts
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect();
    let comparison = compare(&edited(&[]), &edited(&texts)).unwrap();
    let mut wrong = Vec::new();
    let found = shown(&comparison);
    if found != edit.found.join("\n") {
        wrong.push(format!("found:\n{found}"));
    }
    if !comparison.unexplained.is_empty() {
        wrong.push(format!("unexplained: {:#?}", comparison.unexplained));
    }
    for finding in &comparison.findings {
        let broken = finding.outcomes.iter().filter(|it| it.effect.breaks());
        for outcome in broken {
            let witness = outcome.witness.as_ref();
            let tried = witness.map_or(&[][..], |witness| &witness.tried);
            if tried.is_empty() || tried.iter().any(|trial| !trial.agrees) {
                wrong.push(format!("{} is not shown: {tried:#?}", finding.rule));
            }
        }
    }
    let what = edit.what;
    (!wrong.is_empty()).then(|| format!("{what}: {}", wrong.join("\n")))
}

#[test]
fn they_are_many() {
    let groups = [
        clauses::EDITS,
        events::EDITS,
        fields::EDITS,
        limits::EDITS,
        presences::EDITS,
        types::EDITS,
        words::EDITS,
    ];
    let edits: usize = groups.iter().map(|edits| edits.len()).sum();
    assert!(edits >= 60, "{edits}");
}

//! Contracts that differ by an edit of their text.

mod edits;
mod pairs;
mod strings;
mod table;

use hero_span_contract::{Contract, parse_text};

use crate::Comparison;

const TEXT: &str = include_str!("../../../../spec/v1/contract.txt");

/// The contract after edits, each of a text that is there.
fn edited<'a>(edits: impl IntoIterator<Item = &'a (String, String)>) -> Contract {
    let text = edits.into_iter().fold(TEXT.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not there: {from:?}");
        text.replace(from, to)
    });
    parse_text("contract.txt", &text).unwrap().contract
}

/// Every finding on a line: its rule, its place, and what becomes of lines in each direction.
fn shown(comparison: &Comparison) -> String {
    let lines = comparison.findings.iter().map(|finding| {
        let outcomes = finding.outcomes.iter().map(|it| match it.unshown {
            Some(unshown) => format!("{}, not {unshown}", it.effect),
            None => it.effect.to_string(),
        });
        let outcomes: Vec<String> = outcomes.collect();
        let (rule, place) = (finding.rule, &finding.place);
        format!("{rule} {place}: {}", outcomes.join(" / "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

//! Contracts that differ by an edit of their text.

mod pairs;
mod table;

use hero_span_contract::{Contract, parse_text};

const TEXT: &str = include_str!("../../../../spec/v1/contract.txt");

/// The contract after edits, each of a text that is there.
fn edited<'a>(edits: impl IntoIterator<Item = &'a (String, String)>) -> Contract {
    let text = edits.into_iter().fold(TEXT.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not there: {from:?}");
        text.replace(from, to)
    });
    parse_text("contract.txt", &text).unwrap().contract
}

//! The docstring's prose as Markdown: names become links or code.

use std::collections::BTreeMap;

use hero_span_contract::Contract;

/// Knows where each name of the contract is explained.
pub(super) struct Linker<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Linker<'a> {
    /// Limits, variables and clauses are linked to their clause.
    pub(super) fn new(contract: &'a Contract) -> Self {
        let clauses = contract
            .clauses()
            .map(|clause| (clause.id.as_str(), clause.id.as_str()));
        let limits = contract.limits.iter();
        let limits = limits.map(|limit| (limit.name.as_str(), limit.clause.as_str()));
        let variables = contract.environment.iter();
        let variables =
            variables.map(|variable| (variable.name.as_str(), variable.clause.as_str()));
        Self(clauses.chain(limits).chain(variables).collect())
    }

    /// Paragraphs with an empty line between.
    pub(super) fn paragraphs(&self, text: &str) -> String {
        let paragraphs = text.split("\n\n").map(|paragraph| self.line(paragraph));
        paragraphs.collect::<Vec<_>>().join("\n\n")
    }

    /// One paragraph.
    pub(super) fn line(&self, text: &str) -> String {
        let words = text.split(' ').map(|word| self.word(word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn word(&self, word: &str) -> String {
        let (before, name, after) = trimmed(word);
        if let Some(clause) = self.0.get(name) {
            return format!("{before}[`{name}`](#{clause}){after}");
        }
        if name.contains('_') || name.starts_with('\\') {
            return format!("{before}`{name}`{after}");
        }
        escaped(word)
    }
}

/// A word without the punctuation around it.
fn trimmed(word: &str) -> (&str, &str, &str) {
    let start = word.len() - word.trim_start_matches(['(', '"', '[', '{']).len();
    let end = word
        .trim_end_matches(['.', ',', ';', ':', ')', ']', '}'])
        .len()
        .max(start);
    (&word[..start], &word[start..end], &word[end..])
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '*' | '`' => escaped.extend(['\\', c]),
            '<' => escaped += "&lt;",
            c => escaped.push(c),
        }
    }
    escaped
}

//! What is said of a comparison: to people, to programs, to a review.

mod github;
mod markdown;
mod rules;
mod text;

use serde::Serialize;

use crate::approvals::Approval;
use crate::compare::{Bump, Comparison, Finding};
use crate::witness::Witness;

pub use rules::rules_page;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For a review.
    Markdown,
    /// Annotations, as GitHub's workflows read them.
    Github,
}

/// A comparison and the entries of a list of approvals that no finding matches.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// What was compared.
    #[serde(flatten)]
    pub comparison: &'a Comparison,
    /// Entries that nothing matches.
    #[serde(serialize_with = "places")]
    pub stale: &'a [Approval],
    /// The file of the new contract, which annotations point at.
    #[serde(skip)]
    pub path: &'a str,
}

impl Report<'_> {
    /// Writes it. `colour` is for a terminal.
    ///
    /// # Errors
    ///
    /// None that these values can cause.
    pub fn write(&self, format: Format, colour: bool) -> Result<String, serde_json::Error> {
        Ok(match format {
            Format::Text => text::write(self, colour),
            Format::Json => serde_json::to_string_pretty(self)? + "\n",
            Format::Markdown => markdown::write(self),
            Format::Github => github::write(self),
        })
    }

    /// The one sentence that says what came of it.
    fn verdict(&self) -> String {
        let stopping = self.comparison.stopping().count();
        let unexplained = self.comparison.unexplained.len();
        let stale = self.stale.len();
        let demands = self.demands();
        match (
            self.comparison.findings.len(),
            stopping + unexplained,
            stale,
        ) {
            (0, 0, 0) => "the contracts say the same".to_owned(),
            (_, 0, 0) => format!("nothing breaks that was not meant{demands}"),
            (_, 0, stale) => format!(
                "{}{demands}",
                counted(
                    stale,
                    "approval that nothing matches",
                    "approvals that nothing matches"
                )
            ),
            (_, breaks, _) => format!(
                "{}{demands}",
                counted(breaks, "finding breaks", "findings break")
            ),
        }
    }

    fn demands(&self) -> String {
        let Comparison {
            new,
            demands,
            raised,
            ..
        } = self.comparison;
        if demands <= raised {
            return String::new();
        }
        let wanted = match demands {
            Bump::Protocol => "a new protocol number",
            _ => "a new revision",
        };
        format!("; it takes {wanted}, and the heading says {new}")
    }
}

fn places<S: serde::Serializer>(stale: &&[Approval], serializer: S) -> Result<S::Ok, S::Error> {
    let places = stale
        .iter()
        .map(|entry| format!("{} {}", entry.rule, entry.place));
    serializer.collect_seq(places)
}

fn counted(number: usize, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {more}"),
    }
}

/// A finding in a line: what changed, and where.
fn heading(finding: &Finding) -> String {
    format!("{}: {}", finding.place, finding.title)
}

/// `before → after`, where both are short enough to stand in a line.
fn change(finding: &Finding) -> Option<String> {
    let (before, after) = (&finding.before, &finding.after);
    match (before.is_empty(), after.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("+ {}", cut(after, 100))),
        (false, true) => Some(format!("- {}", cut(before, 100))),
        (false, false) => Some(format!("{} → {}", cut(before, 100), cut(after, 100))),
    }
}

/// The witness's lines, long texts shortened: what is cut is counted.
fn witness_lines(witness: &Witness) -> Vec<String> {
    let set = witness
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let lines = witness
        .lines
        .iter()
        .map(|line| shortened(&line.to_string()));
    set.chain(lines).collect()
}

/// A run of one character longer than a line is given as the character and a count.
fn shortened(text: &str) -> String {
    const RUN: usize = 24;
    let mut short = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let mut count = 1;
        while characters.next_if_eq(&character).is_some() {
            count += 1;
        }
        if count > RUN {
            short.push(character);
            short.push_str(&format!("…({count} times)"));
        } else {
            short.extend(std::iter::repeat_n(character, count));
        }
    }
    cut(&short, 600)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

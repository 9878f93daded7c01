//! `hero-span explain`: the contract's clauses, one by one.

use std::fmt::Write as _;
use std::io::Write;

use hero_span_protocol::{Clause, Requirement};

use crate::error::Error;
use crate::exit_codes;

/// Columns of text.
const WIDTH: usize = 78;

const EXAMPLES: &str = "\
Examples:
  hero-span explain                List every clause
  hero-span explain value.cut      Say what it asks

Exit status: 0, or 2 when there is no such clause.";

/// Say what a clause of the contract asks, or list them all
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The clause's id, such as rule.end-once
    clause: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let text = match &args.clause {
        Some(id) => explain(find(id)?),
        None => Clause::ALL.iter().copied().map(summary).collect(),
    };
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(Error::output)?;
    Ok(exit_codes::OK)
}

fn find(id: &str) -> Result<Clause, Error> {
    Clause::from_id(id).ok_or_else(|| Error::unknown_clause(id, near(id)))
}

/// Clauses that share the area or the last word with an id that is none.
fn near(id: &str) -> Vec<&'static str> {
    let (area, word) = id.split_once('.').unwrap_or((id, id));
    let ids = Clause::ALL.iter().map(|clause| clause.id());
    ids.filter(|known| {
        let (known_area, known_word) = known.split_once('.').unwrap_or((known, ""));
        known_area == area || known_word == word
    })
    .collect()
}

/// The clause as the contract has it.
pub(crate) fn explain(clause: Clause) -> String {
    let mut text = format!("{}  {}\n", clause.id(), level(clause));
    let mut column = 0;
    for word in clause.text().split_whitespace() {
        if column == 0 || column + 1 + word.len() > WIDTH {
            text.push_str(if column == 0 { "    " } else { "\n    " });
            column = 4 + word.len();
        } else {
            text.push(' ');
            column += 1 + word.len();
        }
        text.push_str(word);
    }
    text.push('\n');
    text
}

/// The clause's id and first sentence.
fn summary(clause: Clause) -> String {
    let text = clause.text();
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    let mut line = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(line, "{:24}  {:6}  {}", clause.id(), level(clause), &text[..end]);
    line
}

fn level(clause: Clause) -> &'static str {
    match clause.requirement() {
        Requirement::Must => "MUST",
        Requirement::Should => "SHOULD",
    }
}

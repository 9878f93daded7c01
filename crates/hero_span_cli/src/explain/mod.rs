//! `hero-span explain`: the contract's clauses, one by one.

mod declared;

use std::fmt::Write as _;
use std::io::Write;

use hero_span_protocol::{Clause, Requirement};

use self::declared::declared;
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
    let declared = declared(clause);
    let name = declared.name.unwrap_or_default();
    let heading = format!("{}  {}  {name}", clause.id(), level(clause));
    let mut text = format!("{}\n", heading.trim_end());
    text += &wrap("    ", clause.text());
    if !declared.fields.is_empty() {
        text.push('\n');
    }
    for field in declared.fields {
        let (kind, presence) = (field.kind(), &field.presence);
        let head = format!("    {:14}  {kind:9}  {presence:8}  ", field.name);
        text += &wrap(&head, &field.meaning);
    }
    text
}

/// The text behind `head`, in lines that all begin in the same column.
fn wrap(head: &str, text: &str) -> String {
    let mut wrapped = head.to_owned();
    let mut column = head.len();
    for word in text.split_whitespace() {
        if column > head.len() && column + 1 + word.len() > WIDTH {
            wrapped += &format!("\n{:1$}", "", head.len());
            column = head.len();
        } else if column > head.len() {
            wrapped.push(' ');
            column += 1;
        }
        wrapped += word;
        column += word.len();
    }
    wrapped + "\n"
}

/// The clause's id and first sentence.
fn summary(clause: Clause) -> String {
    let text = clause.text();
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    let mut line = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        line,
        "{:24}  {:6}  {}",
        clause.id(),
        level(clause),
        &text[..end]
    );
    line
}

fn level(clause: Clause) -> &'static str {
    match clause.requirement() {
        Requirement::Must => "MUST",
        Requirement::Should => "SHOULD",
    }
}

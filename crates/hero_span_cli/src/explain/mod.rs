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

/// How like an id must be to be suggested, and how many are.
const LIKE: f64 = 0.8;
const NEAR: usize = 4;

const EXAMPLES: &str = "\
Examples:
  hero-span explain                List every clause
  hero-span explain value.cut      Say what it asks

Exit codes: 0 done; 2 wrong arguments, or there is no such clause.";

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
    let lower = id.to_ascii_lowercase();
    // A check may have an aspect, as in sdk.silent/printed.
    let clause = lower.split('/').next().unwrap_or(&lower);
    Clause::from_id(clause).ok_or_else(|| Error::unknown_clause(id, near(&lower)))
}

/// The clauses whose ids are likest to one that is none, the likest first.
fn near(id: &str) -> Vec<&'static str> {
    let ids = Clause::ALL.iter().map(|clause| clause.id());
    let mut near: Vec<_> = ids
        .map(|known| (likeness(known, id), known))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.truncate(NEAR);
    near.into_iter().map(|(_, known)| known).collect()
}

/// From 0 to 1: of the whole ids, or of the last word and an id without area.
fn likeness(known: &str, id: &str) -> f64 {
    let (_, word) = known.split_once('.').unwrap_or(("", known));
    let whole = strsim::jaro(known, id);
    if id.contains('.') {
        whole
    } else {
        whole.max(strsim::jaro(word, id))
    }
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

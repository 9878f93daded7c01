//! A failure in full, as lines: what every report for people shows of it.

use std::fmt::Write;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use hero_span_protocol::contract::Clause;
use hero_span_protocol::printable;

use super::{CaseResult, Failure};
use crate::finding::Finding;

pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const BOLD: Style = Style::new().bold();

/// What follows a fault is mostly its consequence.
const SHOWN_FINDINGS: usize = 3;
/// Lines of a tree before the first difference, and after it.
const AROUND: usize = 10;

/// Text in a style; a writer for a file or a plain terminal takes it off.
pub(super) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The text without its styles. Hostile text holds none: it is made printable
/// first.
pub(super) fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

/// A line for people, which cannot steer the terminal.
pub(super) fn line(text: &str) -> String {
    printable(text).into_owned()
}

/// Lines for people; only their ends are kept as they are.
pub(super) fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

/// What a clause asks for, in its first sentence.
pub(super) fn first_sentence(clause: Clause) -> &'static str {
    let text = clause.text();
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    let sentence = text.get(..end).unwrap_or(text);
    sentence.lines().next().unwrap_or(sentence)
}

/// The failure in full: what the case shows, each finding with its clause,
/// the first difference of the trees, both trees, and how to run it again.
pub(super) fn detail(result: &CaseResult, failure: &Failure) -> String {
    let mut text = String::new();
    if !result.about.is_empty() {
        let _ = writeln!(text, "{}", line(&result.about));
    }
    for (place, finding) in failure.findings.iter().take(SHOWN_FINDINGS).enumerate() {
        let is_told = failure.findings[..place]
            .iter()
            .any(|before| before.clause == finding.clause);
        text += &of_finding(finding, is_told);
    }
    let more = failure.findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
    text += &trees(failure);
    if let Some(replay) = &failure.replay {
        let _ = writeln!(text, "{} {}", styled(DIM, "replay  "), line(replay));
    }
    text
}

fn of_finding(finding: &Finding, is_clause_told: bool) -> String {
    let told = finding.to_string();
    let mut lines = told.lines();
    let mut text = format!("{}\n", styled(BOLD, lines.next().unwrap_or_default()));
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    let clause = finding.clause.as_deref().and_then(Clause::from_id);
    if let Some(clause) = clause.filter(|_| !is_clause_told) {
        let (label, sentence) = (styled(DIM, "contract"), first_sentence(clause));
        let _ = writeln!(text, "  {label} {sentence}");
    }
    text
}

/// The place of the first line that only one of the trees has so.
pub(super) fn first_difference(failure: &Failure) -> Option<usize> {
    let (expected, found) = (&failure.expected_tree, &failure.found_tree);
    let lines = expected.len().max(found.len());
    let differs = (0..lines).find(|line| expected.get(*line) != found.get(*line));
    differs.filter(|_| !expected.is_empty() && !found.is_empty())
}

fn trees(failure: &Failure) -> String {
    let first = first_difference(failure);
    let expected = tree("expected tree", GOOD, &failure.expected_tree, first);
    expected + &tree("found tree", BAD, &failure.found_tree, first)
}

/// A tree with the first difference marked; what is far from it is left out.
fn tree(title: &str, style: Style, lines: &[String], first: Option<usize>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let middle = first.unwrap_or_default();
    let begin = middle.saturating_sub(AROUND);
    let end = lines.len().min(middle + AROUND + 1);
    let mut text = format!("{}\n", styled(DIM, title));
    text += &left_out(begin);
    for (place, shown) in lines.iter().enumerate().take(end).skip(begin) {
        let shown = line(shown);
        let shown = match first == Some(place) {
            true => styled(style, &format!("> {shown}")),
            false => format!("  {shown}"),
        };
        let _ = writeln!(text, "  {shown}");
    }
    text + &left_out(lines.len() - end.max(begin))
}

fn left_out(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "    … 1 line\n".into(),
        _ => format!("    … {lines} lines\n"),
    }
}

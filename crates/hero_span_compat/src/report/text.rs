//! For a terminal: the gravest first, each with the line that shows it.

use std::fmt::Write as _;

use hero_span_protocol::printable;

use super::{Report, change, heading, witness_lines};
use crate::compare::{Finding, Outcome, Severity};

const RESET: &str = "\u{1b}[0m";

pub(super) fn write(report: &Report<'_>, colour: bool) -> String {
    let mut findings: Vec<&Finding> = report.comparison.findings.iter().collect();
    // The gravest first; within that the contract's order.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut text = String::new();
    for finding in findings {
        text += &one(finding, colour);
    }
    for outcome in &report.comparison.unexplained {
        text += "a line is refused, and no rule says why: please report it\n";
        text += &shown(outcome);
    }
    for entry in report.stale {
        let _ = writeln!(
            text,
            "stale       {} {}: approved, but nothing matches it; remove the entry",
            printable(&entry.rule),
            printable(&entry.place)
        );
    }
    text + &report.verdict() + "\n"
}

fn one(finding: &Finding, colour: bool) -> String {
    let paint = |paint: &str, text: &str| match colour {
        true => format!("{paint}{text}{RESET}"),
        false => text.to_owned(),
    };
    let severity = match &finding.approved {
        Some(_) => "approved",
        None => finding.severity.name(),
    };
    let painted = paint(style(finding), &format!("{severity:<10}"));
    let mut text = format!(
        "{painted}  {}  [{}]\n",
        printable(&heading(finding)),
        finding.rule
    );
    if let Some(change) = change(finding) {
        let _ = writeln!(text, "  {}", printable(&change));
    }
    if finding.severity == Severity::Compatible {
        return text + "  compatible both ways: " + finding.why + "\n\n";
    }
    for outcome in &finding.outcomes {
        text += &shown(outcome);
    }
    let _ = writeln!(text, "  {}", finding.why);
    if let Some(reason) = &finding.approved {
        let _ = writeln!(text, "  approved: {}", printable(reason));
    } else if finding.severity.stops() && !finding.instead.is_empty() {
        let _ = writeln!(text, "  instead: {}", finding.instead);
    }
    text + "\n"
}

fn style(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if finding.approved.is_some() => "\u{1b}[2m",
        Severity::Breaking => "\u{1b}[1;31m",
        Severity::Suspect => "\u{1b}[31m",
        Severity::Strict | Severity::Review => "\u{1b}[33m",
        Severity::Compatible => "\u{1b}[32m",
    }
}

fn shown(outcome: &Outcome) -> String {
    let mut text = format!("  {}: {}", outcome.direction, outcome.effect);
    if let Some(unshown) = outcome.unshown {
        let _ = write!(text, " ({unshown} by its rule; no line shows it)");
    }
    text.push('\n');
    if let Some(witness) = &outcome.witness {
        for line in witness_lines(witness) {
            let _ = writeln!(text, "    {}", printable(&line));
        }
        for trial in &witness.tried {
            let _ = writeln!(text, "      {}: {}", trial.by, printable(&trial.said));
        }
    }
    text
}

//! For a review: a table, then each break with what shows it.

use std::fmt::Write as _;

use super::{Report, change, heading, witness_lines};
use crate::compare::Finding;
use crate::rules::{Direction, Effect};

pub(super) fn write(report: &Report<'_>) -> String {
    let comparison = report.comparison;
    let mut text = format!(
        "### Contract {} → {}: {}\n",
        comparison.old,
        comparison.new,
        report.verdict()
    );
    if !comparison.findings.is_empty() {
        text += "\n| Severity | Where | What | Old SDK → new collector | New SDK → old collector | Rule |\n";
        text += "|---|---|---|---|---|---|\n";
    }
    for finding in &comparison.findings {
        let severity = match &finding.approved {
            Some(_) => "approved",
            None => finding.severity.name(),
        };
        let [to_new, to_old] = Direction::BOTH.map(|direction| finding.effect(direction));
        let _ = writeln!(
            text,
            "| {severity} | `{}` | {} | {to_new} | {to_old} | {} |",
            finding.place, finding.title, finding.rule
        );
    }
    for entry in report.stale {
        let (rule, place) = (&entry.rule, &entry.place);
        let _ = writeln!(
            text,
            "\nApproved, but nothing matches it: `{rule}` at `{place}`."
        );
    }
    let shown = comparison
        .findings
        .iter()
        .filter(|finding| is_worth_it(finding));
    for finding in shown {
        text += &details(finding);
    }
    text
}

fn is_worth_it(finding: &Finding) -> bool {
    finding.severity.stops() && finding.approved.is_none()
}

fn details(finding: &Finding) -> String {
    let mut text = format!("\n#### {}\n\n", heading(finding));
    if let Some(change) = change(finding) {
        let _ = writeln!(text, "`{change}`\n");
    }
    let _ = writeln!(text, "{} {}", finding.why, finding.instead);
    for outcome in finding
        .outcomes
        .iter()
        .filter(|it| it.effect > Effect::Ignored)
    {
        let _ = writeln!(text, "\n{}: **{}**\n", outcome.direction, outcome.effect);
        if let Some(witness) = &outcome.witness {
            let _ = writeln!(
                text,
                "```json\n{}\n```\n",
                witness_lines(witness).join("\n")
            );
            for trial in &witness.tried {
                let _ = writeln!(text, "- {}: {}", trial.by, trial.said);
            }
        }
    }
    text
}

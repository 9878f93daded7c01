//! Annotations of a change, as GitHub's workflows read them from what is printed.

use super::{Report, change, heading};
use crate::compare::{Finding, Severity};

pub(super) fn write(report: &Report<'_>) -> String {
    let findings = report.comparison.findings.iter();
    let mut lines: Vec<String> = findings.map(|finding| one(report, finding)).collect();
    lines.extend(report.comparison.unexplained.iter().map(|outcome| {
        let said = format!(
            "{}: a line is refused, and no rule says why",
            outcome.direction
        );
        annotation("error", report.path, "unexplained", &said)
    }));
    lines.extend(report.stale.iter().map(|entry| {
        let said = format!(
            "{} {}: approved, but nothing matches it",
            entry.rule, entry.place
        );
        annotation("error", report.path, "stale approval", &said)
    }));
    lines.push(report.verdict() + "\n");
    lines.concat()
}

fn one(report: &Report<'_>, finding: &Finding) -> String {
    let stops = report
        .comparison
        .stopping()
        .any(|stopping| stopping == finding);
    let level = match finding.severity {
        _ if stops => "error",
        Severity::Compatible => "notice",
        _ => "warning",
    };
    let change = change(finding).map_or(String::new(), |change| format!(" ({change})"));
    let outcomes = finding.outcomes.iter();
    let outcomes = outcomes.map(|it| format!("{}: {}", it.direction, it.effect));
    let outcomes = outcomes.collect::<Vec<_>>().join("; ");
    let said = format!("{}{change}. {outcomes}. {}", heading(finding), finding.why);
    annotation(level, report.path, finding.rule, &said)
}

fn annotation(level: &str, path: &str, title: &str, said: &str) -> String {
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::{level} file={},title={}::{}\n",
        property(path),
        property(title),
        data(said)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

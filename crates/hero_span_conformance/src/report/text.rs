//! The report for people.

use std::fmt::Write;

use hero_span_protocol::printable;

use super::{CaseResult, Failure, Group, Report, Source, Verdict};

/// What follows a fault is mostly its consequence.
const SHOWN_FINDINGS: usize = 3;
/// Most adapters that fail fail everywhere.
const SHOWN_FAULTS: usize = 3;

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    for group in &report.groups {
        text += &failures(group);
        text += &faults(group);
    }
    text += &table(report);
    text += &notes(report);
    let words = report.conclusion().words();
    let _ = writeln!(text, "\n{words} ({:.1} s)", report.seconds);
    text
}

fn failures(group: &Group) -> String {
    let mut text = String::new();
    for result in &group.results {
        let failure = result.failure.as_ref().filter(|_| result.known.is_none());
        if let Some(failure) = failure.filter(|failure| failure.like.is_none()) {
            let _ = writeln!(text, "{}", of_failure(group, result, failure));
        }
    }
    text
}

fn of_failure(group: &Group, result: &CaseResult, failure: &Failure) -> String {
    let mut text = match group.source {
        Source::UnitTests => format!("FAILED  {}, {}\n", group.name, printable(&result.id)),
        _ => format!("FAILED  {}\n", printable(&result.id)),
    };
    if !result.about.is_empty() {
        let _ = writeln!(text, "  {}", printable(&result.about));
    }
    for finding in failure.findings.iter().take(SHOWN_FINDINGS) {
        for line in finding.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    let more = failure.findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    text += &tree("expected tree", &failure.expected_tree);
    text += &tree("found tree", &failure.found_tree);
    if let Some(replay) = &failure.replay {
        let _ = writeln!(text, "  replay   {replay}");
    }
    text
}

fn tree(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("  {title}\n");
    for line in lines {
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn faults(group: &Group) -> String {
    let mut told: Vec<&str> = Vec::new();
    let unknown = |result: &&CaseResult| result.verdict == Verdict::NotEvaluated;
    for result in group.results.iter().filter(unknown) {
        let fault = result.reason.as_deref().unwrap_or_default();
        if !told.contains(&fault) && told.len() < SHOWN_FAULTS {
            told.push(fault);
        }
    }
    let lines = told
        .iter()
        .map(|fault| format!("NOT EVALUATED  {}: {fault}\n\n", group.name));
    lines.collect()
}

fn table(report: &Report) -> String {
    let sdk = &report.sdk;
    let mut text = format!(
        "SDK {} {}, protocol {}; seed {}\n\n",
        printable(&sdk.sdk),
        printable(&sdk.version),
        sdk.protocol,
        report.seed
    );
    let _ = writeln!(
        text,
        "{:<12} {:>6} {:>7} {:>7} {:>6} {:>8} {:>14} {:>8}",
        "", "ran", "passed", "failed", "known", "skipped", "not evaluated", "ms each"
    );
    for group in &report.groups {
        let _ = writeln!(
            text,
            "{:<12} {:>6} {:>7} {:>7} {:>6} {:>8} {:>14} {:>8}",
            group.name,
            group.ran(),
            group.count(Verdict::Passed),
            group.count(Verdict::Failed) - group.known(),
            group.known(),
            group.count(Verdict::Skipped),
            group.count(Verdict::NotEvaluated),
            each(group)
        );
    }
    text
}

fn each(group: &Group) -> String {
    let count = group.ran() + group.count(Verdict::NotEvaluated);
    if count == 0 {
        return "-".into();
    }
    format!("{:.1}", group.seconds * 1000.0 / count as f64)
}

fn notes(report: &Report) -> String {
    let mut text = String::new();
    for group in &report.groups {
        for (reason, count) in group.skipped() {
            let _ = writeln!(text, "{}: {count} skipped, {reason}", group.name);
        }
        let is_alike = |result: &&CaseResult| {
            let failure = result.failure.as_ref();
            failure.is_some_and(|failure| failure.like.is_some())
        };
        let alike = group.results.iter().filter(is_alike).count();
        if alike > 0 {
            let _ = writeln!(
                text,
                "{}: {alike} more failures like those above",
                group.name
            );
        }
        if let Some((bit, of)) = group.stalls {
            let _ = writeln!(
                text,
                "{}: {bit} of {of} stalls made the SDK drop lines",
                group.name
            );
        }
    }
    for stale in &report.stale {
        let _ = writeln!(text, "known failures: {stale}");
    }
    if text.is_empty() {
        text
    } else {
        format!("\n{text}")
    }
}

//! The report for people.

use std::fmt::Write;

use hero_span_protocol::printable;

use super::{Conclusion, Failure, Report, Suite};

/// What follows a fault is mostly its consequence.
const SHOWN_FINDINGS: usize = 3;

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    for suite in &report.suites {
        for failure in &suite.failures {
            let _ = writeln!(text, "{}", of_failure(&suite.name, failure));
        }
        for fault in &suite.faults {
            let _ = writeln!(text, "NOT EVALUATED  {}: {fault}\n", suite.name);
        }
    }
    text += &table(report);
    text += &notes(report);
    let _ = writeln!(text, "\n{}", conclusion(report));
    text
}

fn of_failure(suite: &str, failure: &Failure) -> String {
    let mut text = format!("FAILED  {suite}, {}\n", printable(&failure.case));
    for finding in failure.findings.iter().take(SHOWN_FINDINGS) {
        for line in finding.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    let more = failure.findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    if let Some(replay) = &failure.replay {
        let _ = writeln!(text, "  replay   {replay}");
    }
    text
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
        "{:<12} {:>6} {:>7} {:>7} {:>8} {:>14} {:>8}",
        "", "ran", "passed", "failed", "skipped", "not evaluated", "ms each"
    );
    for suite in &report.suites {
        let _ = writeln!(
            text,
            "{:<12} {:>6} {:>7} {:>7} {:>8} {:>14} {:>8}",
            suite.name,
            suite.ran,
            suite.passed,
            suite.failed,
            suite.skips(),
            suite.not_evaluated,
            each(suite)
        );
    }
    text
}

fn each(suite: &Suite) -> String {
    let count = suite.ran + suite.not_evaluated;
    if count == 0 {
        return "-".into();
    }
    format!("{:.1}", suite.seconds * 1000.0 / count as f64)
}

fn notes(report: &Report) -> String {
    let mut text = String::new();
    for suite in &report.suites {
        for (reason, count) in &suite.skipped {
            let _ = writeln!(text, "{}: {count} skipped, {reason}", suite.name);
        }
        let told = suite.failures.len() as u64;
        if suite.failed > told {
            let _ = writeln!(
                text,
                "{}: {} more failures like those above",
                suite.name,
                suite.failed - told
            );
        }
        if let Some((bit, of)) = suite.stalls {
            let _ = writeln!(
                text,
                "{}: {bit} of {of} stalls made the SDK drop lines",
                suite.name
            );
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("\n{text}")
    }
}

fn conclusion(report: &Report) -> String {
    let words = match report.conclusion() {
        Conclusion::Conformant => "conformant: everything that ran is as the contract says",
        Conclusion::NotConformant => "NOT CONFORMANT: see the failures above",
        Conclusion::NotEvaluated => "NOT EVALUATED: something could not be judged, or nothing ran",
    };
    format!("{words} ({:.1} s)", report.seconds)
}

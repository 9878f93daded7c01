//! The report as JUnit XML: a suite for each group, and one for the
//! conclusion, so that whoever reads only the counts is not misled.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::detail::{detail, line, plain};
use super::facts::facts;
use super::{CaseResult, Conclusion, Group, Report, Standing};

const NAME: &str = "hero_span conformance";

pub(super) fn junit(report: &Report) -> String {
    let mut junit = quick_junit::Report::new(NAME);
    junit.set_time(duration(report.seconds));
    for group in &report.groups {
        junit.add_test_suite(suite(report, group));
    }
    junit.add_test_suite(conclusion(report));
    junit.to_string().unwrap_or_default()
}

fn suite(report: &Report, group: &Group) -> TestSuite {
    let mut suite = empty(report, &line(&group.name));
    suite.set_time(duration(group.seconds));
    let skipped = [Standing::Skipped, Standing::Known, Standing::Advice];
    let skipped: usize = skipped
        .map(|standing| group.standing(standing))
        .iter()
        .sum();
    suite
        .extra
        .insert("skipped".into(), skipped.to_string().into());
    for result in &group.results {
        let mut case = TestCase::new(line(&result.id), status(result));
        case.set_classname(format!("{}.{}", line(&report.sdk.sdk), line(&group.name)));
        case.set_time(duration(result.ms / 1000.0));
        suite.add_test_case(case);
    }
    suite
}

/// A suite that tells the facts of the run.
fn empty(report: &Report, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(name);
    if let Ok(date) = DateTime::<FixedOffset>::parse_from_rfc3339(&report.date) {
        suite.set_timestamp(date);
    }
    for (name, fact) in facts(report) {
        suite.add_property((name, fact.as_str()));
    }
    suite
}

/// What does not count must not turn a build red; the schema gives a skipped
/// case no attributes, so that its reason is its text.
fn status(result: &CaseResult) -> TestCaseStatus {
    let reason = result.reason.as_deref().map(line).unwrap_or_default();
    match result.standing() {
        Standing::Passed => TestCaseStatus::success(),
        Standing::Failed => failed(NonSuccessKind::Failure, result),
        Standing::NotEvaluated => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("not evaluated").set_message(reason);
            status
        }
        Standing::Skipped => skipped(&reason),
        Standing::Known => {
            let known = result.known.as_deref().map(line).unwrap_or_default();
            skipped(&format!("known failure: {known}"))
        }
        Standing::Advice => skipped(&format!("SHOULD, does not count:\n{}", full(result))),
    }
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_description(reason);
    status
}

fn failed(kind: NonSuccessKind, result: &CaseResult) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let finding = result.failure.as_ref().and_then(|f| f.findings.first());
    if let Some(finding) = finding {
        let (expected, found) = (line(&finding.expected), line(&finding.found));
        status
            .set_type(line(&finding.check))
            .set_message(format!("expected {expected}, found {found}"));
    }
    status.set_description(full(result));
    status
}

fn full(result: &CaseResult) -> String {
    match &result.failure {
        Some(failure) => match &failure.like {
            Some(like) => format!("fails like {}", line(like)),
            None => plain(&detail(result, failure)),
        },
        None => String::new(),
    }
}

fn conclusion(report: &Report) -> TestSuite {
    let conclusion = report.conclusion();
    let mut status = match conclusion {
        Conclusion::Conformant => TestCaseStatus::success(),
        Conclusion::NotEvaluated => TestCaseStatus::non_success(NonSuccessKind::Error),
        Conclusion::NotConformant | Conclusion::Stale => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    if conclusion != Conclusion::Conformant {
        status
            .set_type(conclusion.name())
            .set_message(conclusion.words());
        let stale: Vec<String> = report.stale.iter().map(|stale| line(stale)).collect();
        status.set_description(stale.join("\n"));
    }
    let mut suite = empty(report, "conclusion");
    suite.set_time(duration(report.seconds));
    let mut case = TestCase::new("conclusion", status);
    case.set_classname(format!("{}.conclusion", line(&report.sdk.sdk)));
    suite.add_test_case(case);
    suite
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

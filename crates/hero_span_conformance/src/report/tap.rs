//! The report as TAP version 14: a test point for each result, and one for
//! the conclusion, so that a harness ends as the run did.

use std::fmt::Write;

use serde_json::{Value, json};

use super::detail::{first_difference, line};
use super::facts::facts;
use super::{CaseResult, Conclusion, Failure, Group, Report, Standing};
use crate::finding::Finding;

pub(super) fn tap(report: &Report) -> String {
    let results: usize = report.groups.iter().map(|group| group.results.len()).sum();
    let mut text = format!("TAP version 14\n1..{}\n", results + 1);
    for (name, fact) in facts(report) {
        let _ = writeln!(text, "# {name}: {fact}");
    }
    let mut number = 0;
    for group in &report.groups {
        for result in &group.results {
            number += 1;
            text += &point(number, group, result);
        }
    }
    text + &conclusion(number + 1, report)
}

fn point(number: usize, group: &Group, result: &CaseResult) -> String {
    let standing = result.standing();
    let is_ok = matches!(standing, Standing::Passed | Standing::Skipped);
    let name = escaped(&format!("{}: {}", group.name, result.id));
    let mut text = format!(
        "{} {number} - {name}{}\n",
        verdict(is_ok),
        directive(result)
    );
    if !is_ok {
        text += &block(&diagnosis(result));
    }
    text
}

const fn verdict(is_ok: bool) -> &'static str {
    if is_ok { "ok" } else { "not ok" }
}

/// A harness does not count a failure that is still to be done.
fn directive(result: &CaseResult) -> String {
    let told = |reason: &Option<String>| escaped(reason.as_deref().unwrap_or_default());
    match result.standing() {
        Standing::Skipped => format!(" # SKIP {}", told(&result.reason)),
        Standing::Known => format!(" # TODO known failure: {}", told(&result.known)),
        Standing::Advice => " # TODO a SHOULD, which does not count".into(),
        Standing::Passed | Standing::Failed | Standing::NotEvaluated => String::new(),
    }
}

fn diagnosis(result: &CaseResult) -> Vec<(&'static str, Value)> {
    let mut members = vec![
        ("verdict", json!(result.standing().name())),
        ("duration_ms", json!(result.ms)),
    ];
    if !result.about.is_empty() {
        members.push(("about", text(&result.about)));
    }
    if let Some(reason) = &result.reason {
        members.push(("reason", text(reason)));
    }
    if let Some(failure) = &result.failure {
        members.extend(of_failure(failure));
    }
    members
}

fn of_failure(failure: &Failure) -> Vec<(&'static str, Value)> {
    let findings: Vec<Value> = failure.findings.iter().map(of_finding).collect();
    let mut members = vec![("findings", Value::Array(findings))];
    if let Some(first) = first_difference(failure) {
        let of = |tree: &[String]| tree.get(first).map_or(Value::Null, |line| text(line));
        let difference = json!({
            "line": first + 1,
            "expected": of(&failure.expected_tree),
            "found": of(&failure.found_tree),
        });
        members.push(("first_difference", difference));
    }
    for (name, told) in [("replay", &failure.replay), ("like", &failure.like)] {
        if let Some(told) = told {
            members.push((name, text(told)));
        }
    }
    members
}

fn of_finding(finding: &Finding) -> Value {
    json!({
        "check": text(&finding.check),
        "clause": finding.clause.as_deref().map(text),
        "level": finding.level,
        "field": finding.field.as_deref().map(text),
        "place": finding.place.as_deref().map(text),
        "expected": text(&finding.expected),
        "found": text(&finding.found),
    })
}

fn conclusion(number: usize, report: &Report) -> String {
    let conclusion = report.conclusion();
    let is_ok = conclusion == Conclusion::Conformant;
    let mut text = format!("{} {number} - conclusion\n", verdict(is_ok));
    if !is_ok {
        let stale: Vec<Value> = report.stale.iter().map(|stale| self::text(stale)).collect();
        text += &block(&[
            ("verdict", json!(conclusion.name())),
            ("reason", json!(conclusion.words())),
            ("stale", Value::Array(stale)),
        ]);
    }
    text
}

/// YAML takes JSON for its values.
fn block(members: &[(&str, Value)]) -> String {
    let mut text = String::from("  ---\n");
    for (name, value) in members {
        let _ = writeln!(text, "  {name}: {value}");
    }
    text + "  ...\n"
}

fn text(text: &str) -> Value {
    Value::String(line(text))
}

/// A description ends at a hash sign.
fn escaped(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}

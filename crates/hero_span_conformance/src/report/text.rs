//! The report for people, on a terminal: what is new first, what was known
//! folded.

use std::fmt::Write;

use anstyle::Style;

use super::detail::{BAD, BOLD, DIM, GOOD, WARN, detail, line, lines, styled};
use super::facts::{facts, seconds};
use super::{CaseResult, Conclusion, Failure, Group, Report, Source, Standing, Verdict};

/// Most adapters that fail fail everywhere.
const SHOWN_FAULTS: usize = 3;

/// The report, in colours.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    for standing in [Standing::Failed, Standing::Advice] {
        for group in &report.groups {
            text += &failures(group, standing);
        }
    }
    for group in &report.groups {
        text += &faults(group);
    }
    text += &known(report);
    text += &table(report);
    text += &notes(report);
    text + &conclusion(report)
}

fn failures(group: &Group, standing: Standing) -> String {
    let mut text = String::new();
    let mut alike = String::new();
    let results = group.results.iter();
    for result in results.filter(|result| result.standing() == standing) {
        let Some(failure) = &result.failure else {
            continue;
        };
        let title = title(result);
        match &failure.like {
            None => {
                text += &of_failure(group, result, failure);
                text.push('\n');
            }
            Some(like) => {
                let name = name(group, result);
                let _ = writeln!(alike, "{title}  {name}, like {}", line(like));
            }
        }
    }
    if alike.is_empty() {
        text
    } else {
        format!("{text}{alike}\n")
    }
}

fn title(result: &CaseResult) -> String {
    match result.standing() {
        Standing::Advice => styled(WARN, "ADVICE"),
        _ => styled(BAD, "FAILED"),
    }
}

fn of_failure(group: &Group, result: &CaseResult, failure: &Failure) -> String {
    let mut text = format!("{}  {}\n", title(result), name(group, result));
    for line in detail(result, failure).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// A test of the SDK's own says so; the id of a case says where it is from.
pub(super) fn name(group: &Group, result: &CaseResult) -> String {
    match group.source {
        Source::UnitTests => format!("{}, {}", line(&group.name), line(&result.id)),
        _ => line(&result.id),
    }
}

/// Why cases could not be evaluated, each reason once, not too many.
pub(super) fn reasons(group: &Group) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let unknown = |result: &&CaseResult| result.verdict == Verdict::NotEvaluated;
    for result in group.results.iter().filter(unknown) {
        let fault = lines(result.reason.as_deref().unwrap_or_default());
        let is_told = told.iter().any(|told| told.ends_with(&fault));
        if !is_told && told.len() < SHOWN_FAULTS {
            told.push(format!("{}: {fault}", line(&result.id)));
        }
    }
    told
}

fn faults(group: &Group) -> String {
    let title = styled(BAD, "NOT EVALUATED");
    let lines = reasons(group).into_iter();
    let lines = lines.map(|fault| format!("{title}  {fault}\n\n"));
    lines.collect()
}

fn known(report: &Report) -> String {
    let mut text = String::new();
    for result in report.groups.iter().flat_map(|group| &group.results) {
        if let Some(reason) = &result.known {
            let _ = writeln!(
                text,
                "{}  {}: {}",
                styled(DIM, "known"),
                line(&result.id),
                line(reason)
            );
        }
    }
    if text.is_empty() { text } else { text + "\n" }
}

fn table(report: &Report) -> String {
    let facts: Vec<String> = facts(report)
        .into_iter()
        .take_while(|(name, _)| *name != "took")
        .map(|(name, fact)| format!("{name} {fact}"))
        .collect();
    let mut text = format!("{}\n\n", facts.join("; "));
    let head = [
        "ran",
        "passed",
        "failed",
        "advice",
        "known",
        "skipped",
        "not evaluated",
        "ms each",
    ];
    let head = row("", &head.map(String::from));
    let _ = writeln!(text, "{}", styled(BOLD, &head));
    for group in &report.groups {
        let _ = writeln!(text, "{}", row(&line(&group.name), &counts(group)));
    }
    text
}

fn row(name: &str, counts: &[String; 8]) -> String {
    let [ran, passed, failed, advice, known, skipped, unknown, each] = counts;
    format!(
        "{name:<12} {ran:>6} {passed:>7} {failed:>7} {advice:>6} {known:>6} {skipped:>8} \
         {unknown:>14} {each:>8}"
    )
}

fn counts(group: &Group) -> [String; 8] {
    let count = |standing| group.standing(standing).to_string();
    [
        group.ran().to_string(),
        count(Standing::Passed),
        count(Standing::Failed),
        count(Standing::Advice),
        count(Standing::Known),
        count(Standing::Skipped),
        count(Standing::NotEvaluated),
        each(group),
    ]
}

fn each(group: &Group) -> String {
    let count = group.ran() + group.count(Verdict::NotEvaluated);
    if count == 0 {
        return "-".into();
    }
    format!("{:.1}", group.seconds * 1000.0 / count as f64)
}

/// What is to be said of the groups besides, in a line each.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let mut remarks: Vec<String> = report.groups.iter().flat_map(of_group).collect();
    let stale = report.stale.iter();
    remarks.extend(stale.map(|stale| format!("known failures: {}", line(stale))));
    remarks
}

fn of_group(group: &Group) -> Vec<String> {
    let name = line(&group.name);
    let skipped = group.skipped().into_iter();
    let mut remarks: Vec<String> = skipped
        .map(|(reason, count)| format!("{name}: {count} skipped, {}", line(reason)))
        .collect();
    if let Some((bit, of)) = group.stalls {
        remarks.push(format!(
            "{name}: {bit} of {of} stalls made the SDK drop lines"
        ));
    }
    remarks
}

fn notes(report: &Report) -> String {
    let remarks = remarks(report);
    match remarks.is_empty() {
        true => String::new(),
        false => format!("\n{}\n", remarks.join("\n")),
    }
}

fn conclusion(report: &Report) -> String {
    let conclusion = report.conclusion();
    let words = styled(style(conclusion), conclusion.words());
    format!("\n{words} ({})\n", seconds(report.seconds))
}

const fn style(conclusion: Conclusion) -> Style {
    match conclusion {
        Conclusion::Conformant => GOOD.bold(),
        Conclusion::Stale => WARN.bold(),
        Conclusion::NotConformant | Conclusion::NotEvaluated => BAD.bold(),
    }
}

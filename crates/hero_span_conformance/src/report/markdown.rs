//! The report as Markdown, for a comment or the summary of a job.

use std::fmt::Write;

use super::detail::{detail, line, plain};
use super::facts::{facts, seconds};
use super::text::{name, reasons, remarks};
use super::{CaseResult, Conclusion, Failure, Group, Report, Standing};

/// More than that is a file's business; GitHub takes 64 KiB.
const SHOWN: usize = 20;

pub(super) fn markdown(report: &Report) -> String {
    let mut text = head(report);
    text += &table(report);
    text += &remarks_of(report);
    for (title, standing) in [("Failures", Standing::Failed), ("Advice", Standing::Advice)] {
        text += &failures(report, title, standing);
    }
    text += &faults(report);
    text += &known(report);
    text + &facts_of(report)
}

fn head(report: &Report) -> String {
    let conclusion = report.conclusion();
    let mark = match conclusion {
        Conclusion::Conformant => "✅",
        Conclusion::NotConformant => "❌",
        Conclusion::NotEvaluated | Conclusion::Stale => "⚠️",
    };
    let sdk = code(&super::facts::sdk(report));
    format!("## {mark} {sdk}\n\n{}\n\n", conclusion.words())
}

fn table(report: &Report) -> String {
    let mut text = String::from(
        "| | ran | passed | failed | advice | known | skipped | not evaluated | took |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for group in &report.groups {
        let _ = write!(text, "| {} | {} |", code(&group.name), group.ran());
        for standing in [
            Standing::Passed,
            Standing::Failed,
            Standing::Advice,
            Standing::Known,
            Standing::Skipped,
            Standing::NotEvaluated,
        ] {
            let _ = write!(text, " {} |", group.standing(standing));
        }
        let _ = writeln!(text, " {} |", seconds(group.seconds));
    }
    text
}

fn remarks_of(report: &Report) -> String {
    let remarks = remarks(report);
    if remarks.is_empty() {
        return String::new();
    }
    let lines = remarks
        .iter()
        .map(|remark| format!("- {}\n", escaped(remark)));
    format!("\n{}", lines.collect::<String>())
}

fn failures(report: &Report, title: &str, standing: Standing) -> String {
    let told: Vec<(&Group, &CaseResult, &Failure)> = report
        .groups
        .iter()
        .flat_map(|group| group.results.iter().map(move |result| (group, result)))
        .filter(|(_, result)| result.standing() == standing)
        .filter_map(|(group, result)| Some((group, result, result.failure.as_ref()?)))
        .filter(|(_, _, failure)| failure.like.is_none())
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {title}\n");
    for (group, result, failure) in told.iter().take(SHOWN) {
        text += &of_failure(group, result, failure);
    }
    let more = told.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "\nAnd {more} more.");
    }
    text
}

fn of_failure(group: &Group, result: &CaseResult, failure: &Failure) -> String {
    let detail = plain(&detail(result, failure));
    format!(
        "\n<details><summary>{}</summary>\n\n{}\n</details>\n",
        code(&name(group, result)),
        fenced(&detail)
    )
}

fn faults(report: &Report) -> String {
    let mut text = String::new();
    for group in &report.groups {
        for reason in reasons(group) {
            let name = code(&group.name);
            let _ = writeln!(text, "\n{name}:\n\n{}", fenced(&reason));
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n### Not evaluated\n{text}"),
    }
}

fn known(report: &Report) -> String {
    let mut text = String::new();
    for result in report.groups.iter().flat_map(|group| &group.results) {
        if let Some(reason) = &result.known {
            let _ = writeln!(text, "- {}: {}", code(&result.id), escaped(reason));
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n<details><summary>Known failures</summary>\n\n{text}\n</details>\n"),
    }
}

fn facts_of(report: &Report) -> String {
    let facts = facts(report).into_iter();
    let facts: Vec<String> = facts
        .map(|(name, fact)| format!("{name}: {}", escaped(&fact)))
        .collect();
    format!("\n{}\n", facts.join(" · "))
}

/// Text in which nothing is Markdown, HTML, a mention or an issue.
fn escaped(text: &str) -> String {
    let is_plain = |c: &char| !c.is_ascii_punctuation() || "./-,;()".contains(*c);
    let mut escaped = String::new();
    for c in line(text).chars() {
        match is_plain(&c) {
            true => escaped.push(c),
            false => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
        }
    }
    escaped
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A block that no line of the text can end.
fn fenced(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

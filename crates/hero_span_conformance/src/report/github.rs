//! The report as GitHub annotations: commands that a workflow's log obeys.

use super::detail::{detail, line, plain};
use super::facts::facts;
use super::text::reasons;
use super::{CaseResult, Conclusion, Group, Report, Source, Standing};

pub(super) fn github(report: &Report) -> String {
    let mut text = String::new();
    for standing in [Standing::Failed, Standing::Advice, Standing::Known] {
        for group in &report.groups {
            let results = group.results.iter();
            let results = results.filter(|result| result.standing() == standing);
            text.extend(results.filter_map(|result| of_failure(group, result)));
        }
    }
    for group in &report.groups {
        let title = format!("not evaluated: {}", line(&group.name));
        let faults = reasons(group).into_iter();
        text.extend(faults.map(|fault| command("error", None, &title, &fault)));
    }
    let stale = report.stale.iter();
    text.extend(stale.map(|stale| command("error", None, "known failures", &line(stale))));
    text + &conclusion(report)
}

fn of_failure(group: &Group, result: &CaseResult) -> Option<String> {
    let failure = result
        .failure
        .as_ref()
        .filter(|failure| failure.like.is_none())?;
    let id = line(&result.id);
    let file = file(group, result);
    let file = file.as_deref();
    let (kind, title) = match result.standing() {
        Standing::Known => {
            let known = result.known.as_deref().map(line).unwrap_or_default();
            return Some(command(
                "notice",
                file,
                &format!("known failure: {id}"),
                &known,
            ));
        }
        Standing::Advice => ("warning", format!("SHOULD: {id}")),
        _ => ("error", id),
    };
    let detail = plain(&detail(result, failure));
    Some(command(kind, file, &title, detail.trim_end()))
}

/// Where the case stands; a generated one stands nowhere.
fn file(group: &Group, result: &CaseResult) -> Option<String> {
    let clause = result.clause.as_deref()?;
    let is_fixed = group.source == Source::Fixed;
    is_fixed.then(|| format!("conformance/cases/{clause}.json"))
}

fn conclusion(report: &Report) -> String {
    let conclusion = report.conclusion();
    let kind = match conclusion {
        Conclusion::Conformant => "notice",
        _ => "error",
    };
    let facts = facts(report).into_iter();
    let facts: Vec<String> = facts
        .map(|(name, fact)| format!("{name}: {fact}"))
        .collect();
    command(kind, None, conclusion.words(), &facts.join("\n"))
}

fn command(kind: &str, file: Option<&str>, title: &str, message: &str) -> String {
    let file = file.map(|file| format!("file={},", property(file)));
    let file = file.unwrap_or_default();
    format!(
        "::{kind} {file}title={}::{}\n",
        property(title),
        data(message)
    )
}

/// What ends a command's message, or steers it, is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

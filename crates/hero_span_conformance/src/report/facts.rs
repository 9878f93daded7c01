//! What every report says of its run, whatever its format.

use hero_span_protocol::printable;

use super::{Report, Source, Standing};

/// The name of a fact, and the fact.
pub(super) type Fact = (&'static str, String);

/// Who was judged, by what, when, and what came of it.
pub(super) fn facts(report: &Report) -> Vec<Fact> {
    let conclusion = report.conclusion();
    let mut facts = vec![
        (role(report), sdk(report)),
        ("protocol", report.sdk.protocol.to_string()),
        ("suite", suite(report)),
    ];
    if !is_of_a_consumer(report) {
        facts.push(("seed", report.seed.to_string()));
    }
    facts.extend([
        ("date", printable(&report.date).into_owned()),
        ("took", seconds(report.seconds)),
        ("conclusion", conclusion.name().into()),
        ("exit code", conclusion.exit_code().to_string()),
    ]);
    facts
}

/// What was judged.
fn role(report: &Report) -> &'static str {
    if is_of_a_consumer(report) {
        "consumer"
    } else {
        "SDK"
    }
}

/// Vectors are given to consumers, and are not made from a seed.
fn is_of_a_consumer(report: &Report) -> bool {
    let mut groups = report.groups.iter();
    groups.any(|group| group.source == Source::Vectors)
}

/// Its name and version.
pub(super) fn sdk(report: &Report) -> String {
    let hello = &report.sdk;
    format!("{} {}", printable(&hello.sdk), printable(&hello.version))
}

fn suite(report: &Report) -> String {
    let suite = &report.suite;
    format!(
        "hero_span {}, adapter contract {}, protocol {}",
        suite.version, suite.contract, suite.protocol
    )
}

pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

/// How many results of all groups stand so.
pub(super) fn count(report: &Report, standing: Standing) -> usize {
    let groups = report.groups.iter();
    groups.map(|group| group.standing(standing)).sum()
}

/// `1 failure`, `2 failures`.
pub(super) fn plural(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

/// In a few words: what a badge or a title has room for.
pub(super) fn brief(report: &Report) -> String {
    use super::Conclusion::{Conformant, NotConformant, NotEvaluated, Stale};
    match report.conclusion() {
        Conformant => "conformant".into(),
        NotConformant => plural(count(report, Standing::Failed), "failure"),
        NotEvaluated => "not evaluated".into(),
        Stale => "stale list".into(),
    }
}

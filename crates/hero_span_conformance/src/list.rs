//! What the suite looks at: clauses, their checks, and the cases that show
//! them.

use std::fmt::Write;

use clap::Args;
use hero_span_protocol::contract::Clause;
use serde::Serialize;

use crate::case::Case;
use crate::cases::fixed;
use crate::checks::{Coverage, Level, WITHOUT_CLAUSE, coverage};
use crate::error::Error;
use crate::filter::Filter;
use crate::vectors::load;

/// What is listed.
#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Only clauses and cases whose id is like this, such as 'value.*'; with
    /// it, each case is told
    #[arg(value_name = "PATTERN")]
    pub patterns: Vec<String>,
    /// Tell each case
    #[arg(long)]
    pub cases: bool,
    /// As JSON, with everything
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct List {
    clauses: Vec<Entry>,
    checks_without_clause: Vec<WithoutClause>,
}

/// A clause and what looks after it.
#[derive(Serialize)]
struct Entry {
    clause: &'static str,
    level: Level,
    text: &'static str,
    /// The checks of SDKs.
    checks: Vec<&'static str>,
    /// How many vectors for parsers there are.
    vectors: usize,
    /// Why nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked: Option<&'static str>,
    cases: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    about: String,
    level: Level,
    features: Vec<&'static str>,
    /// The case itself.
    case: Case,
}

#[derive(Serialize)]
struct WithoutClause {
    check: &'static str,
    about: &'static str,
}

/// Prints the list.
///
/// # Errors
/// When a pattern is none, or a file that the binary carries holds no cases.
pub(crate) fn list(arguments: &ListArguments) -> Result<String, Error> {
    let filter = Filter::new(&arguments.patterns).map_err(Error::usage)?;
    let list = List {
        clauses: entries(&filter)?,
        checks_without_clause: WITHOUT_CLAUSE
            .map(|(check, about)| WithoutClause { check, about })
            .into_iter()
            .filter(|entry| filter.takes(entry.check))
            .collect(),
    };
    if arguments.json {
        let json = serde_json::to_string_pretty(&list).unwrap_or_default();
        return Ok(format!("{json}\n"));
    }
    let tells_cases = arguments.cases || !filter.is_all();
    Ok(text(&list, tells_cases))
}

fn entries(filter: &Filter) -> Result<Vec<Entry>, Error> {
    let cases = fixed()?;
    let vectors = load().map_err(Error::vectors)?;
    let entry = |clause: &Clause| {
        let of_clause = cases.iter().filter(|case| case.clause() == Some(*clause));
        let takes_all = filter.takes(clause.id());
        let shown = of_clause.filter(|case| takes_all || filter.takes(&case.id));
        let level = Level::of(*clause);
        let (checks, unchecked) = match coverage(*clause) {
            Coverage::Checks(checks) => (checks.to_vec(), None),
            Coverage::Vectors => (Vec::new(), None),
            Coverage::Unchecked(why) => (Vec::new(), Some(why)),
        };
        Entry {
            clause: clause.id(),
            level,
            text: clause.text(),
            checks,
            vectors: vectors
                .iter()
                .filter(|vector| vector.clause == *clause)
                .count(),
            unchecked,
            cases: shown
                .map(|case| Shown {
                    id: case.id.clone(),
                    about: case.about.clone(),
                    level: case.level.unwrap_or(level),
                    features: case.features().into_iter().collect(),
                    case: case.clone(),
                })
                .collect(),
        }
    };
    let entries = Clause::ALL.iter().map(entry);
    let is_asked = |entry: &Entry| filter.takes(entry.clause) || !entry.cases.is_empty();
    Ok(entries.filter(is_asked).collect())
}

fn text(list: &List, tells_cases: bool) -> String {
    let mut text = row("clause", "level", "cases", "vectors", "checks");
    for entry in &list.clauses {
        let checks = match entry.unchecked {
            Some(why) => format!("none: {why}"),
            None if entry.checks.is_empty() => "binds consumers: vectors only".into(),
            None => entry.checks.join(" "),
        };
        let counts = [entry.cases.len(), entry.vectors].map(|count| count.to_string());
        text += &row(
            entry.clause,
            entry.level.name(),
            &counts[0],
            &counts[1],
            &checks,
        );
        for case in entry.cases.iter().filter(|_| tells_cases) {
            let _ = writeln!(text, "  {}{}\n      {}", case.id, needs(case), case.about);
        }
    }
    for entry in &list.checks_without_clause {
        text += &row(entry.check, Level::Must.name(), "all", "", entry.about);
    }
    let sum = |count: fn(&Entry) -> usize| list.clauses.iter().map(count).sum::<usize>();
    let cases = sum(|entry| entry.cases.len());
    let vectors = sum(|entry| entry.vectors);
    let clauses = list.clauses.len();
    text + &format!("\n{clauses} clauses, {cases} cases, {vectors} vectors\n")
}

fn row(clause: &str, level: &str, cases: &str, vectors: &str, checks: &str) -> String {
    format!("{clause:<24} {level:<6} {cases:>5} {vectors:>7}  {checks}\n")
}

fn needs(case: &Shown) -> String {
    let level = match case.level {
        Level::Must => "",
        Level::Should => "  SHOULD",
    };
    if case.features.is_empty() {
        return level.into();
    }
    format!("{level}  needs {}", case.features.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(patterns: &[&str], json: bool) -> String {
        let patterns = patterns.iter().map(ToString::to_string).collect();
        let arguments = ListArguments {
            patterns,
            cases: false,
            json,
        };
        list(&arguments).unwrap()
    }

    #[test]
    fn every_clause_stands_with_its_checks_or_a_reason() {
        let text = listed(&[], false);
        for clause in Clause::ALL {
            let mut lines = text.lines();
            let line = lines.find(|line| line.split_whitespace().next() == Some(clause.id()));
            let words = line.map(|line| line.split_whitespace().count());
            assert!(words >= Some(4), "{clause}: {line:?}");
        }
        assert!(text.contains("drift.parser"), "{text}");
    }

    /// A clause that binds consumers has vectors, or nothing looks after it.
    #[test]
    fn clauses_without_checks_have_vectors() {
        let entries = entries(&Filter::default()).unwrap();
        let unchecked = |entry: &&Entry| entry.checks.is_empty() && entry.unchecked.is_none();
        for entry in entries.iter().filter(unchecked) {
            assert!(entry.vectors > 0, "{}", entry.clause);
        }
    }

    #[test]
    fn patterns_choose_clauses() {
        let text = listed(&["limit.buffer"], false);
        assert!(
            text.contains("limit.buffer             SHOULD     0       0  none: the kernel"),
            "{text}"
        );
        assert!(!text.contains("value.cut"), "{text}");
    }

    #[test]
    fn json_holds_the_same() {
        let json: serde_json::Value = serde_json::from_str(&listed(&[], true)).unwrap();
        let clauses = json["clauses"].as_array().unwrap();
        assert_eq!(clauses.len(), Clause::ALL.len());
        assert_eq!(clauses[0]["clause"], Clause::ALL[0].id());
    }
}

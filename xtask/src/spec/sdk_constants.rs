//! Holds the constants in the Python SDK's code against the docstring above it.

use hero_span_contract::Docstring;
use hero_span_contract::model::Contract;

use super::SDK_PATH;
use super::problem::Problem;
use super::rust::grouped;
use super::shared::{Value, shared};

/// A constant that the SDK must have: `name = value`, as Python source.
struct Wanted {
    name: String,
    value: String,
    clause: String,
}

/// A line `_NAME = value` at module level.
struct Found<'a> {
    line: usize,
    name: &'a str,
    value: &'a str,
}

/// Every constant that is missing, doubled, or not what the docstring says.
pub(super) fn problems(file: &str, docstring: &Docstring) -> Vec<Problem> {
    let found = constants(file, docstring.last_line);
    let wanted = wanted(&docstring.contract);
    wanted
        .iter()
        .filter_map(|wanted| mismatch(wanted, &found, docstring))
        .collect()
}

fn wanted(contract: &Contract) -> Vec<Wanted> {
    let wanted = shared(contract).into_iter().map(|shared| Wanted {
        name: format!("_{}", shared.name),
        value: match shared.value {
            Value::Protocol(number) => number.to_string(),
            Value::Limit(number) => grouped(number),
            Value::Variable(name) => format!("{name:?}"),
            Value::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
                format!("({})", words.join(", "))
            }
        },
        clause: shared.clause.to_owned(),
    });
    wanted.collect()
}

/// Lines `_NAME = value` or `_NAME: TYPE = value` after the docstring.
fn constants(file: &str, docstring_end: usize) -> Vec<Found<'_>> {
    let code = file.lines().enumerate().skip(docstring_end);
    let assignments = code.filter_map(|(index, text)| {
        let (target, value) = text.split_once(" = ")?;
        let name = target.split(':').next().unwrap_or(target);
        let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let is_constant = name.starts_with('_') && name.chars().all(upper);
        is_constant.then_some(Found {
            line: index + 1,
            name,
            value: without_comment(value),
        })
    });
    assignments.collect()
}

fn without_comment(value: &str) -> &str {
    value.split("  #").next().unwrap_or(value).trim_end()
}

fn mismatch(wanted: &Wanted, found: &[Found<'_>], docstring: &Docstring) -> Option<Problem> {
    let Wanted {
        name,
        value,
        clause,
    } = wanted;
    let declared = match docstring.places.of(clause) {
        0 => "as the docstring's heading says".to_owned(),
        line => format!("as {clause} says in line {line}"),
    };
    let mut lines = found.iter().filter(|constant| constant.name == name);
    let (line, found) = match (lines.next(), lines.next()) {
        (None, _) => (
            docstring.last_line,
            "no such line at module level".to_owned(),
        ),
        (Some(first), Some(again)) => (again.line, format!("it again after line {}", first.line)),
        (Some(only), None) if same(only.value, value) => return None,
        (Some(only), None) => (only.line, format!("`{name} = {}`", only.value)),
    };
    let text = format!(
        "expected `{name} = {value}` {declared}, found {found}: mend the code or the docstring"
    );
    Some(Problem::at(SDK_PATH, line, text))
}

/// Underscores in numbers are the writer's choice.
fn same(found: &str, wanted: &str) -> bool {
    let number = |text: &str| text.replace('_', "").parse::<u64>().ok();
    match (number(found), number(wanted)) {
        (Some(found), Some(wanted)) => found == wanted,
        _ => found == wanted,
    }
}

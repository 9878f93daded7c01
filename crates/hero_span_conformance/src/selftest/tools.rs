//! Faults of the contract's own tools: schemas and a parser that do not agree
//! with each other on what the unbroken reference sent.

use super::mutant::{Cases, Fault, Mutant};
use crate::checks::{DRIFT_ACCEPT, DRIFT_EMIT, DRIFT_PARSER};
use crate::judge::Tools;

/// Every one.
pub(super) fn mutants() -> Vec<Mutant> {
    let all = [
        mutant(
            "emit-schema-of-seconds",
            "The emit schema takes no time in milliseconds.",
            DRIFT_EMIT,
            |tools| {
                tools.emit = tools
                    .emit
                    .replace("\"maximum\": 9007199254740\n", "\"maximum\": 9007199254\n");
            },
        ),
        mutant(
            "emit-schema-without-level",
            "The emit schema does not know the level of a log.",
            DRIFT_EMIT,
            |tools| {
                tools.emit = tools.emit.replacen("\"level\": {", "\"severity\": {", 1);
            },
        ),
        mutant(
            "accept-schema-of-short-ids",
            "The accept schema takes ids of eight digits only.",
            DRIFT_ACCEPT,
            |tools| {
                tools.accept = tools.accept.replace("{16}$", "{8}$");
            },
        ),
        mutant(
            "accept-schema-of-sessions",
            "The accept schema asks for a field of its own.",
            DRIFT_ACCEPT,
            |tools| {
                tools.accept =
                    tools
                        .accept
                        .replacen("\"required\": [", "\"required\": [\"session\",", 1);
            },
        ),
        mutant(
            "parser-without-logs",
            "The parser does not know logs.",
            DRIFT_PARSER,
            |tools| {
                tools.parse = |line| match line.starts_with(b"{\"type\":\"span_log\"") {
                    true => Err("a line skipped for its type".into()),
                    false => Ok(()),
                };
            },
        ),
        mutant(
            "parser-of-short-lines",
            "The parser takes no line of more than 256 bytes.",
            DRIFT_PARSER,
            |tools| {
                tools.parse = |line| match line.len() {
                    ..=256 => Ok(()),
                    _ => Err("a line that is too long".into()),
                };
            },
        ),
    ];
    all.into_iter().flatten().collect()
}

fn mutant(id: &str, about: &str, killed_by: &str, edit: fn(&mut Tools)) -> Option<Mutant> {
    Some(Mutant {
        id: id.into(),
        about: about.into(),
        killed_by: killed_by.into(),
        cases: Cases::of_the_suite()?,
        fault: Fault::Tools(edit),
    })
}

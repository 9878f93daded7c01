//! Lines: the parser's emit reading, the emit schema, and that both agree.

use hero_span_protocol::contract::{ACCEPT_SCHEMA, Clause, EMIT_SCHEMA};
use hero_span_protocol::{Event, Parsed, Violation, judge, parse};
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use super::Place;
use crate::checks::{DRIFT_ACCEPT, DRIFT_EMIT, DRIFT_PARSER};
use crate::compare::Arrival;
use crate::error::Error;
use crate::finding::Finding;
use crate::value::{Plain, Value};

/// What a schema can say; a violation of one of these shows in it as well.
const SAID_BY_SCHEMA: [Clause; 10] = [
    Clause::EventAny,
    Clause::EventSpanStart,
    Clause::EventSpanTag,
    Clause::EventSpanLog,
    Clause::EventSpanEnd,
    Clause::TypeId,
    Clause::TypeKind,
    Clause::TypeLevel,
    Clause::TypeStatus,
    Clause::TypeCount,
];

/// The contract's own tools, which must agree on each line.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// What may be sent, as a JSON Schema.
    pub(crate) emit: String,
    /// What must be taken, as a JSON Schema.
    pub(crate) accept: String,
    /// Whether the parser takes a line, or why not.
    pub(crate) parse: fn(&[u8]) -> Result<(), String>,
}

impl Default for Tools {
    /// As the contract has them.
    fn default() -> Self {
        Self {
            emit: EMIT_SCHEMA.into(),
            accept: ACCEPT_SCHEMA.into(),
            parse: takes,
        }
    }
}

/// Reads the lines of a connection.
#[derive(Debug)]
pub(super) struct Lines {
    emit: Validator,
    accept: Validator,
    parse: fn(&[u8]) -> Result<(), String>,
}

/// How the lines of a connection came to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    /// The last line may be without its LF.
    pub(super) may_be_torn: bool,
    /// Several threads, tasks or processes wrote at once.
    pub(super) is_concurrent: bool,
}

/// What the lines of a connection are.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) findings: Vec<Finding>,
    pub(super) is_torn: bool,
}

impl Lines {
    pub(super) fn new(tools: &Tools) -> Result<Self, Error> {
        Ok(Self {
            emit: validator(&tools.emit)?,
            accept: validator(&tools.accept)?,
            parse: tools.parse,
        })
    }

    /// Reads all that came over a connection.
    pub(super) fn read(&self, bytes: &[u8], origin: Origin) -> Read {
        let mut read = Read::default();
        let mut place = Place { line: 0, byte: 0 };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            place.line += 1;
            match line.strip_suffix(b"\n") {
                Some(text) => self.read_line(text, place, origin, &mut read),
                None => read.is_torn = true,
            }
            if read.is_torn && !origin.may_be_torn {
                let torn = torn(line, place);
                let is_mixed = origin.is_concurrent;
                read.findings
                    .push(if is_mixed { mixed(torn) } else { torn });
            }
            place.byte += line.len() as u64;
        }
        read
    }

    fn read_line(&self, text: &[u8], place: Place, origin: Origin, read: &mut Read) {
        let (event, violations) = judge(text);
        let drift = self.drift(text, event.as_ref(), &violations).into_iter();
        let violations = violations
            .into_iter()
            .map(|violation| place.blames(violation));
        if origin.is_concurrent && !is_object(text) {
            read.findings.extend(violations.map(mixed));
        } else {
            read.findings.extend(violations);
        }
        read.findings
            .extend(drift.map(|finding| place.finds(finding)));
        let arrival = event.map(|event| Arrival::new(place.line, place.byte, text, event));
        read.arrivals.extend(arrival);
    }

    /// Where the contract's schemas and parser disagree on a line.
    fn drift(
        &self,
        text: &[u8],
        event: Option<&Event<'_>>,
        violations: &[Violation],
    ) -> Vec<Finding> {
        let Ok(line) = serde_json::from_slice(text) else {
            return Vec::new();
        };
        let emit = self.emit_drift(&line, event, violations);
        let is_good = event.is_some() && violations.is_empty();
        let accept = is_good.then(|| self.accept_drift(&line)).flatten();
        let parser = is_good.then(|| self.parser_drift(text)).flatten();
        [emit, accept, parser].into_iter().flatten().collect()
    }

    /// The emit schema says what the emit reading says, as far as a schema can.
    fn emit_drift(
        &self,
        line: &Json,
        event: Option<&Event<'_>>,
        violations: &[Violation],
    ) -> Option<Finding> {
        let is_said = |violation: &&Violation| SAID_BY_SCHEMA.contains(&violation.clause);
        match (self.emit.validate(line), violations) {
            (Err(error), []) => {
                let expected = "what the parser takes, to be valid under the emit schema";
                Some(Finding::named(DRIFT_EMIT, expected, told(&error)))
            }
            (Ok(()), violations) if event.is_some() => {
                let violation = violations.iter().find(is_said)?;
                let expected = format!("the emit schema to say that, too: {violation}");
                Some(Finding::named(DRIFT_EMIT, expected, "a valid line"))
            }
            _ => None,
        }
    }

    /// What may be sent must be taken.
    fn accept_drift(&self, line: &Json) -> Option<Finding> {
        let error = self.accept.validate(line).err()?;
        let expected = "what may be sent, to be valid under the accept schema";
        Some(Finding::named(DRIFT_ACCEPT, expected, told(&error)))
    }

    fn parser_drift(&self, text: &[u8]) -> Option<Finding> {
        let found = (self.parse)(text).err()?;
        let expected = "what may be sent, to be taken by the parser";
        Some(Finding::named(DRIFT_PARSER, expected, found))
    }
}

/// Whether the parser takes a line.
fn takes(text: &[u8]) -> Result<(), String> {
    match parse(text) {
        Ok(Parsed::Event(_)) => Ok(()),
        Ok(Parsed::Skipped { type_name }) => {
            Err(format!("a line skipped for its type {type_name}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn validator(schema: &str) -> Result<Validator, Error> {
    let schema = serde_json::from_str(schema).map_err(|error| Error::schema(&error))?;
    jsonschema::validator_for(&schema).map_err(|error| Error::schema(&error))
}

fn told(error: &ValidationError<'_>) -> String {
    format!("{error} at {}", error.instance_path())
}

fn is_object(text: &[u8]) -> bool {
    matches!(serde_json::from_slice(text), Ok(Plain(Value::Object(_))))
}

/// What is no line at all, where several write at once, is parts of several.
fn mixed(finding: Finding) -> Finding {
    let whole = Finding::of(Clause::SdkWholeLines, finding.expected, finding.found);
    Finding {
        field: finding.field,
        place: finding.place,
        ..whole
    }
}

fn torn(line: &[u8], place: Place) -> Finding {
    let found = format!("a last line of {} bytes without one", line.len());
    let expected = "an LF at the end of each line";
    place.finds(Finding::of(Clause::TransportLine, expected, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1.5,"seq":0,"key":"k","value":7}"#;

    fn lines() -> Lines {
        Lines::new(&Tools::default()).unwrap()
    }

    /// Each finding's rule, field and place.
    fn check(bytes: &str, may_be_torn: bool, expected: &[&str]) {
        let origin = Origin {
            may_be_torn,
            ..Origin::default()
        };
        check_from(bytes, origin, expected);
    }

    fn check_from(bytes: &str, origin: Origin, expected: &[&str]) {
        let read = lines().read(bytes.as_bytes(), origin);
        let words = |finding: &Finding| {
            let field = finding.field.as_deref().unwrap_or("-");
            format!(
                "{} {field} {}",
                finding.check,
                finding.place.as_deref().unwrap_or("-")
            )
        };
        let found: Vec<String> = read.findings.iter().map(words).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn good_lines_are_read() {
        check(&format!("{GOOD}\n{GOOD}\n"), false, &[]);
    }

    #[test]
    fn a_torn_line_is_found_unless_it_may_be() {
        check(&format!("{GOOD}\n{{"), true, &[]);
        check(
            &format!("{GOOD}\n{{"),
            false,
            &["transport.line - line 2, byte 89"],
        );
    }

    #[test]
    fn mixed_lines_are_told_from_bad_ones() {
        let concurrent = Origin {
            is_concurrent: true,
            ..Origin::default()
        };
        let mixed = format!("{}{GOOD}\n", &GOOD[..40]);
        check(&mixed, false, &["transport.i-json - line 1, byte 42"]);
        check_from(&mixed, concurrent, &["sdk.whole-lines - line 1, byte 42"]);
        check_from(
            &format!("{GOOD}\n{{"),
            concurrent,
            &["sdk.whole-lines - line 2, byte 89"],
        );
        let twice = GOOD.replace("{", r#"{"seq":0,"#);
        check_from(
            &format!("{twice}\n"),
            concurrent,
            &["transport.i-json seq line 1, byte 68"],
        );
    }

    #[test]
    fn violations_have_their_place_in_the_stream() {
        let bad = GOOD.replace("\"k\"", "\"\"");
        check(
            &format!("{GOOD}\n{bad}\n"),
            false,
            &["type.name key line 2, byte 163"],
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_found() {
        let long = GOOD.replace('7', &format!("\"{}\"", "\\u0001".repeat(6000)));
        let read = lines().read(format!("{long}\n").as_bytes(), Origin::default());
        assert!(
            read.findings
                .iter()
                .any(|finding| finding.check == "limit.line")
        );
    }

    /// The checks that find a disagreement on this line, by its reading.
    fn check_drift(lines: &Lines, text: &str, read_as: &str, expected: &[&str]) {
        let (event, violations) = judge(read_as.as_bytes());
        let drift = lines.drift(text.as_bytes(), event.as_ref(), &violations);
        let checks: Vec<&str> = drift.iter().map(|finding| finding.check.as_str()).collect();
        assert_eq!(checks, expected, "{drift:?}");
    }

    #[test]
    fn schemas_and_parser_are_compared() {
        let lines = lines();
        let unknown = GOOD.replace("\"key\"", "\"kez\"");
        check_drift(&lines, GOOD, GOOD, &[]);
        check_drift(&lines, &unknown, &unknown, &[]);
        // A line that only one of them knows, under the reading of another line.
        check_drift(
            &lines,
            &unknown,
            GOOD,
            &[DRIFT_EMIT, DRIFT_ACCEPT, DRIFT_PARSER],
        );
        let extra = GOOD.replace("\"key\"", "\"kez\":1,\"key\"");
        check_drift(&lines, GOOD, &extra, &[DRIFT_EMIT]);
    }

    #[test]
    fn a_schema_that_is_too_narrow_is_drift() {
        let narrow = r#"{"properties":{"key":{"const":"other"}}}"#;
        let with = |edit: fn(&mut Tools, &str)| {
            let mut tools = Tools::default();
            edit(&mut tools, narrow);
            Lines::new(&tools).unwrap()
        };
        let emit = with(|tools, narrow| tools.emit = narrow.into());
        check_drift(&emit, GOOD, GOOD, &[DRIFT_EMIT]);
        let accept = with(|tools, narrow| tools.accept = narrow.into());
        check_drift(&accept, GOOD, GOOD, &[DRIFT_ACCEPT]);
    }
}

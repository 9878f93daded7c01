//! Lines: the parser's emit reading, the emit schema, and that both agree.

use hero_span_protocol::contract::{Clause, EMIT_SCHEMA};
use hero_span_protocol::{Event, Violation, judge};
use jsonschema::Validator;

use super::Place;
use crate::checks::DRIFT_EMIT;
use crate::compare::Arrival;
use crate::error::Error;
use crate::finding::Finding;

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

/// Reads the lines of a connection.
#[derive(Debug)]
pub(super) struct Lines {
    emit: Validator,
}

/// What the lines of a connection are.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) findings: Vec<Finding>,
    pub(super) is_torn: bool,
}

impl Lines {
    pub(super) fn new() -> Result<Self, Error> {
        let schema = serde_json::from_str(EMIT_SCHEMA).map_err(|error| Error::schema(&error))?;
        let emit = jsonschema::validator_for(&schema).map_err(|error| Error::schema(&error))?;
        Ok(Self { emit })
    }

    /// Reads all that came over a connection.
    pub(super) fn read(&self, bytes: &[u8], may_be_torn: bool) -> Read {
        let mut read = Read::default();
        let mut place = Place { line: 0, byte: 0 };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            place.line += 1;
            match line.strip_suffix(b"\n") {
                Some(text) => self.read_line(text, place, &mut read),
                None => read.is_torn = true,
            }
            if read.is_torn && !may_be_torn {
                read.findings.push(torn(line, place));
            }
            place.byte += line.len() as u64;
        }
        read
    }

    fn read_line(&self, text: &[u8], place: Place, read: &mut Read) {
        let (event, violations) = judge(text);
        let drift = self.drift(text, event.as_ref(), &violations);
        let violations = violations
            .into_iter()
            .map(|violation| place.blames(violation));
        read.findings.extend(violations);
        read.findings
            .extend(drift.map(|finding| place.finds(finding)));
        let arrival = event.map(|event| Arrival::new(place.line, place.byte, text, event));
        read.arrivals.extend(arrival);
    }

    /// Where the schema and the parser disagree.
    fn drift(
        &self,
        text: &[u8],
        event: Option<&Event<'_>>,
        violations: &[Violation],
    ) -> Option<Finding> {
        let line = serde_json::from_slice(text).ok()?;
        let by_schema = self.emit.validate(&line);
        let is_said = |violation: &Violation| SAID_BY_SCHEMA.contains(&violation.clause);
        match (by_schema, violations) {
            (Err(error), []) => {
                let found = format!("{error} at {}", error.instance_path());
                let expected = "what the parser takes, to be valid under the emit schema";
                Some(Finding::named(DRIFT_EMIT, expected, found))
            }
            (Ok(()), violations) if event.is_some() => {
                let violation = violations.iter().find(|violation| is_said(violation))?;
                let expected = format!("the emit schema to say that, too: {violation}");
                Some(Finding::named(DRIFT_EMIT, expected, "a valid line"))
            }
            _ => None,
        }
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

    /// Each finding's rule, field and place.
    fn check(bytes: &str, may_be_torn: bool, expected: &[&str]) {
        let read = Lines::new().unwrap().read(bytes.as_bytes(), may_be_torn);
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
        let read = Lines::new()
            .unwrap()
            .read(format!("{long}\n").as_bytes(), false);
        assert!(
            read.findings
                .iter()
                .any(|finding| finding.check == "limit.line")
        );
    }

    #[test]
    fn schema_and_parser_are_compared_both_ways() {
        let lines = Lines::new().unwrap();
        let unknown = GOOD.replace("\"key\"", "\"kez\"");
        let (event, violations) = judge(GOOD.as_bytes());
        assert_eq!(
            lines.drift(GOOD.as_bytes(), event.as_ref(), &violations),
            None
        );
        let by_schema_only = lines
            .drift(unknown.as_bytes(), event.as_ref(), &[])
            .unwrap();
        assert!(by_schema_only.found.contains("key"), "{by_schema_only}");
        let (_, violations) = judge(unknown.as_bytes());
        let by_parser_only = lines
            .drift(GOOD.as_bytes(), event.as_ref(), &violations)
            .unwrap();
        assert_eq!(by_parser_only.found, "a valid line");
    }
}

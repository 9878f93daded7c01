//! The emit reading: what an SDK may send.

mod cuts;
mod emit;

use crate::contract::Clause;
use crate::error::Violation;
use crate::event::{Event, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::fields::{Field, Fields};
use crate::printable::quoted;
use crate::read::{EventType, read_all, type_name};

/// Reads one line as [`crate::parse()`] does, and finds everything in it that
/// an SDK must not send, in the order of the line. The event is there when a
/// consumer would take it.
///
/// A line that is no I-JSON object has one violation, its first fault. In any
/// other line all are found:
///
/// - what a consumer rejects, field by field;
/// - white space or a CR around the object (`transport.line`);
/// - fields and types that the contract does not name (`event.any`,
///   `type.producer`), expected fields that are missing, an error that is
///   missing though the status is failed;
/// - words that are not of `type.kind` or `type.level`;
/// - names, texts, errors and values over their limits (`limit.name`,
///   `limit.value`, `limit.error`), empty names (`type.name`), too many
///   members (`limit.members`);
/// - times out of range, or with more than three decimals (`type.time`). A
///   time is sent in plain notation: its decimals are the digits after the
///   point as written, zeros too, and an exponent is a violation;
/// - integers beyond `limit::INTEGER_MAX` within JSON values
///   (`value.numbers`): numbers written without point and exponent;
/// - another protocol's number (`type.producer`);
/// - entries of `truncated` that cannot be true: see below.
///
/// # Cuts
///
/// An entry of `truncated` must name a field of this event that can be cut,
/// and the size before must be more than what is there (`value.announced`) and
/// at most `limit::MEASURED_BYTES` (`limit.measured`). A cut JSON value is a
/// string (`value.structured`). What is there must be as long as a cut leaves
/// it, short of a limit by less than one code point (`value.cut`), and a cut
/// error must have its dots (`value.error`). As an SDK halves the limits until
/// the line fits (`value.line`), any halved limit will do. The entry of a
/// member may speak of its value or of its key.
///
/// # What a JSON Schema cannot say
///
/// Byte counts, decimals, white space around the object, repeated keys,
/// surrogates, depth, integers within values, and everything about
/// `truncated` but its type. A line without violations is valid under
/// [`crate::EMIT_SCHEMA`], not always the other way round.
///
/// ```
/// let line = br#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1.5,"seq":0,"key":"","value":7}"#;
/// let (event, violations) = hero_span_protocol::judge(line);
/// assert!(event.is_some());
/// assert_eq!(violations[0].clause.id(), "type.name");
/// ```
pub fn judge(line: &[u8]) -> (Option<Event<'_>>, Vec<Violation>) {
    let judged = judge_line(line);
    (judged.event, judged.violations)
}

/// What a line is under the emit reading.
#[derive(Debug, Default)]
pub(crate) struct Judged<'a> {
    pub(crate) event: Option<Event<'a>>,
    /// Whether its type is one that the contract does not know.
    pub(crate) is_skipped: bool,
    pub(crate) violations: Vec<Violation>,
}

pub(crate) fn judge_line(line: &[u8]) -> Judged<'_> {
    let mut fields = Fields::new();
    let mut judged = match fields.scan(line) {
        Ok(()) => judge_fields(fields),
        Err(error) => Judged {
            violations: vec![error.into()],
            ..Judged::default()
        },
    };
    judged.violations.sort_by_key(|violation| violation.at);
    judged
}

fn judge_fields(mut fields: Fields<'_>) -> Judged<'_> {
    let mut judged = Judged::default();
    let violations = &mut judged.violations;
    surroundings(&fields, violations);
    match type_name(&fields) {
        Err(error) => violations.push(error.into()),
        Ok(name) => match EventType::of(&name) {
            Some(event_type) => {
                judged.event = read_all(&mut fields, event_type, violations);
                emit::check(&fields, event_type, violations);
                cuts::check(&fields, event_type, violations);
            }
            None => {
                judged.is_skipped = true;
                violations.push(unknown_type(&fields));
            }
        },
    }
    judged
}

/// The object is all that stands on the line.
fn surroundings(fields: &Fields<'_>, violations: &mut Vec<Violation>) {
    let around = |expected: &str, found: &str, at| {
        Violation::new(Clause::TransportLine, expected, found).at(at)
    };
    if fields.start > 0 {
        violations.push(around("'{'", "white space", 0));
    }
    let after = fields.text.get(fields.end..).unwrap_or_default();
    let found = match after {
        "" => return,
        "\r" => "a CR",
        _ => "white space",
    };
    violations.push(around("an LF after the object", found, fields.end));
}

fn unknown_type(fields: &Fields<'_>) -> Violation {
    let expected = format!(
        "{}, {}, {} or {}",
        SpanStart::TYPE,
        SpanTag::TYPE,
        SpanLog::TYPE,
        SpanEnd::TYPE
    );
    let slot = fields.slot(Field::Type);
    let found = quoted(&slot.text().unwrap_or_default());
    Violation::new(Clause::EventAny, expected, found)
        .field(Field::Type.name())
        .at(slot.at)
}

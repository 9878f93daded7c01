//! Tracebacks: their words are the SDK's own, their size is not.

use hero_span_protocol::contract::Clause;
use hero_span_protocol::limits::cut;

use super::Arrival;
use super::difference::{Difference, excerpt};
use crate::model::Limits;

/// What an error that was cut has in its middle (`value.error`).
pub(super) const DOTS: &str = "\n...\n";
/// How much of a long message must be found in a traceback that was cut.
const MESSAGE_PART: usize = 40;
/// A code point has at most so many bytes, so a cut may lose three.
const LOST_TO_A_CUT: usize = 3;

/// A traceback holds the exception's type and message, and is cut as any error.
pub(super) fn traceback_difference(
    type_name: &str,
    message: &str,
    found: &str,
    arrival: &Arrival,
    limits: &Limits,
) -> Option<Difference> {
    let differs = |clause, expected: String| {
        Some(Difference::new(
            clause,
            "error",
            expected,
            excerpt(found, found.len()),
        ))
    };
    let was_cut = arrival
        .truncated()
        .iter()
        .any(|(field, _)| *field == "error");
    if !was_cut {
        let is_whole = found.contains(cut(type_name, MESSAGE_PART)) && found.contains(message);
        let expected = || {
            format!(
                "a traceback with {type_name:.60} and {}",
                excerpt(message, 0)
            )
        };
        return if is_whole {
            None
        } else {
            differs(Clause::SdkStatus, expected())
        };
    }
    let room = limits.error - LOST_TO_A_CUT..=limits.error;
    if !room.contains(&found.len()) {
        return differs(Clause::LimitError, format!("{} bytes", limits.error));
    }
    let head = limits.error_head - LOST_TO_A_CUT..=limits.error_head;
    if !found.find(DOTS).is_some_and(|at| head.contains(&at)) {
        return differs(
            Clause::LimitErrorHead,
            format!("{} bytes, then LF, three dots, LF", limits.error_head),
        );
    }
    let part = cut(message, MESSAGE_PART);
    let tail = message
        .get(message.len().saturating_sub(MESSAGE_PART)..)
        .unwrap_or(part);
    if found.contains(part) || found.contains(tail) {
        return None;
    }
    differs(
        Clause::ValueError,
        format!("a traceback with {}", excerpt(message, message.len())),
    )
}

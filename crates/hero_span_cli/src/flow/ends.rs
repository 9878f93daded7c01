//! How a run's end is told, and what exit code says it.

use hero_span_executor::{Ended, Outcome};
use hero_span_protocol::printable;
use serde_json::Value;

use crate::exit_codes;
use crate::view::{Paint, duration};

/// What of a result a line shows, in characters.
const SHOWN: usize = 200;

/// What a shell says of a process that a signal ended.
const SIGNALS: u8 = 128;

/// The exit code that mirrors an end.
pub(super) fn exit_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Ok { .. } => exit_codes::OK,
        Outcome::Failed { .. } | Outcome::Raised(_) => exit_codes::VIOLATIONS,
        Outcome::Refused(_) => exit_codes::USAGE,
        Outcome::Unfinished { .. } => exit_codes::NOTHING,
        Outcome::OutOfTime { .. } => exit_codes::OUT_OF_TIME,
        Outcome::SupervisorLost => exit_codes::LOST,
        Outcome::Broken(_) => exit_codes::BROKEN,
        Outcome::NotStarted { .. } => exit_codes::NOT_STARTED,
        Outcome::Cancelled { .. } => exit_codes::CANCELLED,
        Outcome::OutOfMemory => SIGNALS + 9,
        Outcome::Killed { signal } => {
            SIGNALS.saturating_add(u8::try_from(*signal).unwrap_or(u8::MAX))
        }
    }
}

/// The lines that tell an end, for a person: the traceback of an exception,
/// and a sentence.
pub(super) fn lines(ended: &Ended, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    if let Outcome::Raised(raised) | Outcome::Broken(raised) = &ended.outcome {
        let text = raised.error.trim_end().lines();
        lines.extend(text.map(|line| printable(line).into_owned()));
    }
    let who = ended.flow.as_deref().unwrap_or(&ended.name);
    let told = ended.to_string();
    let mut told = told.lines().map(|line| printable(line).into_owned());
    let first = told.next().unwrap_or_default();
    let first = format!(
        "{} {}",
        paint.bold(&printable(who)),
        tone(&ended.outcome, paint, &first)
    );
    lines.push(match &ended.outcome {
        Outcome::Ok { result, .. } if !result.is_null() => format!("{first}: {}", shown(result)),
        _ => first,
    });
    lines.extend(told.map(|line| paint.bad(&line)));
    if let Some(swept) = ended.swept.filter(|swept| swept.left > 0) {
        lines.push(paint.bad(&format!(
            "! {} of its processes could not be killed",
            swept.left
        )));
    }
    if ended.cut_off > 0 {
        lines.push(paint.warn("! the collector went away: not all of it is kept"));
    }
    if let Some(why) = &ended.unrecorded {
        lines.push(paint.warn(&format!(
            "! not all of it is written down: {}",
            printable(why)
        )));
    }
    lines
}

fn tone(outcome: &Outcome, paint: Paint, text: &str) -> String {
    match outcome {
        Outcome::Ok { .. } => paint.good(text),
        Outcome::Cancelled { .. } => paint.warn(text),
        _ => paint.bad(text),
    }
}

fn shown(result: &Value) -> String {
    let text = result.to_string();
    let text = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    };
    printable(&text).into_owned()
}

/// An end that was written down, in a line.
pub(super) fn written(told: &str, took_ms: Option<f64>) -> String {
    let told = told.lines().next().unwrap_or_default();
    match took_ms {
        Some(ms) => format!("{} ({})", printable(told), duration(ms)),
        None => printable(told).into_owned(),
    }
}

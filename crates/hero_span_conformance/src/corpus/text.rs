//! What came of a replay, for people.

use std::fmt::Write as _;

use hero_span_protocol::printable;

use super::compare::Difference;
use super::replay::{Replayed, Version};
use crate::compare::excerpt;

/// A parser that is broken reads every line differently.
const SHOWN: usize = 10;
/// How much of a reading is shown.
const SHOWN_BYTES: usize = 400;

pub(super) fn text(replayed: &Replayed) -> String {
    let mut text = String::new();
    for version in &replayed.versions {
        text += &failures(version);
    }
    text += &table(replayed);
    let words = match replayed.conclusion().exit_code() {
        0 => "every capture is read as it was recorded",
        1 => "NOT AS RECORDED: see above",
        _ => "NOT EVALUATED: nothing is recorded here",
    };
    let _ = writeln!(text, "\n{words}");
    text
}

fn failures(version: &Version) -> String {
    let mut text = String::new();
    for difference in version.differences.iter().take(SHOWN) {
        text += &failure(version, difference);
    }
    let more = version.differences.len().saturating_sub(SHOWN);
    if more > 0 {
        let (sdk, number) = (printable(&version.sdk), printable(&version.version));
        let _ = writeln!(text, "and {more} more of {sdk} {number}: --json has all\n");
    }
    text
}

fn failure(version: &Version, difference: &Difference) -> String {
    let mut title = format!(
        "FAILED  {} {}  {}",
        version.sdk, version.version, difference.case
    );
    if let Some(connection) = difference.connection {
        let _ = write!(title, ", connection {connection}");
    }
    if let Some(line) = difference.line {
        let _ = write!(title, ", line {line}");
    }
    let _ = write!(title, ": {}", difference.kind.words());
    let mut text = format!("{}\n", printable(&title));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<8} {}", clipped(value));
    };
    if let Some(check) = &difference.check {
        let field = difference.field.as_ref();
        row(
            "clause",
            &field.map_or(check.clone(), |field| format!("{check}, {field}")),
        );
    }
    row("expected", &difference.expected);
    row("found", &difference.found);
    if let Some(line) = &difference.text {
        row("line", line);
    }
    row("to do", difference.to_do);
    text + "\n"
}

/// Fit for a terminal, and not too long for one.
fn clipped(text: &str) -> String {
    if text.len() > SHOWN_BYTES {
        return excerpt(text, 0);
    }
    printable(text).into_owned()
}

fn table(replayed: &Replayed) -> String {
    let mut rows =
        vec![["SDK", "version", "protocol", "captures", "lines", "verdict"].map(String::from)];
    rows.extend(replayed.versions.iter().map(|version| {
        [
            printable(&version.sdk).into_owned(),
            printable(&version.version).into_owned(),
            version.protocol.to_string(),
            version.captures.to_string(),
            version.lines.to_string(),
            match version.differences.len() {
                0 => "as recorded".into(),
                1 => "1 difference".into(),
                many => format!("{many} differences"),
            },
        ]
    }));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for [sdk, version, protocol, captures, lines, verdict] in &rows {
        let [a, b, c, d, e] = widths;
        let _ = writeln!(
            text,
            "{sdk:<a$}  {version:<b$}  {protocol:>c$}  {captures:>d$}  {lines:>e$}  {verdict}"
        );
    }
    text
}

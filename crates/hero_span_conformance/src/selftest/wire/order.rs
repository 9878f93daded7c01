//! Faults of order: the rules of a stream, and the tree.

use super::Wire;
use super::stream::{Line, Stream};

pub(super) const FAULTS: &[Wire] = &[
    Wire {
        id: "start-missing",
        about: "The first start is lost.",
        killed_by: "rule.start-first",
        edit: |s| drop_first(s, "span_start"),
    },
    Wire {
        id: "end-before-start",
        about: "A span ends before it starts.",
        killed_by: "rule.start-first",
        edit: |s| move_up(s, "span_end"),
    },
    Wire {
        id: "id-used-twice",
        about: "Two spans have one id.",
        killed_by: "rule.start-once",
        edit: |s| one_id(s),
    },
    Wire {
        id: "start-twice",
        about: "A start is sent twice.",
        killed_by: "rule.start-once",
        edit: |s| repeat(s, "span_start"),
    },
    Wire {
        id: "end-twice",
        about: "An end is sent twice.",
        killed_by: "rule.end-once",
        edit: |s| repeat(s, "span_end"),
    },
    Wire {
        id: "tag-after-end",
        about: "A tag comes after the end of its span.",
        killed_by: "rule.end-last",
        edit: |s| behind_its_end(s, "span_tag"),
    },
    Wire {
        id: "log-after-end",
        about: "A log comes after the end of its span.",
        killed_by: "rule.end-last",
        edit: |s| behind_its_end(s, "span_log"),
    },
    Wire {
        id: "child-before-parent",
        about: "A child starts before its parent.",
        killed_by: "rule.parent-started",
        edit: |s| child_first(s),
    },
    Wire {
        id: "parent-unknown",
        about: "A parent is nobody.",
        killed_by: "rule.parent-started",
        edit: |s| {
            first_child(s, |line| {
                line.set("parent_span_id", r#""00000000000000aa""#);
            });
        },
    },
    Wire {
        id: "time-goes-back",
        about: "A span ends before the time of its start.",
        killed_by: "rule.time-order",
        edit: |s| end_early(s),
    },
    Wire {
        id: "seq-repeats",
        about: "Two events have one number.",
        killed_by: "rule.seq-rises",
        edit: |s| s.last(|line| line.set("seq", "0")),
    },
    Wire {
        id: "seq-falls",
        about: "Numbers count down.",
        killed_by: "rule.seq-rises",
        edit: |s| count_down(s),
    },
    Wire {
        id: "producer-missing",
        about: "The first event does not say who writes.",
        killed_by: "rule.producer-first",
        edit: |s| s.every(|line| line.remove("producer")),
    },
    Wire {
        id: "producer-twice",
        about: "Each event says who writes.",
        killed_by: "rule.producer-first",
        edit: |s| introduce_always(s),
    },
    Wire {
        id: "producer-late",
        about: "The second event says who writes.",
        killed_by: "rule.producer-first",
        edit: |s| introduce_late(s),
    },
    Wire {
        id: "child-is-a-root",
        about: "A child says that it is a root.",
        killed_by: "sdk.parent",
        edit: |s| first_child(s, |line| line.set("parent_span_id", "null")),
    },
    Wire {
        id: "time-before-its-parent",
        about: "A child starts before the time of its parent.",
        killed_by: "sdk.clock",
        edit: |s| early_child(s),
    },
    Wire {
        id: "last-event-lost",
        about: "The last event is not sent.",
        killed_by: "sdk.delivered",
        edit: |s| s.drop_line(s.lines.len().saturating_sub(1)),
    },
    Wire {
        id: "event-lost",
        about: "A log is not sent.",
        killed_by: "sdk.delivered",
        edit: |s| drop_first(s, "span_log"),
    },
    Wire {
        id: "status-ok",
        about: "A failed span says that all is well.",
        killed_by: "sdk.status",
        edit: |s| {
            s.first_with("span_end", "status", r#""failed""#, |line| {
                line.set("status", r#""ok""#);
                line.remove("error");
                line.remove("error_type");
            });
        },
    },
    Wire {
        id: "status-cancelled",
        about: "A cancelled span has failed.",
        killed_by: "sdk.status",
        edit: |s| {
            s.first_with("span_end", "status", r#""cancelled""#, |line| {
                line.set("status", r#""failed""#);
                line.add("error", r#""cancelled""#);
            });
        },
    },
];

/// Sends the last event of a type first.
fn move_up(stream: &mut Stream, event: &str) {
    if let Some(at) = stream.place(|line| line.is(event, &[])) {
        let line = stream.lines.remove(at);
        stream.lines.insert(0, line);
        stream.mend();
    }
}

/// Gives the second span the id of the first.
fn one_id(stream: &mut Stream) {
    let starts: Vec<String> = ids(stream, "span_start");
    if let [first, second, ..] = starts.as_slice() {
        let (first, second) = (format!("\"{first}\""), format!("\"{second}\""));
        stream.every(|line| {
            if line.get("span_id") == Some(&second) {
                line.set("span_id", &first);
            }
        });
    }
}

fn ids(stream: &Stream, event: &str) -> Vec<String> {
    let lines = stream.lines.iter().filter(|line| line.is(event, &[]));
    lines
        .filter_map(|line| line.text("span_id"))
        .map(str::to_owned)
        .collect()
}

/// Sends the first event of a type twice.
fn repeat(stream: &mut Stream, event: &str) {
    if let Some(at) = stream.place(|line| line.is(event, &[])) {
        let again = stream.lines.get(at).cloned();
        stream.lines.splice(at..at, again);
        stream.mend();
    }
}

/// Sends the first event of a type after the end of its span.
fn behind_its_end(stream: &mut Stream, event: &str) {
    let Some(at) = stream.place(|line| line.is(event, &[])) else {
        return;
    };
    let line = stream.lines.remove(at);
    let id = line.get("span_id").map(str::to_owned);
    let is_end = |line: &Line| line.is("span_end", &[]) && line.get("span_id") == id.as_deref();
    let end = stream.place(is_end).map_or(at, |end| end + 1);
    stream.lines.insert(end, line);
    stream.mend();
}

/// Where the first span with a parent starts, and its parent.
fn child(stream: &Stream) -> Option<(usize, String)> {
    let at =
        stream.place(|line| line.is("span_start", &[]) && line.text("parent_span_id").is_some())?;
    let parent = stream.lines.get(at)?.get("parent_span_id")?.to_owned();
    let is_parent =
        |line: &Line| line.is("span_start", &[]) && line.get("span_id") == Some(&parent);
    stream.place(is_parent)?;
    Some((at, parent))
}

fn first_child(stream: &mut Stream, edit: impl Fn(&mut Line)) {
    let child = child(stream).and_then(|(at, _)| stream.lines.get_mut(at));
    child.into_iter().for_each(edit);
}

/// Starts a child before its parent.
fn child_first(stream: &mut Stream) {
    if let Some((at, parent)) = child(stream) {
        let line = stream.lines.remove(at);
        let before = stream
            .place(|line| line.get("span_id") == Some(&parent))
            .unwrap_or(at);
        stream.lines.insert(before, line);
        stream.mend();
    }
}

/// Sets the time of the first child's start before that of its parent, but
/// within the time that a clock may be wrong by.
fn early_child(stream: &mut Stream) {
    first_child(stream, |line| line.change_time(|micros| micros - 20_000));
}

/// Sets the time of an end before that of its start.
fn end_early(stream: &mut Stream) {
    stream.first("span_end", &[], |line| {
        line.change_time(|micros| micros - 20_000);
    });
}

fn count_down(stream: &mut Stream) {
    let mut number = stream.lines.len();
    stream.every(|line| {
        number -= 1;
        line.set("seq", &number.to_string());
    });
}

fn introduce_always(stream: &mut Stream) {
    let first = stream.lines.first().and_then(|line| line.get("producer"));
    if let Some(producer) = first.map(str::to_owned) {
        stream.every(|line| {
            line.remove("producer");
            line.add("producer", &producer);
        });
    }
}

/// Has the second event say who writes.
fn introduce_late(stream: &mut Stream) {
    let first = stream.lines.first().and_then(|line| line.get("producer"));
    if let (Some(producer), Some(_)) = (first.map(str::to_owned), stream.lines.get(1)) {
        stream.every(|line| line.remove("producer"));
        stream
            .lines
            .iter_mut()
            .skip(1)
            .take(1)
            .for_each(|line| line.add("producer", &producer));
    }
}

/// Does not send the first event of a type.
fn drop_first(stream: &mut Stream, event: &str) {
    if let Some(at) = stream.place(|line| line.is(event, &[])) {
        let gone = stream.lines.remove(at);
        if let (Some(producer), Some(first)) = (gone.get("producer"), stream.lines.first_mut()) {
            first.add("producer", producer);
        }
        stream.mend();
    }
}

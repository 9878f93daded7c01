//! What a span keeps of its tags, logs and error: enough to show, never more
//! than a fixed number of bytes. Whole values go to sinks, event by event.

use std::borrow::Cow;
use std::collections::VecDeque;

use hero_span_protocol::{Level, SpanLog, TimeMs, limits};

use super::tags::{HEAD, MOST_BYTES, Tags};

/// Bytes that a span spends on tags and logs, whatever its producer sends.
pub(super) const BUDGET_BYTES: usize = 448;

/// Bytes kept of a tag's value, a log's text, and an error's last line.
const TEXT_BYTES: usize = 120;

/// Bytes kept of a tag's key and an error's type.
const KEY_BYTES: usize = 64;

/// Bytes that a span spends on its error: what a reader looks for is kept
/// even when tags have used the budget up.
#[cfg(test)]
pub(super) const ERROR_BYTES: usize = KEY_BYTES + TEXT_BYTES + 2 * '…'.len_utf8();

/// What an entry costs beside its text.
const ENTRY_BYTES: usize = 32;

/// One log line of a span, cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was said.
    pub at: TimeMs,
    /// How much it matters.
    pub level: Level,
    /// The message and its fields as `key=value`, at most 120 bytes and an
    /// ellipsis.
    pub text: Box<str>,
}

#[derive(Debug, Default)]
pub(super) struct Details {
    tags: Tags,
    logs: VecDeque<LogLine>,
    error_type: Option<Box<str>>,
    error_line: Option<Box<str>>,
    pub(super) tags_left_out: u32,
    pub(super) logs_left_out: u32,
    bytes: usize,
}

impl Details {
    /// What was kept before: the tags, the logs, the error's type and line,
    /// and how many tags and logs were left out. `None` for nothing at all.
    pub(super) fn restore(
        tags: &[(Box<str>, Box<str>)],
        logs: Vec<LogLine>,
        (error_type, error_line): (Option<Box<str>>, Option<Box<str>>),
        (tags_left_out, logs_left_out): (u32, u32),
    ) -> Option<Box<Self>> {
        let is_empty = tags.is_empty() && logs.is_empty();
        let no_error = error_type.is_none() && error_line.is_none();
        if is_empty && no_error && (tags_left_out, logs_left_out) == (0, 0) {
            return None;
        }
        let mut kept = Tags::default();
        for (key, value) in tags {
            // As they were cut before, unless somebody else wrote them.
            kept.push(&shorten(key, KEY_BYTES), &shorten(value, TEXT_BYTES));
        }
        let tag_bytes = kept.iter().map(|(key, value)| key.len() + value.len());
        let log_bytes = logs.iter().map(|log| log.text.len());
        let bytes = tag_bytes.chain(log_bytes).map(|text| text + ENTRY_BYTES);
        Some(Box::new(Self {
            bytes: bytes.sum(),
            tags: kept,
            logs: logs.into(),
            error_type,
            error_line,
            tags_left_out,
            logs_left_out,
        }))
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter()
    }

    pub(super) fn logs(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.logs.iter()
    }

    pub(super) fn error(&self) -> (Option<&str>, Option<&str>) {
        (self.error_type.as_deref(), self.error_line.as_deref())
    }

    /// Makes room for tags that are about to come, for all of them at once.
    pub(super) fn expect_tags<'a>(&mut self, tags: impl Iterator<Item = (&'a str, &'a str)>) {
        let bytes = tags.map(|(key, value)| key.len() + value.len() + HEAD);
        self.tags.reserve(bytes.sum::<usize>().min(BUDGET_BYTES));
    }

    /// The last value of a key wins (`event.span_tag`) and keeps its place.
    pub(super) fn tag(&mut self, key: &str, value: &str) {
        let key = shorten(key, KEY_BYTES);
        let value = shorten(value, TEXT_BYTES);
        let known = self.tags.iter().find(|(known, _)| *known == key);
        if let Some(before) = known.map(|(_, value)| value.len()) {
            if self.make_room(value.len().saturating_sub(before)) {
                self.bytes = self.bytes + value.len() - before;
                self.tags.change(&key, &value);
            }
            return;
        }
        let cost = key.len() + value.len() + ENTRY_BYTES;
        if self.make_room(cost) {
            self.bytes += cost;
            self.tags.push(&key, &value);
        } else {
            self.tags_left_out = self.tags_left_out.saturating_add(1);
        }
    }

    /// Keeps the latest lines: earlier ones make room.
    pub(super) fn log(&mut self, at: TimeMs, level: Level, text: &str) {
        let text = shorten(text, TEXT_BYTES);
        let cost = text.len() + ENTRY_BYTES;
        if self.make_room(cost) {
            let text = text.into();
            self.bytes += cost;
            self.logs.reserve_exact(1);
            self.logs.push_back(LogLine { at, level, text });
        } else {
            self.logs_left_out = self.logs_left_out.saturating_add(1);
        }
    }

    /// Keeps the type and the last line that says something: a traceback
    /// ends with the exception.
    pub(super) fn fail(&mut self, error_type: Option<&str>, error: Option<&str>) {
        self.error_type = error_type.map(|text| shorten(text, KEY_BYTES).into());
        self.error_line = error
            .and_then(|text| text.lines().rev().find(|line| !line.trim().is_empty()))
            .map(|line| shorten(line.trim(), TEXT_BYTES).into());
    }

    /// Drops the oldest logs until `cost` fits, and says whether it does.
    fn make_room(&mut self, cost: usize) -> bool {
        while self.bytes + cost > BUDGET_BYTES {
            let Some(log) = self.logs.pop_front() else {
                return false;
            };
            self.logs_left_out = self.logs_left_out.saturating_add(1);
            self.bytes -= log.text.len() + ENTRY_BYTES;
        }
        true
    }
}

/// A log's message and its fields.
pub(super) fn log_text<'l>(log: &'l SpanLog<'_>) -> Cow<'l, str> {
    if log.fields.is_empty() {
        return Cow::Borrowed(&log.message);
    }
    let mut text = log.message.to_string();
    for (key, value) in log.fields.iter() {
        text.push_str("  ");
        text.push_str(key);
        text.push('=');
        text.push_str(value.as_str());
    }
    Cow::Owned(text)
}

const _: () = assert!(TEXT_BYTES + '…'.len_utf8() <= MOST_BYTES);

fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    let kept = limits::cut(text, max);
    if kept.len() == text.len() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{kept}…"))
    }
}

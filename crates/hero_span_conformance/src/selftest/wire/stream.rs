//! The lines of a connection, for edits that leave all else as it was.

use std::ops::Range;

use serde::de::IgnoredAny;

use crate::case::{Case, Observed};

/// The lines that came over the first connection.
#[derive(Debug)]
pub(in crate::selftest) struct Stream {
    pub(super) lines: Vec<Line>,
}

/// One line, with its LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line(pub(super) Vec<u8>);

/// What was observed, with an edit of the first connection; nothing if the
/// edit changes nothing. A socket that does not take everything explains too
/// much.
pub(in crate::selftest) fn edited(
    case: &Case,
    observed: &Observed,
    edit: fn(&mut Stream),
) -> Option<Observed> {
    let first = observed
        .captures
        .first()
        .filter(|_| case.socket.is_normal())?;
    let lines = first.bytes.split_inclusive(|byte| *byte == b'\n');
    let mut stream = Stream {
        lines: lines.map(|line| Line(line.to_vec())).collect(),
    };
    edit(&mut stream);
    let bytes = stream.lines.into_iter().flat_map(|line| line.0).collect();
    if bytes == first.bytes {
        return None;
    }
    let mut edited = observed.clone();
    edited.captures.first_mut()?.bytes = bytes;
    Some(edited)
}

impl Stream {
    /// Edits the first line of that type that has these fields.
    pub(super) fn first(&mut self, event: &str, fields: &[&str], edit: impl FnMut(&mut Line)) {
        let at = self.place(|line| line.is(event, fields));
        at.and_then(|at| self.lines.get_mut(at))
            .into_iter()
            .for_each(edit);
    }

    /// Edits every line.
    pub(super) fn every(&mut self, edit: impl FnMut(&mut Line)) {
        self.lines.iter_mut().for_each(edit);
    }

    /// Edits the first line of that type whose field has this value.
    pub(super) fn first_with(
        &mut self,
        event: &str,
        field: &str,
        value: &str,
        edit: impl FnMut(&mut Line),
    ) {
        let at = self.place(|line| line.is(event, &[]) && line.get(field) == Some(value));
        at.and_then(|at| self.lines.get_mut(at))
            .into_iter()
            .for_each(edit);
    }

    /// Edits the last line.
    pub(super) fn last(&mut self, edit: impl FnMut(&mut Line)) {
        self.lines.last_mut().into_iter().for_each(edit);
    }

    /// Puts a text before a line.
    pub(super) fn insert(&mut self, at: usize, text: &str) {
        if at <= self.lines.len() {
            self.lines.insert(at, Line(text.into()));
        }
    }

    /// Leaves a line out.
    pub(super) fn drop_line(&mut self, at: usize) {
        if at < self.lines.len() {
            self.lines.remove(at);
        }
    }

    /// The place of the first line of which that holds.
    pub(super) fn place(&self, is: impl Fn(&Line) -> bool) -> Option<usize> {
        self.lines.iter().position(is)
    }

    /// Numbers the lines anew, in their order.
    pub(super) fn renumber(&mut self) {
        for (number, line) in self.lines.iter_mut().enumerate() {
            line.set("seq", &number.to_string());
        }
    }

    /// Gives the lines in their order the times that they had in the order
    /// before.
    pub(super) fn retime(&mut self) {
        let mut times: Vec<i64> = self.lines.iter().filter_map(Line::micros).collect();
        times.sort_unstable();
        for (line, micros) in self.lines.iter_mut().zip(times) {
            line.set_micros(micros);
        }
    }

    /// Puts the producer on the first line only.
    pub(super) fn reintroduce(&mut self) {
        let found = self
            .lines
            .iter()
            .find_map(|line| line.get("producer").map(str::to_owned));
        self.every(|line| line.remove("producer"));
        if let (Some(producer), Some(first)) = (found, self.lines.first_mut()) {
            first.add("producer", &producer);
        }
    }

    /// All that follows the order of the lines is made to follow it again.
    pub(super) fn mend(&mut self) {
        self.renumber();
        self.retime();
        self.reintroduce();
    }
}

impl Line {
    /// Whether it is of that type and has these fields.
    pub(super) fn is(&self, event: &str, fields: &[&str]) -> bool {
        let is_event = event == "*" || self.text("type") == Some(event);
        is_event && fields.iter().all(|field| self.get(field).is_some())
    }

    /// A field's value as it is written.
    pub(super) fn get(&self, field: &str) -> Option<&str> {
        std::str::from_utf8(self.0.get(self.find(field)?.value)?).ok()
    }

    /// What stands between a string's quotes.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.get(field)?.strip_prefix('"')?.strip_suffix('"')
    }

    /// Writes something else in the place of a field's value, if it has that field.
    pub(super) fn set(&mut self, field: &str, value: &str) {
        self.set_bytes(field, value.as_bytes());
    }

    /// Writes bytes that need not be a text in the place of a field's value.
    pub(super) fn set_bytes(&mut self, field: &str, value: &[u8]) {
        if let Some(found) = self.find(field) {
            self.0.splice(found.value, value.iter().copied());
        }
    }

    /// Changes a field's value as it is written.
    pub(super) fn change(&mut self, field: &str, change: impl FnOnce(&str) -> String) {
        if let Some(value) = self.get(field).map(change) {
            self.set(field, &value);
        }
    }

    /// Edits a field's value, which is an object.
    pub(super) fn within(&mut self, field: &str, edit: impl FnOnce(&mut Self)) {
        self.change(field, |value| {
            let mut object = Self(value.into());
            edit(&mut object);
            String::from_utf8_lossy(&object.0).into_owned()
        });
    }

    /// The names of its fields.
    pub(super) fn fields(&self) -> Vec<String> {
        let members = Members {
            text: &self.0,
            at: 1,
        };
        let name = |member: Member| serde_json::from_slice(self.0.get(member.key)?).ok();
        members.filter_map(name).collect()
    }

    /// Writes `new` in the place of the last `old`.
    pub(super) fn put(&mut self, old: &str, new: &str) {
        let mut windows = self.0.windows(old.len());
        if let Some(at) = windows.rposition(|window| window == old.as_bytes()) {
            self.0.splice(at..at + old.len(), new.bytes());
        }
    }

    /// Puts a text before it.
    pub(super) fn prefix(&mut self, text: &str) {
        self.0.splice(0..0, text.bytes());
    }

    /// Adds a field at the beginning.
    pub(super) fn add(&mut self, field: &str, value: &str) {
        let member = format!("{{\"{field}\":{value},");
        self.0.splice(0..1, member.bytes());
    }

    /// Leaves a field out; it must not be the only one.
    pub(super) fn remove(&mut self, field: &str) {
        let Some(Member { key, value }) = self.find(field) else {
            return;
        };
        let is_last = self.0.get(value.end) != Some(&b',');
        let whole = if is_last {
            key.start - 1..value.end
        } else {
            key.start..value.end + 1
        };
        self.0.drain(whole);
    }

    /// Its time, in microseconds.
    pub(super) fn micros(&self) -> Option<i64> {
        let ms: f64 = self.get("ts_ms")?.parse().ok()?;
        Some((ms * 1000.0).round() as i64)
    }

    pub(super) fn change_time(&mut self, change: impl FnOnce(i64) -> i64) {
        if let Some(micros) = self.micros() {
            self.set_micros(change(micros));
        }
    }

    fn set_micros(&mut self, micros: i64) {
        let (ms, rest) = (micros.div_euclid(1000), micros.rem_euclid(1000));
        self.set("ts_ms", &format!("{ms}.{rest:03}"));
    }

    fn find(&self, field: &str) -> Option<Member> {
        let quoted = format!("\"{field}\"");
        let mut members = Members {
            text: &self.0,
            at: 1,
        };
        members.find(|member| self.0.get(member.key.clone()) == Some(quoted.as_bytes()))
    }
}

/// Where a member of an object stands.
struct Member {
    key: Range<usize>,
    value: Range<usize>,
}

/// The members of the object that a line is; ends where that is no object.
struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl Members<'_> {
    /// Passes one JSON value.
    fn value(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let range = self.at..self.at + values.byte_offset();
        self.at = range.end;
        Some(range)
    }

    fn punctuation(&mut self, byte: u8) -> Option<()> {
        let is_there = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there.then_some(())
    }
}

impl Iterator for Members<'_> {
    type Item = Member;

    fn next(&mut self) -> Option<Member> {
        let key = self.value()?;
        self.punctuation(b':')?;
        let value = self.value()?;
        // After the last member there is none.
        if self.punctuation(b',').is_none() {
            self.at = self.text.len();
        }
        Some(Member { key, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "{\"type\":\"span_tag\",\"ts_ms\":1.5,\"seq\":7,\"value\":{\"seq\":[1,\"}\"]}}\n";

    fn check(edit: impl Fn(&mut Line), expected: &str) {
        let mut line = Line(LINE.into());
        edit(&mut line);
        assert_eq!(String::from_utf8(line.0).unwrap(), expected);
    }

    #[test]
    fn fields_are_found_where_they_are() {
        let line = Line(LINE.into());
        assert_eq!(line.get("seq"), Some("7"));
        assert_eq!(line.get("value"), Some("{\"seq\":[1,\"}\"]}"));
        assert_eq!(line.text("type"), Some("span_tag"));
        assert_eq!(line.get("key"), None);
        assert_eq!(line.micros(), Some(1500));
    }

    #[test]
    fn edits_leave_the_rest_as_it_was() {
        check(
            |line| line.set("seq", "\"x\""),
            &LINE.replace(":7", ":\"x\""),
        );
        check(|line| line.set("key", "1"), LINE);
        check(
            |line| line.add("a", "1"),
            &LINE.replace("{\"type\"", "{\"a\":1,\"type\""),
        );
        check(
            |line| line.remove("type"),
            &LINE.replace("\"type\":\"span_tag\",", ""),
        );
        let value = ",\"value\":{\"seq\":[1,\"}\"]}";
        check(|line| line.remove("value"), &LINE.replace(value, ""));
        check(|line| line.set_micros(-1), &LINE.replace("1.5", "-1.999"));
    }
}

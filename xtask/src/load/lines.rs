//! What a producer writes: spans of four lines, numbered and timed.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Lines of a span: a start with two tags, a tag, a log and an end.
const PER_SPAN: u64 = 4;

/// The lines of one connection, in order: a root that stays open, and short
/// spans under it.
pub(crate) struct Lines {
    producer: u64,
    seq: u64,
}

impl Lines {
    pub(crate) fn new(producer: u64) -> Self {
        Self { producer, seq: 0 }
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.seq
    }

    /// Appends the next line.
    pub(crate) fn next(&mut self, text: &mut String) {
        let seq = self.seq;
        self.seq += 1;
        let now = now_ms();
        // Writing to a string does not fail.
        let _ = match seq {
            0 => self.root(text, now),
            _ => self.child(text, seq - 1, now),
        };
    }

    /// Appends a span that is like no other, and failed.
    pub(crate) fn needle(&mut self, text: &mut String) {
        let span = self.span(u64::from(u32::MAX));
        let root = self.span(0);
        let common = |seq: u64| {
            let now = now_ms();
            format!("\"span_id\":\"{span:016x}\",\"ts_ms\":{now:.3},\"seq\":{seq}")
        };
        let seq = self.seq;
        self.seq += 3;
        let _ = writeln!(
            text,
            "{{\"type\":\"span_start\",{},\"parent_span_id\":\"{root:016x}\",\"name\":\"needle\",\"kind\":\"step\",\"tags\":{{\"needle\":1}}}}\n\
             {{\"type\":\"span_log\",{},\"message\":\"in the haystack\"}}\n\
             {{\"type\":\"span_end\",{},\"status\":\"failed\",\"error\":\"it broke\",\"error_type\":\"NeedleError\"}}",
            common(seq),
            common(seq + 1),
            common(seq + 2)
        );
    }

    /// Appends the end of the root, which failed in one run of a thousand.
    pub(crate) fn end(&mut self, text: &mut String) {
        let (span, now, seq) = (self.span(0), now_ms(), self.seq);
        self.seq += 1;
        let end = match self.producer % 1000 {
            1 => "\"failed\",\"error\":\"it was its turn\"",
            _ => "\"ok\"",
        };
        let _ = writeln!(
            text,
            "{{\"type\":\"span_end\",\"span_id\":\"{span:016x}\",\"ts_ms\":{now:.3},\"seq\":{seq},\"status\":{end}}}"
        );
    }

    fn root(&self, text: &mut String, now: f64) -> std::fmt::Result {
        let id = self.producer;
        writeln!(
            text,
            "{{\"type\":\"span_start\",\"span_id\":\"{:016x}\",\"ts_ms\":{now:.3},\"seq\":0,\
             \"producer\":{{\"id\":\"{id:016x}\",\"sdk\":\"load\",\"version\":\"1\",\"protocol\":1,\"pid\":{id}}},\
             \"parent_span_id\":null,\"name\":\"load\",\"kind\":\"flow\"}}",
            self.span(0)
        )
    }

    fn child(&self, text: &mut String, line: u64, now: f64) -> std::fmt::Result {
        let number = line / PER_SPAN;
        let span = self.span(number + 1);
        let seq = line + 1;
        let common = format!("\"span_id\":\"{span:016x}\",\"ts_ms\":{now:.3},\"seq\":{seq}");
        match line % PER_SPAN {
            0 => writeln!(
                text,
                "{{\"type\":\"span_start\",{common},\"parent_span_id\":\"{:016x}\",\"name\":\"item {}\",\"kind\":\"step\",\
                 \"tags\":{{\"number\":{number},\"host\":\"worker-{}\"}}}}",
                self.span(0),
                number % 50,
                self.producer % 8
            ),
            1 => writeln!(
                text,
                "{{\"type\":\"span_tag\",{common},\"key\":\"rows\",\"value\":{}}}",
                number % 1000
            ),
            2 => writeln!(
                text,
                "{{\"type\":\"span_log\",{common},\"message\":\"item {number} was read and written\"}}"
            ),
            _ => writeln!(text, "{{\"type\":\"span_end\",{common},\"status\":\"ok\"}}"),
        }
    }

    /// The id of its span of that number; never zero.
    fn span(&self, number: u64) -> u64 {
        (self.producer << 40) + number + 1
    }
}

pub(crate) fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_event_of_the_contract() {
        let schema =
            std::fs::read_to_string(crate::root().join("spec/v1/emit.schema.json")).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let (mut lines, mut text) = (Lines::new(7), String::new());
        (0..9).for_each(|_| lines.next(&mut text));
        lines.needle(&mut text);
        lines.end(&mut text);
        for (seq, line) in text.lines().enumerate() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(validator.is_valid(&event), "{line}");
            assert_eq!(event["seq"], seq);
        }
        assert_eq!(lines.count(), 13);
    }
}

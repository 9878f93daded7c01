//! Lines as a program sends them that is busy with steps.

use std::io::Write;

/// How many lines a span has: its start, a tag, a log and its end.
const LINES_OF_A_SPAN: usize = 4;

/// Every so many spans, one fails.
const SPANS_TO_A_FAILURE: usize = 8;

/// The first line's time, in microseconds.
const BEGAN_US: u64 = 1_767_225_600_000_913;

const NAMES: [&str; 4] = ["load", "count rows", "rpc:Connection.execute", "compress"];
const KINDS: [&str; 4] = ["step", "span", "rpc", "step"];
const DAYS: [&str; 3] = ["\"monday\"", "\"2026-01-01\"", "\"d\u{e9}cembre\""];
const VALUES: [&str; 4] = ["17", "\"s3://bucket/part-0001.parquet\"", "true", "0.25"];
const MESSAGES: [&str; 3] = [
    "loaded the part",
    "retrying after a timeout of the warehouse, second try",
    "wrote \\\"summary\\\"",
];
const LEVELS: [&str; 3] = ["info", "warn", "debug"];

/// What Python says of an exception two calls deep.
const TRACEBACK: &str = "Traceback (most recent call last):\\n  \
    File \\\"/srv/flows/nightly.py\\\", line 31, in nightly\\n    rows = load(day)\\n  \
    File \\\"/srv/flows/nightly.py\\\", line 12, in load\\n    return int(text)\\n\
    ValueError: invalid literal for int() with base 10: 'twenty-five'\\n";

/// Lines in one buffer, each with its LF, as a connection's bytes are.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Where each line ends, past its LF.
    ends: Vec<usize>,
}

impl Lines {
    /// So many lines of one producer, always the same: fields in the order of the
    /// Python SDK, which introduces itself at the end of the first line. A span starts
    /// with two tags under another, gets a tag, says something with two fields, and
    /// ends; one of eight fails with a traceback.
    #[must_use]
    pub fn typical(count: usize) -> Self {
        let mut lines = Self::default();
        let (mut numbers, mut span, mut parent) = (Numbers(1), 0, None);
        let mut us = BEGAN_US;
        for seq in 0..count {
            us += 20 + numbers.next() % 40;
            if seq % LINES_OF_A_SPAN == 0 {
                parent = (seq % 3 != 0).then_some(span);
                span = numbers.next() | 1;
            }
            let event = Numbered {
                seq,
                us,
                span,
                parent,
            };
            event.write(&mut lines.bytes);
            lines.ends.push(lines.bytes.len());
        }
        lines
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of their bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Each without its LF, as the splitter hands them on.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, &end)| self.bytes.get(start..end - 1))
    }
}

/// An event by its place in the mix.
struct Numbered {
    seq: usize,
    us: u64,
    span: u64,
    parent: Option<u64>,
}

impl Numbered {
    fn write(&self, out: &mut Vec<u8>) {
        let (number, seq) = (self.seq / LINES_OF_A_SPAN, self.seq);
        let (kind, body) = match seq % LINES_OF_A_SPAN {
            0 => ("start", self.start(number)),
            1 => ("tag", tag(number)),
            2 => ("log", log(number)),
            _ => ("end", end(number)),
        };
        let (ms, rest, span) = (self.us / 1_000, self.us % 1_000, self.span);
        // A vector takes all that is written.
        let _written = writeln!(
            out,
            r#"{{"type":"span_{kind}","seq":{seq},"ts_ms":{ms}.{rest:03},"span_id":"{span:016x}",{body}}}"#
        );
    }

    fn start(&self, number: usize) -> String {
        let parent = self
            .parent
            .map_or("null".into(), |id| format!("\"{id:016x}\""));
        let (name, kind) = (at(&NAMES, number), at(&KINDS, number));
        let day = at(&DAYS, number);
        let producer = if self.seq == 0 { PRODUCER } else { "" };
        format!(
            r#""parent_span_id":{parent},"name":"{name}","kind":"{kind}","tags":{{"day":{day},"part":{number}}}{producer}"#
        )
    }
}

const PRODUCER: &str = r#","producer":{"id":"2297283fe0c18974","sdk":"python","version":"1.0.0","protocol":1,"pid":8206}"#;

fn tag(number: usize) -> String {
    format!(r#""key":"rows","value":{}"#, at(&VALUES, number))
}

fn log(number: usize) -> String {
    let (message, level) = (at(&MESSAGES, number), at(&LEVELS, number));
    format!(r#""message":"{message}","level":"{level}","fields":{{"took":1.5,"part":{number}}}"#)
}

fn end(number: usize) -> String {
    if number % SPANS_TO_A_FAILURE == SPANS_TO_A_FAILURE - 1 {
        format!(r#""status":"failed","error":"{TRACEBACK}","error_type":"ValueError""#)
    } else {
        r#""status":"ok""#.into()
    }
}

fn at(words: &[&'static str], number: usize) -> &'static str {
    words.get(number % words.len()).copied().unwrap_or_default()
}

/// `SplitMix64`: ids that look like ids, and the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hero_span_protocol::{CheckOptions, Checker};

    #[test]
    fn the_mix_is_as_the_contract_says() {
        let lines = Lines::typical(400);
        let mut checker = Checker::new(CheckOptions::default());
        checker.feed(lines.bytes());
        let report = checker.finish();
        let told: Vec<_> = report.violations.iter().take(3).collect();
        // A parent that has ended may still get children: nothing is said of it.
        assert!(told.is_empty(), "{told:#?}");
        assert_eq!(lines.iter().count(), 400);
    }

    #[test]
    fn the_mix_is_always_the_same() {
        assert_eq!(Lines::typical(99).bytes(), Lines::typical(99).bytes());
    }
}

//! How events and values read.

use std::fmt::Write;

use hero_span_protocol::printable;

use crate::value::{Sent, Value, compact};

/// The parts of an event, in words: its fields by name.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn add(&mut self, name: impl Into<String>, shown: impl Into<String>) {
        self.0.push((name.into(), shown.into()));
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.remove(place).1)
    }

    /// The line of an event: what it says first, then its other fields.
    pub(super) fn label(mut self, type_name: &str) -> String {
        let mut part = |name: &str| self.take(name).unwrap_or_else(|| "?".into());
        let mut label = match type_name {
            "span_start" => format!("{} {}", part("kind"), part("name")),
            "span_tag" => format!("tag {} = {}", part("key"), part("value")),
            "span_log" => format!("log {} {}", part("level"), part("message")),
            _ => format!("end {}", part("status")),
        };
        for (name, shown) in &self.0 {
            let _ = write!(label, " {name} {shown}");
        }
        label
    }
}

/// How much of a text is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Longer texts are shown by their beginning and their length.
    bytes: usize,
    /// Of longer lists the first are shown.
    items: usize,
}

impl Words {
    /// For people.
    pub(super) const SHORT: Self = Self {
        bytes: 60,
        items: 4,
    };
    /// For comparisons: everything.
    pub(super) const WHOLE: Self = Self {
        bytes: usize::MAX,
        items: usize::MAX,
    };

    /// A word such as a name, bare if it is a plain one.
    pub(super) fn word(self, text: &str) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        if !text.is_empty() && text.len() <= self.bytes && text.bytes().all(is_plain) {
            return text.into();
        }
        self.quoted(text)
    }

    /// A text in quotes, or its beginning and its length.
    pub(super) fn quoted(self, text: &str) -> String {
        self.shown(text, |text| format!("\"{}\"", printable(text)))
    }

    /// A value as JSON, or its beginning and its length.
    pub(super) fn value(self, value: &Value) -> String {
        match value {
            Value::Text(text) => self.quoted(text),
            value => self.shown(&value.to_string(), |text| printable(text).into_owned()),
        }
    }

    /// A value that is not sent yet.
    pub(super) fn sent(self, sent: &Sent) -> String {
        match sent {
            Sent::Text(text) => self.quoted(text),
            Sent::Other => "<described>".into(),
            sent if sent.has_other() => "<a value with something described>".into(),
            sent => self.shown(&compact(sent), |text| printable(text).into_owned()),
        }
    }

    /// A traceback is the SDK's to word.
    pub(super) fn traceback(self, error_type: &str) -> String {
        format!("traceback of {}", self.word(error_type))
    }

    /// Members: each with its key.
    pub(super) fn members(self, members: impl Iterator<Item = (String, String)>) -> String {
        let shown = members.map(|(key, value)| format!("{}: {value}", self.word(&key)));
        format!("{{{}}}", self.first(&shown.collect::<Vec<_>>()))
    }

    /// What was cut, and its size before.
    pub(super) fn cuts<'a>(self, cuts: impl Iterator<Item = (&'a str, String)>) -> Option<String> {
        let shown = |(field, size): (&str, String)| format!("{} {size}", self.word(field));
        let mut cuts: Vec<String> = cuts.map(shown).collect();
        cuts.sort();
        (!cuts.is_empty()).then(|| format!("({})", self.first(&cuts)))
    }

    /// The first of a list, and how many more there are.
    fn first(self, items: &[String]) -> String {
        let shown = items.get(..self.items.min(items.len())).unwrap_or_default();
        match items.len() - shown.len() {
            0 => shown.join(", "),
            more => format!("{}, and {more} more", shown.join(", ")),
        }
    }

    fn shown(self, text: &str, show: impl Fn(&str) -> String) -> String {
        if text.len() <= self.bytes {
            return show(text);
        }
        let end = (0..=self.bytes / 2)
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        let head = text.get(..end).unwrap_or_default();
        format!("{}… ({} bytes)", show(head), text.len())
    }
}

//! How events and values read.

use std::fmt::Write;

use hero_span_protocol::printable;

use crate::value::{Sent, Value, compact};

/// Longer texts are shown by their beginning and their length.
const SHOWN_BYTES: usize = 60;
/// Of longer lists the first are shown.
const SHOWN_ITEMS: usize = 4;

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

/// A word such as a name, bare if it is a plain one.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    if !text.is_empty() && text.len() <= SHOWN_BYTES && text.bytes().all(is_plain) {
        return text.into();
    }
    quoted(text)
}

/// A text in quotes, or its beginning and its length.
pub(super) fn quoted(text: &str) -> String {
    shown(text, |text| format!("\"{}\"", printable(text)))
}

/// A value as JSON, or its beginning and its length.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        value => shown(&value.to_string(), |text| printable(text).into_owned()),
    }
}

/// A value that is not sent yet.
pub(super) fn sent(sent: &Sent) -> String {
    match sent {
        Sent::Text(text) => quoted(text),
        Sent::Other => "<described>".into(),
        sent if sent.has_other() => "<a value with something described>".into(),
        sent => shown(&compact(sent), |text| printable(text).into_owned()),
    }
}

fn shown(text: &str, show: impl Fn(&str) -> String) -> String {
    if text.len() <= SHOWN_BYTES {
        return show(text);
    }
    let end = (0..=SHOWN_BYTES / 2)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    let head = text.get(..end).unwrap_or_default();
    format!("{}… ({} bytes)", show(head), text.len())
}

/// A traceback is the SDK's to word.
pub(super) fn traceback(error_type: &str) -> String {
    format!("traceback of {}", word(error_type))
}

/// What was cut, and its size before.
pub(super) fn cuts<'a>(cuts: impl Iterator<Item = (&'a str, String)>) -> Option<String> {
    let mut cuts: Vec<String> = cuts
        .map(|(field, size)| format!("{} {size}", word(field)))
        .collect();
    cuts.sort();
    (!cuts.is_empty()).then(|| format!("({})", first(cuts.into_iter())))
}

/// The first of a list, and how many more there are.
pub(super) fn first(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items
        .get(..SHOWN_ITEMS.min(items.len()))
        .unwrap_or_default();
    match items.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

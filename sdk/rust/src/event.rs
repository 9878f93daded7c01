//! Events: the fields of a line, cut by limits that are halved until it fits.

use std::borrow::Cow;

use crate::contract::{ERROR_BYTES, ERROR_HEAD_BYTES, KINDS, LEVELS, MEASURED_BYTES, MEMBERS};
use crate::contract::{NAME_BYTES, STATUSES, VALUE_BYTES};
use crate::cut::{cut, cut_middle};
use crate::id::SpanId;
use crate::json::{write_escaped, write_int, write_plain, write_string, write_value};
use crate::value::{Data, Value};

/// A tag or a log field.
pub(crate) type Member<'a> = (Cow<'a, str>, Value<'a>);

/// One event, but for its number and time.
pub(crate) enum Event<'e> {
    Start {
        parent: Option<SpanId>,
        name: &'e str,
        kind: Kind,
        tags: &'e [Member<'e>],
        params: Option<&'e Value<'e>>,
    },
    Tag {
        key: &'e str,
        value: &'e Value<'e>,
    },
    Log {
        message: &'e str,
        level: Level,
        fields: &'e [Member<'e>],
    },
    End {
        status: Status,
        error: Option<&'e str>,
        error_type: Option<&'e str>,
        result: Option<&'e Value<'e>>,
    },
}

/// What a span stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Flow,
    Step,
    Span,
    Rpc,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For whoever looks into the program itself.
    Debug,
    /// What happens in the ordinary course.
    #[default]
    Info,
    /// What should be looked at.
    Warn,
    /// What went wrong.
    Error,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    Failed,
    Cancelled,
}

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    value: usize,
    name: usize,
    error: usize,
    error_head: usize,
}

impl Limits {
    /// With the last of them, everything fits into a line.
    pub(crate) const MOST_HALVINGS: u32 = 8;

    /// The contract's limits, halved so often (`value.line`).
    pub(crate) const fn halved(times: u32) -> Self {
        let value = VALUE_BYTES as usize >> times;
        let name = NAME_BYTES as usize;
        Self {
            value,
            name: if value < name { value } else { name },
            error: ERROR_BYTES as usize >> times,
            error_head: ERROR_HEAD_BYTES as usize >> times,
        }
    }
}

#[cfg(test)]
impl Limits {
    pub(crate) fn of_values(self) -> usize {
        self.value
    }
}

impl Event<'_> {
    /// How its line begins.
    pub(crate) const fn head(&self) -> &'static str {
        match self {
            Event::Start { .. } => r#"{"type":"span_start","seq":"#,
            Event::Tag { .. } => r#"{"type":"span_tag","seq":"#,
            Event::Log { .. } => r#"{"type":"span_log","seq":"#,
            Event::End { .. } => r#"{"type":"span_end","seq":"#,
        }
    }

    /// Writes its own fields after those of every event, and what was cut of them.
    pub(crate) fn write(&self, out: &mut Vec<u8>, span: &SpanId, limits: Limits) {
        out.extend_from_slice(br#","span_id":""#);
        out.extend_from_slice(span.hex());
        out.push(b'"');
        let cuts = Vec::new();
        let mut body = Body { out, limits, cuts };
        match *self {
            Event::Start {
                parent,
                name,
                kind,
                tags,
                params,
            } => {
                body.parent(parent);
                body.name(r#","name":"#, "name", name);
                body.fixed(r#","kind":""#, KINDS[kind as usize]);
                body.members(r#","tags":{"#, "tags", tags);
                body.optional(r#","params":"#, "params", params);
            }
            Event::Tag { key, value } => {
                body.name(r#","key":"#, "key", key);
                body.optional(r#","value":"#, "value", Some(value));
            }
            Event::Log {
                message,
                level,
                fields,
            } => {
                body.message(message);
                body.fixed(r#","level":""#, LEVELS[level as usize]);
                body.members(r#","fields":{"#, "fields", fields);
            }
            Event::End {
                status,
                error,
                error_type,
                result,
            } => {
                body.fixed(r#","status":""#, STATUSES[status as usize]);
                body.error(error);
                if let Some(name) = error_type {
                    body.name(r#","error_type":"#, "error_type", name);
                }
                body.optional(r#","result":"#, "result", result);
            }
        }
        if !body.cuts.is_empty() {
            body.announce();
        }
    }
}

/// A path such as `tags.day`: the field, and the member as it is sent.
type Path<'p> = (&'static str, Option<&'p str>);

struct Body<'o> {
    out: &'o mut Vec<u8>,
    limits: Limits,
    /// What was cut, and its size before (`value.announced`).
    cuts: Vec<(String, usize)>,
}

impl Body<'_> {
    #[inline]
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A word of the contract, which ends the field's own quote.
    #[inline]
    fn fixed(&mut self, field: &str, word: &str) {
        self.raw(field);
        self.raw(word);
        self.out.push(b'"');
    }

    #[inline]
    fn parent(&mut self, parent: Option<SpanId>) {
        match parent {
            None => self.raw(r#","parent_span_id":null"#),
            Some(parent) => {
                self.raw(r#","parent_span_id":""#);
                self.out.extend_from_slice(parent.hex());
                self.out.push(b'"');
            }
        }
    }

    #[inline]
    fn name(&mut self, field: &str, path: &'static str, name: &str) {
        let whole = name_or_unnamed(name);
        let kept = cut(whole, self.limits.name);
        if kept.len() < whole.len() {
            self.note((path, None), whole.len());
        }
        self.raw(field);
        write_string(self.out, kept);
    }

    #[inline]
    fn message(&mut self, message: &str) {
        self.raw(r#","message":"#);
        self.text(("message", None), message);
    }

    #[inline]
    fn optional(&mut self, field: &str, path: &'static str, value: Option<&Value<'_>>) {
        if let Some(value) = value {
            self.raw(field);
            self.value((path, None), value, 2);
        }
    }

    fn error(&mut self, error: Option<&str>) {
        let Some(error) = error else { return };
        self.raw(r#","error":"#);
        if error.len() <= self.limits.error {
            return write_string(self.out, error);
        }
        let kept = cut_middle(error, self.limits.error, self.limits.error_head);
        write_string(self.out, &kept);
        self.note(("error", None), error.len());
    }

    fn members(&mut self, field: &str, path: &'static str, members: &[Member<'_>]) {
        if members.is_empty() {
            return;
        }
        self.raw(field);
        let limit = self.limits.name;
        let sent = |key| cut(name_or_unnamed(key), limit);
        let first = members.get(..MEMBERS as usize).unwrap_or(members);
        let mut written = 0;
        for (index, (key, value)) in first.iter().enumerate() {
            let name = sent(key);
            if first[..index].iter().any(|(other, _)| sent(other) == name) {
                continue;
            }
            if written > 0 {
                self.out.push(b',');
            }
            written += 1;
            if name.len() < key.len() {
                self.note((path, Some(name)), key.len());
            }
            write_string(self.out, name);
            self.out.push(b':');
            self.value((path, Some(name)), value, 3);
        }
        self.out.push(b'}');
        if written < members.len() {
            self.cuts.push((path.to_owned(), members.len()));
        }
    }

    #[inline]
    fn value(&mut self, path: Path<'_>, value: &Value<'_>, depth: u64) {
        if let Data::Text(text) = &value.0 {
            return self.text(path, text);
        }
        if !write_plain(self.out, value) {
            self.structure(path, value, depth);
        }
    }

    fn structure(&mut self, path: Path<'_>, value: &Value<'_>, depth: u64) {
        let start = self.out.len();
        let is_full = write_value(self.out, value, depth).is_err();
        let size = self.out.len() - start;
        if size > self.limits.value || is_full {
            let text = self.out.split_off(start);
            let text = String::from_utf8(text).unwrap_or_default();
            self.note(path, size);
            write_string(self.out, cut(&text, self.limits.value));
        }
    }

    #[inline]
    fn text(&mut self, path: Path<'_>, text: &str) {
        let kept = cut(text, self.limits.value);
        if kept.len() < text.len() {
            self.note(path, text.len());
        }
        write_string(self.out, kept);
    }

    /// Where both key and value were cut, the larger size counts.
    fn note(&mut self, (field, member): Path<'_>, size: usize) {
        let path = member.map_or_else(|| field.to_owned(), |member| [field, ".", member].concat());
        let size = size.min(MEASURED_BYTES as usize);
        match self.cuts.last_mut() {
            Some((last, known)) if *last == path => *known = size.max(*known),
            _ => self.cuts.push((path, size)),
        }
    }

    fn announce(self) {
        self.out.extend_from_slice(br#","truncated":{""#);
        for (index, (path, size)) in self.cuts.iter().enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b",\"");
            }
            write_escaped(self.out, path);
            self.out.extend_from_slice(b"\":");
            write_int(self.out, *size as i64);
        }
        self.out.push(b'}');
    }
}

/// An empty name is sent as "unnamed" (`type.name`).
fn name_or_unnamed(name: &str) -> &str {
    if name.is_empty() { "unnamed" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    fn written(event: &Event<'_>, halvings: u32) -> String {
        let mut out = Vec::new();
        event.write(
            &mut out,
            &SpanId::new(0xabc).unwrap(),
            Limits::halved(halvings),
        );
        let text = String::from_utf8(out).unwrap();
        let rest = text.strip_prefix(r#","span_id":"0000000000000abc""#);
        rest.unwrap().to_owned()
    }

    fn tag(key: &str, value: &Value<'_>) -> String {
        written(&Event::Tag { key, value }, 0)
    }

    fn tags(members: &[(&str, Value<'static>)]) -> String {
        let fields: Vec<Member<'_>> = members
            .iter()
            .map(|(key, value)| (Cow::Borrowed(*key), value.clone()))
            .collect();
        let log = Event::Log {
            message: "m",
            level: Level::Warn,
            fields: &fields,
        };
        let text = written(&log, 0);
        let rest = text.strip_prefix(r#","message":"m","level":"warn""#);
        rest.unwrap().to_owned()
    }

    #[test]
    fn a_start_names_its_parent_kind_tags_and_params() {
        let start = Event::Start {
            parent: SpanId::new(1),
            name: "load",
            kind: Kind::Rpc,
            tags: &[("day".into(), 1.into())],
            params: Some(&value!({ "args": ["a"] })),
        };
        assert_eq!(
            written(&start, 0),
            r#","parent_span_id":"0000000000000001","name":"load","kind":"rpc","tags":{"day":1},"params":{"args":["a"]}"#
        );
        let root = Event::Start {
            parent: None,
            name: "",
            kind: Kind::Flow,
            tags: &[],
            params: None,
        };
        assert_eq!(
            written(&root, 0),
            r#","parent_span_id":null,"name":"unnamed","kind":"flow""#
        );
    }

    #[test]
    fn texts_are_cut_at_the_limit_and_announced() {
        let check = |bytes: usize, announced: &str| {
            let text = "x".repeat(bytes);
            let kept = &text[..bytes.min(4096)];
            let expected = format!(r#","key":"k","value":"{kept}"{announced}"#);
            assert_eq!(tag("k", &text.as_str().into()), expected, "{bytes}");
        };
        check(4095, "");
        check(4096, "");
        check(4097, r#","truncated":{"value":4097}"#);
        check(65_535, r#","truncated":{"value":65535}"#);
        check(65_536, r#","truncated":{"value":65536}"#);
        check(70_000, r#","truncated":{"value":65536}"#);
    }

    #[test]
    fn structures_over_the_limit_become_their_text() {
        let check = |bytes: usize, expected: &str| {
            let text = "x".repeat(bytes);
            let found = tag("k", &value!([text.as_str()]));
            assert!(found.starts_with(expected), "{found:.80}");
        };
        check(4092, r#","key":"k","value":["xxx"#);
        check(4093, r#","key":"k","value":"[\"xxx"#);
        let text = "x".repeat(4093);
        let found = tag("k", &value!([text.as_str()]));
        assert!(
            found.ends_with(r#"x\"","truncated":{"value":4097}"#),
            "{found}"
        );
    }

    #[test]
    fn names_are_cut_at_the_limit_and_announced() {
        let check = |bytes: usize, announced: &str| {
            let key = "k".repeat(bytes);
            let kept = &key[..bytes.min(256)];
            let expected = format!(r#","key":"{kept}","value":1{announced}"#);
            assert_eq!(tag(&key, &1.into()), expected);
        };
        check(256, "");
        check(257, r#","truncated":{"key":257}"#);
    }

    #[test]
    fn the_first_of_many_members_and_of_those_sent_alike_are_kept() {
        assert_eq!(
            tags(&[("", 1.into()), ("unnamed", 2.into()), ("b", Value::NULL)]),
            r#","fields":{"unnamed":1,"b":null},"truncated":{"fields":3}"#
        );
        let names: Vec<String> = (0..65).map(|number| format!("k{number}")).collect();
        let many: Vec<(&str, Value<'static>)> = names
            .iter()
            .map(|name| (name.as_str(), true.into()))
            .collect();
        assert!(tags(&many[..64]).ends_with(r#""k63":true}"#));
        assert!(tags(&many).ends_with(r#""k63":true},"truncated":{"fields":65}"#));
    }

    #[test]
    fn where_both_key_and_value_were_cut_the_larger_size_is_announced() {
        let key = "k".repeat(300);
        let kept = "k".repeat(256);
        let found = tags(&[(&key, "x".repeat(5000).into())]);
        assert!(found.ends_with(&format!(r#","truncated":{{"fields.{kept}":5000}}"#)));
        let found = tags(&[(&key, 1.into())]);
        assert!(found.ends_with(&format!(r#","truncated":{{"fields.{kept}":300}}"#)));
    }

    #[test]
    fn an_error_keeps_its_head_and_tail() {
        let error = format!("begin{}end", "m".repeat(20_000));
        let end = Event::End {
            status: Status::Failed,
            error: Some(&error),
            error_type: Some("Boom"),
            result: None,
        };
        let head = format!(
            r#","status":"failed","error":"begin{}\n...\nm"#,
            "m".repeat(4091)
        );
        let found = written(&end, 0);
        assert!(found.starts_with(&head));
        assert!(found.ends_with(r#"end","error_type":"Boom","truncated":{"error":20008}"#));
        let halved = written(&end, 1);
        assert!(halved.starts_with(&head[..2048]) && halved.len() < 8300);
    }

    #[test]
    fn words_are_those_of_the_contract() {
        let words = |level: Level| LEVELS[level as usize];
        let levels = [Level::Debug, Level::Info, Level::Warn, Level::Error];
        assert_eq!(levels.map(words), ["debug", "info", "warn", "error"]);
        let kinds = [Kind::Flow, Kind::Step, Kind::Span, Kind::Rpc];
        assert_eq!(
            kinds.map(|kind| KINDS[kind as usize]),
            ["flow", "step", "span", "rpc"]
        );
        let statuses = [Status::Ok, Status::Failed, Status::Cancelled];
        let words = statuses.map(|status| STATUSES[status as usize]);
        assert_eq!(words, ["ok", "failed", "cancelled"]);
    }
}

//! Lines that are nearly right.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A line as its members: raw JSON keys and values, so that notation (`1e2`)
/// is kept.
#[derive(Debug, Clone)]
pub(crate) struct Draft(Vec<(String, String)>);

impl Draft {
    /// The line without its LF.
    pub(crate) fn line(&self) -> String {
        let members: Vec<_> = self.0.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

const ID: &str = "\"00000000000000a1\"";

/// One good event of each type, with every field that it can have.
const BASES: [&[(&str, &str)]; 4] = [
    &[
        ("type", "\"span_start\""),
        ("span_id", ID),
        ("ts_ms", "1700000000000.125"),
        ("seq", "0"),
        ("producer", PRODUCERS[0]),
        ("parent_span_id", "null"),
        ("name", "\"load\""),
        ("kind", "\"step\""),
        ("tags", "{\"day\":\"monday\"}"),
        ("params", "{\"args\":[1]}"),
    ],
    &[
        ("type", "\"span_tag\""),
        ("span_id", ID),
        ("ts_ms", "1700000000001"),
        ("seq", "1"),
        ("key", "\"rows\""),
        ("value", "17"),
    ],
    &[
        ("type", "\"span_log\""),
        ("span_id", ID),
        ("ts_ms", "1700000000002"),
        ("seq", "2"),
        ("message", "\"loaded\""),
        ("level", "\"warn\""),
        ("fields", "{\"took\":1.5}"),
    ],
    &[
        ("type", "\"span_end\""),
        ("span_id", ID),
        ("ts_ms", "1700000000003"),
        ("seq", "3"),
        ("status", "\"failed\""),
        ("error", "\"no rows\""),
        ("error_type", "\"ValueError\""),
        ("result", "[]"),
    ],
];

const KEYS: &[&str] = &[
    "type",
    "span_id",
    "ts_ms",
    "seq",
    "producer",
    "truncated",
    "parent_span_id",
    "name",
    "kind",
    "tags",
    "params",
    "key",
    "value",
    "message",
    "level",
    "fields",
    "status",
    "error",
    "error_type",
    "result",
    "extra",
    "",
    "Type",
];

const PRODUCERS: [&str; 8] = [
    "{\"id\":\"00000000000000ff\",\"sdk\":\"python\",\"version\":\"1\",\"protocol\":1,\"pid\":7}",
    "{\"id\":\"00000000000000ff\"}",
    "{\"id\":\"00000000000000FF\",\"sdk\":\"python\",\"version\":\"1\",\"protocol\":1,\"pid\":7}",
    "{\"id\":\"00000000000000ff\",\"sdk\":null}",
    "{\"id\":\"00000000000000ff\",\"sdk\":\"\",\"version\":\"1\",\"protocol\":2,\"pid\":7.0}",
    "{\"id\":\"00000000000000ff\",\"pid\":1.5}",
    "{\"sdk\":\"python\"}",
    "{\"id\":\"00000000000000ff\",\"sdk\":\"python\",\"version\":\"1\",\"protocol\":1,\"pid\":7,\"x\":0}",
];

/// Values that some field takes, and values that hardly any does.
const VALUES: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "\"ok\"",
    "\"rpc\"",
    "\"debug\"",
    "\"span_tag\"",
    "\"span_new\"",
    ID,
    "\"0000000000000000\"",
    "\"00000000000000A1\"",
    "\"00000000000000a\"",
    "0",
    "-0",
    "-0.0",
    "-1",
    "1.0",
    "1e2",
    "15e-1",
    "0.1234",
    "1e400",
    "-5.25",
    "9007199254740991",
    "9007199254740991.0",
    "9007199254740992",
    "9007199254740.991",
    "9007199254741",
    "1e300",
    "[]",
    "[[9007199254740992]]",
    "{}",
    "{\"a\":1}",
    "{\"\":null}",
    "{\"name\":300}",
    "{\"name\":-1}",
    "{\"name\":\"x\"}",
    "{\"name\":1.0}",
    "{\"name\":1.5}",
    "{\"a\":1,\"a\":2}",
    "\"\\ud800\"",
];

#[derive(Debug, Clone)]
enum Edit {
    Remove(Index),
    Rename(Index, String),
    Replace(Index, String),
    Add(Index, String, String),
}

fn value() -> impl Strategy<Value = String> {
    let long = (
        select(vec!["a", "\u{e9}", "\\u0001"]),
        select(vec![256, 257, 4096, 4097, 16385]),
    );
    prop_oneof![
        8 => select(VALUES).prop_map(str::to_owned),
        2 => select(PRODUCERS.as_slice()).prop_map(str::to_owned),
        1 => long.prop_map(|(unit, count)| format!("\"{}\"", unit.repeat(count))),
        1 => (60_usize..70).prop_map(members),
    ]
}

fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|i| format!("\"k{i}\":{i}")).collect();
    format!("{{{}}}", members.join(","))
}

fn edit() -> impl Strategy<Value = Edit> {
    let key = || select(KEYS).prop_map(str::to_owned);
    let index = any::<Index>;
    prop_oneof![
        1 => index().prop_map(Edit::Remove),
        1 => (index(), key()).prop_map(|(at, key)| Edit::Rename(at, key)),
        3 => (index(), value()).prop_map(|(at, value)| Edit::Replace(at, value)),
        2 => (index(), key(), value()).prop_map(|(at, key, value)| Edit::Add(at, key, value)),
    ]
}

/// A good event with up to three changes.
pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    (select(BASES.as_slice()), vec(edit(), 0..4)).prop_map(|(base, edits)| {
        let members = base.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
        let mut draft = Draft(members.collect());
        for edit in edits {
            draft.apply(edit);
        }
        draft
    })
}

impl Draft {
    fn apply(&mut self, edit: Edit) {
        let members = &mut self.0;
        if members.is_empty() {
            return;
        }
        match edit {
            Edit::Remove(at) => drop(members.remove(at.index(members.len()))),
            Edit::Rename(at, key) => at.get_mut(members).0 = key,
            Edit::Replace(at, value) => at.get_mut(members).1 = value,
            Edit::Add(at, key, value) => members.insert(at.index(members.len()), (key, value)),
        }
    }
}

/// Bytes that were a line before some of them changed.
pub(crate) fn damaged(line: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        select(b"{}[]\",:\\u0-+.eE \n\r\t\x00\x80\xff".as_slice()),
        any::<u8>()
    ];
    let change = (any::<Index>(), 0_u8..4, byte);
    vec(change, 1..4).prop_map(move |changes| {
        let mut line = line.clone();
        for (at, what, byte) in changes {
            damage(&mut line, at, what, byte);
        }
        line
    })
}

fn damage(line: &mut Vec<u8>, at: Index, what: u8, byte: u8) {
    if line.is_empty() {
        return line.push(byte);
    }
    let at = at.index(line.len());
    match what {
        0 => line[at] = byte,
        1 => line.insert(at, byte),
        2 => drop(line.remove(at)),
        _ => line.truncate(at),
    }
}

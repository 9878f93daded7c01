//! What holds of a store, whatever was said.

use std::collections::{BTreeMap, BTreeSet};

use hero_span_protocol::Event;
use proptest::prelude::*;
use proptest::sample::select;

use super::script::{Kept, kept, writer};
use super::search::filter;
use crate::Error;
use crate::store::{Reader, Store, Stored};
use crate::tree::State;

const NAMES: [&str; 5] = ["load", "loadx", "x*y", "näme", ""];
const VALUES: [&str; 4] = ["1", "\"1\"", "\"v\"", "{\"a\":null}"];
const WORDS: [&str; 3] = ["alpha", "beta", "gamma"];

/// A line of a script.
fn line() -> impl Strategy<Value = String> {
    let who = (1..4_u32, select(&["a", "b", "c", "d"][..]));
    let start = (
        select(&NAMES[..]),
        select(&["a", "b", "z"][..]),
        any::<bool>(),
    )
        .prop_map(|(name, parent, is_root)| {
            let parent = if is_root {
                "null".to_owned()
            } else {
                format!("@{parent}")
            };
            (
                "start",
                format!(r#"{{"name":"{name}","parent_span_id":{parent}}}"#),
            )
        });
    let tag = (select(&["k", "j"][..]), select(&VALUES[..]))
        .prop_map(|(key, value)| ("tag", format!(r#"{{"key":"{key}","value":{value}}}"#)));
    let log = (select(&WORDS[..]), select(&WORDS[..]))
        .prop_map(|(one, other)| ("log", format!(r#"{{"message":"{one} {other}"}}"#)));
    let end = select(&["ok", "failed", "cancelled"][..])
        .prop_map(|status| ("end", format!(r#"{{"status":"{status}","error":"omega"}}"#)));
    let what = prop_oneof![4 => start, 2 => tag, 2 => log, 2 => end];
    // Ids are told apart by connection but for those of `b`.
    (who, what).prop_map(|((session, span), (verb, rest))| {
        let own = if span == "b" {
            String::new()
        } else {
            session.to_string()
        };
        format!("{session} {verb} {span}{own} {rest}")
    })
}

fn scripts() -> impl Strategy<Value = String> {
    let lines = proptest::collection::vec(line(), 0..40);
    lines.prop_map(|lines| lines.join("\n"))
}

/// All that is made of events.
fn derived(kept: &Kept) -> Vec<String> {
    [
        "SELECT * FROM spans",
        "SELECT * FROM names",
        "SELECT * FROM tags",
        "SELECT rowid FROM words WHERE words MATCH 'alpha'",
        "SELECT rowid FROM words WHERE words MATCH 'omega OR beta'",
        "SELECT id, spans, failed, cancelled, open, unknown FROM runs",
    ]
    .map(|sql| kept.rows(sql))
    .to_vec()
}

/// What is known of a span, from its events alone.
#[derive(Default)]
struct Known {
    tags: BTreeMap<String, String>,
    words: BTreeSet<String>,
}

fn known(reader: &Reader, run: u64) -> BTreeMap<u64, Known> {
    let mut spans: BTreeMap<u64, Known> = BTreeMap::new();
    let each = |stored: Stored| -> Result<(), Error> {
        let span = spans.entry(stored.span).or_default();
        let text = match stored.event() {
            Some(Event::Tag(tag)) => {
                let value = tag.value.text().map_or_else(
                    || tag.value.to_compact().into_owned(),
                    std::borrow::Cow::into_owned,
                );
                span.tags.insert(tag.key.to_string(), value);
                return Ok(());
            }
            Some(Event::Log(log)) => log.message.to_string(),
            Some(Event::End(end)) => end.error.as_deref().unwrap_or_default().to_owned(),
            _ => return Ok(()),
        };
        span.words.extend(text.split(' ').map(str::to_owned));
        Ok(())
    };
    reader.events(run, each).expect("events");
    spans
}

/// Whether a pattern of one `*` at most fits.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
    }
}

/// The runs that fit, by looking at every span of every run.
fn looked_for(reader: &Reader, words: &str) -> Vec<u64> {
    let filter = filter(words).span;
    let mut found = Vec::new();
    for run in reader.runs(&filter_of_nothing(), 100).expect("runs") {
        let forest = reader.forest(run.run).expect("a forest");
        let known = known(reader, run.run);
        let keys = forest
            .runs()
            .flat_map(|(id, _)| forest.spans_of(id).collect::<Vec<_>>());
        let is_meant = keys.into_iter().any(|key| {
            let span = forest.span(key);
            let said = &known[&span.number()];
            let state = match span.state() {
                State::Unknown => "unknown",
                State::Open => "open",
                State::Ended(status) => status.as_str(),
            };
            filter
                .name
                .as_ref()
                .is_none_or(|name| fits(name, span.name()))
                && filter.state.as_ref().is_none_or(|asked| asked == state)
                && filter
                    .text
                    .as_ref()
                    .is_none_or(|word| said.words.contains(word))
                && filter.tags.iter().all(|(key, value)| {
                    let last = said.tags.get(key);
                    last.is_some_and(|last| value.as_ref().is_none_or(|value| value == last))
                })
        });
        if is_meant {
            found.push(run.run);
        }
    }
    found
}

fn filter_of_nothing() -> crate::store::Filter {
    crate::store::Filter::default()
}

fn filters() -> impl Strategy<Value = String> {
    let part = |words: &'static [&'static str]| proptest::option::of(select(words));
    let name = part(&["name load", "name load*", "name *", "name *x", "name zz*"]);
    let state = part(&["state open", "state ok", "state failed", "state unknown"]);
    let tag = part(&["tag k", "tag k=1", "tag j=v", "tag k={\"a\":null}"]);
    let other = part(&["tag j", "tag j=1"]);
    let text = part(&["text alpha", "text beta", "text omega"]);
    (name, state, tag, other, text).prop_map(|(name, state, tag, other, text)| {
        let parts = [name, state, tag, other, text];
        parts.into_iter().flatten().collect::<Vec<_>>().join("|")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_made_of_events_can_be_made_again(script in scripts()) {
        let kept = kept(&script);
        let before = derived(&kept);
        let mut store = Store::open(kept.path(), writer()).expect("a store");
        let mut told = Vec::new();
        let rebuilt = store.rebuild(|so_far| told.push(so_far)).expect("rebuilt");
        drop(store);
        prop_assert_eq!(told.last(), Some(&rebuilt));
        prop_assert_eq!(rebuilt.unreadable, 0);
        prop_assert_eq!(rebuilt.events, kept.reader().latest_event().expect("a number"));
        prop_assert_eq!(before, derived(&kept), "{}", script);
    }

    #[test]
    fn who_searches_finds_what_who_looks_at_everything_finds(
        script in scripts(),
        filters in proptest::collection::vec(filters(), 20),
    ) {
        let kept = kept(&script);
        let reader = kept.reader();
        for words in filters {
            let found = reader.runs(&filter(&words), 100).expect("runs");
            let found: Vec<_> = found.iter().map(|run| run.run).collect();
            prop_assert_eq!(found, looked_for(&reader, &words), "{}\n{}", words, script);
        }
    }
}

//! What a span said in full, and what two of them said otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use hero_span_protocol::limits::{cut, measured};
use hero_span_protocol::{Event, Json, Sizes, SpanEnd, SpanStart, limit};

use super::addresses::{is_alike, without};
use super::value::{Change, Compared, Value, compare, size_text};

/// Tags of a span that are compared: a producer may set any number.
const TAGS: usize = 1_000;

/// All of a span but its logs.
#[derive(Debug, Default)]
pub(super) struct Said {
    has_started: bool,
    has_ended: bool,
    /// What the start said, for the order of siblings.
    given: DefaultHasher,
    params: Option<Value>,
    result: Option<Value>,
    /// The last value of each.
    tags: BTreeMap<String, Value>,
    /// There were more tags than are known.
    is_tags_cut: bool,
    error: Option<Error>,
}

#[derive(Debug)]
struct Error {
    error_type: Option<String>,
    text: Option<String>,
    /// Its size before it was cut.
    cut_from: Option<u64>,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum What {
    Params,
    Result,
    /// The tag of that key, cut to the length that a key may have.
    Tag(String),
    Error,
}

/// What two spans said otherwise, and how many values are the same only as far
/// as they are known.
#[derive(Debug, Default)]
pub(super) struct Otherwise {
    pub(super) changes: Vec<(What, Change)>,
    pub(super) so_far: u64,
}

impl Said {
    /// Takes in the span's events in the order they came; of starts and ends
    /// the first counts.
    pub(super) fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) if !self.has_started => self.start(start),
            Event::End(end) if !self.has_ended => self.end(end),
            Event::Tag(tag) => {
                let cut_from = size(&tag.truncated, "value");
                self.tag(&tag.key, Value::new(&tag.value, cut_from));
            }
            Event::Start(_) | Event::End(_) | Event::Log(_) => {}
        }
    }

    /// A number that is the same where the starts say the same.
    pub(super) fn given(&self) -> u64 {
        self.given.finish()
    }

    fn start(&mut self, start: &SpanStart<'_>) {
        self.has_started = true;
        let params = start.params.as_ref();
        let given = &mut self.given;
        params.into_iter().for_each(|params| hash(params, given));
        for (key, value) in &start.tags {
            key.hash(given);
            hash(value, given);
        }
        self.params = params.map(|params| Value::new(params, size(&start.truncated, "params")));
        for (key, value) in &start.tags {
            let cut_from = size(&start.truncated, &format!("tags.{key}"));
            self.tag(key, Value::new(value, cut_from));
        }
        self.is_tags_cut |= size(&start.truncated, "tags").is_some();
    }

    fn tag(&mut self, key: &str, value: Value) {
        if self.tags.len() < TAGS || self.tags.contains_key(key) {
            self.tags.insert(key.to_owned(), value);
        } else {
            self.is_tags_cut = true;
        }
    }

    fn end(&mut self, end: &SpanEnd<'_>) {
        self.has_ended = true;
        let result = end.result.as_ref();
        self.result = result.map(|result| Value::new(result, size(&end.truncated, "result")));
        let has_error = end.error.is_some() || end.error_type.is_some();
        self.error = has_error.then(|| Error {
            error_type: end.error_type.as_deref().map(ToOwned::to_owned),
            text: end.error.as_deref().map(ToOwned::to_owned),
            cut_from: size(&end.truncated, "error"),
        });
    }

    /// What another span said otherwise. Of spans that do not stand alike,
    /// results and errors tell nothing that this does not.
    pub(super) fn compare(&self, other: &Self, stand_alike: bool) -> Otherwise {
        let mut found = Otherwise::default();
        let params = compare(self.params.as_ref(), other.params.as_ref());
        found.add(&What::Params, params);
        if stand_alike {
            let result = compare(self.result.as_ref(), other.result.as_ref());
            found.add(&What::Result, result);
            let error = compare_errors(self.error.as_ref(), other.error.as_ref());
            found.add(&What::Error, error);
        }
        let keys: BTreeSet<_> = self.tags.keys().chain(other.tags.keys()).collect();
        for key in keys {
            let tag = compare(self.tags.get(key), other.tags.get(key));
            // What is kept of a finding is bounded, whatever a producer sends.
            let key = cut(key, limit::NAME_BYTES).to_owned();
            found.add(&What::Tag(key), tag);
        }
        found.so_far += u64::from(self.is_tags_cut || other.is_tags_cut);
        found
    }
}

impl Otherwise {
    fn add(&mut self, what: &What, compared: Compared) {
        match compared {
            Compared::Same => {}
            Compared::SameSoFar => self.so_far += 1,
            Compared::Differ(changes) => {
                let changes = changes.into_iter();
                self.changes
                    .extend(changes.map(|change| (what.clone(), change)));
            }
        }
    }
}

/// A field's size before it was cut.
fn size(truncated: &Sizes<'_>, field: &str) -> Option<u64> {
    truncated.get(field).copied()
}

fn hash(value: &Json<'_>, hasher: &mut DefaultHasher) {
    without(&value.to_compact()).hash(hasher);
}

impl Error {
    /// The lines that say something.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        let lines = self.text.as_deref().unwrap_or_default().lines();
        lines.map(str::trim).filter(|line| !line.is_empty())
    }

    /// Its type and the last line that says something: a traceback ends with
    /// the exception.
    fn short(&self) -> String {
        match (self.error_type.as_deref(), self.lines().next_back()) {
            (Some(kind), Some(line)) if !line.contains(kind) => format!("{kind}: {line}"),
            (_, Some(line)) => line.to_owned(),
            (kind, None) => kind.unwrap_or_default().to_owned(),
        }
    }

    fn is_cut(&self) -> bool {
        self.cut_from.is_some()
    }

    /// Its size before it was cut, as sizes are announced.
    fn size(&self) -> u64 {
        let whole = || measured(self.text.as_deref().map_or(0, str::len));
        self.cut_from.unwrap_or_else(whole)
    }
}

fn compare_errors(before: Option<&Error>, after: Option<&Error>) -> Compared {
    let (Some(before), Some(after)) = (before, after) else {
        if before.is_none() && after.is_none() {
            return Compared::Same;
        }
        let [one, other] = [before, after].map(|error| error.map(Error::short));
        return differ("", one.as_deref(), other.as_deref(), false);
    };
    let is_cut = before.is_cut() || after.is_cut();
    let (one, other) = (before.short(), after.short());
    if !is_alike(&one, &other) {
        return differ("", Some(&one), Some(&other), is_cut);
    }
    let (one, other) = (before.error_type.as_deref(), after.error_type.as_deref());
    if one != other {
        return differ("type", one, other, is_cut);
    }
    let [one, other] = [before, after].map(Error::size);
    match compare_tracebacks(before, after, is_cut) {
        _ if is_cut && one == other => Compared::SameSoFar,
        Compared::Same if is_cut => {
            let [one, other] = [one, other].map(size_text);
            differ("size", Some(&one), Some(&other), true)
        }
        compared => compared,
    }
}

/// The same exception may come from another place.
fn compare_tracebacks(before: &Error, after: &Error, is_cut: bool) -> Compared {
    let (mut ours, mut theirs) = (before.lines(), after.lines());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Compared::Same,
            (Some(one), Some(other)) if is_alike(one, other) => {}
            (one, other) => return differ("traceback", one, other, is_cut),
        }
    }
}

fn differ(place: &str, before: Option<&str>, after: Option<&str>, is_cut: bool) -> Compared {
    let change = Change::new(place, before, after);
    Compared::Differ(vec![Change { is_cut, ..change }])
}

//! JSON values, compared by what they mean: 1 is 1.0, and the order of members
//! does not matter, nor where an object lay in memory. Of a value that its producer cut, only what was left is
//! known, as text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use hero_span_protocol::{Json, contract::limit, limits};
use serde_json::{Number, Value as Parsed};

use super::addresses::{is_alike, without};

/// Characters that are kept of what differs.
const KEPT: usize = 200;

/// Characters that are kept of where in a value something differs.
const PLACE: usize = 80;

/// Places of one value that are told.
const TOLD: usize = 3;

/// A value as it came.
#[derive(Debug, Clone)]
pub(super) struct Value {
    json: Json<'static>,
    /// Its size before it was cut.
    cut_from: Option<u64>,
}

/// What a comparison comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Compared {
    Same,
    /// Up to where they were cut.
    SameSoFar,
    Differ(Vec<Change>),
}

/// Something that differs, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Where in the value, as in `.rows[2]`; empty for all of it.
    pub(super) place: String,
    /// `None` where there is none.
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    /// Only known up to where one of them was cut.
    pub(super) is_cut: bool,
    /// Further places of the value that differ.
    pub(super) more: usize,
}

impl Change {
    /// What differs, cut to what is kept.
    pub(super) fn new(place: &str, before: Option<&str>, after: Option<&str>) -> Self {
        let [before, after] = around(before, after, KEPT);
        Self {
            place: shorten(place, PLACE),
            before,
            after,
            is_cut: false,
            more: 0,
        }
    }
}

impl Value {
    pub(super) fn new(json: &Json<'_>, cut_from: Option<u64>) -> Self {
        Self {
            json: json.clone().into_owned(),
            cut_from,
        }
    }

    /// Text as it is measured and cut.
    fn text(&self) -> Cow<'_, str> {
        self.json.text().unwrap_or_else(|| self.json.to_compact())
    }

    /// Its size before it was cut, as sizes are announced.
    fn size(&self) -> u64 {
        let whole = || limits::measured(limits::value_bytes(&self.json));
        self.cut_from.unwrap_or_else(whole)
    }
}

pub(super) fn compare(before: Option<&Value>, after: Option<&Value>) -> Compared {
    match (before, after) {
        (None, None) => Compared::Same,
        (Some(before), Some(after)) => compare_two(before, after),
        (before, after) => {
            let text = |value: &Value| value.json.to_compact().into_owned();
            let is_cut = before
                .or(after)
                .is_some_and(|value| value.cut_from.is_some());
            let [before, after] = [before.map(text), after.map(text)];
            let change = Change::new("", before.as_deref(), after.as_deref());
            Compared::Differ(vec![Change { is_cut, ..change }])
        }
    }
}

fn compare_two(before: &Value, after: &Value) -> Compared {
    if before.cut_from.is_some() || after.cut_from.is_some() {
        return compare_cut(before, after);
    }
    if before.json == after.json {
        return Compared::Same;
    }
    let mut changes = Changes::default();
    let [one, other] = [before, after].map(|value| value.json.to_value());
    changes.look(&mut String::new(), &one, &other);
    match changes.finish() {
        list if list.is_empty() => Compared::Same,
        list => Compared::Differ(list),
    }
}

/// One may be shorter than the other although they were the same: what a line
/// has room for depends on what else it says.
fn compare_cut(before: &Value, after: &Value) -> Compared {
    let (one, other) = (before.text(), after.text());
    let is_same_so_far = {
        let (one, other) = (without(&one), without(&other));
        one.starts_with(&*other) || other.starts_with(&*one)
    };
    if is_same_so_far && before.size() == after.size() {
        return Compared::SameSoFar;
    }
    let [one, other] = if is_same_so_far {
        [before, after].map(|value| size_text(value.size()))
    } else {
        [one.into_owned(), other.into_owned()]
    };
    let change = Change::new("", Some(&one), Some(&other));
    Compared::Differ(vec![Change {
        is_cut: true,
        ..change
    }])
}

/// A size as it is announced.
pub(super) fn size_text(bytes: u64) -> String {
    if bytes >= limit::MEASURED_BYTES as u64 {
        format!("{bytes} bytes or more")
    } else {
        format!("{bytes} bytes")
    }
}

/// The first places of a value that differ, and how many there are.
#[derive(Default)]
struct Changes {
    list: Vec<Change>,
    more: usize,
}

impl Changes {
    /// Values are no deeper than `limit::DEPTH`, so neither is this.
    fn look(&mut self, place: &mut String, before: &Parsed, after: &Parsed) {
        match (before, after) {
            (Parsed::Object(one), Parsed::Object(other)) => {
                let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
                for key in keys {
                    let step = member(key);
                    self.look_within(place, &step, one.get(key), other.get(key));
                }
            }
            (Parsed::Array(one), Parsed::Array(other)) => {
                for at in 0..one.len().max(other.len()) {
                    let step = format!("[{at}]");
                    self.look_within(place, &step, one.get(at), other.get(at));
                }
            }
            (Parsed::Number(one), Parsed::Number(other)) if is_same_number(one, other) => {}
            (Parsed::String(one), Parsed::String(other)) if is_alike(one, other) => {}
            (one, other) if one == other => {}
            (one, other) => self.add(place, Some(one), Some(other)),
        }
    }

    fn look_within(
        &mut self,
        place: &mut String,
        step: &str,
        before: Option<&Parsed>,
        after: Option<&Parsed>,
    ) {
        let above = place.len();
        place.push_str(step);
        match (before, after) {
            (Some(before), Some(after)) => self.look(place, before, after),
            (before, after) => self.add(place, before, after),
        }
        place.truncate(above);
    }

    fn add(&mut self, place: &str, before: Option<&Parsed>, after: Option<&Parsed>) {
        if self.list.len() == TOLD {
            self.more += 1;
            return;
        }
        let [before, after] = [before, after].map(|value| value.map(Parsed::to_string));
        let change = Change::new(place, before.as_deref(), after.as_deref());
        self.list.push(change);
    }

    fn finish(mut self) -> Vec<Change> {
        if let Some(last) = self.list.last_mut() {
            last.more = self.more;
        }
        self.list
    }
}

/// A member's key as a step: `.key`, or `["odd key"]`.
fn member(key: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_';
    if !key.is_empty() && key.chars().all(is_plain) {
        format!(".{key}")
    } else {
        let mut step = String::new();
        // Writing to a string cannot fail.
        let _ = write!(step, "[{}]", Json::string(key));
        step
    }
}

fn is_same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.as_f64() == other.as_f64(),
        _ => false,
    }
}

/// Its value where that is whole, exact also beyond what a double keeps.
fn whole(number: &Number) -> Option<i128> {
    let small = number.as_i64().map(i128::from);
    let exact = small.or_else(|| number.as_u64().map(i128::from));
    exact.or_else(|| {
        let double = number.as_f64()?;
        let is_whole = double.fract() == 0.0 && double.abs() < 1e38;
        is_whole.then_some(double as i128)
    })
}

/// Two texts, each at most so many characters and an ellipsis at either end.
/// Where both begin alike for long, that is what is left out.
pub(super) fn around(
    before: Option<&str>,
    after: Option<&str>,
    most: usize,
) -> [Option<String>; 2] {
    let is_long = |text: &str| text.chars().nth(most).is_some();
    let skipped = match (before, after) {
        (Some(before), Some(after)) if is_long(before) || is_long(after) => {
            let pairs = before.chars().zip(after.chars());
            let alike = pairs.take_while(|(one, other)| one == other).count();
            // An ellipsis for less than it takes itself would hide, not help.
            let skipped = alike.saturating_sub(most / 3);
            if skipped > 1 { skipped } else { 0 }
        }
        _ => 0,
    };
    [before, after].map(|text| text.map(|text| window(text, skipped, most)))
}

fn window(text: &str, skipped: usize, most: usize) -> String {
    let start = text.char_indices().nth(skipped);
    let start = start.map_or(text.len(), |(at, _)| at);
    let dots = if skipped > 0 { "…" } else { "" };
    format!("{dots}{}", shorten(&text[start..], most))
}

/// At most so many characters, and an ellipsis where there were more.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

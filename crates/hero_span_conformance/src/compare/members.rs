//! Tags and log fields against those that were given.

use hero_span_protocol::contract::{Clause, limit};
use hero_span_protocol::limits::cut;

use super::difference::{Difference, excerpt};
use super::event::{shown, value_difference};
use crate::model::{Limits, Wanted};
use crate::value::Value;

/// How much of a key is shown.
const SHOWN_BYTES: usize = 60;
/// Shorter keys that begin alike are just different keys.
const LONG_KEY_BYTES: usize = limit::NAME_BYTES / 2;

/// The first member that is not as the model says.
pub(super) fn members_difference(
    field: &str,
    wanted: &[(String, Wanted)],
    found: &Value,
    limits: &Limits,
    event: Clause,
) -> Option<Difference> {
    let Value::Object(found) = found else {
        let found = shown(found);
        return Some(Difference::new(
            Clause::TypeMembers,
            field,
            "an object",
            found,
        ));
    };
    let of_member = |(key, wanted_value): &(String, Wanted)| {
        let path = format!("{field}.{}", cut(key, SHOWN_BYTES));
        match found.iter().find(|(name, _)| name == key) {
            Some((_, value)) => value_difference(&path, wanted_value, value, limits, event),
            None => Some(missing_member(path, key, wanted.len(), found, event)),
        }
    };
    let first = wanted.iter().find_map(of_member);
    first.or_else(|| extra_member(field, wanted, found, event))
}

fn missing_member(
    path: String,
    key: &str,
    wanted: usize,
    found: &[(String, Value)],
    event: Clause,
) -> Difference {
    let is_cut_elsewhere = |name: &str| {
        let shorter = name.len().min(key.len());
        shorter >= LONG_KEY_BYTES && name.get(..LONG_KEY_BYTES) == key.get(..LONG_KEY_BYTES)
    };
    let clause = if found.iter().any(|(name, _)| is_cut_elsewhere(name)) {
        Clause::LimitName
    } else if found.len() < wanted && wanted == limit::MEMBERS {
        Clause::LimitMembers
    } else {
        event
    };
    let keys = found.iter().map(|(name, _)| cut(name, SHOWN_BYTES)).take(3);
    let keys = keys.collect::<Vec<_>>().join(", ");
    let found = format!("{} members: {keys}", found.len());
    Difference::new(clause, path, "a member of that name", found)
}

fn extra_member(
    field: &str,
    wanted: &[(String, Wanted)],
    found: &[(String, Value)],
    event: Clause,
) -> Option<Difference> {
    let is_wanted = |name: &str| wanted.iter().any(|(key, _)| key == name);
    let (name, _) = found.iter().find(|(name, _)| !is_wanted(name))?;
    let clause = if found.len() > limit::MEMBERS {
        Clause::LimitMembers
    } else {
        event
    };
    let expected = format!("{} members", wanted.len());
    let found = format!("{} members, also {}", found.len(), excerpt(name, 0));
    Some(Difference::new(clause, field, expected, found))
}

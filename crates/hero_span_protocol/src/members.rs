//! Objects whose members have any name: tags, log fields, sizes.

use std::borrow::Cow;
use std::ops::Deref;

use schemars::{Schema, json_schema};

use crate::contract::limit;
use crate::json::Json;
use crate::schema::inline_schema;

/// Tags or log fields (`type.members`): names and values in the order of the
/// line, no name twice. Reads as a slice of pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members<'a, T = Json<'a>>(Vec<(Cow<'a, str>, T)>);

/// What was cut, and its size before (`type.sizes`): bytes, or how many
/// members there were.
pub type Sizes<'a> = Members<'a, u64>;

impl<'a, T> Members<'a, T> {
    /// No members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// None yet, and room for as many as there usually are.
    pub(crate) fn with_room() -> Self {
        Self(Vec::with_capacity(4))
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let member = self.0.iter().find(|(key, _)| key == name)?;
        Some(&member.1)
    }

    /// Adds a member at the end and says whether it did: of two members with
    /// one name the first is kept (`value.keys`).
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: T) -> bool {
        let name = name.into();
        let is_new = self.get(&name).is_none();
        if is_new {
            self.0.push((name, value));
        }
        is_new
    }

    /// For names that the scanner found to be new.
    pub(crate) fn push_unique(&mut self, name: Cow<'a, str>, value: T) {
        self.0.push((name, value));
    }

    /// The same members, borrowing nothing.
    pub(crate) fn map_owned<U>(self, mut owned: impl FnMut(T) -> U) -> Members<'static, U> {
        let pairs = self.0.into_iter();
        Members(
            pairs
                .map(|(name, value)| (Cow::Owned(name.into_owned()), owned(value)))
                .collect(),
        )
    }
}

impl Members<'_> {
    /// The same members, borrowing nothing.
    pub fn into_owned(self) -> Members<'static> {
        self.map_owned(Json::into_owned)
    }
}

impl Sizes<'_> {
    /// The same sizes, borrowing nothing.
    pub fn into_owned(self) -> Sizes<'static> {
        self.map_owned(|size| size)
    }
}

impl<T> Default for Members<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, T> Deref for Members<'a, T> {
    type Target = [(Cow<'a, str>, T)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> IntoIterator for Members<'a, T> {
    type Item = (Cow<'a, str>, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'m, 'a, T> IntoIterator for &'m Members<'a, T> {
    type Item = &'m (Cow<'a, str>, T);
    type IntoIter = std::slice::Iter<'m, (Cow<'a, str>, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, K: Into<Cow<'a, str>>, T> FromIterator<(K, T)> for Members<'a, T> {
    /// Of two members with one name the first is kept (`value.keys`).
    fn from_iter<I: IntoIterator<Item = (K, T)>>(pairs: I) -> Self {
        let mut members = Self::new();
        for (name, value) in pairs {
            members.insert(name, value);
        }
        members
    }
}

/// The schema of a whole number (`type.count`); the value itself is a `u64`.
pub(crate) struct Count;

fn count() -> Schema {
    json_schema!({ "type": "integer", "minimum": 0, "maximum": limit::INTEGER_MAX })
}

inline_schema!(Count, "Count", count());
inline_schema!(
    Members<'_>,
    "Members",
    json_schema!({ "type": "object", "additionalProperties": true })
);
inline_schema!(
    Sizes<'_>,
    "Sizes",
    json_schema!({ "type": "object", "additionalProperties": count() })
);

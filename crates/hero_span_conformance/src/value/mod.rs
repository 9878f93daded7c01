//! The values of a script: JSON, and recipes for what JSON cannot hold or what
//! would make a case file large.

mod recipe;
mod schema;
mod sent;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

pub(crate) use recipe::{Hostility, NotFinite, Recipe, Shape};
pub(crate) use schema::{Members, Text};
pub(crate) use sent::Sent;
pub(crate) use sent::compact;

/// The member that makes an object a recipe.
const RECIPE_MARK: &str = "gen";

/// A value as a script writes it. Objects keep the order of their members, but
/// are equal in any order, as JSON's are.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object without the member `gen`.
    Object(Vec<(String, Value)>),
    /// An object with the member `gen`: how to make the value.
    Made(Box<Recipe>),
}

impl Value {
    /// A string.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object without members.
    pub(crate) const fn empty_object() -> Self {
        Self::Object(Vec::new())
    }

    /// Whether it is `null`.
    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Visits all values within it, which may be changed, and then itself.
    pub(crate) fn each(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(|item| item.each(visit)),
            Self::Object(members) => members.iter_mut().for_each(|(_, value)| value.each(visit)),
            Self::Made(recipe) => recipe.each(visit),
            _ => {}
        }
        visit(self);
    }

    /// The text that it stands for, when it stands for one; a lone surrogate
    /// reads as U+FFFD, as it is sent (`value.surrogates`).
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Made(recipe) => recipe.to_text(),
            _ => None,
        }
    }

    /// The members that it stands for, in order, when it stands for an object
    /// whose keys are all strings.
    pub(crate) fn to_members(&self) -> Option<Vec<(String, Value)>> {
        match self {
            Self::Object(members) => Some(members.clone()),
            Self::Made(recipe) => recipe.to_members(),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one == other,
            (Self::Int(int), Self::Float(float)) | (Self::Float(float), Self::Int(int)) => {
                *int as f64 == *float
            }
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Array(one), Self::Array(other)) => one == other,
            (Self::Object(one), Self::Object(other)) => {
                one.len() == other.len() && one.iter().all(|member| other.contains(member))
            }
            (Self::Made(one), Self::Made(other)) => one == other,
            _ => false,
        }
    }
}

impl From<Recipe> for Value {
    fn from(recipe: Recipe) -> Self {
        Self::Made(Box::new(recipe))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// Its JSON, on one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(k, v)| (k, v))),
            Self::Made(recipe) => recipe.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Self>::default())
    }
}

/// A value that an SDK sent: a member `gen` in it is a member like any other.
#[derive(Debug)]
pub(crate) struct Plain(pub(crate) Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(Reader::<Self>::default())?;
        Ok(Self(value))
    }
}

/// How the values within a value are read.
trait Inner {
    fn into_value(self) -> Value;
    fn from_members<E: de::Error>(members: Vec<(String, Value)>) -> Result<Value, E>;
}

impl Inner for Value {
    fn into_value(self) -> Value {
        self
    }

    fn from_members<E: de::Error>(members: Vec<(String, Value)>) -> Result<Value, E> {
        object_or_recipe(members)
    }
}

impl Inner for Plain {
    fn into_value(self) -> Value {
        self.0
    }

    fn from_members<E: de::Error>(members: Vec<(String, Value)>) -> Result<Value, E> {
        Ok(Value::Object(members))
    }
}

struct Reader<T>(PhantomData<T>);

impl<T> Default for Reader<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Inner + Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value or a recipe such as {\"gen\":\"text\",…}")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element::<T>()? {
            read.push(item.into_value());
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some((key, value)) = members.next_entry::<String, T>()? {
            read.push((key, value.into_value()));
        }
        T::from_members(read)
    }
}

fn object_or_recipe<E: de::Error>(members: Vec<(String, Value)>) -> Result<Value, E> {
    let mark = members.iter().find(|(key, _)| key == RECIPE_MARK);
    match mark {
        Some((_, Value::Text(_))) => {}
        // Serde would take a number for the place of a variant.
        Some((_, other)) => {
            return Err(E::custom(format!("gen: expected a string, found {other}")));
        }
        None => return Ok(Value::Object(members)),
    }
    let object = Value::Object(members);
    // Through text, for serde's own map would lose the order of members.
    let recipe: Recipe = serde_json::to_string(&object)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(de::Error::custom)?;
    recipe.check().map_err(de::Error::custom)?;
    Ok(recipe.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_round_trip(json: &str) {
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(value.to_string(), json);
    }

    #[test]
    fn json_comes_back_in_its_order() {
        check_round_trip(r#"{"z":1,"a":[null,true,-2,1.5,"é"],"m":{}}"#);
    }

    #[test]
    fn members_are_equal_in_any_order() {
        let read = |json| serde_json::from_str::<Value>(json).unwrap();
        assert_eq!(read(r#"{"a":1,"b":[2]}"#), read(r#"{"b":[2.0],"a":1}"#));
        assert_ne!(read(r#"{"a":1,"b":2}"#), read(r#"{"a":1,"c":2}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1,"b":2}"#));
        assert_ne!(read("[1,2]"), read("[2,1]"));
    }

    #[test]
    fn recipes_come_back() {
        check_round_trip(r#"{"gen":"text","char":"é","bytes":5000}"#);
        check_round_trip(r#"{"gen":"join","parts":["a",{"gen":"surrogate","unit":55296}]}"#);
        check_round_trip(r#"[{"gen":"map","pairs":[[1,{"b":2,"a":1}],[null,"x"]]}]"#);
        check_round_trip(r#"{"gen":"deep","of":"array","levels":40}"#);
    }

    #[test]
    fn a_bad_recipe_is_told_apart_from_an_object() {
        let error = |json| serde_json::from_str::<Value>(json).unwrap_err().to_string();
        assert!(error(r#"{"gen":0,"char":"x","bytes":1}"#).contains("expected a string, found 0"));
        assert!(error(r#"{"gen":"txt"}"#).contains("unknown variant `txt`"));
        assert!(error(r#"{"gen":"text","char":"é"}"#).contains("missing field `bytes`"));
        assert!(error(r#"{"gen":"text","char":"","bytes":3}"#).contains("char"));
        assert!(error(r#"{"gen":"integer","digits":"1e5"}"#).contains("digits"));
    }
}

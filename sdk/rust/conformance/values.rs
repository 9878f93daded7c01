//! The values of a script: plain JSON stands for itself, `{"gen": …}` is a recipe.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::{self, Debug, Display};
use std::os::unix::ffi::OsStringExt;

use hero_tracing::{ToValue, Value};

use crate::json::Json;

/// A value as the user's code has it.
pub(crate) enum Made {
    Null,
    Bool(bool),
    Int(i128),
    /// More digits than any integer of the language holds.
    Big(BigInt),
    Float(f64),
    Text(String),
    List(Vec<Made>),
    Map(Vec<(Made, Made)>),
    Deep {
        is_array: bool,
        levels: usize,
    },
    Bytes(Vec<u8>),
    Set(BTreeSet<String>),
    Object(Thing),
}

impl ToValue for Made {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::NULL,
            Self::Bool(flag) => (*flag).into(),
            Self::Int(number) => (*number).into(),
            Self::Big(number) => Value::display(number),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.into(),
            Self::List(items) => items.into(),
            Self::Map(members) => Value::object(members.iter().map(|(key, value)| (key, value))),
            Self::Deep { is_array, levels } => deep(*is_array, *levels),
            Self::Bytes(bytes) => Value::bytes(bytes),
            Self::Set(items) => Value::debug(items),
            Self::Object(thing) => Value::debug(thing),
        }
    }
}

fn deep(is_array: bool, levels: usize) -> Value<'static> {
    let empty: [(&str, Value<'static>); 0] = [];
    let innermost = if is_array {
        Value::array::<Value<'static>>([])
    } else {
        Value::object(empty)
    };
    (1..levels).fold(innermost, |value, _| {
        if is_array {
            Value::array([value])
        } else {
            Value::object([("in", value)])
        }
    })
}

/// An integer of any size, as the crates for them have it: what it says of itself is its digits.
pub(crate) struct BigInt(String);

impl Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An object of the user's own, which may describe itself badly.
pub(crate) enum Thing {
    Plain,
    Raises,
    Long,
    NotText,
}

impl Debug for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("<thing>"),
            Self::Raises => Err(fmt::Error),
            Self::Long => (0..1_000_000).try_for_each(|_| f.write_str("x")),
            Self::NotText => OsString::from_vec(vec![0xff, 0xfe]).fmt(f),
        }
    }
}

/// Makes the value that a script describes; nothing for a recipe that this adapter does not know.
pub(crate) fn make(words: &Json) -> Option<Made> {
    Some(match words {
        Json::Null => Made::Null,
        Json::Bool(flag) => Made::Bool(*flag),
        Json::Number(digits) if digits.contains(['.', 'e', 'E']) => {
            Made::Float(digits.parse().ok()?)
        }
        Json::Number(digits) => integer(digits),
        Json::Text(text) => Made::Text(text.clone()),
        Json::Array(items) => Made::List(items.iter().map(make).collect::<Option<_>>()?),
        Json::Object(_) if words.get("gen").is_some() => cook(words)?,
        Json::Object(members) => {
            let made = members
                .iter()
                .map(|(key, value)| Some((Made::Text(key.clone()), make(value)?)));
            Made::Map(made.collect::<Option<_>>()?)
        }
    })
}

/// A text as the script describes it.
pub(crate) fn make_text(words: &Json) -> Option<String> {
    match make(words)? {
        Made::Text(text) => Some(text),
        _ => None,
    }
}

/// Members with keys that are texts.
pub(crate) fn make_members(words: Option<&Json>) -> Option<Vec<(String, Made)>> {
    let Some(words) = words else {
        return Some(Vec::new());
    };
    let Made::Map(members) = make(words)? else {
        return None;
    };
    let named = |(key, value)| match key {
        Made::Text(key) => Some((key, value)),
        _ => None,
    };
    members.into_iter().map(named).collect()
}

fn integer(digits: &str) -> Made {
    let parsed = digits.parse();
    parsed.map_or_else(|_| Made::Big(BigInt(digits.to_owned())), Made::Int)
}

/// What Rust does not have is not made: a text with half a surrogate pair, and a value that holds
/// itself.
fn cook(words: &Json) -> Option<Made> {
    Some(match words.get_str("gen")? {
        "text" => {
            let char = words.get_str("char")?;
            Made::Text(char.repeat(words.get_usize("bytes")? / char.len()))
        }
        "join" => {
            let parts = words.items("parts").iter().map(make_text);
            Made::Text(parts.collect::<Option<String>>()?)
        }
        "number" => Made::Float(words.get_str("value")?.parse().ok()?),
        "integer" => integer(words.get_str("digits")?),
        "power-of-ten" => integer(&format!("1{}", "0".repeat(words.get_usize("exponent")?))),
        "deep" => Made::Deep {
            is_array: words.get_str("of")? == "array",
            levels: words.get_usize("levels")?,
        },
        "members" => {
            let value = words.get("value")?;
            let names = (0..words.get_usize("count")?).map(|number| format!("k{number}"));
            let made = names.map(|name| Some((Made::Text(name), make(value)?)));
            Made::Map(made.collect::<Option<_>>()?)
        }
        "map" => {
            let pair = |pair: &Json| match pair {
                Json::Array(pair) => Some((make(pair.first()?)?, make(pair.get(1)?)?)),
                _ => None,
            };
            let pairs = words.items("pairs").iter().map(pair);
            Made::Map(pairs.collect::<Option<_>>()?)
        }
        "bytes" => {
            let bytes = (0..words.get_usize("bytes")?).map(|number| (number % 256) as u8);
            Made::Bytes(bytes.collect())
        }
        "set" => Made::Set(words.items("items").iter().map(Json::to_string).collect()),
        "object" => Made::Object(match words.get_str("describes")? {
            "raises" => Thing::Raises,
            "long" => Thing::Long,
            "not-text" => Thing::NotText,
            _ => Thing::Plain,
        }),
        _ => return None,
    })
}

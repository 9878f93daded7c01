//! How to make a value that a script does not spell out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Text, Value};

/// A value's recipe, in JSON `{"gen": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "gen", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Recipe {
    /// `char` repeated as often as fits into that many bytes of UTF-8.
    Text {
        /// What is repeated.
        #[schemars(length(min = 1))]
        char: String,
        /// Bytes of UTF-8 at most.
        bytes: usize,
    },
    /// The parts, each a text, one after the other.
    Join {
        /// Strings and recipes of texts.
        #[schemars(with = "Vec<Text>")]
        parts: Vec<Value>,
    },
    /// A text of one surrogate without its other half.
    Surrogate {
        /// 0xD800 to 0xDFFF.
        #[schemars(range(min = 0xD800, max = 0xDFFF))]
        unit: u16,
    },
    /// A number that JSON has no word for.
    Number {
        /// Which.
        value: NotFinite,
    },
    /// A whole number of any size.
    Integer {
        /// Decimal digits, after a `-` if it is negative.
        #[schemars(regex(pattern = "^-?(0|[1-9][0-9]*)$"))]
        digits: String,
    },
    /// Ten to that power, a whole number.
    PowerOfTen {
        /// How many zeros stand after the one.
        exponent: usize,
    },
    /// Containers within one another, the innermost empty.
    Deep {
        /// What they are; objects have the one key `in`.
        of: Shape,
        /// How many, at least one.
        #[schemars(range(min = 1))]
        levels: usize,
    },
    /// A container that holds only itself.
    Cyclic {
        /// What it is; an object has the one key `self`.
        of: Shape,
    },
    /// An object of `count` members `k0`, `k1`, … which all have that value.
    Members {
        /// How many.
        count: usize,
        /// Of each.
        value: Value,
    },
    /// An object with keys of any kind.
    Map {
        /// Keys and values, in order.
        pairs: Vec<(Value, Value)>,
    },
    /// Raw bytes, which JSON cannot hold.
    Bytes {
        /// How many.
        bytes: usize,
    },
    /// A set, which JSON cannot hold.
    Set {
        /// Its items.
        items: Vec<Value>,
    },
    /// An object of the user's own class.
    Object {
        /// What it does when it is asked to describe itself.
        describes: Hostility,
    },
}

/// A number that JSON has no word for (`value.numbers`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum NotFinite {
    /// Not a number.
    NaN,
    /// Beyond all.
    Infinity,
    /// Beneath all.
    #[serde(rename = "-Infinity")]
    NegativeInfinity,
}

impl NotFinite {
    /// The string it is sent as.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NaN => "NaN",
            Self::Infinity => "Infinity",
            Self::NegativeInfinity => "-Infinity",
        }
    }
}

/// The two containers of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl Shape {
    /// What is sent where it would lie too deep or within itself (`value.deep`).
    pub(crate) const fn ellipsis(self) -> &'static str {
        match self {
            Self::Array => "[...]",
            Self::Object => "{...}",
        }
    }
}

/// What an object does when it is asked to describe itself (`value.other`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Hostility {
    /// It says `<thing>`.
    Plain,
    /// It raises an error.
    Raises,
    /// It gives a million characters.
    Long,
    /// It gives something that is not a text.
    NotText,
}

impl Recipe {
    /// Visits all values within it, which may be changed.
    pub(super) fn each(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        match self {
            Self::Join { parts: values } | Self::Set { items: values } => {
                values.iter_mut().for_each(|value| value.each(visit));
            }
            Self::Members { value, .. } => value.each(visit),
            Self::Map { pairs } => {
                let values = pairs.iter_mut().flat_map(|(key, value)| [key, value]);
                values.for_each(|value| value.each(visit));
            }
            _ => {}
        }
    }

    /// What a schema cannot say about a recipe; the message names the member.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Text { char, .. } if char.is_empty() => Err("char: expected a character".into()),
            Self::Integer { digits } if !is_decimal(digits) => {
                Err(format!("digits: expected decimal digits, found {digits:?}"))
            }
            Self::Surrogate { unit } if !(0xD800..=0xDFFF).contains(unit) => {
                Err(format!("unit: expected 55296 to 57343, found {unit}"))
            }
            Self::Join { parts } => match parts.iter().find(|part| part.to_text().is_none()) {
                Some(part) => Err(format!("parts: expected texts, found {part}")),
                None => Ok(()),
            },
            Self::Deep { levels: 0, .. } => Err("levels: expected at least 1, found 0".into()),
            _ => Ok(()),
        }
    }

    pub(super) fn to_text(&self) -> Option<String> {
        match self {
            Self::Text { char, bytes } => Some(char.repeat(bytes / char.len().max(1))),
            Self::Surrogate { .. } | Self::Join { .. } => {
                Some(String::from_utf16_lossy(&self.to_units()?))
            }
            _ => None,
        }
    }

    /// Two parts may end and begin with the halves of one pair.
    fn to_units(&self) -> Option<Vec<u16>> {
        match self {
            Self::Surrogate { unit } => Some(vec![*unit]),
            Self::Join { parts } => {
                let units: Option<Vec<Vec<u16>>> = parts.iter().map(units_of).collect();
                Some(units?.concat())
            }
            _ => Some(self.to_text()?.encode_utf16().collect()),
        }
    }

    pub(super) fn to_members(&self) -> Option<Vec<(String, Value)>> {
        match self {
            Self::Members { count, value } => Some(
                (0..*count)
                    .map(|index| (format!("k{index}"), value.clone()))
                    .collect(),
            ),
            Self::Map { pairs } => {
                let text_keys = pairs
                    .iter()
                    .map(|(key, value)| Some((key.to_text()?, value.clone())));
                text_keys.collect()
            }
            _ => None,
        }
    }
}

fn units_of(text: &Value) -> Option<Vec<u16>> {
    match text {
        Value::Made(recipe) => recipe.to_units(),
        text => Some(text.to_text()?.encode_utf16().collect()),
    }
}

fn is_decimal(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let leads_with_zero = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && !leads_with_zero && digits.bytes().all(|byte| byte.is_ascii_digit())
}

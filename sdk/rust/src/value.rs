//! Values: what tags, fields, inputs and results are made of.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::mem;

use crate::contract::{DEPTH, INTEGER_MAX, VALUE_BYTES};
use crate::text;

/// A value of a tag, a log field, an input or a result: any JSON, or a readable text for what
/// JSON cannot hold.
///
/// Numbers, texts, `Option`s, `Vec`s and maps become one by `From`, types of your own by
/// [`ToValue`], and [`value!`](crate::value!) writes one down as JSON is written. Texts are
/// borrowed, not copied. Nothing is cut here: that is done, and announced, when it is sent.
///
/// ```
/// use hero_tracing::{Value, value};
///
/// let rows = vec!["apple", "pear"];
/// let shape = value!({ "rows": &rows, "count": rows.len(), "first": null });
/// assert_eq!(shape.to_string(), r#"{"rows":["apple","pear"],"count":2,"first":null}"#);
/// assert_eq!(Value::from(u64::MAX).to_string(), r#""18446744073709551615""#);
/// assert_eq!(Value::from(f64::NAN).to_string(), r#""NaN""#);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Value<'a>(pub(crate) Data<'a>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data<'a> {
    Null,
    Bool(bool),
    /// At most `INTEGER_MAX`, and at least that negated.
    Int(i64),
    /// Finite.
    Float(f64),
    Text(Cow<'a, str>),
    List(List<'a>),
    Map(Map<'a>),
}

/// The items of an array. It is dropped without recursion, however deep it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List<'a>(pub(crate) Vec<Value<'a>>);

/// The members of an object, with keys of any kind, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Map<'a>(pub(crate) Vec<(Value<'a>, Value<'a>)>);

impl Drop for List<'_> {
    fn drop(&mut self) {
        drop_flat(mem::take(&mut self.0));
    }
}

impl Drop for Map<'_> {
    fn drop(&mut self) {
        let members = mem::take(&mut self.0).into_iter();
        drop_flat(members.flat_map(|(key, value)| [key, value]).collect());
    }
}

fn drop_flat(mut left: Vec<Value<'_>>) {
    while let Some(value) = left.pop() {
        match value.0 {
            Data::List(mut items) => left.append(&mut items.0),
            Data::Map(mut members) => {
                let members = mem::take(&mut members.0).into_iter();
                left.extend(members.flat_map(|(key, value)| [key, value]));
            }
            _ => {}
        }
    }
}

impl<'a> Value<'a> {
    /// JSON's `null`.
    pub const NULL: Value<'static> = Value(Data::Null);

    /// The text that `{:?}` writes of something, for what has no better form. With no collector
    /// to hear it, nothing is written and the value is null.
    pub fn debug(this: &(impl Debug + ?Sized)) -> Value<'static> {
        Value::described(|| text::of_debug(this))
    }

    /// The text that `{}` writes of something. With no collector to hear it, nothing is written
    /// and the value is null.
    pub fn display(this: &(impl Display + ?Sized)) -> Value<'static> {
        Value::described(|| text::of_display(this))
    }

    /// Raw bytes, as a readable text such as `b"\x00abc"`.
    pub fn bytes(bytes: &[u8]) -> Value<'static> {
        let first = bytes.get(..VALUE_BYTES as usize).unwrap_or(bytes);
        Value::described(|| format!("b\"{}\"", first.escape_ascii()))
    }

    fn described(describe: impl FnOnce() -> String) -> Value<'static> {
        if crate::process::is_off() {
            return Value::NULL;
        }
        Value(Data::Text(describe().into()))
    }

    /// An object with these members, in this order. Keys that are no texts are sent as their JSON.
    pub fn object<K, V>(members: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Value<'a>>,
        V: Into<Value<'a>>,
    {
        let members = members.into_iter();
        let pairs = members.map(|(key, value)| (key.into(), value.into()));
        Self(Data::Map(Map(pairs.collect())))
    }

    /// An array of these items.
    pub fn array<V: Into<Value<'a>>>(items: impl IntoIterator<Item = V>) -> Self {
        let items = items.into_iter().map(Into::into);
        Self(Data::List(List(items.collect())))
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.0, Data::Null)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same value, borrowing nothing: as much of it as can ever be sent.
    pub fn into_owned(self) -> Value<'static> {
        self.owned_at(2)
    }

    /// `depth` is where it lies in a line at the least.
    fn owned_at(mut self, depth: u64) -> Value<'static> {
        let is_too_deep = depth > DEPTH;
        Value(match &mut self.0 {
            Data::Null => Data::Null,
            Data::Bool(flag) => Data::Bool(*flag),
            Data::Int(number) => Data::Int(*number),
            Data::Float(number) => Data::Float(*number),
            Data::Text(text) => Data::Text(mem::take(text).into_owned().into()),
            Data::List(_) if is_too_deep => Data::Text(TOO_DEEP_LIST.into()),
            Data::Map(_) if is_too_deep => Data::Text(TOO_DEEP_MAP.into()),
            Data::List(items) => {
                let items = mem::take(&mut items.0).into_iter();
                Data::List(List(items.map(|item| item.owned_at(depth + 1)).collect()))
            }
            Data::Map(members) => {
                let members = mem::take(&mut members.0).into_iter();
                let owned = |(key, value): (Value<'_>, Value<'_>)| {
                    (key.owned_at(1), value.owned_at(depth + 1))
                };
                Data::Map(Map(members.map(owned).collect()))
            }
        })
    }
}

/// What stands for an array or object that would lie too deep (`value.deep`).
pub(crate) const TOO_DEEP_LIST: &str = "[...]";
/// The same for objects.
pub(crate) const TOO_DEEP_MAP: &str = "{...}";

/// Compact JSON, as it would be sent if it were short enough.
impl Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::json::compact(self))
    }
}

impl Default for Value<'_> {
    fn default() -> Self {
        Value::NULL
    }
}

/// A type that can be shown as a [`Value`]: implement it for your own, and `&yours` can be handed
/// over wherever a value can.
///
/// ```
/// use hero_tracing::{ToValue, Value, value};
///
/// struct Order {
///     id: u64,
///     items: Vec<String>,
/// }
///
/// impl ToValue for Order {
///     fn to_value(&self) -> Value<'_> {
///         value!({ "id": self.id, "items": &self.items })
///     }
/// }
///
/// let order = Order { id: 7, items: vec!["pear".into()] };
/// hero_tracing::current().tag("order", &order);
/// assert_eq!(order.to_value().to_string(), r#"{"id":7,"items":["pear"]}"#);
/// ```
pub trait ToValue {
    /// What stands for it.
    fn to_value(&self) -> Value<'_>;
}

impl<'a, T: ToValue + ?Sized> From<&'a T> for Value<'a> {
    fn from(value: &'a T) -> Self {
        value.to_value()
    }
}

/// An integer, or its digits where not every JSON reader would keep it (`value.numbers`).
pub(crate) fn integer(number: i128) -> Value<'static> {
    let fits = number.unsigned_abs() <= u128::from(INTEGER_MAX);
    match i64::try_from(number) {
        Ok(number) if fits => Value(Data::Int(number)),
        _ => Value(Data::Text(number.to_string().into())),
    }
}

/// A number, or its name where JSON has none for it (`value.numbers`).
pub(crate) fn float(number: f64) -> Value<'static> {
    let name = match number {
        _ if number.is_finite() => return Value(Data::Float(number)),
        _ if number.is_nan() => "NaN",
        _ if number > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    Value(Data::Text(name.into()))
}

/// Writes a [`Value`] as JSON is written, with any expressions in it that become values.
///
/// Keys are literals, or expressions in parentheses.
///
/// ```
/// use hero_tracing::value;
///
/// let key = "pears";
/// let value = value!({ "rows": [1, 2.5, null, { "deep": true }], (key): 3 + 4 });
/// assert_eq!(value.to_string(), r#"{"rows":[1,2.5,null,{"deep":true}],"pears":7}"#);
/// ```
#[macro_export]
macro_rules! value {
    (null) => { $crate::Value::NULL };
    ([ $($items:tt)* ]) => {
        $crate::Value::array($crate::__items!([] $($items)*))
    };
    ({ $($members:tt)* }) => {
        $crate::Value::object($crate::__members!([] $($members)*))
    };
    ($value:expr) => { $crate::Value::from($value) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __items {
    ([ $($done:expr,)* ]) => { <[$crate::Value<'_>; _]>::from([ $($done,)* ]) };
    ([ $($done:expr,)* ] null $(, $($rest:tt)*)?) => {
        $crate::__items!([ $($done,)* $crate::Value::NULL, ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::__items!([ $($done,)* $crate::value!([ $($inner)* ]), ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $crate::__items!([ $($done,)* $crate::value!({ $($inner)* }), ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] $value:expr $(, $($rest:tt)*)?) => {
        $crate::__items!([ $($done,)* $crate::Value::from($value), ] $($($rest)*)?)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __members {
    ([ $($done:expr,)* ]) => {
        <[($crate::Value<'_>, $crate::Value<'_>); _]>::from([ $($done,)* ])
    };
    ([ $($done:expr,)* ] $key:tt : null $(, $($rest:tt)*)?) => {
        $crate::__members!([ $($done,)* ($crate::Value::from($key), $crate::Value::NULL), ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] $key:tt : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::__members!([ $($done,)* ($crate::Value::from($key), $crate::value!([ $($inner)* ])), ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] $key:tt : { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $crate::__members!([ $($done,)* ($crate::Value::from($key), $crate::value!({ $($inner)* })), ] $($($rest)*)?)
    };
    ([ $($done:expr,)* ] $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::__members!([ $($done,)* ($crate::Value::from($key), $crate::Value::from($value)), ] $($($rest)*)?)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json_is() {
        let check = |value: Value<'_>, expected: &str| assert_eq!(value.to_string(), expected);
        let (key, list) = ("k".to_owned(), [1_u8, 2]);
        check(value!(null), "null");
        check(value!([]), "[]");
        check(value!({}), "{}");
        check(
            value!([1, [2, null], {"a": []},]),
            r#"[1,[2,null],{"a":[]}]"#,
        );
        check(
            value!({ (key.as_str()): list.len(), "l": &list, }),
            r#"{"k":2,"l":[1,2]}"#,
        );
        check(value!([list.len(), [3, 4].len()]), "[2,2]");
        check(
            value!({1: "a", (Value::NULL): "b"}),
            r#"{"1":"a","null":"b"}"#,
        );
    }

    #[test]
    fn numbers_that_not_every_reader_keeps_are_texts() {
        let check = |value: Value<'_>, expected: &str| assert_eq!(value.to_string(), expected);
        check(9_007_199_254_740_991_i64.into(), "9007199254740991");
        check((-9_007_199_254_740_991_i64).into(), "-9007199254740991");
        check(9_007_199_254_740_992_u64.into(), r#""9007199254740992""#);
        check(i128::MIN.into(), &format!("\"{}\"", i128::MIN));
        check(u128::MAX.into(), &format!("\"{}\"", u128::MAX));
        check(f64::NEG_INFINITY.into(), r#""-Infinity""#);
        check(f64::INFINITY.into(), r#""Infinity""#);
        check(f32::NAN.into(), r#""NaN""#);
        check(0.1_f32.into(), "0.1");
        check(1e300.into(), "1e300");
        check((-0.0).into(), "-0.0");
    }

    #[test]
    fn what_owns_nothing_is_the_same_and_no_deeper_than_a_line() {
        let text = String::from("x");
        let value = value!({ "a": [text.as_str(), 1, null, true, 0.5] });
        assert_eq!(value.clone().into_owned(), value);
        let deep = (0..100_000).fold(Value::array::<Value<'_>>([]), |value, _| {
            Value::array([value])
        });
        let mut levels = 0;
        let mut inner = deep.clone_shallow().into_owned();
        while let Data::List(items) = &mut inner.0 {
            levels += 1;
            inner = mem::take(&mut items.0).remove(0);
        }
        assert_eq!((levels, inner), (31, Value::from(TOO_DEEP_LIST)));
        drop(deep);
    }

    impl Value<'_> {
        /// `Clone` would recur as deep as it is.
        fn clone_shallow(&self) -> Value<'static> {
            (0..50).fold(Value::array::<Value<'_>>([]), |value, _| {
                Value::array([value])
            })
        }
    }
}

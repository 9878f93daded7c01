//! What becomes a value by `From`, and by `ToValue`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::value::{Data, ToValue, Value, float, integer};

/// Types that are copied: by value, and behind a reference.
macro_rules! copied {
    ($($kind:ty => $make:expr),* $(,)?) => {$(
        impl From<$kind> for Value<'_> {
            #[inline]
            fn from(value: $kind) -> Self {
                let make: fn($kind) -> Value<'static> = $make;
                make(value)
            }
        }

        impl ToValue for $kind {
            #[inline]
            fn to_value(&self) -> Value<'_> {
                Value::from(*self)
            }
        }
    )*};
}

copied! {
    () => |()| Value::NULL,
    bool => |flag| Value(Data::Bool(flag)),
    char => |char| Value(Data::Text(String::from(char).into())),
    i8 => |number| Value(Data::Int(number.into())),
    i16 => |number| Value(Data::Int(number.into())),
    i32 => |number| Value(Data::Int(number.into())),
    i64 => |number| integer(number.into()),
    i128 => integer,
    isize => |number| integer(number as i128),
    u8 => |number| Value(Data::Int(number.into())),
    u16 => |number| Value(Data::Int(number.into())),
    u32 => |number| Value(Data::Int(number.into())),
    u64 => |number| integer(number.into()),
    u128 => |number| match i128::try_from(number) {
        Ok(number) => integer(number),
        Err(_) => Value(Data::Text(number.to_string().into())),
    },
    usize => |number| integer(number as i128),
    f32 => |number| float(shortest(number)),
    f64 => float,
}

/// The double that has the shortest digits of a single.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self(Data::Text(text.into()))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(Data::Text(text))
    }
}

impl From<PathBuf> for Value<'_> {
    fn from(path: PathBuf) -> Self {
        path.to_value().into_owned()
    }
}

impl From<OsString> for Value<'_> {
    fn from(text: OsString) -> Self {
        text.to_value().into_owned()
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::NULL, Into::into)
    }
}

impl<'a, T: Into<Value<'a>>> From<Vec<T>> for Value<'a> {
    fn from(items: Vec<T>) -> Self {
        Value::array(items)
    }
}

impl<'a, T: Into<Value<'a>>, const N: usize> From<[T; N]> for Value<'a> {
    fn from(items: [T; N]) -> Self {
        Value::array(items)
    }
}

impl<'a, K: Into<Value<'a>>, V: Into<Value<'a>>> From<BTreeMap<K, V>> for Value<'a> {
    fn from(members: BTreeMap<K, V>) -> Self {
        Value::object(members)
    }
}

impl<'a, K: Into<Value<'a>>, V: Into<Value<'a>>, S> From<HashMap<K, V, S>> for Value<'a> {
    fn from(members: HashMap<K, V, S>) -> Self {
        Value::object(members)
    }
}

impl ToValue for str {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        Value(Data::Text(Cow::Borrowed(self)))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        self.as_str().to_value()
    }
}

impl ToValue for OsStr {
    fn to_value(&self) -> Value<'_> {
        Value(Data::Text(self.to_string_lossy()))
    }
}

impl ToValue for OsString {
    fn to_value(&self) -> Value<'_> {
        self.as_os_str().to_value()
    }
}

impl ToValue for Path {
    fn to_value(&self) -> Value<'_> {
        self.as_os_str().to_value()
    }
}

impl ToValue for PathBuf {
    fn to_value(&self) -> Value<'_> {
        self.as_os_str().to_value()
    }
}

/// Cheap for what is plain; the rest is cloned as a tree is.
impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        self.clone()
    }
}

impl<T: ToValue + ?Sized + ToOwned> ToValue for Cow<'_, T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().to_value()
    }
}

/// Types that stand for what they lead to.
macro_rules! through {
    ($($kind:ty),*) => {$(
        impl<T: ToValue + ?Sized> ToValue for $kind {
            fn to_value(&self) -> Value<'_> {
                (**self).to_value()
            }
        }
    )*};
}

through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::NULL, ToValue::to_value)
    }
}

impl<T: ToValue> ToValue for [T] {
    fn to_value(&self) -> Value<'_> {
        Value::array(self)
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value<'_> {
        Value::array(self)
    }
}

impl<T: ToValue, const N: usize> ToValue for [T; N] {
    fn to_value(&self) -> Value<'_> {
        Value::array(self)
    }
}

impl<K: ToValue, V: ToValue> ToValue for BTreeMap<K, V> {
    fn to_value(&self) -> Value<'_> {
        Value::object(self)
    }
}

impl<K: ToValue, V: ToValue, S> ToValue for HashMap<K, V, S> {
    fn to_value(&self) -> Value<'_> {
        Value::object(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_types_become_values() {
        let check = |value: Value<'_>, expected: &str| assert_eq!(value.to_string(), expected);
        check("a".into(), r#""a""#);
        check(String::from("a").into(), r#""a""#);
        check('é'.into(), r#""é""#);
        check(Some(1).into(), "1");
        check(None::<bool>.into(), "null");
        check(vec![Some("a"), None].into(), r#"["a",null]"#);
        check([1.5, 2.0].into(), "[1.5,2.0]");
        check(().into(), "null");
        check(
            BTreeMap::from([(1, "a"), (2, "b")]).into(),
            r#"{"1":"a","2":"b"}"#,
        );
        check(HashMap::from([("k", [true])]).into(), r#"{"k":[true]}"#);
        check(Path::new("/tmp").into(), r#""/tmp""#);
        check((&vec![Arc::new(3_u64)]).into(), "[3]");
        check(usize::MAX.into(), &format!("\"{}\"", usize::MAX));
    }
}

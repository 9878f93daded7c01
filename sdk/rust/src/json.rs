//! Compact JSON text: no white space, members in the order given, no escapes but those that must
//! be (`value.structured`).

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;

use crate::contract::{DEPTH, MEASURED_BYTES};
use crate::value::{Data, TOO_DEEP_LIST, TOO_DEEP_MAP, Value};

/// A structured value was measured as far as sizes are.
pub(crate) struct Full;

/// Among so few keys, those that are sent alike are sooner looked for than hashed.
const FEW_KEYS: usize = 16;

/// How a byte is escaped: not at all, by this letter, or by `u` as \u00xx.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x0C] = b'f';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Writes a string with its quotes.
#[inline]
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    write_escaped(out, text);
    out.push(b'"');
}

#[inline]
pub(crate) fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let mut left = text.as_bytes();
    let is_escaped = |byte: &u8| ESCAPES[usize::from(*byte)] != 0;
    while let Some(at) = left.iter().position(is_escaped) {
        out.extend_from_slice(&left[..at]);
        write_escape(out, left[at]);
        left = &left[at + 1..];
    }
    out.extend_from_slice(left);
}

#[cold]
fn write_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let escape = ESCAPES[usize::from(byte)];
    out.extend_from_slice(&[b'\\', escape]);
    if escape == b'u' {
        let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
        out.extend_from_slice(&[b'0', b'0', HEX[high], HEX[low]]);
    }
}

/// Writes a whole number.
#[inline]
pub(crate) fn write_int(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let mut room = [0; 20];
    let start = put_digits(&mut room, number.unsigned_abs());
    out.extend_from_slice(&room[start..]);
}

/// Two digits at a time.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Puts the decimal digits of a number at the end of a room, and says where they start.
#[inline]
pub(crate) fn put_digits(room: &mut [u8], number: u64) -> usize {
    let mut left = number;
    let mut start = room.len();
    while left >= 10 {
        start -= 2;
        room[start..start + 2].copy_from_slice(&PAIRS[(left % 100) as usize]);
        left /= 100;
    }
    if left > 0 || start == room.len() {
        start -= 1;
        room[start] = b'0' + left as u8;
    }
    start
}

/// Writes anything but an array or object; false if it is one.
#[inline]
pub(crate) fn write_plain(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    match &value.0 {
        Data::Null => out.extend_from_slice(b"null"),
        Data::Bool(true) => out.extend_from_slice(b"true"),
        Data::Bool(false) => out.extend_from_slice(b"false"),
        Data::Int(number) => write_int(out, *number),
        Data::Float(number) => {
            let _ = write!(out, "{number:?}"); // into memory, which never fails
        }
        Data::Text(text) => write_string(out, text),
        Data::List(_) | Data::Map(_) => return false,
    }
    true
}

/// Writes a value whose outermost array or object is the `depth`th of the line, and stops where
/// nobody measures on.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value<'_>, depth: u64) -> Result<(), Full> {
    let end = out.len() + MEASURED_BYTES as usize;
    Writer { out, end }.value(value, depth)
}

/// The compact text of a value, as far as it is measured.
pub(crate) fn compact(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    let _ = write_value(&mut out, value, 1);
    String::from_utf8(out).unwrap_or_default()
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    end: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value<'_>, depth: u64) -> Result<(), Full> {
        match &value.0 {
            Data::List(_) if depth > DEPTH => write_string(self.out, TOO_DEEP_LIST),
            Data::Map(_) if depth > DEPTH => write_string(self.out, TOO_DEEP_MAP),
            Data::List(items) => self.array(&items.0, depth)?,
            Data::Map(members) => self.object(&members.0, depth)?,
            Data::Text(text) if text.len() > MEASURED_BYTES as usize => {
                write_string(self.out, crate::cut::cut(text, MEASURED_BYTES as usize));
            }
            _ => {
                write_plain(self.out, value);
            }
        }
        if self.out.len() >= self.end {
            return Err(Full);
        }
        Ok(())
    }

    fn array(&mut self, items: &[Value<'_>], depth: u64) -> Result<(), Full> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.value(item, depth + 1)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, members: &[(Value<'_>, Value<'_>)], depth: u64) -> Result<(), Full> {
        self.out.push(b'{');
        let mut seen = Seen::default();
        for (key, value) in members {
            let Some(key) = seen.first_of_its_name(key_text(key)) else {
                continue;
            };
            if seen.count > 1 {
                self.out.push(b',');
            }
            write_string(self.out, &key);
            self.out.push(b':');
            self.value(value, depth + 1)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// A key as it is sent (`value.keys`).
fn key_text<'v>(key: &'v Value<'_>) -> Cow<'v, str> {
    match &key.0 {
        Data::Text(text) => Cow::Borrowed(text),
        _ => Cow::Owned(compact(key)),
    }
}

/// The keys that an object has by now.
#[derive(Default)]
struct Seen<'v> {
    few: Vec<Cow<'v, str>>,
    many: HashSet<Cow<'v, str>>,
    count: usize,
}

impl<'v> Seen<'v> {
    fn first_of_its_name(&mut self, key: Cow<'v, str>) -> Option<Cow<'v, str>> {
        if self.few.contains(&key) || self.many.contains(&key) {
            return None;
        }
        self.count += 1;
        if self.few.len() < FEW_KEYS {
            self.few.push(key.clone());
        } else {
            self.many.insert(key.clone());
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    #[test]
    fn only_what_must_be_is_escaped() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            write_string(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check("", r#""""#);
        check("é€😀/\u{7f}\u{2028}", "\"é€😀/\u{7f}\u{2028}\"");
        check("\"\\\u{8}\u{c}\n\r\t", r#""\"\\\b\f\n\r\t""#);
        check("\0\u{1}\u{1f}x", r#""\u0000\u0001\u001fx""#);
    }

    #[test]
    fn numbers_are_written_in_full() {
        let check = |value: Value<'_>, expected: &str| assert_eq!(compact(&value), expected);
        check(0.into(), "0");
        check(10.into(), "10");
        check((-123).into(), "-123");
        check(100.into(), "100");
        check(99.into(), "99");
        check(1_002_000.into(), "1002000");
        check(9_007_199_254_740_991_i64.into(), "9007199254740991");
        check(1e21.into(), "1e21");
        check(5e-324.into(), "5e-324");
        check(123_456_789.125.into(), "123456789.125");
    }

    #[test]
    fn of_keys_that_are_sent_alike_the_first_is_kept() {
        let check = |value: Value<'_>, expected: &str| assert_eq!(compact(&value), expected);
        check(value!({ 1: "a", "1": "b" }), r#"{"1":"a"}"#);
        check(
            value!({ "null": "a", (Value::NULL): "b", "c": 1 }),
            r#"{"null":"a","c":1}"#,
        );
        check(
            value!({ (value!([1, "x"])): 5, "": 6 }),
            r#"{"[1,\"x\"]":5,"":6}"#,
        );
        let twice = (0..40).chain(0..40);
        let many = compact(&Value::object(twice.map(|key| (key, true))));
        assert_eq!(many.matches(':').count(), 40);
    }

    #[test]
    fn depth_is_counted_from_the_lines_own_object() {
        let check = |value: Value<'_>, depth, expected: &str| {
            let mut out = Vec::new();
            assert!(write_value(&mut out, &value, depth).is_ok());
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(value!([[]]), 31, "[[]]");
        check(value!([[]]), 32, r#"["[...]"]"#);
        check(value!({ "a": { "b": 1 } }), 32, r#"{"a":"{...}"}"#);
        check(value!([1, {}]), 33, r#""[...]""#);
    }

    #[test]
    fn what_is_endless_is_written_as_far_as_it_is_measured() {
        let long = "x".repeat(1_000_000);
        let mut out = Vec::new();
        assert!(write_value(&mut out, &value!([1, long.as_str(), 2]), 2).is_err());
        let limit = MEASURED_BYTES as usize;
        assert!((limit..limit + 16).contains(&out.len()));
    }
}

//! Texts: of JSON values, and of the characters that JSON escapes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value};

/// A short text with characters of every width and every kind of escape.
pub(crate) fn text() -> impl Strategy<Value = String> {
    vec(character(), 0..12).prop_map(String::from_iter)
}

fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => proptest::char::range('a', 'e'),
        2 => select(vec!['"', '\\', '/', '\n', '\r', '\t', '\u{8}', '\u{c}', '\0', '\u{1f}']),
        2 => select(vec!['\u{7f}', '\u{e9}', '\u{20ac}', '\u{1f600}', '\u{feff}', '\u{202e}']),
        1 => any::<char>(),
    ]
}

/// A text whose length lies about a limit, or far over all of them.
pub(crate) fn long_text() -> impl Strategy<Value = String> {
    let unit = prop_oneof![
        character().prop_map(String::from),
        select(vec![
            "a",
            "ab\u{e9}",
            "\u{20ac}",
            "\u{1f600}",
            "\0",
            "\"\\",
            "\n"
        ])
        .prop_map(str::to_owned),
    ];
    let bytes = prop_oneof![
        4 => 0_usize..20,
        2 => 250_usize..262,
        2 => 4_090_usize..4_102,
        1 => 16_378_usize..16_390,
        1 => 65_530_usize..65_542,
        1 => 0_usize..70_000,
    ];
    (unit, bytes).prop_map(repeated)
}

/// A text of some hundred bytes: many of them are too much for a line.
pub(crate) fn medium_text() -> impl Strategy<Value = String> {
    let bytes = prop_oneof![0_usize..300, 900_usize..1_100];
    (character().prop_map(String::from), bytes, any::<u16>())
        .prop_map(|(unit, bytes, salt)| format!("{salt}{}", repeated((unit, bytes))))
}

fn repeated((unit, bytes): (String, usize)) -> String {
    unit.repeat(bytes.div_ceil(unit.len()))
}

fn number() -> impl Strategy<Value = Number> {
    const MAX: i64 = 9_007_199_254_740_991;
    prop_oneof![
        (-100_i64..100).prop_map(Number::from),
        (-MAX..=MAX).prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
    ]
}

/// Any JSON value whose integers all readers keep.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::Number),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(|pairs| Value::from(Map::from_iter(pairs))),
        ]
    })
}

/// The text of any JSON value, with white space and needless escapes.
pub(crate) fn noisy_json() -> impl Strategy<Value = String> {
    (json_value(), vec(any::<u8>(), 1..16)).prop_map(|(value, noise)| noisy(&value, &noise))
}

/// Writes a value with as much white space and as many escapes as the noise
/// says.
pub(crate) fn noisy(value: &Value, noise: &[u8]) -> String {
    let mut writer = Noisy {
        out: String::new(),
        noise: noise.iter().copied().cycle(),
    };
    writer.value(value);
    writer.out
}

struct Noisy<N> {
    out: String,
    noise: N,
}

impl<N: Iterator<Item = u8>> Noisy<N> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list('[', items, ']', |writer, item| writer.value(item)),
            Value::Object(members) => self.list('{', members, '}', |writer, (key, value)| {
                writer.string(key);
                writer.space();
                writer.out.push(':');
                writer.space();
                writer.value(value);
            }),
            plain => self.out.push_str(&plain.to_string()),
        }
    }

    fn list<I: IntoIterator>(
        &mut self,
        open: char,
        items: I,
        close: char,
        mut each: impl FnMut(&mut Self, I::Item),
    ) {
        self.out.push(open);
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.space();
            each(self, item);
            self.space();
        }
        self.out.push(close);
    }

    fn space(&mut self) {
        let noise = self.noise.next().unwrap_or_default();
        self.out.push_str(match noise % 8 {
            0 => " ",
            1 => "\t ",
            2 => "\r",
            _ => "",
        });
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            self.character(c);
        }
        self.out.push('"');
    }

    fn character(&mut self, c: char) {
        let noise = self.noise.next().unwrap_or_default();
        let plain = serde_json::to_string(&c).expect("a string");
        match (c, noise % 4) {
            ('/', 0) => self.out.push_str("\\/"),
            (_, 1) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    self.out.push_str(&format!("\\u{unit:04X}"));
                }
            }
            _ => self.out.push_str(&plain[1..plain.len() - 1]),
        }
    }
}

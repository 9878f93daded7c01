//! Ids, times, JSON values, members: what they take and how they show.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{cases, id, time};
use hero_span_protocol::{Json, Kind, Level, Members, SpanId, Status, TimeMs, printable};
use proptest::prelude::*;

#[test]
fn id_is_sixteen_lower_case_hex_digits() {
    for (text, expected) in [
        ("0000000000000001", Some(1)),
        ("ffffffffffffffff", Some(u64::MAX)),
        ("0123456789abcdef", Some(0x0123_4567_89ab_cdef)),
        ("0000000000000000", None),
        ("FFFFFFFFFFFFFFFF", None),
        ("000000000000000g", None),
        ("+000000000000001", None),
        ("000000000000001", None),
        ("00000000000000001", None),
        ("000000000000\u{e9}01", None),
        ("", None),
    ] {
        assert_eq!(
            text.parse::<SpanId>().ok().map(SpanId::get),
            expected,
            "{text}"
        );
        assert_eq!(SpanId::try_from(text).is_ok(), expected.is_some(), "{text}");
    }
}

#[test]
fn time_shows_up_to_three_decimals() {
    for (ms, expected) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (0.001, "0.001"),
        (-5.25, "-5.25"),
        (1_767_225_600_000.0, "1767225600000"),
        (1_767_225_600_000.125, "1767225600000.125"),
        (TimeMs::MAX_SENT, "9007199254740"),
        (1e16, "10000000000000000"),
        (1e300, "1e300"),
        (-1e300, "-1e300"),
        (1e-300, "1e-300"),
    ] {
        assert_eq!(TimeMs::new(ms).expect("a time").to_string(), expected);
    }
    for ms in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(TimeMs::new(ms).is_err(), "{ms}");
    }
}

#[test]
fn zero_has_one_sign() {
    let zero = |ms| TimeMs::new(ms).expect("a time");
    assert_eq!(zero(0.0), zero(-0.0));
    assert!(zero(0.0) >= zero(-0.0) && zero(0.0) <= zero(-0.0));
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn id_reads_back(id in id()) {
        prop_assert_eq!(id.to_string().parse::<SpanId>(), Ok(id));
        prop_assert_eq!(SpanId::try_from(id.get()), Ok(id));
    }

    #[test]
    fn time_reads_back(time in time()) {
        let shown: f64 = time.to_string().parse().expect("a number");
        prop_assert_eq!(TimeMs::new(shown), Ok(time));
    }

    #[test]
    fn sent_time_shows_its_microseconds(us in 0_u64..9_007_199_254_740_000) {
        let ms = us as f64 / 1000.0;
        let shown = TimeMs::new(ms).expect("a time").to_string();
        let decimals = shown.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        prop_assert!(decimals <= TimeMs::DECIMALS_SENT, "{}", shown);
    }

    #[test]
    fn printable_text_is_one_safe_line(text: String) {
        let shown = printable(&text);
        prop_assert!(!shown.chars().any(char::is_control));
        let printed_again = printable(&shown);
        prop_assert_eq!(&printed_again, &shown);
    }
}

#[test]
fn words_read_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_word(kind.as_str()), Some(*kind));
    }
    for level in Level::ALL {
        assert_eq!(Level::from_word(level.as_str()), Some(*level));
    }
    for status in Status::ALL {
        assert_eq!(Status::from_word(status.as_str()), Some(*status));
    }
    assert_eq!(Status::from_word("OK"), None);
    assert_eq!(format!("[{:>6}]", Level::Warn), "[  warn]");
}

#[test]
fn json_keeps_its_text() {
    for (text, kept) in [
        ("1", "1"),
        (" [ 1 ]\r", "[ 1 ]"),
        ("[1,\n 2]", "[1,2]"),
        ("{\"a\" :\n\"\\u0062\"}", "{\"a\":\"b\"}"),
        ("1e2", "1e2"),
    ] {
        assert_eq!(Json::parse(text).expect("a value").as_str(), kept);
    }
    assert!(Json::parse("\"a\nb\"").is_err());
    assert!(Json::parse("1 2").is_err());
    assert!(Json::parse("").is_err());
}

#[test]
fn json_of_text_and_of_trees() {
    let text = "a\"\\\u{1}\u{e9}\n";
    let json = Json::string(text);
    assert_eq!(json.as_str(), "\"a\\\"\\\\\\u0001\u{e9}\\n\"");
    assert_eq!(json.text().as_deref(), Some(text));
    let tree = serde_json::json!({ "a": [1, null, "b"] });
    assert_eq!(Json::from(tree.clone()).to_value(), tree);
    assert_eq!(Json::from(tree).text(), None);
}

#[test]
fn members_keep_the_first_of_two() {
    let mut members: Members<'_, u64> = Members::from_iter([("a", 1), ("b", 2), ("a", 3)]);
    assert!(!members.insert("b", 4));
    assert!(members.insert("c", 5));
    let pairs: Vec<_> = members
        .iter()
        .map(|(name, value)| (&**name, *value))
        .collect();
    assert_eq!(pairs, [("a", 1), ("b", 2), ("c", 5)]);
    assert_eq!((members.get("b"), members.get("d")), (Some(&2), None));
}

#[test]
fn what_steers_a_terminal_is_escaped() {
    for (text, expected) in [
        ("plain \u{e9}\u{20ac}\u{1f600} \\n", None),
        ("a\nb\tc\rd", Some("a\\nb\\tc\\rd")),
        ("\u{1b}[31m", Some("\\u{1b}[31m")),
        ("\u{9b}31m\u{7f}", Some("\\u{9b}31m\\u{7f}")),
        ("\u{202e}txt\u{2066}", Some("\\u{202e}txt\\u{2066}")),
        (
            "\u{200f}\u{feff}\u{2028}",
            Some("\\u{200f}\\u{feff}\\u{2028}"),
        ),
    ] {
        assert_eq!(printable(text), expected.unwrap_or(text));
    }
}

#[test]
fn ids_and_times_sort() {
    let ids: BTreeSet<SpanId> = [3, 1, 2]
        .map(|bits| SpanId::try_from(bits).expect("an id"))
        .into();
    assert_eq!(ids.iter().map(|id| id.get()).collect::<Vec<_>>(), [1, 2, 3]);
    let times: BTreeSet<TimeMs> = [0.5, -1.0, 0.0]
        .map(|ms| TimeMs::new(ms).expect("a time"))
        .into();
    assert_eq!(
        times.iter().map(|time| time.as_f64()).collect::<Vec<_>>(),
        [-1.0, 0.0, 0.5]
    );
}

//! Sets of strings against another implementation of regular expressions, and against samples.

use hero_span_contract::model::{Bound, Range, Rules};
use hero_span_contract::{Contract, Reading};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use regex::Regex;
use serde_json::json;

use super::edited;
use crate::faults::Judge;
use crate::strings::{Strings, is_pattern, matches};

/// Patterns, and the same for an engine whose digits and letters are Unicode's.
const PATTERNS: [(&str, &str); 20] = [
    ("^[0-9a-f]{16}$", "^[0-9a-f]{16}$"),
    ("^[0-9A-F]{16}$", "^[0-9A-F]{16}$"),
    ("^[a-c]+$", "^[a-c]+$"),
    ("^[a-d]{1,3}$", "^[a-d]{1,3}$"),
    ("^[ab]$", "^[ab]$"),
    ("b", "b"),
    ("^a", "^a"),
    ("c$", "c$"),
    ("^$", "^$"),
    ("", ""),
    ("^(ab|cd)*$", "^(ab|cd)*$"),
    ("^[^x]*$", "^[^x]*$"),
    ("^.{2,4}$", "^.{2,4}$"),
    ("é", "é"),
    ("^a*(b|c)?d*$", "^a*(b|c)?d*$"),
    ("^a|b$", "^a|b$"),
    ("a^b", "a^b"),
    (r"^\d+$", "^[0-9]+$"),
    (r"^\w{0,4}$", "^[0-9A-Za-z_]{0,4}$"),
    (r"[\W\d]", "[^0-9A-Za-z_]|[0-9]"),
];

const PIECES: [&str; 21] = [
    "a",
    "b",
    "c",
    "d",
    "x",
    "f",
    "A",
    "0",
    "7",
    "_",
    "ab",
    "cd",
    " ",
    "\n",
    "\"",
    "\\",
    "\u{1}",
    "é",
    "😀",
    "٣",
    "0123456789abcdef",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..7).prop_map(|pieces| pieces.concat())
}

fn rules() -> impl Strategy<Value = Rules> {
    let size = || prop_oneof![0..=4_u64, 14..=18_u64];
    let words = prop_oneof![
        4 => Just(Vec::new()),
        1 => subsequence(vec!["a", "b", "ab", "ok", ""], 1..=3),
    ];
    let parts = (
        weighted(0.8, 0..PATTERNS.len()),
        of(select(&["", "a", "b", "ab"][..])),
        words,
        of((size(), size())),
    );
    parts.prop_map(|(pattern, not, words, bytes)| Rules {
        pattern: pattern.map(|index| PATTERNS[index].0.to_owned()),
        not: not.map(str::to_owned),
        one_of: words.into_iter().map(str::to_owned).collect(),
        bytes: bytes.map(|(from, to)| Range {
            from: Bound::Number(from.into()),
            to: Bound::Number(to.into()),
        }),
        ..Rules::default()
    })
}

/// Whether the rules leave that text, without automata.
fn has(rules: &Rules, text: &str) -> bool {
    let number = |bound: &Bound| match bound {
        Bound::Number(number) => number.as_u64().unwrap(),
        Bound::Limit(name) => panic!("no limit {name} here"),
    };
    let matched = rules.pattern.as_ref().is_none_or(|pattern| {
        let (_, regex) = PATTERNS.iter().find(|(known, _)| known == pattern).unwrap();
        Regex::new(regex).unwrap().is_match(text)
    });
    let long = rules.bytes.as_ref().is_none_or(|bytes| {
        let length = text.len() as u64;
        length >= number(&bytes.from) && length <= number(&bytes.to)
    });
    let among = rules.one_of.is_empty() || rules.one_of.iter().any(|word| word == text);
    matched && long && among && rules.not.as_deref() != Some(text)
}

fn strings(contract: &Contract, rules: &Rules) -> Strings {
    Strings::new(Judge::new(contract, Reading::Accept), rules)
}

fn length(text: &str) -> u64 {
    json!(text).to_string().len() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_pattern_matches_as_regex_and_json_schema_have_it(index in 0..PATTERNS.len(), texts in vec(text(), 1..20)) {
        let (pattern, regex) = PATTERNS[index];
        let regex = Regex::new(regex).unwrap();
        let schema = jsonschema::draft202012::new(&json!({"pattern": pattern})).unwrap();
        prop_assert!(is_pattern(pattern));
        for text in texts {
            let found = matches(pattern, &text);
            prop_assert_eq!(found, regex.is_match(&text), "{} {:?}", pattern, text);
            prop_assert_eq!(found, schema.is_valid(&json!(text)), "{} {:?}", pattern, text);
        }
    }

    #[test]
    fn what_is_against_a_set_is_of_its_own_and_outside_where_any_is(
        ours in rules(), theirs in rules(), texts in vec(text(), 30),
    ) {
        let contract = edited(&[]);
        let [own, other] = [&ours, &theirs].map(|rules| strings(&contract, rules));
        let against = own.against(&other);
        for text in &against {
            prop_assert!(has(&ours, text), "{:?}", text);
        }
        let outside = against.iter().any(|text| !has(&theirs, text));
        prop_assert_eq!(outside, own.exceeds(&other));
        for text in texts.iter().chain(&ours.one_of) {
            let differs = has(&ours, text) && !has(&theirs, text);
            prop_assert!(outside || !differs, "{:?} is outside", text);
        }
        prop_assert!(!own.exceeds(&own));
    }

    #[test]
    fn the_longest_is_as_long_as_any(rules in rules(), most in 2..60_u64, texts in vec(text(), 30)) {
        let contract = edited(&[]);
        let longest = strings(&contract, &rules).longest(most);
        if let Some(text) = &longest {
            prop_assert!(has(&rules, text) && length(text) <= most, "{:?}", text);
        }
        let found = longest.as_deref().map_or(0, length);
        for text in texts.iter().filter(|text| has(&rules, text) && length(text) <= most) {
            prop_assert!(length(text) <= found, "{:?} is longer than {:?}", text, longest);
        }
    }

    #[test]
    fn some_are_as_many_as_are_wanted_or_all(rules in rules(), count in 1..6_usize, texts in vec(text(), 30)) {
        let contract = edited(&[]);
        let some = strings(&contract, &rules).some(count);
        for (index, text) in some.iter().enumerate() {
            prop_assert!(has(&rules, text) && !some[..index].contains(text), "{:?}", some);
        }
        for text in texts.iter().filter(|text| has(&rules, text)) {
            prop_assert!(some.len() == count || some.contains(text), "{:?} not in {:?}", text, some);
        }
    }
}

//! Inputs, results, tags and errors.

use hero_span_protocol::Json;
use insta::assert_snapshot;

use super::super::value::{Compared, Value, around, compare};
use super::script::told;

/// A value, or one that was cut from so many bytes, as `JSON ✂ 5000`.
fn value(text: &str) -> Option<Value> {
    let (json, cut) = match text.split_once(" ✂ ") {
        Some((json, size)) => (json, Some(size.parse().expect("a size"))),
        None => (text, None),
    };
    let json = (!json.is_empty()).then(|| Json::parse(json).expect("JSON"));
    json.map(|json| Value::new(&json, cut))
}

/// Each place and what stands there, a place a line.
fn differ(before: &str, after: &str) -> String {
    match compare(value(before).as_ref(), value(after).as_ref()) {
        Compared::Same => "same".to_owned(),
        Compared::SameSoFar => "same so far".to_owned(),
        Compared::Differ(changes) => {
            let lines = changes.iter().map(|change| {
                let [before, after] =
                    [&change.before, &change.after].map(|text| text.as_deref().unwrap_or("(none)"));
                let cut = if change.is_cut { " cut" } else { "" };
                let more = match change.more {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{}: {before} → {after}{cut}{more}", change.place)
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

#[track_caller]
fn check(before: &str, after: &str, expected: &str) {
    assert_eq!(differ(before, after), expected, "{before} and {after}");
}

#[test]
fn values_are_compared_by_what_they_mean() {
    check("1", "1.0", "same");
    check("1", "10e-1", "same");
    check("0", "-0.0", "same");
    check("100", "1E2", "same");
    check(r#""é""#, r#""\u00e9""#, "same");
    check(r#"{"a":1,"b":[2]}"#, r#" { "b" : [2.0], "a" : 1 }"#, "same");
    check("", "", "same");
    check(
        "9007199254740993",
        "9007199254740992",
        ": 9007199254740993 → 9007199254740992",
    );
    check(
        "9007199254740993",
        "9007199254740992.0",
        ": 9007199254740993 → 9007199254740992.0",
    );
    check(
        "18446744073709551615",
        "18446744073709551614",
        ": 18446744073709551615 → 18446744073709551614",
    );
    check("0.1", "0.2", ": 0.1 → 0.2");
    check("1", "\"1\"", ": 1 → \"1\"");
    check("null", "false", ": null → false");
    check("", "null", ": (none) → null");
    check("[1, 2]", "", ": [1,2] → (none)");
    check("[]", "{}", ": [] → {}");
}

#[test]
fn where_an_object_lay_in_memory_does_not_matter() {
    check(r#"["<A at 0x7fc2>"]"#, r#"["<A at 0x7fb1>"]"#, "same");
    check(
        r#""<A at 0x7fc2>""#,
        r#""<B at 0x7fc2>""#,
        r#": "<A at 0x7fc2>" → "<B at 0x7fc2>""#,
    );
    check(
        r#""<A at 0x7fc2" ✂ 5000"#,
        r#""<A at 0x1" ✂ 5000"#,
        "same so far",
    );
}

#[test]
fn only_what_differs_within_a_value_is_told() {
    check(
        r#"{"day":"mon","n":1}"#,
        r#"{"day":"tue","n":1}"#,
        r#".day: "mon" → "tue""#,
    );
    check("[1,2,3]", "[1,5,3]", "[1]: 2 → 5");
    check("[1]", "[1,{\"a\":2}]", "[1]: (none) → {\"a\":2}");
    check(
        r#"{"a":{"odd key":[0,null]}}"#,
        r#"{"a":{"odd key":[0]}}"#,
        r#".a["odd key"][1]: null → (none)"#,
    );
    check(r#"{"":1}"#, r#"{"":2}"#, r#"[""]: 1 → 2"#);
    assert_snapshot!(differ(
        r#"{"a":1,"b":1,"c":1,"d":1,"e":1}"#,
        r#"{"a":2,"b":2,"c":2,"d":2,"f":1}"#,
    ), @"
    .a: 1 → 2
    .b: 1 → 2
    .c: 1 → 2 and 3 more
    ");
}

#[test]
fn values_that_were_cut_are_compared_as_far_as_they_are_known() {
    check("\"abc\" ✂ 5000", "\"abc\" ✂ 5000", "same so far");
    check("\"abc\" ✂ 5000", "\"ab\" ✂ 5000", "same so far");
    check(
        "\"abc\" ✂ 5000",
        "\"abc\" ✂ 6000",
        ": 5000 bytes → 6000 bytes cut",
    );
    check(
        "\"abc\" ✂ 5000",
        "\"abc\" ✂ 65536",
        ": 5000 bytes → 65536 bytes or more cut",
    );
    check("\"abc\" ✂ 5000", "\"abd\" ✂ 5000", ": abc → abd cut");
    check("\"abc\"", "\"ab\" ✂ 3", "same so far");
    check("\"abc\"", "\"ab\" ✂ 4", ": 3 bytes → 4 bytes cut");
    check("{\"a\": 1}", "\"{\\\"a\\\"\" ✂ 7", "same so far");
    check("", "\"ab\" ✂ 4", ": (none) → \"ab\" cut");
}

#[test]
fn long_texts_are_shown_where_they_begin_to_differ() {
    let shown = |before: &str, after: &str| {
        let [before, after] = around(Some(before), Some(after), 12);
        format!(
            "{} → {}",
            before.unwrap_or_default(),
            after.unwrap_or_default()
        )
    };
    assert_eq!(shown("abc", "abd"), "abc → abd");
    assert_eq!(shown("a".repeat(12).as_str(), "b"), "aaaaaaaaaaaa → b");
    assert_eq!(shown("one of a hundred", "two"), "one of a hun… → two");
    let far = |end: &str| format!("{}{end}", "é".repeat(30));
    assert_eq!(shown(&far("one"), &far("two")), "…ééééone → …éééétwo");
    assert_eq!(shown(&far(""), &far("two")), "…éééé → …éééétwo");
}

#[test]
fn inputs_results_and_tags_are_told_by_what_they_are() {
    let before = r#"
        nightly flow 1ms params={"day":"mon","n":1} result=[1,2]
          load 1ms tag:rows=3 tag:gone=1 late:late={"a":1}"#;
    let after = r#"
        nightly flow 1ms params={"n":1.0,"day":"tue"} result=7
          load 1ms tag:rows=4 tag:new="x" late:late={"a":2}"#;
    assert_snapshot!(told(before, after), @r#"
    they differ: 6 values
    input
      nightly  day: "mon" → "tue"
    result
      nightly  [1,2] → 7
    tags
      nightly › load  gone: 1 → (none)
      nightly › load  late.a: 1 → 2
      nightly › load  new: (none) → "x"
      nightly › load  rows: 3 → 4
    "#);
}

#[test]
fn the_last_value_of_a_tag_counts() {
    let before = "load 1ms tag:rows=1 late:rows=2 late:rows=3";
    let after = "load 1ms tag:rows=3";
    assert_snapshot!(told(before, after), @"the same: 1 span, durations within 30% or 100 ms");
}

#[test]
fn a_loop_that_differs_makes_a_row() {
    let run = |input: fn(usize) -> usize| {
        let item = |at: usize| format!("\n  item 1ms params={{\"n\":{}}} tag:v=1", input(at));
        let items: String = (0..100).map(item).collect();
        format!("run 1ms{items}")
    };
    assert_snapshot!(told(&run(|at| at), &run(|at| at + 1)), @"
    they differ: 100 values
    input
      run › item ×100  n: 0 → 1  and others
    ");
    assert_snapshot!(told(&run(|_| 5), &run(|at| if at < 98 { 5 } else { 6 })), @"
    they differ: 2 values
    input
      run › item ×2 of 100 (first item #99)  n: 5 → 6
    ");
}

#[test]
fn values_of_spans_that_were_cut_say_so() {
    let before = "load 1ms params=\"abc\" cut:params=5000 tag:k=\"a\" cut:tags.k=9000";
    let after = "load 1ms params=\"abd\" cut:params=5000 tag:k=\"a\" cut:tags.k=9000";
    assert_snapshot!(told(before, after), @"
    they differ: 1 value
    input
      load  abc → abd  [cut by its producer]
    · 1 value known only in part: the same up to there
    ");
}

#[test]
fn errors_that_differ_are_told() {
    let before = "load failed 1ms error=Traceback\\n__line_9\\nKeyError:_'a'";
    let check = |after: &str| told(before, &format!("load failed 1ms {after}"));
    assert_snapshot!(check("error=Traceback\\n__line_9\\nKeyError:_'b'"), @"
    they differ: 1 value
    error
      load  KeyError: 'a' → KeyError: 'b'
    ");
    let same = "error=Traceback\\n__line_9\\nKeyError:_'a'";
    assert!(check(same).starts_with("the same"));
    assert_snapshot!(check("error=Traceback\\n__line_12\\nKeyError:_'a'"), @"
    they differ: 1 value
    error
      load  traceback: line 9 → line 12
    ");
    assert_snapshot!(check(""), @"
    they differ: 1 value
    error
      load  KeyError: 'a' → (none)
    ");
    assert_snapshot!(check("error=Traceback\\n__line_9\\nKeyError:_'a' error_type=\"E\""), @"
    they differ: 1 value
    error
      load  type: (none) → E
    ");
    assert_snapshot!(check("error=Traceback\\n__line_9\\nKeyError:_'a' error_type=\"OSError\""), @"
    they differ: 1 value
    error
      load  KeyError: 'a' → OSError: KeyError: 'a'
    ");
}

#[test]
fn errors_tell_of_objects_wherever_these_lay() {
    let run = |at: &str| format!("load failed 1ms error=in_<A_at_{at}>\\nKeyError:_<B_at_{at}>");
    assert!(told(&run("0x7fc2"), &run("0x7fb1")).starts_with("the same"));
}

#[test]
fn errors_that_were_cut_are_compared_as_far_as_they_are_known() {
    let run = |head: &str, size: u64| {
        format!("load failed 1ms error={head}\\n...\\nKeyError cut:error={size}")
    };
    let check =
        |one: (&str, u64), other: (&str, u64)| told(&run(one.0, one.1), &run(other.0, other.1));
    assert_snapshot!(check(("a", 20_000), ("b", 20_000)), @"
    the same: 1 span, durations within 30% or 100 ms
    · 1 value known only in part: the same up to there
    ");
    assert_snapshot!(check(("a", 20_000), ("b", 30_000)), @"
    they differ: 1 value
    error
      load  traceback: a → b  [cut by its producer]
    ");
    assert_snapshot!(check(("a", 20_000), ("a", 30_000)), @"
    they differ: 1 value
    error
      load  size: 20000 bytes → 30000 bytes  [cut by its producer]
    ");
}

#[test]
fn what_a_status_says_is_not_said_again() {
    let before = "load 1ms result=3 tag:rows=3";
    let after = "load failed 1ms error=ValueError tag:rows=4";
    assert_snapshot!(told(before, after), @"
    they differ: 1 status, 1 value
    ✗ failed first in run 2: load: ValueError  (ok in run 1)
    status
      load  ok → failed  ValueError
    tags
      load  rows: 3 → 4
    ");
}

//! What a span keeps of what its producer says: little, and the right part.

use hero_span_protocol::{Level, TimeMs};
use proptest::prelude::*;

use crate::tree::details::{BUDGET_BYTES, Details, ERROR_BYTES};

fn log(details: &mut Details, text: &str) {
    let at = TimeMs::new(1.0).expect("a time");
    details.log(at, Level::Info, text);
}

fn logs(details: &Details) -> Vec<&str> {
    details.logs().map(|log| &*log.text).collect()
}

#[test]
fn long_texts_are_cut_on_a_code_point() {
    let mut details = Details::default();
    log(&mut details, &"é".repeat(61));
    details.tag(&"k".repeat(65), &"v".repeat(121));
    assert_eq!(logs(&details), ["é".repeat(60) + "…"]);
    let (key, value) = details.tags().next().expect("a tag");
    assert_eq!(
        (key, value),
        (&*("k".repeat(64) + "…"), &*("v".repeat(120) + "…"))
    );
}

#[test]
fn the_latest_logs_stay() {
    let mut details = Details::default();
    for number in 0..1000 {
        log(&mut details, &format!("line {number}"));
    }
    let left = logs(&details);
    assert_eq!(left.last(), Some(&"line 999"));
    assert_eq!(left.len() + details.logs_left_out as usize, 1000);
    assert!((8..16).contains(&left.len()), "{}", left.len());
}

#[test]
fn a_tag_pushes_logs_out_but_no_other_tag() {
    let mut details = Details::default();
    log(&mut details, "gone soon");
    for number in 0..20 {
        details.tag(&format!("key {number}"), &"v".repeat(40));
    }
    assert_eq!(details.logs_left_out, 1);
    let tags = details.tags().count();
    assert_eq!(tags + details.tags_left_out as usize, 20);
    assert_eq!(details.tags().next().map(|(key, _)| key), Some("key 0"));
}

#[test]
fn a_tag_set_again_takes_no_more_room() {
    let mut details = Details::default();
    for number in 0..1000 {
        details.tag("key", &number.to_string());
    }
    assert_eq!(details.tags().collect::<Vec<_>>(), [("key", "999")]);
    assert_eq!(details.tags_left_out, 0);
}

#[test]
fn an_error_is_kept_when_the_budget_is_used_up() {
    let mut details = Details::default();
    for number in 0..20 {
        details.tag(&format!("key {number}"), &"v".repeat(40));
    }
    details.fail(
        Some("ValueError"),
        Some("Traceback\n  x\nValueError: no\n\n"),
    );
    assert_eq!(
        details.error(),
        (Some("ValueError"), Some("ValueError: no"))
    );
}

#[test]
fn an_error_without_words_has_no_last_line() {
    let mut details = Details::default();
    details.fail(None, Some(" \n\n"));
    assert_eq!(details.error(), (None, None));
}

proptest! {
    #[test]
    fn a_span_never_costs_more_than_its_budget(
        said in proptest::collection::vec((0..3_u8, "\\PC{0,200}", "\\PC{0,200}"), 0..60),
    ) {
        let mut details = Details::default();
        for (verb, one, other) in &said {
            match verb {
                0 => details.tag(one, other),
                1 => log(&mut details, one),
                _ => details.fail(Some(one), Some(other)),
            }
        }
        let texts = details.tags().map(|(key, value)| key.len() + value.len());
        let texts = texts.chain(details.logs().map(|log| log.text.len()));
        prop_assert!(texts.sum::<usize>() <= BUDGET_BYTES);
        let (kind, line) = details.error();
        let error = kind.map_or(0, str::len) + line.map_or(0, str::len);
        prop_assert!(error <= ERROR_BYTES);
    }
}

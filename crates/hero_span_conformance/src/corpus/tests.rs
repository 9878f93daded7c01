//! Readings, and what is told of those that are not as they were recorded.

use insta::assert_snapshot;

use super::compare::{Kind, Pair};
use super::file::Recorded;
use super::reading::{Reader, Reading};
use crate::checks::DRIFT_ACCEPT;
use crate::finding::Finding;

const START: &str = r#"{"type":"span_start","seq":0,"ts_ms":1.5,"span_id":"00000000000000a1","parent_span_id":null,"name":"s","kind":"step","producer":{"id":"00000000000000f1","sdk":"python","version":"1.0.0","protocol":1,"pid":7}}"#;
const TAG: &str =
    r#"{"type":"span_tag","seq":1,"ts_ms":2,"span_id":"00000000000000a1","key":"k","value":"v"}"#;
const LOG: &str =
    r#"{"type":"span_log","seq":2,"ts_ms":2.25,"span_id":"00000000000000a1","message":"m"}"#;
const END: &str =
    r#"{"type":"span_end","seq":3,"ts_ms":3,"span_id":"00000000000000a1","status":"ok"}"#;

fn words(line: &str) -> String {
    let made = Reader::new().unwrap().read(format!("{line}\n").as_bytes());
    match made.readings.as_slice() {
        [Reading::Event(_, words)] => words.clone(),
        other => panic!("{other:?}"),
    }
}

fn bytes(lines: &[&str]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [line, "\n"].concat().into_bytes())
        .collect()
}

fn recorded(bytes: &[u8]) -> Recorded {
    Reader::new().unwrap().read(bytes).record(bytes)
}

/// Each difference between what was recorded and what is there now.
fn check(recorded: &Recorded, bytes: &[u8], expected: &[(Kind, Option<usize>, Option<&str>)]) {
    let made = Reader::new().unwrap().read(bytes);
    let (case, connection) = ("a/b", 1);
    let pair = Pair {
        case,
        connection,
        bytes,
        recorded,
        made: &made,
    };
    let differences = pair.differences();
    let found: Vec<_> = differences
        .iter()
        .map(|it| (it.kind, it.line, it.check.as_deref()))
        .collect();
    assert_eq!(found, expected, "{differences:#?}");
}

/// What is recorded in one version is compared with what a later one says: the
/// normal form of an event that is not changed must stay as it is, to the letter.
#[test]
fn the_normal_form_has_every_field_and_what_its_absence_means() {
    let start = START.replace(
        r#""kind":"step""#,
        r#""tags":{"a b":1.0,"c":[ 1 ]},"params":{"x":"é"},"truncated":{"name":300}"#,
    );
    let end = END.replace(
        r#""status":"ok""#,
        r#""status":"failed","error":"a \"b\"\n","error_type":"E","result":null"#,
    );
    let all = [words(&start), words(TAG), words(LOG), words(&end)].join("\n");
    assert_snapshot!(all, @r#"
    span_start span_id=00000000000000a1 ts_ms=1.5 seq=0 producer.id=00000000000000f1 producer.sdk="python" producer.version="1.0.0" producer.protocol=1 producer.pid=7 truncated."name"=300 parent_span_id=none name="s" kind=span tags."a b"=1.0 tags."c"=[ 1 ] params={"x":"é"}
    span_tag span_id=00000000000000a1 ts_ms=2 seq=1 key="k" value="v"
    span_log span_id=00000000000000a1 ts_ms=2.25 seq=2 message="m" level=info
    span_end span_id=00000000000000a1 ts_ms=3 seq=3 status=failed error="a \"b\"\n" error_type="E" result=null
    "#);
}

#[test]
fn how_a_line_is_written_is_not_in_its_reading() {
    let spaced = LOG.replace(r#","message":"m""#, r#" , "message" : "\u006d""#);
    assert_eq!(words(&spaced), words(LOG));
    let later = LOG.replace(r#""message""#, r#""since_version_2":{},"message""#);
    assert_eq!(words(&later), words(LOG));
    let debug = LOG.replace(r#""m""#, r#""m","level":"debug""#);
    assert_ne!(words(&debug), words(LOG));
}

#[test]
fn a_digest_is_that_of_the_words() {
    let lines = bytes(&[START, "{\"type\":\"span_new\"}", "x", END, "{"]);
    let recorded = recorded(&lines[..lines.len() - 1]);
    let [start, skipped, refused, end, torn] = recorded.readings.as_slice() else {
        panic!("{recorded:?}");
    };
    assert_eq!(
        (start.as_str(), end.as_str()),
        ("2754fc74c66e52e1", "7ed84942211272dd")
    );
    assert_eq!([skipped, refused, torn], ["skipped", "refused", "torn"]);
    assert_eq!(recorded.events, 2);
}

#[test]
fn what_is_as_it_was_recorded_is_no_difference() {
    let whole = bytes(&[START, TAG, LOG, END]);
    check(&recorded(&whole), &whole, &[]);
    let torn = &whole[..whole.len() - 1];
    assert_eq!(recorded(torn).breaches, ["4 transport.torn"]);
    check(&recorded(torn), torn, &[]);
}

#[test]
fn each_sort_of_difference_is_told_with_its_line() {
    let whole = bytes(&[START, TAG, LOG, END]);
    let recorded = |change: &dyn Fn(&mut Recorded)| {
        let mut recorded = recorded(&whole);
        change(&mut recorded);
        recorded
    };
    let other = recorded(&|it| it.readings[2] = "0000000000000000".into());
    let read = (Kind::ReadDifferently, Some(3), Some("event.span_log"));
    check(&other, &whole, &[read]);
    // As if the bytes were those that were recorded, and the parser another.
    let with = |line: &str| {
        let bytes = bytes(&[START, line, LOG, END]);
        let sha256 = super::file::hex(&bytes, usize::MAX);
        (recorded(&|it| it.sha256.clone_from(&sha256)), bytes)
    };
    let (as_refused, bytes) = with("{\"type\":\"span_tag\"}");
    let refused = (Kind::Refused, Some(2), Some("event.any"));
    check(&as_refused, &bytes, &[refused]);
    let (as_skipped, bytes) = with("{\"type\":\"span_new\"}");
    let skipped = (Kind::Skipped, Some(2), Some("consumer.unknown-type"));
    let breach = |line, check| (Kind::Breach, Some(line), Some(check));
    check(&as_skipped, &bytes, &[skipped, breach(2, "event.any")]);
    let (as_breach, bytes) = with(&TAG.replace("\"seq\":1", "\"seq\":9"));
    let read = (Kind::ReadDifferently, Some(2), Some("event.span_tag"));
    check(&as_breach, &bytes, &[read, breach(3, "rule.seq-rises")]);
}

#[test]
fn what_the_accept_schema_does_not_take_is_refused() {
    let bytes = bytes(&[START, END]);
    let mut made = Reader::new().unwrap().read(&bytes);
    let finding = Finding::named(DRIFT_ACCEPT, "a valid line", "another");
    made.breaches.push((2, finding));
    let pair = Pair {
        case: "a/b",
        connection: 1,
        bytes: &bytes,
        recorded: &recorded(&bytes),
        made: &made,
    };
    let kinds: Vec<Kind> = pair.differences().iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::Refused]);
    assert!(!Kind::Refused.may_be_accepted());
}

#[test]
fn a_capture_that_was_changed_is_told_first() {
    let whole = bytes(&[START, TAG, LOG, END]);
    let shorter = bytes(&[START, END]);
    let changed = (Kind::Changed, None, None);
    let read = (Kind::ReadDifferently, Some(2), Some("event.span_end"));
    check(&recorded(&whole), &shorter, &[changed, read]);
}

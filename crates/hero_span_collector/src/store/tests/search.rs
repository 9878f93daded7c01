//! Which runs are found.

use insta::assert_snapshot;

use super::script::{Kept, kept};
use crate::store::{Filter, RunState};

/// A filter from parts like `name load*`, `tag k=v`, `tag k`, `text word`,
/// `state failed`, `run open`, `since 5`, `until 9`, between `|`.
pub(super) fn filter(words: &str) -> Filter {
    let mut filter = Filter::default();
    for part in words
        .split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (what, value) = part.split_once(' ').expect("a value");
        let text = value.to_owned();
        match what {
            "name" => filter.span.name = Some(text),
            "state" => filter.span.state = Some(text),
            "text" => filter.span.text = Some(text),
            "run" => filter.state = Some(text),
            "since" => filter.since_ms = value.parse().ok(),
            "until" => filter.until_ms = value.parse().ok(),
            "tag" => filter.span.tags.push(match value.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (text, None),
            }),
            other => panic!("no such part: {other}"),
        }
    }
    filter
}

fn found(kept: &Kept, filter: &Filter) -> String {
    match kept.reader().runs(filter, 100) {
        Ok(runs) => {
            let runs = runs.iter().map(|run| run.run.to_string());
            runs.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(kept: &Kept, words: &str, expected: &str) {
    assert_eq!(found(kept, &filter(words)), expected, "{words:?}");
}

/// Runs 1 to 5, of which nobody writes any more.
fn five() -> Kept {
    kept(
        r#"1 start a {"name":"nightly","tags":{"day":"monday","size":3}}
           1 start b {"name":"load","parent_span_id":@a}
           1 log b {"message":"the disk is nearly full","fields":{"free":"Überrest"}}
           1 end b {"status":"failed","error":"Traceback\nOSError: no space","error_type":"OSError"}
           1 end a {"status":"failed"}
           1 close
           2 start c {"name":"nightly","tags":{"day":"tuesday"}}
           2 tag c {"key":"day","value":"wednesday"}
           2 start d {"name":"load.part","parent_span_id":@c,"params":{"table":"orders"}}
           2 end d {"result":{"rows":12}}
           2 end c
           2 close
           3 start e {"name":"weekly"}
           3 tag e {"key":"size","value":3}
           3 tag e {"key":"deep","value":{"a":[1,null]}}
           3 end e {"status":"cancelled"}
           3 close
           4 start f {"name":"nightly"}
           4 close
           5 log g {"message":"disk"}
           5 close"#,
    )
}

#[test]
fn all_runs_are_found_where_nothing_is_asked() {
    let kept = five();
    check(&kept, "", "5 4 3 2 1");
    let two = kept.reader().runs(&Filter::default(), 2).expect("runs");
    assert_eq!(two.iter().map(|run| run.run).collect::<Vec<_>>(), [5, 4]);
}

#[test]
fn a_run_is_found_by_how_it_stands() {
    let kept = five();
    for (state, expected) in RunState::ALL.into_iter().zip(["2", "3", "5", "4", "1"]) {
        check(
            &kept,
            &format!("run {state}", state = state.as_str()),
            expected,
        );
    }
    check(&kept, "run running", "");
    check(&kept, "run nonsense", "");
}

#[test]
fn a_run_is_found_by_its_times() {
    let kept = five();
    check(&kept, "since 13", "5 4 3");
    check(&kept, "until 6", "2 1");
    check(&kept, "since 6|until 7", "2");
    check(&kept, "since 1e300", "");
    check(&kept, "until -1e300", "");
    check(&kept, "since -inf|until inf", "5 4 3 2 1");
    check(&kept, "since nan", "");
}

#[test]
fn a_run_is_found_by_the_name_of_a_span() {
    let kept = five();
    check(&kept, "name load", "1");
    check(&kept, "name load*", "2 1");
    check(&kept, "name *ly", "4 3 2 1");
    check(&kept, "name *a*", "2 1");
    check(&kept, "name n*t*y", "4 2 1");
    check(&kept, "name *", "5 4 3 2 1");
    check(&kept, "name nightly*", "4 2 1");
    check(&kept, "name LOAD", "");
    check(&kept, "name l?ad", "");
    check(&kept, "name l[o]ad", "");
    check(&kept, "name zzz*", "");
}

#[test]
fn a_run_is_found_by_the_state_of_a_span() {
    let kept = five();
    check(&kept, "state ok", "2");
    check(&kept, "state failed", "1");
    check(&kept, "state open", "4");
    check(&kept, "state unknown", "5");
    check(&kept, "state cancelled", "3");
    check(&kept, "name load*|state ok", "2");
    check(&kept, "name nightly|state failed", "1");
    // Both, but not of one span.
    check(&kept, "name weekly|state failed", "");
}

#[test]
fn a_run_is_found_by_its_tags() {
    let kept = five();
    check(&kept, "tag day", "2 1");
    check(&kept, "tag day=monday", "1");
    check(&kept, "tag size=3", "3 1");
    check(&kept, "tag size=\"3\"", "");
    check(&kept, r#"tag deep={"a":[1,null]}"#, "3");
    // The last value counts.
    check(&kept, "tag day=tuesday", "");
    check(&kept, "tag day=wednesday", "2");
    check(&kept, "tag day=monday|tag size=3", "1");
    check(&kept, "tag day|tag deep", "");
    check(&kept, "tag day|name load*", "");
    check(&kept, "tag nothing", "");
    check(&kept, "tag day=", "");
}

#[test]
fn long_values_are_compared_in_full() {
    let long = "v".repeat(128);
    let kept = kept(&format!(
        r#"1 start a {{"tags":{{"k":"{long}1"}}}}
           1 close
           2 start b {{"tags":{{"k":"{long}2"}}}}
           2 tag b {{"key":"k","value":"{long}3"}}
           2 close
           3 start c {{"tags":{{"k":"{long}"}}}}
           3 close
           4 start d {{"tags":{{"k":"{}ü"}}}}
           4 close"#,
        "v".repeat(127),
    ));
    check(&kept, &format!("tag k={long}1"), "1");
    check(&kept, &format!("tag k={long}2"), "");
    check(&kept, &format!("tag k={long}3"), "2");
    check(&kept, &format!("tag k={long}"), "3");
    check(&kept, &format!("tag k={}ü", "v".repeat(127)), "4");
    check(&kept, &format!("tag k={}", "v".repeat(127)), "");
}

#[test]
fn a_run_is_found_by_what_it_says() {
    let kept = five();
    check(&kept, "text disk", "5 1");
    check(&kept, "text DISK", "5 1");
    check(&kept, "text \"nearly full\"", "1");
    check(&kept, "text \"full nearly\"", "");
    check(&kept, "text disk full", "1");
    check(&kept, "text disk NOT full", "5");
    check(&kept, "text uberrest OR orders", "2 1");
    check(&kept, "text oserror", "1");
    check(&kept, "text ord*", "2");
    check(&kept, "text rows", "2");
    check(&kept, "text disk|name load", "1");
    check(&kept, "text disk|name nightly", "");
    check(
        &kept,
        "text oserror|state failed|name load|run failed|since 1|until 9",
        "1",
    );
    // Tags and names are not searched.
    check(&kept, "text monday OR nightly", "");
}

#[test]
fn a_run_that_said_it_once_is_found_behind_one_that_said_it_often() {
    let often = "2 log b\n".repeat(350);
    let kept = kept(&format!(
        "1 start a\n1 log a\n1 close\n2 start b\n{often}2 close"
    ));
    check(&kept, "text said", "2 1");
}

/// Run 1 goes on over a connection that is newer than run 2's.
#[test]
fn the_newest_are_those_with_the_newest_connection() {
    let kept = kept(
        r#"1 start a {"name":"n"}
           2 start b {"name":"n"}
           2 close
           3 start c {"name":"n","parent_span_id":@a}
           4 start d {"name":"n"}"#,
    );
    let newest = |most| {
        let runs = kept.reader().runs(&filter("name n"), most).expect("runs");
        runs.iter().map(|run| run.run).collect::<Vec<_>>()
    };
    assert_eq!(newest(1), [3]);
    assert_eq!(newest(2), [3, 1]);
    assert_eq!(newest(3), [3, 2, 1]);
}

#[test]
fn words_that_make_no_sense_are_told() {
    let kept = five();
    let told = |text: &str| {
        let mut filter = Filter::default();
        filter.span.text = Some(text.to_owned());
        found(&kept, &filter)
    };
    assert_snapshot!(told("\"open"), @r#"expected words to look for, found ""open" (unterminated string): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("AND"), @r#"expected words to look for, found "AND" (fts5: syntax error near "AND"): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("a:b"), @r#"expected words to look for, found "a:b" (no such column: a): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("*"), @r#"expected words to look for, found "*" (unknown special query: ): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("disk-full"), @r#"expected words to look for, found "disk-full" (no such column: full): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("it's"), @r#"expected words to look for, found "it's" (fts5: syntax error near "'"): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("'; DROP TABLE events; --"), @r#"expected words to look for, found "'; DROP TABLE events; --" (fts5: syntax error near "'"): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("NEAR(disk full, 1000000000000)"), @"1");
    assert_snapshot!(told("\u{1b}[2J"), @r#"expected words to look for, found "\u{1b}[2J" (fts5: syntax error near ""): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told(""), @r#"expected words to look for, found "" (fts5: syntax error near ""): put a phrase in double quotes, as in '"disk full"'"#);
    assert_snapshot!(told("disk\0full"), @"5 1");
    assert_snapshot!(told(&"(".repeat(100_000)).len().to_string(), @"100118");
}

/// Names, keys, values and messages that would be more than that in SQL.
const EVIL: [&str; 14] = [
    "'; DROP TABLE events; --",
    "x' OR '1'='1",
    "\" OR 1=1 --",
    "?1",
    "$name",
    ":name",
    "%",
    "_",
    "\\",
    "`",
    "nul\0byte",
    "\u{feff}",
    "9223372036854775808",
    "1e999",
];

/// Each of them in a run of its own, the first in run 1.
fn evil() -> Kept {
    let mut script = String::new();
    for (session, text) in (1..).zip(EVIL) {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        let text = text.replace('\0', "\\u0000");
        script += &format!(
            r#"{session} start s{session} {{"name":"{text}","tags":{{"{text}":"{text}"}}}}
               {session} log s{session} {{"message":"{text}"}}
               {session} close
            "#
        );
    }
    kept(&script)
}

/// Whatever is asked is asked of SQLite as a value.
#[test]
fn what_looks_like_sql_is_none() {
    let kept = evil();
    let before = kept.rows("SELECT count(*), max(id) FROM events");
    for (run, text) in (1..).zip(EVIL) {
        let run = run.to_string();
        check(&kept, &format!("name {text}"), &run);
        check(
            &kept,
            &format!("tag {text}"),
            if text.contains('=') { "" } else { &run },
        );
        check(&kept, &format!("run {text}"), "");
        check(&kept, &format!("state {text}"), "");
        let mut filter = Filter::default();
        filter.span.tags = vec![(text.to_owned(), Some(text.to_owned()))];
        assert_eq!(found(&kept, &filter), run, "{text:?}");
        filter.span.name = Some(text.to_owned());
        assert_eq!(found(&kept, &filter), run, "{text:?}");
        // Found, not found or refused: all of it is well.
        found(&kept, &self::filter(&format!("text {text}")));
        let like = found(&kept, &self::filter(&format!("name *{text}*")));
        assert!(
            like.split(' ').any(|found| found == run),
            "{text:?}: {like}"
        );
        let reader = kept.reader();
        let (names, keys) = (reader.span_names(text, 100), reader.tag_keys(text, 100));
        assert!(
            names.expect("names").iter().any(|name| name == text),
            "{text:?}"
        );
        assert!(
            keys.expect("keys").iter().any(|key| key == text),
            "{text:?}"
        );
    }
    assert_eq!(kept.rows("SELECT count(*), max(id) FROM events"), before);
    assert_eq!(kept.rows("PRAGMA integrity_check"), "ok\n");
}

#[test]
fn huge_numbers_are_text_like_any_other() {
    let kept = kept(
        r#"1 start a {"tags":{"n":123456789012345678901234567890,"m":-0.0,"k":1e300}}
           1 close
           2 start b {"tags":{"n":9223372036854775807}}
           2 close"#,
    );
    check(&kept, "tag n=123456789012345678901234567890", "1");
    check(&kept, "tag n=9223372036854775807", "2");
    check(&kept, "tag m=-0.0", "1");
    check(&kept, "tag k=1e300", "1");
}

/// Names with ids in them, of which there is no end.
#[test]
fn a_pattern_may_mean_any_number_of_names() {
    let mut script = String::new();
    for number in 0..1_100 {
        script += &format!("1 start s{number} {{\"name\":\"item-{number:05}\"}}\n");
    }
    script += "1 close\n2 start last {\"name\":\"item-99999\"}\n2 close\n";
    script += "3 start other {\"name\":\"zebra\"}\n3 close\n";
    let kept = kept(&script);
    check(&kept, "name item-*", "2 1");
    check(&kept, "name *9", "2 1");
    check(&kept, "name *", "3 2 1");
    check(&kept, "name item-*|state open", "2 1");
    check(&kept, "name item-*|state failed", "");
}

#[test]
fn names_and_keys_are_completed() {
    let kept = five();
    let reader = kept.reader();
    assert_eq!(
        reader.span_names("lo", 9).expect("names"),
        ["load", "load.part"]
    );
    assert_eq!(reader.span_names("l", 1).expect("names"), ["load"]);
    assert_eq!(reader.span_names("*", 9).expect("names"), [""; 0]);
    assert_eq!(reader.tag_keys("d", 9).expect("keys"), ["day", "deep"]);
    assert_eq!(reader.tag_keys("x", 9).expect("keys"), [""; 0]);
}

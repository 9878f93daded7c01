//! What a producer says never steers a terminal, a shell or a database.

use hero_span_protocol::printable;

use super::{Home, line};
use crate::common::{end, run};
use crate::terminal::on_terminal;

/// A control sequence, C1, marks that turn text around, and SQL.
const NASTY: &str = "a\\u001b[2J\u{9b}2J\u{202e}b\\n\\r\\u0000'); DROP TABLE runs; --";

fn hostile() -> Home {
    let start = line(&format!(
        r#"{{"type":"span_start","span_id":"0000000000000001","ts_ms":1,"producer":{{"id":"0000000000000001","sdk":"{NASTY}","pid":7}},"parent_span_id":null,"name":"{NASTY}","kind":"{NASTY}","tags":{{"{NASTY}":"{NASTY}"}}}}"#
    ));
    let log = line(&format!(
        r#"{{"type":"span_log","span_id":"0000000000000001","ts_ms":2,"message":"{NASTY}","fields":{{"{NASTY}":["{NASTY}"]}}}}"#
    ));
    let failed = line(&format!(
        r#"{{"type":"span_end","span_id":"0000000000000001","ts_ms":3,"status":"failed","error":"{NASTY}","error_type":"{NASTY}"}}"#
    ));
    let unknown = line(&format!(r#"{{"type":"{NASTY}"}}"#));
    Home::with(&[vec![start, log, failed, unknown]])
}

#[track_caller]
fn check_plain(text: &str, what: &str) {
    for line in text.lines() {
        assert_eq!(printable(line), line, "{what}");
    }
}

#[test]
fn names_reach_no_output_raw() {
    let home = hostile();
    for command in ["runs", "show", "logs"] {
        let shown = home.shown(&[command]);
        assert!(shown.contains("DROP TABLE"), "{command}: {shown}");
        check_plain(&shown, command);
    }
    insta::assert_snapshot!(home.shown(&["show", "--stable"]), @r#"
    run 1  1 span, 1 failed, 1 line of unknown type
    ✗ a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --: a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --: \u{0}'); DROP TABLE runs; --
    ✗ a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --  span  failed  a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --="a\u001b[2J\u{9b}2J\u{202e}b\n\r\u0000'); DROP TABLE runs; --"
       · info: a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --  a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --=["a\u001b[2J\u{9b}2J\u{202e}b\n\r\u0000'); DROP …
       ! a\u{1b}[2J\u{9b}2J\u{202e}b\n\r\u{0}'); DROP TABLE runs; --: \u{0}'); DROP TABLE runs; --
    "#);
    let tail = home.shown(&["tail", "last"]);
    check_plain(&tail, "tail");
}

/// Also what a collector says of itself comes out of a file that somebody may
/// have handed on.
#[test]
fn what_a_store_says_of_itself_reaches_no_output_raw() {
    let home = hostile();
    let nasty = "char(27, 91, 50, 74, 155, 8238, 98, 10)";
    home.pretend_to_collect("", 0);
    home.sql(&format!(
        "UPDATE collectors SET version = 'version' || {nasty}, socket = '/socket' || {nasty},
            figures = json_object('rejected', json_object('clause' || {nasty}, 1));
        UPDATE runs SET state = 'state' || {nasty};"
    ));
    let told = home.run(&["doctor"]);
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    for word in ["version", "/socket", "clause"] {
        let shown = format!("{word}\\u{{1b}}[2J\\u{{9b}}\\u{{202e}}b\\n");
        assert!(told.stdout.contains(&shown), "{word}: {}", told.stdout);
    }
    check_plain(&told.stdout, "doctor");
    let runs = home.shown(&["runs"]);
    check_plain(&runs, "runs");
    let mut command = home.command();
    command.env("HERO_SPAN_COMPLETE", "fish");
    let offered = run(command.args(["--", "hero-span", "show", "1"])).stdout;
    // A tabulator stands before what is said of it.
    check_plain(&offered.replace('\t', " "), "completions");
}

#[test]
fn json_means_the_same_and_shows_nothing_on_a_terminal() {
    let home = hostile();
    let piped = home.shown(&["export"]);
    for args in [
        &["export"][..],
        &["export", "--output", "-"],
        &["export", "--format", "chrome"],
        &["export", "--format", "otlp-json"],
        &["show", "--json"],
        &["runs", "--json"],
    ] {
        let shown = on_terminal(home.command().args(args)).replace("\r\n", "\n");
        assert!(shown.contains("DROP TABLE"), "{args:?}: {shown}");
        check_plain(&shown, &args.join(" "));
        if args.len() == 1 {
            let read = |text: &str| -> Vec<serde_json::Value> {
                let lines = text.lines();
                lines
                    .map(|line| serde_json::from_str(line).expect("JSON"))
                    .collect()
            };
            assert_eq!(read(&shown), read(&piped));
        }
    }
}

#[test]
fn questions_are_no_sql() {
    let home = Home::with(&[vec![
        line(
            r#"{"type":"span_start","span_id":"0000000000000001","ts_ms":1,"parent_span_id":null,"name":"it's \"all\" [fine]?","kind":"step","tags":{"a'b":"c\"d"}}"#,
        ),
        end(1, "ok"),
    ]]);
    let found = |args: &[&str]| {
        let runs = home.json(&[&["runs", "--json"], args].concat());
        runs.as_array().expect("a list").len()
    };
    assert_eq!(found(&["--name", "it's \"all\" [fine]?"]), 1);
    assert_eq!(found(&["--name", "it's \"all\" [fine]*"]), 1);
    assert_eq!(found(&["--name", "it's \"all\" *[fine]?"]), 1);
    assert_eq!(found(&["--name", "x' OR '1'='1"]), 0);
    assert_eq!(found(&["--tag", "a'b=c\"d"]), 1);
    assert_eq!(found(&["--tag", "a'b"]), 1);
    assert_eq!(found(&["--tag", "' OR 1=1 --"]), 0);
    let refused = home.run(&["show", "1; DROP TABLE runs"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(found(&[]), 1);
}

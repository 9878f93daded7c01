//! `hero-span logs`.

use super::{Home, line, three_runs};
use crate::common::{end, start};

#[test]
fn what_was_said_comes_with_each_failure_in_full() {
    let home = three_runs();
    insta::assert_snapshot!(home.shown(&["logs", "2"]), @"
    00:00:00.021 n18  warn   slow  n=1
    00:00:00.031 n18  ✗ failed
        Traceback:
          x.py
        TimeoutError: no answer
    00:00:01.017 n17  ✗ failed
    ");
    assert_eq!(home.shown(&["logs", "1"]), "", "it said nothing");
}

#[test]
fn less_than_a_level_is_left_out() {
    let log = |level: &str| {
        line(&format!(
            r#"{{"type":"span_log","span_id":"0000000000000001","ts_ms":2,"level":"{level}","message":"it is {level}"}}"#
        ))
    };
    let logs = ["debug", "info", "warn", "error", "odd"].map(log);
    let lines = [vec![start(1, None)], logs.to_vec(), vec![end(1, "ok")]].concat();
    let home = Home::with(&[lines]);
    let levels = |args: &[&str]| {
        let shown = home.shown(&[&["logs"], args].concat());
        let words = shown
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned());
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(levels(&[]), "debug info warn error odd");
    assert_eq!(levels(&["--level", "info"]), "info warn error odd");
    assert_eq!(levels(&["--level", "warn"]), "warn error");
    assert_eq!(levels(&["--level", "error"]), "error");
    let wrong = home.run(&["logs", "--level", "loud"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("expected debug, info, warn or error"),
        "{}",
        wrong.stderr
    );
}

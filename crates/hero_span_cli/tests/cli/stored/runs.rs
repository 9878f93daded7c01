//! `hero-span runs`.

use super::{Home, three_runs};

#[test]
fn runs_are_listed_the_newest_first() {
    let home = three_runs();
    insta::assert_snapshot!(home.shown(&["runs"]), @"
    RUN  STATE   BEGAN                TOOK    SPANS  NAME
      3  open    1970-01-01 00:00:00  1.00 s      2  n33   1 open
      2  failed  1970-01-01 00:00:00  1.00 s      2  n17   2 failed
      1  ok      1970-01-01 00:00:00  1.00 s      2  n1
    ");
    insta::assert_snapshot!(home.shown(&["runs", "-n", "1"]), @"
    RUN  STATE  BEGAN                TOOK    SPANS  NAME
      3  open   1970-01-01 00:00:00  1.00 s      2  n33   1 open
    ");
}

/// The numbers of the runs that are found.
#[track_caller]
fn check(home: &Home, args: &[&str], expected: &[u64]) {
    let found = home.json(&[&["runs", "--json"], args].concat());
    let found = found.as_array().expect("a list").iter();
    let found: Vec<_> = found
        .map(|run| run["run"].as_u64().expect("a number"))
        .collect();
    assert_eq!(found, expected, "{args:?}");
}

#[test]
fn runs_are_found_by_what_is_asked() {
    let home = three_runs();
    let check = |args: &[&str], expected: &[u64]| check(&home, args, expected);
    check(&[], &[3, 2, 1]);
    check(&["--limit", "2"], &[3, 2]);
    check(&["--state", "ok"], &[1]);
    check(&["--state", "failed"], &[2]);
    check(&["--state", "open"], &[3]);
    check(&["--state", "running"], &[]);
    check(&["--since", "1h"], &[]);
    check(&["--until", "1h"], &[3, 2, 1]);
    check(&["--since", "1970-01-01T00:00:01.010Z"], &[3, 2]);
    check(&["--name", "n18"], &[2]);
    check(&["--name", "n1*"], &[2, 1]);
    check(&["--name", "n"], &[]);
    check(&["--span-state", "cancelled"], &[3]);
    check(&["--tag", "day"], &[2]);
    check(&["--tag", "day=monday"], &[2]);
    check(&["--tag", "day=tuesday"], &[]);
    check(&["--text", "timeouterror"], &[2]);
    check(&["--text", "slow OR nothing"], &[2]);
    check(&["--text", "slow", "--name", "n17"], &[]);
    check(
        &["--text", "slow", "--name", "n18", "--tag", "day=monday"],
        &[2],
    );
}

#[test]
fn nothing_found_is_said_and_no_failure() {
    let home = three_runs();
    let finished = home.run(&["runs", "--name", "nobody"]);
    assert_eq!((finished.code, &*finished.stdout), (Some(0), ""));
    insta::assert_snapshot!(finished.stderr, @"no run fits");
    assert_eq!(home.shown(&["runs", "--name", "nobody", "--json"]), "[]\n");
}

#[test]
fn as_json_a_run_says_all_that_is_known() {
    let home = three_runs();
    let runs = home.json(&["runs", "--json", "--state", "failed"]);
    insta::assert_snapshot!(format!("{runs:#}"), @r#"
    [
      {
        "began_ms": 17.0,
        "cancelled": 0,
        "connected": 0,
        "events": 6,
        "failed": 2,
        "heard_ms": 1017.0,
        "id": "0000000000000011",
        "lost": 0,
        "name": "n17",
        "open": 0,
        "processes": 1,
        "rejected": 0,
        "run": 2,
        "skipped": 0,
        "spans": 2,
        "state": "failed",
        "torn": 0,
        "unknown": 0,
        "unstored": 0
      }
    ]
    "#);
}

#[test]
fn wrong_questions_are_refused_with_what_would_do() {
    let home = three_runs();
    let said = |args: &[&str]| {
        let finished = home.run(&[&["runs"], args].concat());
        assert_eq!(finished.code, Some(2), "{args:?}");
        let place = home.path().display().to_string();
        finished.stderr.replace(&place, "HOME")
    };
    insta::assert_snapshot!(said(&["--since", "yesterday"]), @r#"
    hero-span: invalid value 'yesterday' for '--since <TIME>': expected a time, found "yesterday": use 2h, 2026-11-27, "2026-11-27 14:30" or 2026-11-27T14:30:00Z

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(said(&["--tag", "=x"]), @"
    hero-span: invalid value '=x' for '--tag <KEY[=VALUE]>': expected KEY or KEY=VALUE, found no key

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(said(&["--text", "\"never closed"]), @r#"hero-span: expected words to look for, found ""never closed" (unterminated string): put a phrase in double quotes, as in '"disk full"'"#);
}

#[test]
fn without_a_store_it_says_how_to_get_one() {
    let home = Home::new();
    for command in ["runs", "show", "logs", "tail", "export", "rebuild"] {
        let finished = home.run(&[command]);
        assert_eq!(
            (finished.code, &*finished.stdout),
            (Some(2), ""),
            "{command}"
        );
        let place = home.path().display().to_string();
        let said = finished.stderr.replace(&place, "HOME");
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @"hero-span: HOME/var/hero-span/spans.db: expected a store, found none: run hero-span collect once, or say where it is with --store PATH");
        }
    }
    let left = std::fs::read_dir(home.path()).expect("readable").count();
    assert_eq!(left, 0, "to look is not to make");
}

//! `hero-span prune` and `hero-span rebuild`.

use std::process::Stdio;

use super::{Home, three_runs};

#[test]
fn old_runs_are_dropped() {
    let home = three_runs();
    let said = home.shown(&["prune", "--before", "1970-01-01T00:00:01.010Z"]);
    assert!(said.starts_with("1 run dropped, "), "{said}");
    let numbers = |home: &Home| {
        let runs = home.json(&["runs", "--json"]);
        let runs = runs.as_array().expect("a list").clone();
        runs.iter()
            .map(|run| run["run"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&home), [3, 2]);
    assert!(
        home.shown(&["prune", "--to", "1GiB"])
            .starts_with("0 runs dropped")
    );
    assert!(
        home.shown(&["prune", "--to", "0"])
            .starts_with("2 runs dropped")
    );
    assert!(numbers(&home).is_empty());
}

#[test]
fn what_to_drop_must_be_said() {
    let home = three_runs();
    let refused = home.run(&["prune"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--before"), "{}", refused.stderr);
}

#[test]
fn the_store_of_a_collector_that_works_is_its_alone() {
    let home = three_runs();
    let collector = home.collect(&["--view", "none"]);
    for args in [&["prune", "--to", "0"][..], &["rebuild"]] {
        let refused = home.run(args);
        assert_eq!((refused.code, &*refused.stdout), (Some(2), ""), "{args:?}");
        let place = home.path().display().to_string();
        let said = refused.stderr.replace(&place, "HOME");
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @"hero-span: HOME/var/hero-span/spans.db: expected to be its only collector, found one that holds HOME/var/hero-span/spans.db.lock: stop it, or choose another path");
        }
    }
    home.stop(collector);
    assert_eq!(
        home.json(&["runs", "--json"]).as_array().map(Vec::len),
        Some(3)
    );
}

#[test]
fn what_is_made_of_events_is_made_again() {
    let home = three_runs();
    let look = |home: &Home| {
        let shown = ["1", "2", "3"].map(|run| home.shown(&["show", run]));
        (
            home.shown(&["runs"]),
            shown,
            home.shown(&["runs", "--text", "slow"]),
        )
    };
    let before = look(&home);
    insta::assert_snapshot!(home.shown(&["rebuild"]), @"6 spans from 13 events");
    assert_eq!(look(&home), before);
}

#[test]
fn nobody_who_listens_is_no_failure() {
    let home = three_runs();
    for args in [&["rebuild"][..], &["prune", "--to", "1GiB"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = home.command();
        command.args(args).stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(0), ""), "{args:?}");
    }
}

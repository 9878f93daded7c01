//! A run that is run again.

use super::Place;
use crate::common::run;

const FLOW: &str = r#"
import os
from hero_tracing import flow

@flow
def load(day: str, size: int = 3):
    print(day, size, os.environ.get("TOKEN"), os.environ.get("NAME"), os.path.basename(os.getcwd()))
    if day == "sunday":
        raise flow.Failed("no rows")

@flow
def other():
    pass
"#;

#[test]
fn a_run_is_asked_again_for_the_same() {
    let place = Place::with("flow.py", FLOW);
    place.write("here/empty", "");
    let first = [
        "run",
        "flow.py:load",
        "--id",
        "first",
        "-i",
        "day=monday",
        "--input-json",
        "{\"size\": 4}",
    ];
    let how = [
        "--cwd",
        "here",
        "--timeout",
        "1h",
        "--grace",
        "5s",
        "--env",
        "NAME",
    ];
    let first = [&first[..], &how].concat();
    let printed = run(place.command(&first).env("NAME", "n")).stdout;
    assert_eq!(printed, "monday 4 None n here\n");
    for (asked, id) in [("first", "by-id"), ("1", "by-number"), ("last", "by-last")] {
        let mut command = place.command(&["rerun", asked, "--id", id]);
        let again = run(command.env("NAME", "n").current_dir(place.path("run")));
        assert_eq!(
            (again.code, &again.stdout),
            (Some(0), &printed),
            "{again:?}"
        );
        assert_eq!(place.execution(id).asked, place.execution("first").asked);
    }
}

#[test]
fn other_than_before_is_what_is_said_so() {
    let place = Place::with("flow.py", FLOW);
    place.run(&[
        "run",
        "flow.py:load",
        "--id",
        "first",
        "-i",
        "day=monday",
        "--timeout",
        "1h",
    ]);
    let again = [
        "rerun",
        "first",
        "--id",
        "again",
        "--timeout",
        "2h",
        "--grace",
        "7s",
    ];
    assert_eq!(place.run(&again).code, Some(0));
    let asked = place.execution("again").asked;
    assert_eq!(
        (&asked["timeout_ms"], &asked["grace_ms"]),
        (&7_200_000.0.into(), &7_000.0.into())
    );
}

#[test]
fn values_of_variables_are_not_kept_and_are_asked_for() {
    let place = Place::with("flow.py", FLOW);
    place.run(&[
        "run",
        "flow.py:load",
        "--id",
        "first",
        "-i",
        "day=monday",
        "--env",
        "TOKEN=secret",
    ]);
    let again = place.run(&["rerun", "first", "--id", "again"]);
    assert_eq!((again.code, &*again.stdout), (Some(2), ""));
    insta::assert_snapshot!(again.stderr, @"hero-span: first: expected a value for the variable TOKEN, which is not kept, found none: give it with --env TOKEN=VALUE");
    let again = place.run(&["rerun", "first", "--id", "again", "--env", "TOKEN=other"]);
    assert_eq!(again.stdout, "monday 3 other None work\n", "{again:?}");
    let asked = place.execution("again").asked.to_string();
    assert!(!asked.contains("other"), "{asked}");
}

#[test]
fn its_end_is_told_as_any() {
    let place = Place::with("flow.py", FLOW);
    place.run(&["run", "flow.py:load", "--id", "first", "-i", "day=sunday"]);
    let again = place.run(&["rerun", "--id", "again"]);
    assert_eq!(again.code, Some(1));
    insta::assert_snapshot!(place.steady(&again.stderr), @"
    1 span, 1 failed, TIME
    ✗ load  flow  failed  TIME
       ! Failed: no rows
    load failed: no rows after TIME
    run 2, again: see hero-span show 2
    ");
    let taken = place.run(&["rerun", "first", "--id", "again"]);
    assert_eq!(taken.code, Some(2), "{taken:?}");
    let nobody = place.run(&["rerun", "nobody"]);
    assert_eq!(nobody.code, Some(2));
    insta::assert_snapshot!(place.steady(&nobody.stderr), @r#"hero-span: DIR/hero/var/hero-span/spans.db: expected a run, found none that is called "nobody": hero-span runs lists them"#);
}

#[test]
fn the_last_run_may_be_one_that_was_not_started() {
    let place = Place::with("flow.py", FLOW);
    place.write("broken.py", "import no_such_module\n");
    place.run(&["run", "broken.py", "--id", "broken"]);
    let again = place.run(&["rerun", "--id", "again"]);
    assert_eq!(again.code, Some(126), "the first of all: {again:?}");
    place.run(&["run", "flow.py:load", "--id", "well", "-i", "day=monday"]);
    assert_eq!(
        place.run(&["rerun", "-q"]).stdout,
        "monday 3 None None work\n"
    );
    place.run(&["run", "broken.py"]);
    place.write(
        "broken.py",
        FLOW.split_once("@flow\ndef other").expect("two").0,
    );
    let mended = place.run(&["rerun"]);
    assert_eq!(mended.code, Some(2), "it needs a day: {mended:?}");
    assert!(mended.stderr.contains("\"day\""), "{mended:?}");
}

#[test]
fn what_was_never_run_is_told() {
    let place = Place::new();
    let none = place.run(&["rerun"]);
    assert_eq!(none.code, Some(2));
    insta::assert_snapshot!(place.steady(&none.stderr), @"hero-span: DIR/hero/var/hero-span/spans.db: expected a store, found none: run hero-span collect once, or say where it is with --store PATH");
}

#[test]
fn what_cannot_be_read_of_the_record_is_not_run_without() {
    let place = Place::with(
        "flow.py",
        &super::flow_of("pass").replace("nightly()", "nightly(deep=None)"),
    );
    let deep = format!("{{\"deep\": {}1{}}}", "[".repeat(126), "]".repeat(126));
    let first = place.run(&["run", "flow.py", "--id", "it", "--input-json", &deep]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let again = place.run(&["rerun", "it", "--id", "again"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    insta::assert_snapshot!(place.steady(&again.stderr), @"hero-span: it: expected the inputs that it was run with, found none that can be read: run its file with hero-span run");
    assert!(
        place
            .reader()
            .execution("again")
            .expect("readable")
            .is_none()
    );
}

#[test]
fn it_may_be_kept_nowhere() {
    let place = Place::with("flow.py", FLOW);
    place.run(&["run", "flow.py:other", "--id", "it"]);
    let again = place.run(&["rerun", "it", "--id", "again", "--store", "none", "-q"]);
    assert_eq!((again.code, &*again.stderr), (Some(0), ""));
    assert!(
        place
            .reader()
            .execution("again")
            .expect("readable")
            .is_none()
    );
}

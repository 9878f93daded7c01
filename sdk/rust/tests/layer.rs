//! Programs that speak the `tracing` crate, heard by a collector on a real socket.

mod support;

use std::thread;
use std::time::Duration;

use support::{Case, collected, member};
use tracing::{Instrument, Level, debug, error, info, info_span, instrument, span};
use tracing_subscriber::prelude::*;

fn listen() {
    tracing_subscriber::registry()
        .with(hero_tracing::layer::new())
        .init();
}

#[test]
fn spans_start_when_they_are_made_and_carry_their_fields() {
    let heard = collected(
        "spans_start_when_they_are_made_and_carry_their_fields",
        || {
            listen();
            let load = info_span!(
                "load",
                day = "monday",
                rows = 3,
                size = tracing::field::Empty
            );
            info!(target: "elsewhere", "between");
            load.in_scope(|| {
                info!(count = 2_u64, ok = true, "loaded {} rows", 3);
                debug!(why = ?Some(1), "looked");
                load.record("size", 1.5);
            });
        },
    );
    let Some(heard) = heard else { return };
    let story = [
        "start load",
        "log info loaded 3 rows",
        "log debug looked",
        "tag size = 1.5",
        "end ok",
    ];
    assert_eq!(heard.story(), story);
    let start = heard.start("load");
    assert_eq!(member(start, "tags"), r#"{"day":"monday","rows":3}"#);
    assert_eq!(member(start, "kind"), r#""span""#);
    let logs = heard.of_type("span_log");
    assert_eq!(member(logs[0], "fields"), r#"{"count":2,"ok":true}"#);
    assert_eq!(member(logs[1], "fields"), r#"{"why":"Some(1)"}"#);
}

#[test]
fn parents_are_explicit_or_current_and_both_ways_of_speaking_make_one_tree() {
    let test = "parents_are_explicit_or_current_and_both_ways_of_speaking_make_one_tree";
    let heard = collected(test, || {
        listen();
        hero_tracing::step("outer").scope(|_| {
            let first = info_span!("first");
            first.in_scope(|| hero_tracing::step("within").scope(|_| ()));
            let root = info_span!(parent: None, "root");
            let entered = root.enter();
            info_span!(parent: &first, "under first").in_scope(|| ());
            let after = info_span!("after");
            after.follows_from(&first);
            drop(entered);
            info_span!("last").in_scope(|| {
                hero_tracing::current().log("said by the handle");
            });
        });
    });
    let Some(heard) = heard else { return };
    let tree = heard.tree();
    let expected = [
        ("outer", None),
        ("first", Some("outer")),
        ("within", Some("first")),
        ("root", None),
        ("under first", Some("first")),
        ("after", Some("root")),
        ("last", Some("outer")),
    ];
    assert_eq!(tree, expected.into_iter().collect());
    let tag = heard.of_type("span_tag")[0];
    assert_eq!(member(tag, "key"), r#""follows_from""#);
    assert_eq!(tag.get("value"), heard.start("first").get("span_id"));
}

#[instrument(err)]
fn fails(day: &str) -> Result<(), std::num::ParseIntError> {
    day.parse::<i32>().map(drop)
}

#[instrument]
fn panics(day: &str) {
    assert!(day.is_empty(), "a bad day: {day}");
}

#[test]
fn errors_that_leave_and_panics_fail_their_span() {
    let heard = collected("errors_that_leave_and_panics_fail_their_span", || {
        listen();
        assert!(fails("x").is_err());
        assert!(thread::spawn(|| panics("x")).join().is_err());
        info_span!("goes on").in_scope(|| error!("said, and no more"));
    });
    let Some(heard) = heard else { return };
    let found = |name| ["status", "error"].map(|key| member(heard.end(name), key));
    assert_eq!(
        found("fails"),
        [r#""failed""#, r#""invalid digit found in string""#]
    );
    let [status, error] = found("panics");
    assert_eq!(status, r#""failed""#);
    assert!(error.contains("a bad day: x"), "{error}");
    assert_eq!(found("goes on"), [r#""ok""#, "nothing"]);
}

#[test]
fn tasks_keep_their_spans_on_all_threads() {
    let heard = collected("tasks_keep_their_spans_on_all_threads", || {
        listen();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(
            async {
                let work = |number: u64| async move {
                    for _ in 0..3 {
                        tokio::time::sleep(Duration::from_millis(number)).await;
                        info!(number, "turn");
                        hero_tracing::span("inner").scope_async(async |_| ()).await;
                    }
                };
                let spawn =
                    |number| tokio::spawn(work(number).instrument(info_span!("task", number)));
                for task in (1..5).map(spawn).collect::<Vec<_>>() {
                    task.await.unwrap();
                }
            }
            .instrument(span!(Level::INFO, "main")),
        );
    });
    let Some(heard) = heard else { return };
    let tree = heard.tree();
    assert_eq!((tree["task"], tree["inner"]), (Some("main"), Some("task")));
    let logs = heard.of_type("span_log");
    assert_eq!(logs.len(), 12);
    for log in logs {
        let number = log.get("fields").unwrap().get("number");
        let is_own = |start: &&support::Json| start.get("span_id") == log.get("span_id");
        let mut starts = heard.of_type("span_start").into_iter();
        let own = starts.find(is_own).unwrap();
        assert_eq!(own.get("tags").unwrap().get("number"), number);
    }
}

#[test]
fn while_nobody_listens_nothing_happens() {
    let alone = Case {
        has_collector: false,
        parent: None,
    };
    alone.run("while_nobody_listens_nothing_happens", || {
        listen();
        info_span!("load").in_scope(|| {
            info!("loaded");
            assert_eq!(hero_tracing::current().id(), None);
        });
    });
}

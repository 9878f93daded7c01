//! What is read of a run, and how a store says that it is.

use insta::assert_snapshot;

use super::script::{Kept, kept, writer};
use crate::Error;
use crate::store::{Reader, Stored};
use crate::tree::RunId;

fn two() -> Kept {
    kept(
        r#"1 start a {"seq":0}
           2 start x
           1 start b {"parent_span_id":@a,"seq":4}
           1 says nonsense
           1 says {"type":"later"}
           2 log x
           1 log b {"message":"it fails","seq":7}
           1 end b {"status":"failed"}
           1 close
           2 close"#,
    )
}

fn describe(event: &Stored) -> String {
    let what = event.event().map_or("nothing", |event| event.type_name());
    let flags: Vec<_> = event.flags.iter().map(|clause| clause.id()).collect();
    let text = format!(
        "{} {what} of {} ({}) in run {}, lost {} {}",
        event.id,
        event.span,
        event.name,
        event.run,
        event.lost,
        flags.join(" ")
    );
    text.trim_end().to_owned()
}

fn events(reader: &Reader, run: u64) -> String {
    let mut lines = Vec::new();
    let each = |event: Stored| -> Result<(), Error> {
        lines.push(describe(&event));
        Ok(())
    };
    reader.events(run, each).expect("events");
    lines.join("\n")
}

#[test]
fn events_come_in_the_order_in_which_they_came() {
    let kept = two();
    let reader = kept.reader();
    assert_snapshot!(events(&reader, 1), @r"
    1 span_start of 1 (a) in run 1, lost 0 rule.producer-first
    3 span_start of 3 (b) in run 1, lost 3
    5 span_log of 3 (b) in run 1, lost 0
    6 span_end of 3 (b) in run 1, lost 0
    ");
    assert_snapshot!(events(&reader, 2), @r"
    2 span_start of 2 (x) in run 2, lost 0 rule.producer-first
    4 span_log of 2 (x) in run 2, lost 0
    ");
    assert_snapshot!(events(&reader, 99), @"");
}

#[test]
fn who_reads_events_may_have_enough() {
    let kept = two();
    let mut seen = 0;
    let stopped = kept.reader().events(1, |_| {
        seen += 1;
        if seen == 2 {
            Err(Error::no_run(kept.path(), "enough"))
        } else {
            Ok(())
        }
    });
    assert!(stopped.is_err());
    assert_eq!(seen, 2);
}

/// Who reads in a pager may take hours.
#[test]
fn who_reads_slowly_does_not_make_the_file_grow() {
    let kept = two();
    let other = rusqlite::Connection::open(kept.path()).expect("a file");
    let is_held = || {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let held = other.query_row(sql, [], |row| row.get::<_, bool>(0));
        held.expect("a checkpoint")
    };
    let reader = kept.reader();
    let span = reader.events_after(0, 1, None).expect("events").0[0].span;
    reader
        .events(1, |_| {
            assert!(!is_held());
            Ok::<_, Error>(())
        })
        .expect("events");
    reader
        .events_of(span, |_| {
            assert!(!is_held());
            Ok::<_, Error>(())
        })
        .expect("events");
}

#[test]
fn what_a_span_said_is_read_with_and_without_its_logs() {
    let kept = kept(
        r#"1 start a
           1 log a
           1 start b {"parent_span_id":@a}
           1 tag a
           1 log a
           1 end a"#,
    );
    let reader = kept.reader();
    let mut whole = Vec::new();
    let mut facts = Vec::new();
    reader
        .events_of(1, |event| {
            whole.push(event.type_name());
            Ok::<_, Error>(())
        })
        .expect("events");
    reader
        .facts_of(1, |event| {
            facts.push(event.type_name());
            Ok::<_, Error>(())
        })
        .expect("events");
    assert_eq!(
        whole,
        ["span_start", "span_log", "span_tag", "span_log", "span_end"]
    );
    assert_eq!(facts, ["span_start", "span_tag", "span_end"]);
}

#[test]
fn events_are_followed_from_a_number_on() {
    let kept = two();
    let reader = kept.reader();
    let after = |id, most, run| {
        let (found, until) = reader.events_after(id, most, run).expect("events");
        let ids = found.iter().map(|event| event.id).collect::<Vec<_>>();
        (ids, until)
    };
    assert_eq!(after(0, 100, None), (vec![1, 2, 3, 4, 5, 6], 6));
    assert_eq!(after(2, 2, None), (vec![3, 4], 4));
    assert_eq!(after(0, 100, Some(2)), (vec![2, 4], 6));
    assert_eq!(after(2, 1, Some(2)), (vec![4], 4));
    assert_eq!(after(6, 100, None), (vec![], 6));
    assert_eq!(after(0, 0, None), (vec![], 0));
    assert_eq!(reader.first_event(2).expect("a number"), 2);
    assert_eq!(reader.first_event(9).expect("a number"), 0);
    assert_eq!(reader.latest_event().expect("a number"), 6);
}

#[test]
fn events_of_a_run_are_followed_into_the_run_it_became_part_of() {
    let kept = kept(
        r#"1 start a
           2 start b {"parent_span_id":@c}
           1 start c {"parent_span_id":@a}
           2 log b"#,
    );
    let reader = kept.reader();
    assert_eq!(reader.find("2").expect("a run").run, 1);
    let (events, _) = reader.events_after(0, 100, Some(2)).expect("events");
    assert_eq!(events.len(), 4);
}

#[test]
fn lines_that_are_no_events_are_remarked_upon() {
    let kept = two();
    let remarks = kept.reader().remarks(1).expect("remarks");
    let remarks = remarks.iter().map(|remark| {
        let clause = remark.clause.as_deref().unwrap_or("-");
        format!(
            "{} {} {} {clause} {}",
            remark.line, remark.lines, remark.what, remark.text
        )
    });
    assert_snapshot!(remarks.collect::<Vec<_>>().join("\n"), @r"
    3 1 rejected transport.line transport.line at byte 0: expected a JSON object, found 'n'
    4 1 skipped - later
    ");
    assert!(kept.reader().remarks(2).expect("remarks").is_empty());
}

#[test]
fn no_more_than_a_hundred_remarks_are_kept_of_a_connection() {
    let script = "1 says nonsense\n".repeat(250) + "1 start a\n1 close\n2 says x\n2 close";
    let kept = kept(&script);
    let reader = kept.reader();
    assert_eq!(reader.remarks(1).expect("remarks").len(), 100);
    assert_eq!(reader.find("1").expect("a run").rejected, 250);
    assert_eq!(reader.remarks(2).expect("remarks").len(), 1);
}

#[test]
fn a_forest_is_read_while_another_run_goes_on() {
    let mut kept = Kept::new();
    kept.play("1 start a\n2 start b\n2 close");
    let mut reader = kept.reader();
    let run = |reader: &Reader, asked| reader.find(asked).expect("a run");
    assert_eq!(run(&reader, "1").state, "running");
    assert_eq!(run(&reader, "1").connected, 1);
    assert_eq!(run(&reader, "2").state, "open");
    let forest = reader.forest(1).expect("a forest");
    assert!(!forest.is_left_open(forest.roots(RunId(1))[0]));
    // It is killed: nothing runs any more, and what was open is left so.
    kept.store = None;
    reader.look_again().expect("looked");
    assert_eq!(run(&reader, "1").state, "open");
    assert_eq!(run(&reader, "1").connected, 0);
    let forest = reader.forest(1).expect("a forest");
    assert!(forest.is_left_open(forest.roots(RunId(1))[0]));
}

#[test]
fn what_a_killed_collector_left_open_is_cut_off_by_the_next() {
    let mut kept = Kept::new();
    kept.play("1 start a");
    let kept = kept.again();
    let rows = kept.rows("SELECT ending, closed, connected FROM sessions, runs");
    assert_eq!(rows, "unknown 1000 0\n");
    assert_eq!(kept.reader().find("1").expect("a run").state, "open");
}

#[test]
fn a_store_tells_how_it_stands() {
    let kept = two();
    let reader = kept.reader();
    for thorough in [false, true] {
        let health = reader.health(thorough).expect("health");
        let (runs, spans, events) = (health.runs, health.spans, health.events);
        assert_eq!((runs, spans, events, health.unstored), (2, 3, 6, 0));
        assert!(health.faults.is_empty(), "{:?}", health.faults);
        assert!(health.used_bytes > 0 && health.file_bytes >= health.used_bytes);
        let collector = health.collector.expect("one");
        assert_eq!((collector.pid, collector.is_alive), (writer().pid, false));
    }
    let open = Kept::new();
    let health = open.reader().health(false).expect("health");
    assert!(health.collector.expect("one").is_alive);
}

#[test]
fn damage_is_found_by_who_looks_for_it() {
    let kept = two();
    let root = kept.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'spans_by_name'");
    let root: usize = root.trim().parse().expect("a number");
    let mut bytes = std::fs::read(kept.path()).expect("a store");
    // The end of its page, where the first name lies.
    bytes[root * 4_096 - 8..root * 4_096].fill(b'z');
    std::fs::write(kept.path(), bytes).expect("written");
    match kept.reader().health(true) {
        Ok(health) => assert!(!health.faults.is_empty()),
        Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
    }
}

#[test]
fn a_run_keeps_the_name_of_its_first_root() {
    let producer = |session: u32, span: &str| {
        format!(
            r#"{session} start {span} {{"producer":{{"id":"00000000000000aa","sdk":"s","version":"1","protocol":1,"pid":1}}}}"#
        )
    };
    let mut kept = Kept::new();
    kept.play(&format!("{}\n1 close", producer(1, "first")));
    // It was over, and one of its producers connects again.
    kept.play(&format!(
        "{}\n2 start third\n2 close",
        producer(2, "second")
    ));
    assert_eq!(kept.rows("SELECT id, name, spans FROM runs"), "1 first 3\n");
}

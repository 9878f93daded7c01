//! What goes when there is too much, and what stays.

use super::script::{Kept, kept};
use crate::store::Storage;

/// All that belongs to runs, but those of the given numbers.
fn rest(kept: &Kept, gone: &[u64]) -> String {
    let gone: Vec<_> = gone.iter().map(ToString::to_string).collect();
    let gone = gone.join(", ");
    let session = format!("(SELECT id FROM sessions WHERE run NOT IN ({gone}))");
    let event = format!("(SELECT id FROM events WHERE session IN {session})");
    [
        format!("SELECT * FROM runs WHERE id NOT IN ({gone}) AND joined IS NULL"),
        format!("SELECT * FROM runs WHERE joined IS NOT NULL AND joined NOT IN ({gone})"),
        format!("SELECT * FROM sessions WHERE id IN {session}"),
        format!("SELECT * FROM spans WHERE session IN {session}"),
        format!("SELECT * FROM events WHERE session IN {session}"),
        format!("SELECT * FROM names WHERE session IN {session}"),
        format!("SELECT * FROM tags WHERE session IN {session}"),
        format!("SELECT * FROM remarks WHERE session IN {session}"),
        format!("SELECT rowid FROM words WHERE words MATCH 'said' AND rowid IN {event}"),
    ]
    .map(|sql| kept.rows(&format!("{sql} ORDER BY 1")))
    .join("\n")
}

/// Everything there is.
fn all(kept: &Kept) -> String {
    [
        "SELECT * FROM runs WHERE joined IS NULL",
        "SELECT * FROM runs WHERE joined IS NOT NULL",
        "SELECT * FROM sessions",
        "SELECT * FROM spans",
        "SELECT * FROM events",
        "SELECT * FROM names",
        "SELECT * FROM tags",
        "SELECT * FROM remarks",
        "SELECT rowid FROM words WHERE words MATCH 'said'",
    ]
    .map(|sql| kept.rows(&format!("{sql} ORDER BY 1")))
    .join("\n")
}

/// Runs 1 to 4: the third is running, the second was two at first.
fn four() -> Kept {
    let mut kept = Kept::new();
    kept.play(
        r#"1 start a {"tags":{"k":"one","j":[1]}}
           1 log a
           1 says nonsense
           1 close
           2 start b {"tags":{"k":"one"}}
           3 start c {"parent_span_id":@d}
           3 log c
           2 start d {"parent_span_id":@b}
           2 close
           3 says {"type":"later"}
           3 close
           4 start e {"tags":{"k":"one"}}
           4 log e
           5 start f {"tags":{"k":"one"}}
           5 log f
           5 end f {"result":"said"}
           5 close"#,
    );
    kept
}

fn prune(kept: &mut Kept, before: Option<f64>, max: Option<u64>) -> u64 {
    let store = kept.store.as_mut().expect("open");
    store.prune(before, max, |_| {}).expect("pruned")
}

#[test]
fn old_runs_that_are_over_go_whole() {
    for (before, gone) in [
        (0.0, &[][..]),
        (4.0, &[1]),
        (12.0, &[1, 2]),
        (1e12, &[1, 2, 5]),
    ] {
        let mut kept = four();
        let stays = rest(&kept, gone);
        assert_eq!(prune(&mut kept, Some(before), None), gone.len() as u64);
        assert_eq!(all(&kept), stays, "{before}");
        assert_eq!(kept.rows("PRAGMA integrity_check"), "ok\n");
        assert_eq!(prune(&mut kept, Some(before), None), 0);
    }
}

#[test]
fn the_oldest_go_first_and_those_that_run_stay() {
    let mut kept = four();
    assert_eq!(prune(&mut kept, None, Some(1)), 3);
    assert_eq!(kept.rows("SELECT id, name FROM runs"), "4 e\n");
    assert_eq!(kept.rows("SELECT id FROM sessions"), "4\n");
    assert_eq!(kept.rows("SELECT DISTINCT session FROM events"), "4\n");
    assert_eq!(kept.rows("SELECT DISTINCT session FROM tags"), "4\n");
    assert_eq!(kept.rows("SELECT count(*) FROM remarks"), "0\n");
}

#[test]
fn a_run_that_may_be_joined_again_stays() {
    let mut kept = Kept::new();
    kept.step("1 start a");
    kept.step("1 close");
    kept.tick();
    kept.keep();
    assert_eq!(kept.rows("SELECT connected FROM runs"), "0\n");
    assert_eq!(prune(&mut kept, Some(1e12), Some(1)), 0);
    kept.settle();
    kept.keep();
    assert_eq!(prune(&mut kept, None, Some(1)), 1);
}

#[test]
fn a_run_that_another_joined_after_all_stays_until_both_are_over() {
    let mut kept = Kept::new();
    kept.play("1 start a\n1 close");
    kept.step("2 start b {\"parent_span_id\":@a}");
    kept.step("2 close");
    kept.tick();
    kept.keep();
    assert_eq!(prune(&mut kept, Some(1e12), Some(1)), 0);
}

#[test]
fn what_a_collector_left_behind_may_be_pruned_by_the_next() {
    let mut kept = Kept::new();
    kept.step("1 start a");
    kept.tick();
    kept.keep();
    let mut kept = kept.again();
    assert_eq!(prune(&mut kept, None, Some(1)), 1);
}

#[test]
fn a_run_without_events_grows_old_by_its_connections() {
    let mut kept = Kept::new();
    kept.play("1 says nonsense\n1 close");
    assert_eq!(prune(&mut kept, Some(4_999.0), None), 0);
    assert_eq!(prune(&mut kept, Some(5_001.0), None), 1);
}

#[test]
fn space_is_given_back() {
    let text = "words that take room ".repeat(400);
    let mut script = String::new();
    for session in 1..=20 {
        script += &format!("{session} start s{session}\n");
        for _ in 0..20 {
            script += &format!("{session} log s{session} {{\"message\":\"{text}\"}}\n");
        }
        script += &format!("{session} close\n");
    }
    let mut kept = Kept::new();
    kept.play(&script);
    let size = |kept: &Kept| std::fs::metadata(kept.path()).expect("a file").len();
    prune(&mut kept, None, None);
    let (before, used) = (size(&kept), kept.reader().used_bytes().expect("bytes"));
    assert!(used > 3_000_000, "{used}");
    let half = used / 2;
    let pruned = prune(&mut kept, None, Some(half));
    assert!((9..=12).contains(&pruned), "{pruned}");
    let used = kept.reader().used_bytes().expect("bytes");
    assert!(used <= half, "{used} of {half}");
    assert!(size(&kept) < before * 6 / 10, "{} of {before}", size(&kept));
    assert_eq!(kept.rows("PRAGMA freelist_count"), "0\n");
    let left = kept.rows("SELECT min(id), max(id) FROM runs");
    assert_eq!(left, format!("{} 20\n", pruned + 1));
}

#[test]
fn a_store_that_is_too_large_is_pruned_bit_by_bit() {
    let mut script = String::new();
    for session in 1..=3 {
        for span in 0..1_200 {
            script += &format!("{session} start s{session}x{span}\n");
        }
        script += &format!("{session} close\n");
    }
    let mut kept = Kept::new();
    kept.play(&script);
    let store = kept.store.take().expect("open");
    let mut store = store.with_max_bytes(Some(1));
    let mut slices = 0;
    while store.tidy().expect("pruned") {
        slices += 1;
        // Whoever reads sees whole runs only.
        let runs = kept.reader().runs(&Default::default(), 9).expect("runs");
        assert!(runs.iter().all(|run| run.spans == 1_200), "{runs:?}");
    }
    assert_eq!(slices, 9, "1,200 spans go in three slices");
    assert_eq!(kept.rows("SELECT count(*) FROM events"), "0\n");
}

#[test]
fn a_span_that_said_much_goes_bit_by_bit_too() {
    let mut kept = Kept::new();
    kept.play(&format!("1 start a\n{}1 close", "1 log a\n".repeat(2_500)));
    let store = kept.store.take().expect("open");
    let mut store = store.with_max_bytes(Some(1));
    let mut left = vec![2_501];
    while store.tidy().expect("pruned") {
        let events = kept.rows("SELECT count(*) FROM events");
        left.push(events.trim().parse().expect("a count"));
    }
    let most = left.windows(2).map(|two| two[0] - two[1]).max();
    assert!(most <= Some(1_000), "{left:?}");
    assert_eq!(left.last(), Some(&0));
    assert_eq!(kept.rows("SELECT count(*) FROM words('said')"), "0\n");
}

#[test]
fn what_was_killed_in_the_midst_of_it_goes_on() {
    let mut kept = four();
    let sql = "UPDATE runs SET doomed = 1 WHERE id = 2";
    let other = rusqlite::Connection::open(kept.path()).expect("a store");
    other.execute(sql, []).expect("doomed");
    drop(other);
    let stays = rest(&kept, &[2]);
    let store = kept.store.as_mut().expect("open");
    while store.tidy().expect("pruned") {}
    assert_eq!(all(&kept), stays);
}

#[test]
fn a_run_that_is_being_pruned_is_not_shown() {
    let kept = kept("1 start a\n1 close\n2 start b\n2 close");
    let other = rusqlite::Connection::open(kept.path()).expect("a store");
    other
        .execute("UPDATE runs SET doomed = 1 WHERE id = 2", [])
        .expect("doomed");
    let reader = kept.reader();
    assert_eq!(reader.runs(&Default::default(), 9).expect("runs").len(), 1);
    assert_eq!(reader.find("last").expect("a run").run, 1);
    assert!(reader.find("2").is_err());
}

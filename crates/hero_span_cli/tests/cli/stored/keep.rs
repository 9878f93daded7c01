//! Where `hero-span collect` keeps what comes, and when it does not.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Home, PATIENCE, three_runs};
use crate::common::{Collector, end, hero_span, run, run_to_the_end, start};

#[test]
fn what_is_kept_is_private() {
    let home = three_runs();
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&home.store()), 0o600);
    assert_eq!(mode(home.store().parent().expect("a directory")), 0o700);
}

#[test]
fn none_keeps_nothing() {
    let home = Home::new();
    let collector = home.collect(&["--store", "none", "--once"]);
    collector.send(&[start(1, None), end(1, "ok")]);
    assert_eq!(collector.finish().code, Some(0));
    assert_eq!(fs::read_dir(home.path()).expect("readable").count(), 0);
}

#[test]
fn a_store_can_lie_anywhere() {
    let home = Home::new();
    let store = home.path().join("other.db");
    let store = store.to_str().expect("text");
    let collector = home.collect(&["--store", store, "--once"]);
    collector.send(&[start(1, None), end(1, "ok")]);
    assert_eq!(collector.finish().code, Some(0));
    assert!(!home.store().exists());
    let shown = home.shown(&["show", "--store", store, "--stable"]);
    assert!(shown.contains("✓ n1  step"), "{shown}");
}

/// A collector that cannot use its usual store says so, and goes on.
#[track_caller]
fn check_goes_on(home: &Home, expected: &str) {
    let collector = home.collect(&["--once", "--stable", "--view", "trees"]);
    let place = home.path().display().to_string();
    let said = collector.said.replace(&place, "HOME");
    let (before, _) = said.split_once("export ").expect("it listens");
    assert_eq!(before, expected);
    collector.send(&[start(1, None), end(1, "ok")]);
    assert!(collector.finish().stdout.contains("✓ n1"));
}

#[test]
fn a_usual_store_out_of_reach_is_said_and_it_goes_on() {
    let home = Home::new();
    fs::write(home.path().join("var"), "in the way").expect("written");
    check_goes_on(
        &home,
        "hero-span: HOME/var/hero-span: cannot make a private directory: Not a directory (os error 20): choose another place; nothing is kept\n",
    );
}

#[test]
fn a_usual_store_that_another_collector_has_is_said_and_it_goes_on() {
    let home = Home::new();
    let first = home.collect(&["--view", "none"]);
    check_goes_on(
        &home,
        "hero-span: HOME/var/hero-span/spans.db: expected to be its only collector, found one that holds HOME/var/hero-span/spans.db.lock: stop it, or choose another path; nothing is kept\n",
    );
    home.stop(first);
}

#[test]
fn what_would_be_neither_kept_nor_shown_is_refused() {
    let home = Home::new();
    fs::write(home.path().join("var"), "in the way").expect("written");
    let socket = home.path().join("s");
    let mut command = home.command();
    command.args(["collect", "--view", "none", "--listen"]);
    let refused = run_to_the_end(command.arg(&socket));
    assert_eq!(refused.code, Some(2));
    let place = home.path().display().to_string();
    let said = refused.stderr.replace(&place, "HOME");
    insta::assert_snapshot!(said, @"hero-span: HOME/var/hero-span: cannot make a private directory: Not a directory (os error 20): choose another place; with --view none, what comes would be neither kept nor shown: leave it out, or name a store with --store");
    assert!(!socket.exists(), "it does not listen");
    // Who says that nothing is to be kept means it.
    let collector = home.collect(&["--view", "none", "--store", "none"]);
    home.stop(collector);
}

/// A file that is no store of ours is refused, and stays as it is; also the
/// usual one, which somebody has to look at.
#[track_caller]
fn check_refused(prepare: impl Fn(&Path), expected: &str) {
    for explicit in [false, true] {
        let home = three_runs();
        prepare(&home.store());
        let before = fs::read(home.store()).expect("readable");
        let store = home.store().display().to_string();
        let args: &[&str] = if explicit { &["--store", &store] } else { &[] };
        let socket = home.path().join("s");
        let mut command = home.command();
        command
            .args(["collect", "--listen"])
            .arg(&socket)
            .args(args);
        let refused = run(&mut command);
        let place = home.path().display().to_string();
        assert_eq!(refused.stderr.replace(&place, "HOME"), expected);
        assert_eq!(refused.code, Some(2));
        assert!(!socket.exists(), "it does not listen");
        for command in ["runs", "show", "export", "rebuild"] {
            assert_eq!(home.run(&[command]).code, Some(2), "{command}");
        }
        assert_eq!(
            fs::read(home.store()).expect("readable"),
            before,
            "untouched"
        );
    }
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let text = |path: &Path| fs::write(path, "dear diary, ".repeat(1000)).expect("written");
    check_refused(
        text,
        "hero-span: HOME/var/hero-span/spans.db: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed\n",
    );
    // Where SQLite keeps the version that we gave it.
    let newer = |path: &Path| {
        let mut bytes = fs::read(path).expect("readable");
        bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        fs::write(path, bytes).expect("written");
    };
    check_refused(
        newer,
        "hero-span: HOME/var/hero-span/spans.db: expected a store of version 1 or older, found version 99: use a newer hero-span, or choose another path; nothing was changed\n",
    );
}

#[test]
fn an_explicit_store_out_of_reach_is_refused() {
    let store = "/dev/null/spans.db";
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = hero_span();
    command.args(["collect", "--store", store, "--listen"]);
    let refused = run(command.arg(directory.path().join("s")));
    assert_eq!(refused.code, Some(2));
    insta::assert_snapshot!(refused.stderr, @"hero-span: /dev/null/spans.db.lock: cannot open the lock file: Not a directory (os error 20)");
}

#[test]
fn old_runs_make_room_for_new_ones() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none", "--store-limit", "1MiB"]);
    let bulk = "x".repeat(4_000);
    for number in 1..=60 {
        let log = format!(
            "{{\"type\":\"span_log\",\"span_id\":\"{number:016x}\",\"ts_ms\":2,\"message\":\"{bulk}\"}}\n"
        );
        let logs = vec![log; 20];
        let lines = [vec![start(number, None)], logs, vec![end(number, "ok")]].concat();
        collector.send(&lines);
    }
    let begun = Instant::now();
    let has_all = || home.json(&["runs", "--json", "-n", "1"])[0]["run"] == 60;
    while !has_all() || used(&home) > 1 << 20 {
        assert!(begun.elapsed() < PATIENCE, "it stays too large");
        sleep(Duration::from_millis(50));
    }
    home.stop(collector);
    let runs = home.json(&["runs", "--json", "-n", "100"]);
    let numbers = runs.as_array().expect("a list").iter();
    let numbers: Vec<_> = numbers.filter_map(|run| run["run"].as_u64()).collect();
    let newest: Vec<_> = (61 - numbers.len() as u64..=60).rev().collect();
    assert_eq!(numbers, newest, "the oldest go");
    assert!((1..60).contains(&numbers.len()), "{numbers:?}");
}

fn used(home: &Home) -> u64 {
    let report = home.run(&["doctor", "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    report["store"]["used_bytes"].as_u64().expect("a number")
}

/// A run that goes on and says more than the store may hold; what was said on
/// standard error, and the home.
fn overfull(level: Option<&str>) -> (Home, String) {
    let home = Home::new();
    let mut command = hero_span();
    command.stdout(Stdio::null());
    command.envs(level.map(|level| ("HERO_SPAN_LOG", level)));
    let collector = Collector::spawn_at_home(home.path(), command, &["--store-limit", "512KiB"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    let log = format!(
        "{{\"type\":\"span_log\",\"span_id\":\"0000000000000001\",\"ts_ms\":2,\"message\":\"{}\"}}\n",
        "x".repeat(4_000)
    );
    // What is over the limit is seen within a second, and what comes after
    // that is not kept.
    for _ in 0..2 {
        stream.write_all(log.repeat(200).as_bytes()).expect("sent");
        sleep(Duration::from_millis(2_500));
    }
    drop(stream);
    let finished = home.stop(collector);
    (home, finished.stderr)
}

#[test]
fn what_cannot_be_kept_is_counted_and_told() {
    let (home, said) = overfull(None);
    let said = said.replace(&home.path().display().to_string(), "HOME");
    let complaint = said.lines().find(|line| line.contains("ERROR"));
    let complaint = complaint
        .and_then(|line| line.split_once("ERROR "))
        .map(|(_, text)| text);
    insta::assert_snapshot!(complaint.unwrap_or_default(), @"HOME/var/hero-span/spans.db: expected at most 524288 bytes, found more, in runs that are not over: allow it more with --store-limit; what comes meanwhile is counted, and trying goes on");
    assert!(home.shown(&["runs"]).contains(" not kept"));
    assert!(
        home.shown(&["show"])
            .contains(" events came and could not be kept")
    );
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor.stdout.contains("--store-limit too low?"),
        "{}",
        doctor.stdout
    );
    let export = home.run(&["export"]);
    assert_eq!(export.code, Some(0));
    assert!(
        export
            .stderr
            .contains("could not be kept, and are not written"),
        "{}",
        export.stderr
    );
}

#[test]
fn a_service_says_as_much_as_it_is_asked() {
    let (_, said) = overfull(Some("off"));
    assert_eq!(said.lines().count(), 1, "only how much it was: {said}");
}

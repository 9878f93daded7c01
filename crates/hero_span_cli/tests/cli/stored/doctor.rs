//! `hero-span doctor`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

use serde_json::Value;

use super::{Home, three_runs};
use crate::common::{Collector, run_to_the_end};

/// What doctor says, with the exit code that it has.
#[track_caller]
fn report(home: &Home, args: &[&str], code: i32) -> Value {
    let finished = home.run(&[&["doctor", "--json"], args].concat());
    assert_eq!(
        finished.code,
        Some(code),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    let place = home.path().display().to_string();
    let report = finished.stdout.replace(&place, "HOME");
    serde_json::from_str(&report).expect("JSON")
}

fn problems(report: &Value) -> String {
    let problems = report["problems"].as_array().expect("a list").iter();
    let problems: Vec<_> = problems.map(|text| text.as_str().expect("text")).collect();
    problems.join("\n")
}

#[test]
fn all_is_well_while_a_collector_works() {
    let home = three_runs();
    let collector = home.collect(&["--view", "none"]);
    for args in [&[][..], &["--thorough"]] {
        let report = report(&home, args, 0);
        assert_eq!(
            (&report["well"], problems(&report)),
            (&true.into(), String::new())
        );
        let store = &report["store"];
        assert_eq!((&store["runs"], &store["spans"]), (&3.into(), &6.into()));
        assert_eq!(store["events"], 13);
        assert_eq!(store["collector"]["is_alive"], true);
        assert_eq!(store["collector"]["pid"], collector.child.id());
    }
    let shown = home.shown(&["doctor"]);
    assert!(shown.contains("3 runs, 6 spans, 13 events"), "{shown}");
    assert!(!shown.contains('✗'), "{shown}");
    home.stop(collector);
}

#[test]
fn a_collector_that_is_gone_is_told_from_one_that_was_killed() {
    let home = three_runs();
    let listen = home.path().join("s").display().to_string();
    let ended = home.run(&["doctor", "--listen", &listen]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains(", ended "), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("start hero-span collect"),
        "{}",
        ended.stdout
    );
    let mut collector: Collector = home.collect(&["--view", "none"]);
    collector.child.kill().expect("killed");
    collector.child.wait().expect("ended");
    let killed = home.run(&["doctor", "--listen", &listen]);
    assert!(
        killed.stdout.contains(", was cut off after "),
        "{}",
        killed.stdout
    );
}

#[test]
fn without_a_store_it_says_so() {
    let home = Home::new();
    let listen = home.path().join("s").display().to_string();
    let report = report(&home, &["--listen", &listen], 1);
    assert_eq!(report["store"], Value::Null);
    insta::assert_snapshot!(problems(&report), @"
    HOME/var/hero-span/spans.db: expected a store, found none: run hero-span collect once, or say where it is with --store PATH
    HOME/s: No such file or directory (os error 2): nobody collects: start hero-span collect
    ");
}

#[test]
fn a_store_that_others_can_read_is_a_fault() {
    let home = three_runs();
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(home.store(), open).expect("opened");
    let collector = home.collect(&["--view", "none"]);
    let report = report(&home, &[], 1);
    insta::assert_snapshot!(problems(&report), @"HOME/var/hero-span/spans.db: others can read it (mode 644): chmod 600 HOME/var/hero-span/spans.db");
    home.stop(collector);
}

#[test]
fn a_damaged_store_is_a_fault() {
    let home = three_runs();
    let mut bytes = fs::read(home.store()).expect("readable");
    let from = bytes.len() / 2;
    bytes[from..].fill(0x5a);
    fs::write(home.store(), bytes).expect("written");
    let listen = home.path().join("s").display().to_string();
    let report = report(&home, &["--listen", &listen], 1);
    assert!(problems(&report).contains("damaged"), "{report:#}");
}

#[test]
fn to_look_is_not_to_make() {
    let home = Home::new();
    let runtime = home.path().join("run");
    for runtime in [None, Some(&runtime)] {
        let mut command = home.command();
        command.env_remove("XDG_RUNTIME_DIR").arg("doctor");
        command.envs(runtime.map(|place| ("XDG_RUNTIME_DIR", place)));
        let finished = run_to_the_end(&mut command);
        assert_eq!((finished.code, &*finished.stderr), (Some(1), ""));
        let todo = "nobody collects: start hero-span collect";
        assert!(finished.stdout.contains(todo), "{}", finished.stdout);
        let left = fs::read_dir(home.path()).expect("readable").count();
        assert_eq!(left, 0);
    }
}

#[test]
fn a_listener_that_does_not_write_to_the_store_is_a_fault() {
    let home = three_runs();
    let other = Collector::start(&["--store", "none"]);
    let listen = other.path.display().to_string();
    let said = |home: &Home| {
        let report = report(home, &["--listen", &listen], 1);
        assert_eq!(report["socket"]["listens"], true);
        problems(&report).replace(&listen, "SOCKET")
    };
    insta::assert_snapshot!(said(&home), @"SOCKET: expected the collector that writes to HOME/var/hero-span/spans.db, found another, and nobody writes there: stop it, and start hero-span collect");
    // The collector of the store listens elsewhere.
    let collector = home.collect(&["--view", "none"]);
    let own = collector.path.display().to_string();
    insta::assert_snapshot!(said(&home).replace(&own, "ANOTHER"), @"SOCKET: expected the collector that writes to HOME/var/hero-span/spans.db and listens at ANOTHER, found another: send flows to that one");
    assert_eq!(report(&home, &[], 0)["socket"]["path"], own);
    home.stop(collector);
    // Nothing was ever kept.
    insta::assert_snapshot!(said(&Home::new()), @"
    HOME/var/hero-span/spans.db: expected a store, found none: run hero-span collect once, or say where it is with --store PATH
    SOCKET: expected the collector that writes to HOME/var/hero-span/spans.db, found another, and nobody writes there: stop it, and start hero-span collect
    ");
}

#[test]
fn a_socket_that_takes_no_connection_is_not_waited_for() {
    let home = three_runs();
    let path = home.path().join("s");
    let (_listener, _waiting) = full(&path);
    let listen = path.display().to_string();
    let finished = run_to_the_end(home.command().args(["doctor", "--listen", &listen]));
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let todo = "it takes no connection";
    assert!(finished.stdout.contains(todo), "{}", finished.stdout);
}

/// A socket with as many that wait as it lets wait.
fn full(path: &std::path::Path) -> (UnixListener, UnixStream) {
    let listener = UnixListener::bind(path).expect("bound");
    // One waits and no other: that is what none means.
    rustix::net::listen(&listener, 0).expect("listening");
    let waiting = UnixStream::connect(path).expect("it waits");
    (listener, waiting)
}

#[test]
fn a_collector_that_was_not_heard_of_for_long_is_a_fault() {
    let home = three_runs();
    let socket = home.path().join("s");
    let _listener = UnixListener::bind(&socket).expect("bound");
    let socket = socket.display().to_string();
    home.pretend_to_collect(&socket, 2);
    assert_eq!(
        report(&home, &[], 0)["store"]["collector"]["is_alive"],
        true
    );
    home.pretend_to_collect(&socket, 2 * 86_400 + 60);
    let report = report(&home, &[], 1);
    let own = format!("process {}", std::process::id());
    let said = problems(&report).replace(&own, "process PID");
    insta::assert_snapshot!(said, @"HOME/var/hero-span/spans.db: expected its collector to write every second, found that process PID did so 2 d 0 h ago: is it stopped, or the disk full or slow?");
}

//! Where a run is kept, and by whom.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::{Place, flow_of, signal, wait_until};
use crate::common::{Collector, run};

const SPANS: &str = "\
with flow.span(\"load\"):
    pass
with flow.span(\"store\"):
    pass
print(\"well\")
return 1";

/// The flow's own words about its spans.
fn kept_whole(place: &Place, name: &str) -> bool {
    let found = place.execution(name);
    let runs = place.runs();
    let mut runs = runs.as_array().into_iter().flatten();
    let run = runs.find(|run| run["run"].as_u64() == found.run);
    let spans = run.map(|run| run["spans"].clone());
    found.state == "ok" && spans == Some(3.into())
}

#[test]
fn a_collector_that_writes_to_the_store_gets_the_spans() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let collector = Collector::spawn_at_home(
        &place.path("hero"),
        {
            let mut command = place.command(&[]);
            command.stdout(Stdio::null());
            command
        },
        &["--view", "none"],
    );
    let finished = place.run(&["run", "flow.py", "--id", "it"]);
    assert_eq!(finished.code, Some(0));
    assert_eq!(
        place.collectors(),
        [collector.child.id()],
        "no other is started"
    );
    assert!(kept_whole(&place, "it"));
    collector.signal(Signal::TERM);
    assert_eq!(collector.finish().code, Some(0));
}

#[test]
fn without_one_a_collector_is_started_that_serves_the_next_run_too() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    for name in ["one", "two"] {
        assert_eq!(place.run(&["run", "flow.py", "--id", name]).code, Some(0));
        assert!(kept_whole(&place, name), "as soon as it is told");
    }
    let collector = place.reader().collector().expect("readable").expect("one");
    assert_eq!(place.collectors(), [collector.pid]);
    assert!(collector.is_alive);
}

#[test]
fn a_collector_ends_when_it_was_idle_for_long_enough() {
    let place = Place::new();
    let mut command = place.command(&[]);
    command.stdout(Stdio::piped());
    let collector = Collector::spawn(command, &["--until-idle", "300ms", "--stable"]);
    // It stays for as long as somebody is connected.
    let open = collector.connect();
    std::thread::sleep(Duration::from_millis(600));
    drop(collector.connect());
    collector.send(&[crate::common::start(1, None), crate::common::end(1, "ok")]);
    drop(open);
    let path = collector.path.clone();
    let finished = collector.finish();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stdout.contains("✓ n1"), "{}", finished.stdout);
    assert!(!path.exists());
}

#[test]
fn a_run_that_says_nothing_for_long_is_kept_all_the_same() {
    let code = format!("import time\ntime.sleep(1)\n{}", flow_of(SPANS));
    let place = Place::with("flow.py", &code);
    let mut command = place.command(&[]);
    command.stdout(Stdio::null());
    let args = ["--view", "none", "--until-idle", "400ms"];
    let collector = Collector::spawn_at_home(&place.path("hero"), command, &args);
    let finished = place.run(&["run", "flow.py", "--id", "it"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!finished.stderr.contains('!'), "{}", finished.stderr);
    assert!(kept_whole(&place, "it"));
    assert_eq!(collector.finish().code, Some(0), "it ends by itself");
}

#[test]
fn five_runs_at_once_in_a_new_store_are_kept_whole() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let names = ["a", "b", "c", "d", "e"];
    let running = names.map(|name| {
        let mut command = place.command(&["run", "flow.py", "--id", name]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    });
    for child in running {
        let output = child.wait_with_output().expect("ended");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains('!'), "{stderr}");
    }
    for name in names {
        assert!(
            kept_whole(&place, name),
            "{name}: {:?}",
            place.execution(name)
        );
    }
    assert_eq!(place.collectors().len(), 1);
}

#[test]
fn nothing_is_kept_if_asked() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let finished = place.run(&["run", "flow.py", "--store", "none"]);
    assert_eq!(finished.code, Some(0));
    assert!(!place.path("hero/var/hero-span").exists());
    assert!(place.collectors().is_empty());
}

#[test]
fn a_store_of_its_own_has_a_collector_of_its_own() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let args = ["run", "flow.py", "--id", "it", "--store", "own.db"];
    assert_eq!(place.run(&args).code, Some(0));
    assert!(!place.store().exists());
    let shown = place.run(&["runs", "--store", "own.db"]);
    assert!(shown.stdout.contains("nightly"), "{shown:?}");
}

#[test]
fn a_store_may_lie_deeper_than_a_socket_can() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let deep = "x".repeat(100);
    place.write(&format!("{deep}/other"), "");
    let store = format!("{deep}/own.db");
    for name in ["one", "two"] {
        let finished = place.run(&["run", "flow.py", "--id", name, "--store", &store]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    let shown = place.run(&["runs", "--store", &store]);
    assert_eq!(shown.stdout.matches("nightly").count(), 2, "{shown:?}");
    assert_eq!(place.collectors().len(), 1);
}

#[test]
fn where_nothing_can_be_kept_it_is_told_and_nothing_is_started() {
    let marks = flow_of("open(\"ran\", \"w\").write(\"yes\")");
    let place = Place::with("flow.py", &marks);
    place.write("junk.db", "no store");
    let refused = |store: &str| {
        let finished = place.run(&["run", "flow.py", "--id", "it", "--store", store]);
        assert_eq!(
            (finished.code, &*finished.stdout),
            (Some(2), ""),
            "{finished:?}"
        );
        place.steady(&finished.stderr)
    };
    insta::assert_snapshot!(refused("junk.db"), @"hero-span: the run it: cannot be written down: DIR/work/junk.db: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed");
    insta::assert_snapshot!(refused("gone/spans.db"), @"hero-span: the run it: cannot be written down: DIR/work/gone/spans.db: cannot make the store: No such file or directory (os error 2)");
    insta::assert_snapshot!(refused("/dev/null/spans.db"), @"hero-span: the run it: cannot be written down: /dev/null/spans.db: cannot make the store: Not a directory (os error 20)");
    assert_eq!(place.read("ran"), "");
    assert_eq!(place.read("junk.db"), "no store");
}

#[test]
fn spans_go_where_the_environment_says() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    let mut command = place.command(&[]);
    command.stdout(Stdio::piped());
    let args = ["--store", "none", "--once", "--view", "trees", "--stable"];
    let collector = Collector::spawn(command, &args);
    let mut command = place.command(&["run", "flow.py", "--store", "none"]);
    let finished = run(command.env("HERO_FLOW_SPAN_SOCK", &collector.path));
    assert_eq!(finished.code, Some(0));
    insta::assert_snapshot!(collector.finish().stdout, @"
    run 1  3 spans
    ✓ nightly  flow
    ├─ ✓ load  span
    └─ ✓ store  span
    ");
}

#[test]
fn a_run_is_found_by_its_id() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    place.run(&["run", "flow.py", "--id", "the-first"]);
    place.run(&["run", "flow.py", "--id", "the-second"]);
    let by_id = place.run(&["show", "the-first", "--stable"]);
    let by_number = place.run(&["show", "1", "--stable"]);
    assert_eq!(by_id.code, Some(0), "{by_id:?}");
    assert_eq!(by_id.stdout, by_number.stdout);
    let taken = place.run(&["run", "flow.py", "--id", "the-first"]);
    assert_eq!((taken.code, &*taken.stdout), (Some(2), ""));
    insta::assert_snapshot!(place.steady(&taken.stderr), @r#"hero-span: the run the-first: cannot be written down: DIR/hero/var/hero-span/spans.db: expected a name that no execution has, found "the-first", which one has: choose another"#);
}

#[test]
fn a_run_goes_on_when_its_collector_is_killed_and_says_so() {
    let body = "\
open(\"there\", \"w\").write(\"yes\")
while not os.path.exists(\"go\"):
    time.sleep(0.01)
for _ in range(3):
    with flow.span(\"load\"):
        time.sleep(0.05)
return 1";
    let place = Place::with("flow.py", &flow_of(body));
    let running = place.start(&["run", "flow.py", "--id", "it"], "there");
    wait_until("its spans are kept", || place.execution("it").run.is_some());
    for pid in place.collectors() {
        signal(pid, Signal::KILL);
    }
    wait_until("it is gone", || place.collectors().is_empty());
    place.write("go", "now");
    let finished = running.finish();
    assert_eq!(finished.code, Some(0));
    insta::assert_snapshot!(finished.stderr, @"
    4 spans, TIME
    ✓ nightly  flow  TIME
    ├─ ✓ load  span  TIME
    ├─ ✓ load  span  TIME
    └─ ✓ load  span  TIME
    nightly ok in TIME: 1
    ! the collector went away: not all of it is kept
    run 1, it: see hero-span show 1
    ");
    assert_eq!(place.execution("it").state, "ok");
}

/// The collector and the record are there when the supervisor cannot be started.
#[test]
fn a_run_that_could_not_be_started_has_an_end() {
    let place = Place::with("flow.py", &flow_of(SPANS));
    place.run(&["run", "flow.py"]);
    let run = env!("CARGO_BIN_EXE_hero-span");
    let begun = (14..40).find_map(|limit| {
        let name = format!("with-{limit}");
        let script = format!("ulimit -n {limit}; exec {run} run flow.py --id {name}");
        let finished = crate::common::run(place.program("sh").args(["-c", &script]));
        let found = place.reader().execution(&name).expect("readable")?;
        Some((finished, found))
    });
    let (finished, found) = begun.expect("it is written down");
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(found.state, "not_started");
    let told = finished
        .stderr
        .trim()
        .replace("hero-span: ", "not started: ");
    assert_eq!(found.told, Some(told));
}

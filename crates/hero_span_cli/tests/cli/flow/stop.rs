//! A run that somebody ends before its time.

use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Place, STUBBORN, WAITS, flow_of, wait_until};
use crate::common::PATIENCE;

#[test]
fn ctrl_c_cancels_the_flow_and_the_spans_that_are_open() {
    let place = Place::with("flow.py", &flow_of(WAITS));
    let running = place.start(&["run", "flow.py", "--id", "it"], "there");
    running.signal(Signal::INT);
    let finished = running.finish();
    assert_eq!(finished.code, Some(130));
    let frames = finished
        .stderr
        .lines()
        .filter(|line| line.contains("  File "));
    let frames: Vec<_> = frames.map(str::trim).collect();
    let own = r#"File "DIR/work/flow.py", line 9, in nightly"#;
    assert_eq!(frames, [own], "none of what called it");
    let told = finished.stderr.lines().rev().take(2);
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    run 1, it: see hero-span show 1
    nightly cancelled by SIGINT after TIME
    ");
    assert_eq!(place.execution("it").state, "cancelled");
    let tree = place.run(&["show", "1", "--stable"]);
    insta::assert_snapshot!(tree.stdout, @r#"
    run 1  3 spans, 3 cancelled
    ⊘ nightly  flow  cancelled
    └─ ⊘ load  span  cancelled
       └─ ⊘ Db.fetch  span  cancelled  kind="rpc"
             ! KeyboardInterrupt
    "#);
}

#[test]
fn other_signals_that_end_programs_do_the_same() {
    for number in [Signal::TERM, Signal::HUP] {
        let place = Place::with("flow.py", &flow_of(WAITS));
        let running = place.start(&["run", "flow.py", "--store", "none", "--json"], "there");
        running.signal(number);
        let finished = running.finish();
        assert_eq!(finished.code, Some(130), "{number:?}");
        assert!(finished.stdout.contains(r#""by":"SIGINT""#), "{finished:?}");
    }
}

/// A terminal sends it to all that were started from it.
#[test]
fn ctrl_c_is_meant_for_the_flow_once() {
    let body = "\
def count(*_):
    open(\"counted\", \"a\").write(\"x\")
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, count)
open(\"there\", \"w\").write(\"yes\")
try:
    time.sleep(600)
finally:
    time.sleep(0.2)";
    let place = Place::with("flow.py", &flow_of(body));
    let running = place.start_apart(&["run", "flow.py", "--id", "it"], "there");
    let group = i32::try_from(running.child.id())
        .ok()
        .and_then(Pid::from_raw);
    kill_process_group(group.expect("a process id"), Signal::INT).expect("sent");
    let finished = running.finish();
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert_eq!(place.read("counted"), "x");
    assert_eq!(place.collectors().len(), 1, "it is no part of that");
}

#[test]
fn the_second_ctrl_c_kills() {
    let place = Place::with("flow.py", &flow_of(STUBBORN));
    let args = [
        "run", "flow.py", "--id", "it", "--store", "none", "--grace", "10m",
    ];
    let running = place.start(&args, "there");
    let begun = Instant::now();
    running.signal(Signal::INT);
    std::thread::sleep(std::time::Duration::from_millis(100));
    running.signal(Signal::INT);
    let finished = running.finish();
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(finished.code, Some(130));
    insta::assert_snapshot!(finished.stderr, @"
    1 span, 1 left open, TIME
    ○ nightly  flow  open, producer gone; last heard its start
    nightly cancelled by SIGKILL after TIME inside nightly, open for TIME
    ");
}

#[test]
fn stop_ends_a_run_by_its_id_or_its_number() {
    let place = Place::with("flow.py", &flow_of(WAITS));
    for asked in ["it", "2"] {
        let id = if asked == "it" { "it" } else { "other" };
        let running = place.start(&["run", "flow.py", "--id", id], "there");
        wait_until("its spans are kept", || place.execution(id).run.is_some());
        let stopped = place.run(&["stop", asked]);
        assert_eq!((stopped.code, &*stopped.stderr), (Some(0), ""));
        assert_eq!(
            place.steady(&stopped.stdout),
            format!("{id} cancelled by SIGINT after TIME\n")
        );
        assert_eq!(running.finish().code, Some(130));
        std::fs::remove_file(place.path("work/there")).expect("removed");
    }
}

#[test]
fn stop_waits_for_a_run_that_cleans_up() {
    let body = "\
try:
    open(\"there\", \"w\").write(\"yes\")
    time.sleep(600)
finally:
    with flow.span(\"clean up\"):
        time.sleep(0.5)";
    let place = Place::with("flow.py", &flow_of(body));
    let running = place.start(&["run", "flow.py", "--id", "it", "--grace", "30s"], "there");
    let stopped = place.run(&["stop", "it"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(
        running.finish().stderr.contains("✓ clean up"),
        "it had the time"
    );
}

#[test]
fn stop_gives_a_stubborn_run_no_time_if_asked() {
    let place = Place::with("flow.py", &flow_of(STUBBORN));
    let args = ["run", "flow.py", "--id", "it", "--grace", "10m"];
    let running = place.start(&args, "there");
    let stopped = place.run(&["stop", "it", "--kill"]);
    insta::assert_snapshot!(place.steady(&stopped.stdout), @"it cancelled by SIGKILL after TIME inside nightly, open for TIME");
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert_eq!(running.finish().code, Some(130));
}

#[test]
fn what_cannot_be_stopped_is_told() {
    let place = Place::with("flow.py", &flow_of("pass"));
    place.run(&["run", "flow.py", "--id", "it"]);
    let refused = |asked: &str| {
        let finished = place.run(&["stop", asked]);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        place.steady(&finished.stderr)
    };
    insta::assert_snapshot!(refused("it"), @"hero-span: expected a run that goes on, found one that is over: it ok in TIME");
    insta::assert_snapshot!(refused("1"), @"hero-span: expected a run that goes on, found one that is over: it ok in TIME");
    insta::assert_snapshot!(refused("nobody"), @r#"hero-span: DIR/hero/var/hero-span/spans.db: expected a run, found none that is called "nobody": hero-span runs lists them"#);
    insta::assert_snapshot!(refused("77"), @r#"hero-span: DIR/hero/var/hero-span/spans.db: expected a run, found none that is called "77": hero-span runs lists them"#);
}

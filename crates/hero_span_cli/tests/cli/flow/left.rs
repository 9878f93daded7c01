//! What is left when `hero-span` itself is killed: nothing.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use super::{Place, flow_of, wait_until};
use crate::common::Finished;

/// Three processes that mind no signal, one of them in a session of its own.
const MANY: &str = "\
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    time.sleep(600)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(\"there\", \"w\").write(\"yes\")
    time.sleep(600)
time.sleep(600)";

fn directories(place: &Place) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(place.path("run")).expect("there").flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("hero-run-")
    });
    ours.map(|entry| entry.path()).collect()
}

#[test]
fn a_killed_hero_span_leaves_no_process_and_no_directory_for_long() {
    let place = Place::with("flow.py", &flow_of(MANY));
    let mut running = place.start(&["run", "flow.py", "--id", "it"], "there");
    assert!(
        place.processes().len() >= 5,
        "hero-span and the flow's four"
    );
    running.signal(Signal::KILL);
    running.child.wait().expect("ended");
    wait_until("only the collector is left", || {
        place.processes() == place.collectors()
    });
    assert_eq!(place.execution("it").state, "lost");
    let Finished { code, stderr, .. } = place.run(&["stop", "it"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"hero-span: expected a run that goes on, found one that is over: it lost: hero-span was killed");
    place.write("other.py", &flow_of("pass"));
    let left = directories(&place);
    assert_eq!(left.len(), 1);
    assert_eq!(place.run(&["run", "other.py"]).code, Some(0));
    assert_eq!(
        directories(&place),
        left,
        "it is young: it may be just being made"
    );
    let past = SystemTime::now() - Duration::from_secs(120);
    let directory = File::open(&left[0]).expect("there");
    directory.set_modified(past).expect("set");
    assert_eq!(place.run(&["run", "other.py"]).code, Some(0));
    assert_eq!(directories(&place).len(), 0);
}

#[test]
fn what_a_flow_leaves_behind_is_ended_with_it() {
    let leaves = "\
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
return \"done\"";
    let place = Place::with("flow.py", &flow_of(leaves));
    let finished = place.run(&["run", "flow.py", "--store", "none"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(place.processes().is_empty());
    assert_eq!(directories(&place).len(), 0);
}

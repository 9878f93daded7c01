//! The first flow that somebody runs.

use super::Place;
use crate::common::run;

const FLOW: &str = r#"
from hero_tracing import flow

@flow
def nightly(day: str = "monday", size: int = 3):
    """Loads a day."""
    print("loading", day)
    with flow.span("load"):
        with flow.span("Db.fetch"):
            print("fetched")
    return {"day": day, "size": size}

if __name__ == "__main__":
    nightly()
"#;

#[test]
fn one_command_shows_what_a_flow_prints_its_tree_its_result_and_its_time() {
    let place = Place::with("flow.py", FLOW);
    let finished = place.run(&["run", "flow.py", "--id", "first"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "loading monday\nfetched\n");
    insta::assert_snapshot!(place.steady(&finished.stderr), @r#"
    3 spans, TIME
    ✓ nightly  flow  TIME
    └─ ✓ load  span  TIME
       └─ ✓ Db.fetch  span  TIME
    nightly ok in TIME: {"day":"monday","size":3}
    run 1, first: see hero-span show 1
    "#);
    let found = place.execution("first");
    assert_eq!(
        (found.run, found.flow.as_deref()),
        (Some(1), Some("nightly"))
    );
    assert_eq!(found.file, place.path("work/flow.py").to_string_lossy());
}

#[test]
fn without_hero_span_it_prints_the_same_and_sends_nothing() {
    let place = Place::with("flow.py", FLOW);
    let under = place.run(&["run", "flow.py"]);
    let sdk = place.path("hero/var/flows/sdk");
    let mut python = place.program("python3");
    let alone = run(python.arg("flow.py").env("PYTHONPATH", sdk));
    assert_eq!((alone.code, alone.stderr.as_str()), (Some(0), ""));
    assert_eq!(alone.stdout, under.stdout);
    assert_eq!(place.runs().as_array().map(Vec::len), Some(1));
}

#[test]
fn quiet_leaves_only_what_the_flow_prints() {
    let place = Place::with("flow.py", FLOW);
    let finished = place.run(&["run", "flow.py", "--quiet"]);
    assert_eq!(finished.stdout, "loading monday\nfetched\n");
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""));
}

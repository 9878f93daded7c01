//! `hero-span run` from inside a flow.

use serde_json::Value;

use super::{Place, flow_of};

const CHILD: &str = "\
with flow.span(\"inner\"):
    print(os.environ.get(\"HERO_FLOW_DEADLINE_MS\"))
return 7";

/// Runs the child with these arguments, and says what came of it.
const PARENT: &str = "\
import json, subprocess
words = [os.environ[\"HERO_SPAN\"], \"run\", \"child.py\", \"--id\", \"child\", \"--json\"]
with flow.span(\"outer\"):
    began = time.monotonic()
    done = subprocess.run(words + json.loads(os.environ[\"ARGS\"]), env=flow.child_env(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    took = (time.monotonic() - began) * 1e3
    return {\"code\": done.returncode, \"end\": json.loads(done.stdout), \"printed\": done.stderr,
        \"took_ms\": took, \"deadline\": os.environ.get(\"HERO_FLOW_DEADLINE_MS\")}";

/// What the parent says of the child.
#[track_caller]
fn run(place: &Place, args: &[&str], child: &str) -> Value {
    place.write("child.py", &flow_of(CHILD));
    place.write("parent.py", &flow_of(PARENT));
    let program = concat!("HERO_SPAN=", env!("CARGO_BIN_EXE_hero-span"));
    let child = format!("ARGS={child}");
    let usual = ["run", "parent.py", "--id", "parent", "--json"];
    let with = ["--env", program, "--env", &child];
    let end = place.json(&[&usual[..], &with, args].concat());
    assert_eq!(end["exit_code"], 0, "{end}");
    end["result"].clone()
}

#[test]
fn it_hangs_under_the_calling_span_in_the_same_run() {
    let place = Place::new();
    let said = run(&place, &[], "[]");
    assert_eq!(
        (&said["code"], &said["end"]["result"]),
        (&0.into(), &7.into()),
        "{said}"
    );
    assert_eq!(said["end"]["run"], 1);
    assert_eq!(place.execution("parent").run, Some(1));
    assert_eq!(place.execution("child").run, Some(1));
    let shown = place.run(&["show", "1", "--stable"]);
    insta::assert_snapshot!(shown.stdout, @"
    run 1  4 spans, 2 processes
    ✓ nightly  flow
    └─ ✓ outer  span
       └─ ✓ nightly  flow  [another process]
          └─ ✓ inner  span
    ");
    assert_eq!(place.collectors().len(), 1);
}

#[test]
fn it_does_not_wait_for_the_flow_around_it() {
    let said = run(&Place::new(), &[], "[]");
    let ms = |value: &Value| value.as_f64().expect("a time");
    let beside = ms(&said["took_ms"]) - ms(&said["end"]["took_ms"]);
    assert!(beside < 1_900.0, "{beside} ms beside the flow itself");
}

#[test]
fn it_is_over_by_the_deadline_around_it() {
    let deadlines = |child: &str| {
        let said = run(&Place::new(), &["--timeout", "1h"], child);
        let own = said["printed"].as_str().expect("text").lines().next();
        let own: f64 = own.and_then(|at| at.parse().ok()).expect("a deadline");
        let around = said["deadline"].as_str().expect("text").parse::<f64>();
        (own, around.expect("a deadline"))
    };
    for child in ["[]", "[\"--timeout\", \"2h\"]"] {
        let (own, around) = deadlines(child);
        // Two clocks, each read at its own time.
        assert!((around - own).abs() < 1_000.0, "{child}: {own} in {around}");
    }
    let (own, around) = deadlines("[\"--timeout\", \"1m\"]");
    assert!(own < around - 3_000_000.0, "{own} in {around}");
}

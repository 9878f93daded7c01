//! Runs from inside a flow.

use super::Desk;

const OUTER: &str = r#"
import os, subprocess, sys
from hero_tracing import flow

@flow
def outer(program: str, timeout: str = "1m"):
    with flow.step("call"):
        done = subprocess.run(
            [program, "run", "--json", "--timeout", timeout, "inner.py"],
            env=flow.child_env(), stdout=subprocess.PIPE, text=True,
        )
        return done.returncode
"#;

const INNER: &str = r#"
import os, time
from hero_tracing import flow

@flow
def inner():
    with flow.step("within"):
        time.sleep(float(os.environ.get("SLEEP", "0")))
        return os.environ.get("HERO_FLOW_DEADLINE_MS")
"#;

const PROGRAM: &str = concat!("program=", env!("CARGO_BIN_EXE_hero-span"));

#[test]
fn a_run_from_inside_a_flow_hangs_under_its_span() {
    let desk = Desk::new(OUTER);
    desk.write("inner.py", INNER);
    let home = desk.path("home").display().to_string();
    let home = format!("HERO_HOME={home}");
    let json = desk.json("flow.py", &["-i", PROGRAM, "--env", &home]);
    assert_eq!(
        (&json["end"], &json["result"]),
        (&"ok".into(), &0.into()),
        "{json}"
    );
    let shown = desk.hero_span(&["show", "--stable"]);
    insta::assert_snapshot!(shown.stdout, @"
    run 1  4 spans, 2 processes
    ✓ outer  flow
    └─ ✓ call  step
       └─ ✓ inner  flow  [another process]
          └─ ✓ within  step
    ");
    let executions = desk.reader().executions_of(1).expect("read");
    let states: Vec<_> = executions.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["ok", "ok"]);
}

#[test]
fn its_deadline_is_not_after_that_of_the_flow() {
    let desk = Desk::new(INNER);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("a clock").as_secs_f64() * 1e3;
    let mut command = desk.command(&[
        "run",
        "--json",
        "flow.py",
        "--timeout",
        "1h",
        "--env",
        "SLEEP=60",
    ]);
    command.env("HERO_FLOW_DEADLINE_MS", (now + 2_000.0).to_string());
    let finished = crate::common::run_to_the_end(&mut command);
    assert_eq!(finished.code, Some(124), "{}", finished.stderr);
}

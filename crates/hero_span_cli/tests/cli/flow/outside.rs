//! What is around a flow, and what of it reaches it.

use super::{Place, flow_of};
use crate::common::run;

/// Names of modules that the SDK and the stub import.
const SHADOWS: &[&str] = &[
    "json.py",
    "socket.py",
    "contextvars.py",
    "threading.py",
    "inspect.py",
    "time.py",
    "hero_tracing.py",
];

#[test]
fn files_beside_a_flow_take_no_place_of_what_runs_it() {
    let place = Place::with("jobs/flow.py", &flow_of("print(\"well\")"));
    for name in SHADOWS {
        let raises = format!("raise RuntimeError(\"{name} was loaded\")\n");
        place.write(&format!("jobs/{name}"), &raises);
        place.write(name, &raises);
    }
    for (directory, file) in [("work", "jobs/flow.py"), ("work/jobs", "flow.py")] {
        let mut command = place.command(&["run", file, "--store", "none"]);
        let finished = run(command.current_dir(place.path(directory)));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(finished.stdout, "well\n");
    }
}

#[test]
fn a_flow_imports_what_lies_beside_it() {
    let code = flow_of("import helper\nprint(helper.WORD)");
    let place = Place::with("jobs/flow.py", &code);
    place.write("jobs/helper.py", "WORD = \"beside\"\n");
    place.write("helper.py", "WORD = \"here\"\n");
    let finished = place.run(&["run", "jobs/flow.py", "--store", "none"]);
    assert_eq!(finished.stdout, "beside\n");
}

#[test]
fn what_decides_what_is_loaded_does_not_reach_a_flow() {
    let code = flow_of(
        "for name in (\"PYTHONPATH\", \"PYTHONSTARTUP\", \"LD_PRELOAD\", \"SECRET\"):\n    print(name, os.environ.get(name))",
    );
    let place = Place::with("flow.py", &code);
    place.write("evil/hero_tracing.py", "raise RuntimeError(\"evil\")\n");
    place.write("evil/sitecustomize.py", "print(\"evil\")\n");
    let mut command = place.command(&["run", "flow.py", "--store", "none"]);
    command
        .env("PYTHONPATH", place.path("work/evil"))
        .env("PYTHONSTARTUP", place.path("work/evil/sitecustomize.py"))
        .env("LD_PRELOAD", "/no/such.so")
        .env("SECRET", "1");
    let finished = run(&mut command);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let stdout = place.steady(&finished.stdout);
    assert_eq!(
        stdout,
        "PYTHONPATH DIR/hero/var/flows/sdk\nPYTHONSTARTUP None\nLD_PRELOAD None\nSECRET None\n"
    );
}

#[test]
fn variables_that_are_named_reach_it() {
    let code = flow_of(
        "for name in (\"TOKEN\", \"DAY\", \"ABSENT\", \"EMPTY\"):\n    print(name, os.environ.get(name))",
    );
    let place = Place::with("flow.py", &code);
    let env = [
        "--env", "TOKEN", "--env", "DAY=a=b", "--env", "ABSENT", "--env", "EMPTY=",
    ];
    let args = [&["run", "flow.py", "--store", "none"][..], &env].concat();
    let finished = run(place.command(&args).env("TOKEN", "secret"));
    assert_eq!(
        finished.stdout,
        "TOKEN secret\nDAY a=b\nABSENT None\nEMPTY \n"
    );
}

#[test]
fn what_a_flow_may_not_be_given_is_told() {
    let place = Place::with("flow.py", &flow_of("pass"));
    let refused = |args: &[&str]| {
        let finished = place.run(&[&["run", "flow.py", "--store", "none"], args].concat());
        assert_eq!(
            (finished.code, &*finished.stdout),
            (Some(2), ""),
            "{args:?}"
        );
        place.steady(&finished.stderr)
    };
    insta::assert_snapshot!(refused(&["--env", "LD_PRELOAD"]), @r#"hero-span: the variable "LD_PRELOAD": expected one that a flow may inherit, found one that changes what programs load: give its value if the flow needs it"#);
    insta::assert_snapshot!(refused(&["--env", "PYTHONPATH=/x"]), @r#"hero-span: the variable "PYTHONPATH": expected one that a flow may be given, found one that only the executor sets: leave it out"#);
    insta::assert_snapshot!(refused(&["--env", "=x"]), @"
    hero-span: invalid value '=x' for '--env <NAME[=VALUE]>': expected NAME or NAME=VALUE, found no name

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&["--id", "../x"]), @r#"
    hero-span: invalid value '../x' for '--id <ID>': the run's name: expected 1 to 64 letters, digits, "_" or "-", found "../x": choose another

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(refused(&["--id", ""]), @r#"
    hero-span: invalid value '' for '--id <ID>': the run's name: expected 1 to 64 letters, digits, "_" or "-", found "": choose another

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(refused(&["--id", &"x".repeat(65)]), @r#"
    hero-span: invalid value 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' for '--id <ID>': the run's name: expected 1 to 64 letters, digits, "_" or "-", found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (65 bytes): choose another

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(refused(&["--input-json", "[1]"]), @"hero-span: [1]: expected the inputs as a JSON object, found: No such file or directory (os error 2)");
    assert!(
        !place.path("hero/var/hero-span").exists(),
        "nothing was kept"
    );
}

#[test]
fn a_deadline_that_is_none_is_no_reason_to_break() {
    let place = Place::with("flow.py", &flow_of("print(\"well\")"));
    for deadline in ["inf", "1e300", "9.3e21", "soon", ""] {
        let mut command = place.command(&["run", "flow.py", "--store", "none"]);
        let finished = run(command.env("HERO_FLOW_DEADLINE_MS", deadline));
        assert_eq!(finished.code, Some(0), "{deadline}: {}", finished.stderr);
    }
}

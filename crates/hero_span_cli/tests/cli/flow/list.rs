//! `hero-span flows`: what there is to run.

use serde_json::Value;

use super::Place;
use crate::common::Finished;

const TWO: &str = r#"
from hero_tracing import flow

open("loaded", "w").write("yes")

@flow(description="Loads a day.\nOr two.")
def nightly(day: str, size: int = 3, deep=None):
    open("ran", "w").write("yes")

@flow(name="the second")
async def second():
    open("ran", "w").write("yes")

if __name__ == "__main__":
    open("ran", "w").write("yes")
    nightly("x")
"#;

fn listed(place: &Place, args: &[&str]) -> (Option<i32>, String, String) {
    let Finished {
        code,
        stdout,
        stderr,
    } = place.run(&[&["flows"], args].concat());
    (code, stdout, place.steady(&stderr))
}

#[test]
fn the_flows_of_a_file_are_told_and_not_run() {
    let place = Place::with("flow.py", TWO);
    let (code, stdout, stderr) = listed(&place, &["flow.py"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    insta::assert_snapshot!(stdout, @"
    nightly(day: string, size: integer = 3, deep: any = null)  flow.py:6
        Loads a day.
        Or two.
    the second()  flow.py:10
    ");
    assert_eq!(
        (place.read("loaded"), place.read("ran")),
        ("yes".into(), String::new())
    );
    assert!(
        !place.path("hero/var/hero-span").exists(),
        "nothing is kept of it"
    );
    assert!(place.processes().is_empty());
}

#[test]
fn their_inputs_are_told_as_json_schemas() {
    let place = Place::with("flow.py", TWO);
    let (_, stdout, _) = listed(&place, &["flow.py", "--json"]);
    let all: Value = serde_json::from_str(&stdout).expect("JSON");
    insta::assert_snapshot!(all[0]["flows"][0]["schema"], @r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"description":"Loads a day.\nOr two.","properties":{"day":{"type":"string"},"deep":{"default":null},"size":{"default":3,"type":"integer"}},"required":["day"],"title":"nightly","type":"object"}"#);
    assert_eq!(all[0]["flows"][1]["async"], true);
}

#[test]
fn a_directory_is_looked_through_and_what_cannot_be_loaded_is_told() {
    let place = Place::with(
        "jobs/b.py",
        "print(\"hello\")\nfrom hero_tracing import flow\n@flow\ndef b(): pass\n",
    );
    place.write(
        "jobs/a/c.py",
        "from hero_tracing import flow\n@flow\ndef c(): pass\n",
    );
    place.write("jobs/broken.py", "import hero_tracing\n{}[\"day\"]\n");
    place.write("jobs/other.py", "open(\"loaded\", \"w\").write(\"yes\")\n");
    let (code, stdout, stderr) = listed(&place, &["jobs"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(stdout, @"
    c()  jobs/a/c.py:2
    b()  jobs/b.py:3
    ");
    let told = stderr
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.contains('^'));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    stdout: hello
    Traceback (most recent call last):
      File "DIR/work/jobs/broken.py", line 2, in <module>
        {}["day"]
    KeyError: 'day'
    hero-span: jobs/broken.py: expected a module that can be loaded, found the error above: mend it
    "#);
    assert_eq!(place.read("loaded"), "", "it mentions no hero_tracing");
    let (_, stdout, _) = listed(&place, &["jobs", "--json"]);
    let all: Value = serde_json::from_str(&stdout).expect("nothing but JSON");
    assert_eq!(all[2]["error"]["error_type"], "KeyError");
}

#[test]
fn a_module_that_hangs_or_leaves_is_told() {
    let place = Place::with("hangs.py", "import hero_tracing, time\ntime.sleep(600)\n");
    place.write("leaves.py", "import hero_tracing, os\nos._exit(0)\n");
    let (code, stdout, stderr) = listed(&place, &["hangs.py", "--timeout", "1s"]);
    assert_eq!((code, &*stdout), (Some(1), ""));
    insta::assert_snapshot!(stderr, @"hero-span: hangs.py: expected a module that is loaded within TIME, found that it was out of time after TIME, ended by SIGTERM: see what it does when it is imported, or allow it more with --timeout");
    let (code, _, stderr) = listed(&place, &["leaves.py", "--timeout", "30s"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(stderr, @"hero-span: leaves.py: expected a module that can be loaded, found that it exited with code 0: see what it does when it is imported");
    assert!(place.processes().is_empty());
}

#[test]
fn where_there_is_nothing_it_is_said() {
    let place = Place::with("none.py", "import hero_tracing\n");
    let (code, stdout, stderr) = listed(&place, &["none.py"]);
    assert_eq!((code, &*stdout), (Some(0), ""));
    insta::assert_snapshot!(stderr, @"no flow: decorate a function with @flow");
    let (code, _, stderr) = listed(&place, &["gone.py"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"hero-span: gone.py: expected a flow's file, or a directory of them, found: No such file or directory (os error 2): give its path");
    let (code, _, stderr) = listed(&place, &["none.py", "--python", "/no/python"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(stderr, @r#"hero-span: none.py: expected an interpreter, found: cannot run "/no/python": No such file or directory (os error 2): name one with --python"#);
}

//! What flows a file has.

use super::{Desk, stable};

const FLOWS: &str = r#"
from hero_tracing import flow

print("imported")

@flow
def nightly(day: str, size: int = 3):
    """Load a day.

    And more.
    """
    open("ran", "w").close()

@flow(name="the weekly one", description="")
async def weekly(**more):
    pass

if __name__ == "__main__":
    nightly("x")
"#;

#[test]
fn flows_are_listed_and_not_run() {
    let desk = Desk::new(FLOWS);
    let listed = desk.hero_span(&["flows", "flow.py"]);
    assert_eq!(
        (listed.code, &*listed.stderr),
        (Some(0), "stdout: imported\n")
    );
    insta::assert_snapshot!(listed.stdout, @"
    nightly(day: string, size: integer = 3)  flow.py:6
        Load a day.

        And more.
    the weekly one(…)  flow.py:14
    ");
    assert!(!desk.path("work/ran").exists());
}

#[test]
fn schemas_are_json() {
    let desk = Desk::new(FLOWS);
    let listed = desk.hero_span(&["flows", ".", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let flows = &json[0]["flows"];
    assert_eq!(flows[0]["schema"]["required"], serde_json::json!(["day"]));
    assert_eq!(flows[1]["schema"]["additionalProperties"], true);
    assert_eq!(flows[1]["async"], true);
}

#[test]
fn a_file_that_cannot_be_loaded_does_not_hide_the_others() {
    let desk = Desk::new(FLOWS);
    desk.write("a.py", "# hero_tracing\nraise ValueError('no')\n");
    desk.write("b.py", "# hero_tracing\nimport time\ntime.sleep(60)\n");
    let listed = desk.hero_span(&["flows", ".", "--timeout", "1500ms"]);
    assert_eq!(listed.code, Some(1));
    assert!(
        listed
            .stdout
            .contains("nightly(day: string, size: integer = 3)")
    );
    let place = desk.path("work").display().to_string();
    insta::assert_snapshot!(stable(&listed.stderr).replace(&place, "DIR"), @r#"
    stdout: imported
    Traceback (most recent call last):
      File "DIR/a.py", line 2, in <module>
        raise ValueError('no')
    ValueError: no
    hero-span: ./a.py: expected a module that can be loaded, found the error above: mend it
    hero-span: ./b.py: expected a module that is loaded within TIME, found one that was not: out of time after TIME, ended by SIGTERM: see what it does when it is imported, or allow it more with --timeout
    "#);
}

#[test]
fn what_is_not_there_is_told() {
    let desk = Desk::new("x = 1\n");
    let gone = desk.hero_span(&["flows", "gone"]);
    assert_eq!(gone.code, Some(2));
    insta::assert_snapshot!(gone.stderr, @"hero-span: gone: expected a flow's file, or a directory of them, found: No such file or directory (os error 2): give its path");
    let none = desk.hero_span(&["flows", "flow.py"]);
    assert_eq!(
        (none.code, &*none.stderr),
        (Some(0), "no flow: decorate a function with @flow\n")
    );
}

//! What `go test -json` says on stdout.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Outcome, Test};

/// One line.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    #[serde(default)]
    test: String,
    #[serde(default)]
    output: String,
}

/// Reads the subtests; the test that they are part of is the group.
pub(super) fn read(output: &str) -> Vec<Test> {
    let mut said: HashMap<String, String> = HashMap::new();
    let events = output
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut tests = Vec::new();
    for event in events {
        let Event {
            action,
            test,
            output,
        } = event;
        let Some((group, name)) = test.split_once('/') else {
            continue;
        };
        let told = said.entry(test.clone()).or_default();
        let outcome = match action.as_str() {
            "pass" => Outcome::Passed,
            "fail" => Outcome::Failed(std::mem::take(told)),
            "skip" => Outcome::Skipped(std::mem::take(told)),
            _ => {
                add(told, output.trim());
                continue;
            }
        };
        tests.push(Test {
            group: group.to_owned(),
            name: name.to_owned(),
            outcome,
        });
    }
    tests
}

/// Keeps what the test itself said.
fn add(told: &mut String, line: &str) {
    let is_frame = line.starts_with("=== ") || line.starts_with("--- ");
    if !is_frame && !line.is_empty() {
        let comma = if told.is_empty() { "" } else { ", " };
        *told += &format!("{comma}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;

    const OUTPUT: &str = r#"
{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestStandaloneMode"}
{"Action":"output","Package":"a","Test":"TestStandaloneMode","Output":"=== RUN   TestStandaloneMode\n"}
{"Action":"run","Package":"a","Test":"TestStandaloneMode/is_off"}
{"Action":"output","Package":"a","Test":"TestStandaloneMode/is_off","Output":"--- PASS: TestStandaloneMode/is_off (0.00s)\n"}
{"Action":"pass","Package":"a","Test":"TestStandaloneMode/is_off","Elapsed":0}
{"Action":"output","Package":"a","Test":"TestStandaloneMode/fails","Output":"    a_test.go:3: got 1, want 2\n"}
{"Action":"output","Package":"a","Test":"TestStandaloneMode/fails","Output":"--- FAIL: TestStandaloneMode/fails (0.00s)\n"}
{"Action":"fail","Package":"a","Test":"TestStandaloneMode/fails","Elapsed":0}
{"Action":"output","Package":"a","Test":"TestStandaloneMode/later","Output":"    a_test.go:3: no fork here\n"}
{"Action":"skip","Package":"a","Test":"TestStandaloneMode/later","Elapsed":0}
{"Action":"fail","Package":"a","Test":"TestStandaloneMode","Elapsed":0}
{"Action":"pass","Package":"a","Test":"TestAlone","Elapsed":0}
FAIL	a	0.015s
"#;

    #[test]
    fn subtests_have_their_test_their_name_and_why_they_failed() {
        insta::assert_snapshot!(told(&read(OUTPUT)), @r#"
        TestStandaloneMode | is_off | Passed
        TestStandaloneMode | fails | Failed("a_test.go:3: got 1, want 2")
        TestStandaloneMode | later | Skipped("a_test.go:3: no fork here")
        "#);
    }
}

//! TAP, as `node --test --test-reporter=tap` says it on stdout.

use super::{Outcome, Test};

/// How far a subtest stands further in than the test that it is part of.
const INDENT: usize = 4;

/// Reads the tests that are part of another; that one is the group.
pub(super) fn read(output: &str) -> Vec<Test> {
    let mut open: Vec<String> = Vec::new();
    let mut tests: Vec<Test> = Vec::new();
    for (place, line) in output.lines().enumerate() {
        let text = line.trim_start();
        let depth = (line.len() - text.len()) / INDENT;
        if let Some(name) = text.strip_prefix("# Subtest: ") {
            open.truncate(depth);
            open.push(plain(name));
        } else if let Some((name, outcome)) = point(text, output.lines().skip(place + 1)) {
            // A group's own line comes after its tests, which were deeper.
            let is_group = tests.last().is_some_and(|last| last.group == name);
            if let (Some(group), false) =
                (depth.checked_sub(1).and_then(|at| open.get(at)), is_group)
            {
                tests.push(Test {
                    group: group.clone(),
                    name,
                    outcome,
                });
            }
        }
    }
    tests
}

/// `ok 1 - name`, `not ok 1 - name`, or `ok 1 - name # SKIP reason`.
fn point<'a>(text: &str, below: impl Iterator<Item = &'a str>) -> Option<(String, Outcome)> {
    let (is_ok, rest) = match text.strip_prefix("not ok ") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("ok ")?),
    };
    let (_, rest) = rest.split_once(" - ")?;
    if let Some((name, reason)) = rest.split_once(" # SKIP") {
        return Some((plain(name), Outcome::Skipped(reason.trim().to_owned())));
    }
    let outcome = match is_ok {
        true => Outcome::Passed,
        false => Outcome::Failed(error(below)),
    };
    Some((plain(rest), outcome))
}

/// The member `error` of what is said below a test that failed.
fn error<'a>(below: impl Iterator<Item = &'a str>) -> String {
    let mut lines = below.take_while(|line| line.trim() != "...");
    let first = lines.find_map(|line| line.trim_start().strip_prefix("error: "));
    match first {
        Some("|-") => {
            let said = lines
                .map(str::trim)
                .take_while(|line| !line.starts_with("code: "));
            let said: Vec<&str> = said.filter(|line| !line.is_empty()).collect();
            said.join(", ")
        }
        Some(text) => text.trim_matches('\'').to_owned(),
        None => "not ok".to_owned(),
    }
}

fn plain(name: &str) -> String {
    name.replace("\\#", "#")
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;

    const OUTPUT: &str = r"TAP version 13
# Subtest: standalone mode
    # Subtest: is off
    ok 1 - is off
      ---
      duration_ms: 1.042738
      ...
    # Subtest: fails
    not ok 2 - fails
      ---
      duration_ms: 3.703685
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:
        
        1 !== 2
        
      code: 'ERR_ASSERTION'
      ...
    # Subtest: later
    ok 3 - later # SKIP no fork here
      ---
      duration_ms: 0.22705
      ...
    # Subtest: throws
    not ok 4 - throws
      ---
      error: 'no'
      code: 'ERR_TEST_FAILURE'
      ...
    1..4
not ok 1 - standalone mode
  ---
  error: '2 subtests failed'
  ...
# Subtest: span \# emission
    # Subtest: sends \# it
    ok 1 - sends \# it
    1..1
ok 2 - span \# emission
# Subtest: alone
ok 3 - alone
";

    #[test]
    fn tests_have_their_group_their_name_and_why_they_failed() {
        insta::assert_snapshot!(told(&read(OUTPUT)), @r#"
        standalone mode | is off | Passed
        standalone mode | fails | Failed("Expected values to be strictly equal:, 1 !== 2")
        standalone mode | later | Skipped("no fork here")
        standalone mode | throws | Failed("no")
        span # emission | sends # it | Passed
        "#);
    }
}

//! What `python3 -m unittest -v` says on stderr.

use super::{Outcome, Test, last_words};

/// Reads `test_x (module.Class.test_x) ... ok`. Where a test has a docstring,
/// the outcome stands on a line of its own.
pub(super) fn read(output: &str) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let mut pending: Option<(String, String)> = None;
    for line in output.lines() {
        if let Some(named) = class_and_name(line) {
            pending = Some(named);
        }
        let Some((_, word)) = line.rsplit_once(" ... ") else {
            continue;
        };
        if let (Some(outcome), Some((group, name))) = (outcome(word), pending.take()) {
            tests.push(Test {
                group,
                name,
                outcome,
            });
        }
    }
    tests.iter_mut().for_each(|test| explain(test, output));
    tests
}

/// Adds the reason to a failure: it stands further below.
fn explain(test: &mut Test, output: &str) {
    let why = reason(output, test);
    if let Outcome::Failed(how) = &mut test.outcome {
        *how = format!("{how}: {why}");
    }
}

/// The class and the name of a test, from Python 3.9 on.
fn class_and_name(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once(" (")?;
    let (path, _) = rest.split_once(')')?;
    if !name.starts_with("test") || name.contains(' ') {
        return None;
    }
    let path = path
        .strip_suffix(name)
        .map_or(path, |class| class.trim_end_matches('.'));
    let class = path.rsplit('.').next()?;
    Some((class.to_owned(), name.to_owned()))
}

fn outcome(word: &str) -> Option<Outcome> {
    let reason = || {
        word.trim_start_matches("skipped")
            .trim()
            .trim_matches(['\'', '"'])
            .to_owned()
    };
    match word {
        "ok" => Some(Outcome::Passed),
        "FAIL" | "ERROR" | "unexpected success" => Some(Outcome::Failed(word.to_owned())),
        "expected failure" => Some(Outcome::Failed(
            "a failure that is marked as expected".into(),
        )),
        _ if word.starts_with("skipped") => Some(Outcome::Skipped(reason())),
        _ => None,
    }
}

/// The last line of what is said of a test that failed: the exception.
fn reason<'a>(output: &'a str, test: &Test) -> &'a str {
    let named = |block: &&str| {
        let title = block.trim_start().lines().next().unwrap_or_default();
        let title = title.split_once(": ").map_or("", |(_, title)| title);
        class_and_name(title).is_some_and(|(group, name)| group == test.group && name == test.name)
    };
    let blocks = output.split(DOUBLE_RULE);
    let block = blocks.clone().find(named).unwrap_or(output);
    last_words(
        block
            .split("\nRan ")
            .next()
            .unwrap_or_default()
            .trim_end_matches('-'),
    )
}

/// What stands between the blocks of tests that failed.
const DOUBLE_RULE: &str = "======================================================================";

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;

    const OUTPUT: &str = "\
test_one (test_contract.FirstTests.test_one) ... ok
test_two (test_contract.FirstTests.test_two)
A docstring (with brackets) ... about nothing. ... FAIL
test_old (test_contract.SecondTests) ... skipped 'no fork here'
test_else (test_other.OtherTests.test_else) ... ERROR

======================================================================
FAIL: test_two (test_contract.FirstTests.test_two)
A docstring (with brackets) ... about nothing.
----------------------------------------------------------------------
Traceback (most recent call last):
  somewhere
AssertionError: 1 != 2

======================================================================
ERROR: test_else (test_other.OtherTests)
----------------------------------------------------------------------
KeyError: 'parent'

----------------------------------------------------------------------
Ran 4 tests in 0.1s

FAILED (failures=1, errors=1, skipped=1)
";

    #[test]
    fn tests_have_their_class_their_name_and_why_they_failed() {
        insta::assert_snapshot!(told(&read(OUTPUT)), @r#"
        FirstTests | test_one | Passed
        FirstTests | test_two | Failed("FAIL: AssertionError: 1 != 2")
        SecondTests | test_old | Skipped("no fork here")
        OtherTests | test_else | Failed("ERROR: KeyError: 'parent'")
        "#);
    }
}

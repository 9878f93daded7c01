//! What `cargo test` says on stdout.

use super::{Outcome, Test};

/// Reads `test module::name ... ok`; the module is the group.
pub(super) fn read(output: &str) -> Vec<Test> {
    output
        .lines()
        .filter_map(|line| test(line, output))
        .collect()
}

fn test(line: &str, output: &str) -> Option<Test> {
    let (path, word) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let path = path.trim_end_matches(" - should panic");
    let (group, name) = path.rsplit_once("::")?;
    let outcome = match word.split_once(", ").unwrap_or((word, "")) {
        ("ok", _) => Outcome::Passed,
        ("FAILED", _) => Outcome::Failed(reason(output, path)),
        ("ignored", reason) => Outcome::Skipped(reason.to_owned()),
        _ => return None,
    };
    Some(Test {
        group: group.to_owned(),
        name: name.to_owned(),
        outcome,
    })
}

/// What stands below where it panicked.
fn reason(output: &str, path: &str) -> String {
    let title = format!("---- {path} stdout ----");
    let mut lines = output.lines().skip_while(|line| *line != title).skip(1);
    let panicked = lines.find(|line| line.contains(" panicked at "));
    let said = lines.take_while(|line| !line.is_empty() && !line.starts_with("note: "));
    match panicked {
        Some(_) => said.map(str::trim).collect::<Vec<_>>().join(", "),
        None => "FAILED".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test standalone_mode::a_flow_runs ... ok
test standalone_mode::nothing_is_sent ... FAILED
test span_emission::panics - should panic ... ok
test span_emission::later ... ignored, no fork here
test alone ... ok

failures:

---- standalone_mode::nothing_is_sent stdout ----

thread 'standalone_mode::nothing_is_sent' (123) panicked at sdk/rust/tests/contract.rs:7:5:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    standalone_mode::nothing_is_sent

test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn tests_have_their_module_their_name_and_why_they_failed() {
        insta::assert_snapshot!(told(&read(OUTPUT)), @r#"
        standalone_mode | a_flow_runs | Passed
        standalone_mode | nothing_is_sent | Failed("assertion `left == right` failed, left: 1, right: 2")
        span_emission | panics | Passed
        span_emission | later | Skipped("no fork here")
        "#);
    }
}

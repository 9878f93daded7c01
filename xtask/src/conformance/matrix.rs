//! Each clause with what came of its cases in each SDK.

use std::fmt::Write;

use super::report::{Count, Report};

const COLUMN: usize = 16;

/// The matrix. A number is how many cases passed; what failed or was not run stands beside it.
pub(super) fn text(clauses: &[String], reports: &[Report]) -> String {
    let width = clauses.iter().map(String::len).max().unwrap_or_default();
    let row = |name: &str, cells: Vec<String>| {
        let cells: String = cells
            .iter()
            .map(|cell| format!("  {cell:<COLUMN$}"))
            .collect();
        format!("{name:<width$}{cells}").trim_end().to_owned()
    };
    let mut text = String::from("each clause, and the cases about it that passed\n\n");
    let names = reports.iter().map(|report| report.sdk.language.clone());
    let _ = writeln!(text, "{}", row("", names.collect()));
    for clause in clauses {
        let counts: Vec<Count> = reports.iter().map(|one| one.of_clause(clause)).collect();
        if counts.iter().any(|count| *count != Count::default()) {
            let _ = writeln!(
                text,
                "{}",
                row(clause, counts.into_iter().map(cell).collect())
            );
        }
    }
    let parts = [
        ("fixed cases", &["fixed", "regressions"][..]),
        ("generated", &["generated"]),
        ("own tests", &["unit-tests"]),
    ];
    for (name, sources) in parts {
        let counts = reports.iter().map(|report| cell(report.count(sources)));
        let _ = writeln!(text, "{}", row(name, counts.collect()));
    }
    text
}

/// `12`, `12, 3 skipped`, or `✗ 2, 10 passed`.
fn cell(count: Count) -> String {
    let Count {
        passed,
        failed,
        skipped,
    } = count;
    match (failed, skipped) {
        (0, 0) => passed.to_string(),
        (0, _) if passed == 0 => format!("- {skipped} skipped"),
        (0, _) => format!("{passed}, {skipped} skipped"),
        (_, _) => format!("✗ {failed}, {passed} passed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"sdk":{"sdk":"go","version":"1.0.0","features":["threads"]},"groups":[
        {"source":"fixed","results":[
            {"clause":"value.cut","verdict":"passed"},{"clause":"value.cut","verdict":"skipped"},
            {"clause":"sdk.fork","verdict":"skipped"}]},
        {"source":"generated","results":[{"verdict":"failed",
            "failure":{"findings":[{"clause":"value.line"},{"clause":null}]}}]},
        {"source":"unit-tests","results":[{"verdict":"passed"}]}]}"#;

    #[test]
    fn a_row_has_what_came_of_a_clause_in_each_sdk() {
        let report = || serde_json::from_str::<Report>(REPORT).unwrap();
        let clauses = ["value.cut", "value.line", "sdk.fork", "sdk.clock"].map(String::from);
        insta::assert_snapshot!(text(&clauses, &[report(), report()]), @r#"
        each clause, and the cases about it that passed

                    go                go
        value.cut   1, 1 skipped      1, 1 skipped
        value.line  ✗ 1, 0 passed     ✗ 1, 0 passed
        sdk.fork    - 1 skipped       - 1 skipped
        fixed cases  1, 2 skipped      1, 2 skipped
        generated   ✗ 1, 0 passed     ✗ 1, 0 passed
        own tests   1                 1
        "#);
    }
}

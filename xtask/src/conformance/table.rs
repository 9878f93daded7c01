//! The table of sdk/README.md: what each SDK has, and what came of its run.

use std::fs;
use std::path::Path;

use super::STALE;
use super::report::{Count, Report};
use crate::marked;

const FILE: &str = "sdk/README.md";
const BEGIN: &str = "<!-- Written by `cargo xtask conformance --write`. Do not edit. -->\n";

/// Writes the table, or says that it is not what was found.
pub(super) fn hold(root: &Path, reports: &[Report], write: bool) -> Result<u8, String> {
    let failed = |error| format!("{FILE}: {error}");
    let found = fs::read_to_string(root.join(FILE)).map_err(failed)?;
    let wanted = marked::replace(FILE, BEGIN, &found, &table(reports))?;
    if found == wanted {
        return Ok(0);
    }
    if write {
        fs::write(root.join(FILE), wanted).map_err(failed)?;
        println!("\nwrote {FILE}");
        return Ok(0);
    }
    println!("\n{FILE}: its table is not what was found; run: cargo xtask conformance --write");
    Ok(STALE)
}

fn table(reports: &[Report]) -> String {
    let mut text = String::from(
        "| SDK | features | fixed cases | generated cases | own tests |\n|---|---|---|---|---|\n",
    );
    for report in reports {
        let mut features = report.sdk.features.clone();
        features.retain(|feature| feature != "reuse");
        features.sort();
        let cells = [
            format!(
                "[{0} {1}]({0}/README.md)",
                report.sdk.language, report.sdk.version
            ),
            features.join(", "),
            cell(report.count(&["fixed", "regressions"])),
            cell(report.count(&["generated"])),
            cell(report.count(&["unit-tests"])),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

fn cell(count: Count) -> String {
    let Count {
        passed,
        failed,
        skipped,
    } = count;
    let ran = passed + failed;
    match skipped {
        0 => format!("{passed} of {ran} passed"),
        _ => format!("{passed} of {ran} passed, {skipped} need what it lacks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"sdk":{"sdk":"go","version":"1.0.0","features":["threads","reuse","cycles"]},
        "groups":[
            {"source":"fixed","results":[{"verdict":"passed"},{"verdict":"skipped"}]},
            {"source":"generated","results":[{"verdict":"passed"}]},
            {"source":"unit-tests","results":[{"verdict":"passed"}]}]}"#;

    #[test]
    fn a_row_says_what_an_sdk_has_and_what_came_of_it() {
        let report: Report = serde_json::from_str(REPORT).unwrap();
        insta::assert_snapshot!(table(&[report]), @r#"
        | SDK | features | fixed cases | generated cases | own tests |
        |---|---|---|---|---|
        | [go 1.0.0](go/README.md) | cycles, threads | 1 of 1 passed, 1 need what it lacks | 1 of 1 passed | 1 of 1 passed |
        "#);
    }
}

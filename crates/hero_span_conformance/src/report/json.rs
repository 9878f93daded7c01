//! The report for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Conclusion, Report};

/// The document: how the run ended, and everything else.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    /// How the run ended.
    conclusion: Conclusion,
    /// The same as the exit code of the command.
    exit_code: u8,
    /// Everything that the other formats are made from.
    report: &'a Report,
}

pub(super) fn json(report: &Report) -> String {
    let conclusion = report.conclusion();
    let document = Document {
        conclusion,
        exit_code: conclusion.exit_code(),
        report,
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

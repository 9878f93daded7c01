//! A failure, from the case that shows it to the command that runs it again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hero_span_conformance::{Conclusion, Family, Quiet, replay, run};

use crate::support::{code, copy_sdk, options, python, sdk};

/// The printed command runs the shrunk case again, and it fails alike.
#[test]
fn a_failure_shrinks_and_can_be_run_again() {
    let directory = tempfile::tempdir().unwrap();
    let code = code();
    let changed = code.replace("_VALUE_BYTES = 4_096", "_VALUE_BYTES = 4_095");
    assert_ne!(code, changed, "the SDK has no such line any more");
    let command = copy_sdk(directory.path(), &changed);
    let mut options = options(command, Family::Truncation, directory.path());
    options.shrinking = Duration::from_secs(20);
    let report = run(&options, &Quiet).unwrap();
    let results = report.groups[0].results.iter();
    let mut failures = results.filter_map(|result| result.failure.as_ref());
    let failure = failures
        .find(|failure| failure.findings[0].check == "limit.value")
        .unwrap();
    let replay_command = failure.replay.as_deref().unwrap();
    let file = Path::new(
        replay_command
            .strip_prefix("replay-with --replay ")
            .unwrap(),
    );
    let case = fs::read_to_string(file).unwrap();
    assert!(case.len() < 250, "shrunk to {} bytes: {case}", case.len());
    let again = replay(&options, file, &Quiet).unwrap();
    let failure = again.groups[0].results[0].failure.as_ref().unwrap();
    assert_eq!(failure.findings[0].check, "limit.value");
    options.launch.command = python(&sdk().join("conformance_adapter.py"));
    let mended = replay(&options, file, &Quiet).unwrap();
    assert_eq!(
        mended.conclusion(),
        Conclusion::Conformant,
        "{}",
        mended.to_text()
    );
}

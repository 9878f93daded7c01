//! What the tests share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hero_span_conformance::{Family, Launch, Options};

/// The SDK as it lies in the repository.
pub(crate) fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python")
}

/// The command of an adapter that Python runs.
pub(crate) fn python(script: &Path) -> Vec<String> {
    vec!["python3".into(), script.display().to_string()]
}

/// A short run of one family, which writes its failures to `directory`.
pub(crate) fn options(command: Vec<String>, family: Family, directory: &Path) -> Options {
    Options {
        launch: Launch::new(command),
        unit_tests: None,
        families: vec![family],
        cases: 40,
        seed: 1,
        jobs: 2,
        enough: 6,
        shrinking: Duration::ZERO,
        failures: directory.join("failures"),
        replay_command: "replay-with".into(),
    }
}

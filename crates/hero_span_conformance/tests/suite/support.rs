//! What the tests share.

use std::fs;
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

/// Puts an SDK of that code, and its adapter, into a directory; the adapter's
/// command.
pub(crate) fn copy_sdk(directory: &Path, code: &str) -> Vec<String> {
    fs::write(directory.join("hero_tracing.py"), code).unwrap();
    for file in ["conformance_adapter.py", "conformance_script.py"] {
        fs::copy(sdk().join(file), directory.join(file)).unwrap();
    }
    python(&directory.join("conformance_adapter.py"))
}

/// The SDK's code.
pub(crate) fn code() -> String {
    fs::read_to_string(sdk().join("hero_tracing.py")).unwrap()
}

/// A short run of one family, which writes its failures to `directory`.
pub(crate) fn options(command: Vec<String>, family: Family, directory: &Path) -> Options {
    Options {
        fixed: false,
        families: vec![family],
        cases: 40,
        jobs: 2,
        enough: 6,
        shrinking: Duration::ZERO,
        regressions: directory.join("failures"),
        replay_command: "replay-with".into(),
        ..Options::new(Launch::new(command))
    }
}

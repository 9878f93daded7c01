//! The JSON files of `conformance/` that the binary carries.

/// A file as it was when the binary was built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    /// Its path from `conformance/`, such as `vectors/lines/type.id.json`.
    pub(crate) path: &'static str,
    /// What it holds.
    pub(crate) text: &'static str,
}

/// In the order of their paths.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files below a folder of `conformance/`: `cases`, `regressions` or
/// `vectors`, or one within these.
pub(crate) fn files(folder: &str) -> impl Iterator<Item = File> {
    FILES.iter().copied().filter(move |file| {
        let below = file.path.strip_prefix(folder);
        below.is_some_and(|below| below.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn files_are_those_of_the_repository() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
        for file in FILES {
            assert_eq!(
                fs::read_to_string(root.join(file.path)).ok().as_deref(),
                Some(file.text)
            );
        }
    }

    #[test]
    fn folders_are_told_apart() {
        assert!(files("vectors/lines").all(|file| file.path.starts_with("vectors/lines/")));
        assert_eq!(files("vect").count(), 0);
    }
}

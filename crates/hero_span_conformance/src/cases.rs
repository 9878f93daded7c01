//! The suite's own cases, as the binary carries them, and those of a
//! directory.

use std::path::Path;

use hero_span_protocol::contract::Clause;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::embedded::files;
use crate::error::Error;
use crate::schema::check_cases;

/// A file of fixed cases: those of one clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// The JSON Schema of the file, for editors.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    /// The clause that they show.
    #[schemars(extend("enum" = clause_ids()))]
    pub(crate) clause: String,
    /// The cases; in the file an id stands without its clause.
    pub(crate) cases: Vec<Case>,
}

impl CaseFile {
    /// Reads a file and gives each case its whole id.
    fn read(text: &str) -> Result<Self, String> {
        let mut file: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if Clause::from_id(&file.clause).is_none() {
            return Err(format!(
                "clause: expected the id of a clause, found {:?}",
                file.clause
            ));
        }
        for case in &mut file.cases {
            case.check().map_err(|why| format!("{}: {why}", case.id))?;
            case.id = format!("{}/{}", file.clause, case.id);
        }
        check_cases(text)?;
        Ok(file)
    }
}

fn clause_ids() -> Vec<&'static str> {
    Clause::ALL.iter().map(|clause| clause.id()).collect()
}

/// The fixed cases, in the order of the contract.
///
/// # Errors
/// When a file that the binary carries does not hold cases.
pub fn fixed() -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for file in files("cases") {
        let path = Path::new(file.path);
        let read = CaseFile::read(file.text).map_err(|why| Error::file(CASES, path, why))?;
        cases.extend(read.cases);
    }
    let place = |case: &Case| {
        Clause::ALL
            .iter()
            .position(|clause| Some(*clause) == case.clause())
    };
    cases.sort_by_key(place);
    Ok(cases)
}

const CASES: &str = "a file of cases, as conformance/README.md says";
const ONE_CASE: &str = "a case, as the suite writes it when one fails";

/// The cases that failed once: those that the binary carries, and those that
/// lie in `directory`, each once.
pub(crate) fn regressions(directory: &Path) -> Result<Vec<Case>, Error> {
    let mut cases: Vec<Case> = Vec::new();
    for file in files("regressions") {
        cases.push(one(Path::new(file.path), file.text)?);
    }
    for path in json_files(directory)? {
        let case = read(&path)?;
        if !cases.iter().any(|known| known.is_same(&case)) {
            cases.push(case);
        }
    }
    Ok(cases)
}

/// The case of a file.
pub(crate) fn read(path: &Path) -> Result<Case, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(ONE_CASE, path, error))?;
    one(path, &text)
}

fn one(path: &Path, text: &str) -> Result<Case, Error> {
    let mut case = Case::from_json(text).map_err(|why| Error::file(ONE_CASE, path, why))?;
    if case.id.is_empty() {
        case.id = path.display().to_string();
    }
    Ok(case)
}

/// In the order of their names; none where there is no such directory.
fn json_files(directory: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("a directory of cases", directory, error)),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_json = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "json");
    let mut paths: Vec<_> = paths.filter(is_json).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::checks::{Coverage, coverage};
    use crate::draw::{Labels, expected_tree};
    use crate::model::predict;

    /// The tree that the model asks for; none where there is no socket.
    fn drawn(case: &Case) -> Vec<String> {
        if case.socket.is_off() {
            return Vec::new();
        }
        let parent = case.root_parent().map(|parent| parent.to_string());
        expected_tree(
            &predict(&case.script),
            parent.as_deref(),
            &Labels::default(),
        )
    }

    /// A case says by itself what it asks for, and the model agrees. With
    /// `UPDATE_CASES=1` the files are given what the model says, to be read
    /// with care: the model may be wrong.
    #[test]
    fn the_model_draws_what_each_file_expects() {
        let is_update = std::env::var_os("UPDATE_CASES").is_some();
        for file in files("cases") {
            let read = CaseFile::read(file.text).unwrap();
            if is_update {
                update(file.path, &read.cases);
                continue;
            }
            for case in &read.cases {
                assert_eq!(
                    case.expect,
                    drawn(case),
                    "{}: see UPDATE_CASES above",
                    case.id
                );
            }
        }
    }

    /// Only the member `expect` is written anew.
    fn update(path: &str, cases: &[Case]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../conformance")
            .join(path);
        let mut text = std::fs::read_to_string(&path).unwrap();
        for case in cases {
            let id = case.id.split_once('/').unwrap().1;
            let start = text.find(&format!("\"id\": \"{id}\"")).unwrap();
            let end = text[start..].find("\n    }").unwrap() + start;
            let body = &text[start..end];
            let kept = body
                .find(",\n      \"expect\":")
                .map_or(body, |at| &body[..at]);
            let lines = drawn(case).into_iter();
            let lines = lines.map(|line| format!("        {}", serde_json::json!(line)));
            let lines = lines.collect::<Vec<_>>().join(",\n");
            let expect = match lines.as_str() {
                "" => String::new(),
                lines => format!(",\n      \"expect\": [\n{lines}\n      ]"),
            };
            let written = format!("{}{expect}", kept.trim_end());
            text.replace_range(start..end, &written);
        }
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn fixed_cases_have_an_id_and_a_sentence_each() {
        let cases = fixed().unwrap();
        let ids: HashSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.len(), cases.len());
        for case in &cases {
            assert!(case.about.ends_with('.'), "{}: {:?}", case.id, case.about);
        }
    }

    #[test]
    fn every_clause_that_is_checked_has_a_case() {
        let cases = fixed().unwrap();
        let shown: HashSet<Clause> = cases.iter().filter_map(Case::clause).collect();
        let is_checked = |clause: &&Clause| matches!(coverage(**clause), Coverage::Checks(_));
        let checked = Clause::ALL.iter().filter(is_checked);
        let lacking: Vec<&str> = checked
            .filter(|clause| !shown.contains(clause))
            .map(|clause| clause.id())
            .collect();
        assert_eq!(
            lacking, [""; 0],
            "clauses without a case in conformance/cases/"
        );
    }

    #[test]
    fn no_two_cases_are_the_same() {
        let cases = fixed().unwrap();
        for (index, case) in cases.iter().enumerate() {
            let same = cases[..index].iter().find(|other| other.is_same(case));
            assert_eq!(same.map(|same| &same.id), None, "{} again", case.id);
        }
    }

    #[test]
    fn a_file_says_what_is_wrong_with_it() {
        let error = CaseFile::read(r#"{"clause":"value.kut","cases":[]}"#).unwrap_err();
        assert_eq!(
            error,
            r#"clause: expected the id of a clause, found "value.kut""#
        );
        let script = r#"[{"op":"step","name":7}]"#;
        let file = format!(r#"{{"clause":"value.cut","cases":[{{"id":"x","script":{script}}}]}}"#);
        let error = CaseFile::read(&file).unwrap_err();
        assert_eq!(error, "x: name: expected a text, found 7");
    }
}

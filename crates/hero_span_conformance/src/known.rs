//! Known failures: what an SDK is known to do wrong, why, and where that is
//! followed up. Listed cases still run, and the list must stay true.

use std::path::Path;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use crate::error::Error;
use crate::report::{CaseResult, Group, Source, Verdict};

/// The list of one SDK.
#[derive(Clone, Debug, Default)]
pub struct KnownFailures(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    listed: Listed,
    cases: GlobMatcher,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    failure: Vec<Listed>,
}

/// An entry as the file holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// The check that fails.
    check: String,
    /// The cases: an id, or a pattern with `*`.
    case: String,
    /// Why it fails.
    reason: String,
    /// Where it is followed up.
    issue: String,
}

const WHAT: &str = "a list of known failures, as conformance/README.md says";

impl KnownFailures {
    /// Reads a list.
    ///
    /// # Errors
    /// When the file cannot be read, or an entry lacks something.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(WHAT, path, error))?;
        Self::from_toml(&text).map_err(|why| Error::file(WHAT, path, why))
    }

    fn from_toml(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let entries = file.failure.into_iter().map(Entry::new);
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Marks the failures that are listed, and says what is wrong with the
    /// list: entries without a case, and entries whose cases pass. A run that
    /// leaves cases out says nothing of entries that match none.
    pub(crate) fn apply(&self, groups: &mut [Group], is_whole: bool) -> Vec<String> {
        for group in groups.iter_mut() {
            for result in &mut group.results {
                result.known = self.reason(result);
            }
        }
        let stale = self
            .0
            .iter()
            .filter_map(|entry| entry.stale(groups, is_whole));
        stale.collect()
    }

    /// Why the failure is known, if each of its findings is listed.
    fn reason(&self, result: &CaseResult) -> Option<String> {
        let failure = result.failure.as_ref()?;
        let listed = |check: &str| {
            let mut entries = self.0.iter();
            entries.find(|entry| entry.listed.check == check && entry.cases.is_match(&result.id))
        };
        let entries = failure
            .findings
            .iter()
            .map(|finding| listed(&finding.check));
        let entries: Option<Vec<&Entry>> = entries.collect();
        let first = entries?.first()?.listed.clone();
        Some(format!("{} ({})", first.reason, first.issue))
    }
}

impl Entry {
    fn new(listed: Listed) -> Result<Self, String> {
        if !crate::checks::all().contains(&listed.check.as_str()) {
            return Err(format!(
                "check: expected the id of a check, found {:?}; `hero-span conformance list` shows them",
                listed.check
            ));
        }
        let cases = Glob::new(&listed.case).map_err(|error| error.to_string())?;
        Ok(Self {
            cases: cases.compile_matcher(),
            listed,
        })
    }

    /// Fixed cases that are listed must all fail so, of others at least one.
    fn stale(&self, groups: &[Group], is_whole: bool) -> Option<String> {
        let Listed { check, case, .. } = &self.listed;
        let (mut matched, mut failed) = (0, 0);
        for group in groups {
            for result in group.results.iter().filter(|result| self.covers(result)) {
                let fails = self.fails(result);
                if !fails && group.source == Source::Fixed {
                    return Some(format!(
                        "case {} is listed with {check}, and does not fail it: take it off the list",
                        result.id
                    ));
                }
                matched += 1;
                failed += usize::from(fails);
            }
        }
        let told = |what: &str| Some(format!("{check} of {case}: {what}; take it off the list"));
        match (matched, failed) {
            (0, _) if is_whole => told("no case has such an id"),
            (1.., 0) => told("none of these cases fails it"),
            _ => None,
        }
    }

    fn covers(&self, result: &CaseResult) -> bool {
        let was_run = matches!(result.verdict, Verdict::Passed | Verdict::Failed);
        was_run && self.cases.is_match(&result.id)
    }

    fn fails(&self, result: &CaseResult) -> bool {
        let findings = result.failure.iter().flat_map(|failure| &failure.findings);
        findings
            .into_iter()
            .any(|finding| finding.check == self.listed.check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::report::Failure;

    const LIST: &str = r#"
[[failure]]
check = "limit.value"
case = "value.cut/*"
reason = "cuts early"
issue = "https://example.org/1"
"#;

    fn result(id: &str, checks: &[&str]) -> CaseResult {
        let findings: Vec<Finding> = checks
            .iter()
            .map(|check| Finding::named(check, "a", "b"))
            .collect();
        if findings.is_empty() {
            CaseResult::new(id, Verdict::Passed)
        } else {
            CaseResult::new(id, Verdict::Failed).failing(Failure::new(findings))
        }
    }

    /// Which of the results are known, and what is wrong with the list.
    fn check(source: Source, results: Vec<CaseResult>, known: &[bool], stale: &[&str]) {
        let mut groups = [Group {
            results,
            ..Group::new("g", source)
        }];
        let list = KnownFailures::from_toml(LIST).unwrap();
        let found_stale = list.apply(&mut groups, true);
        let found: Vec<bool> = groups[0]
            .results
            .iter()
            .map(|result| result.known.is_some())
            .collect();
        assert_eq!(found, known);
        assert_eq!(found_stale, stale);
    }

    #[test]
    fn a_listed_failure_is_known() {
        check(
            Source::Fixed,
            vec![result("value.cut/a", &["limit.value"])],
            &[true],
            &[],
        );
    }

    #[test]
    fn another_check_of_a_listed_case_is_not() {
        let results = vec![result("value.cut/a", &["limit.value", "value.cut"])];
        check(Source::Fixed, results, &[false], &[]);
    }

    #[test]
    fn a_listed_case_that_passes_makes_the_list_stale() {
        let results = || {
            vec![
                result("value.cut/a", &["limit.value"]),
                result("value.cut/b", &[]),
            ]
        };
        let stale = "case value.cut/b is listed with limit.value, and does not fail it: take it off the list";
        check(Source::Fixed, results(), &[true, false], &[stale]);
        check(Source::Generated, results(), &[true, false], &[]);
        let stale =
            "limit.value of value.cut/*: none of these cases fails it; take it off the list";
        check(
            Source::Generated,
            vec![result("value.cut/b", &[])],
            &[false],
            &[stale],
        );
    }

    #[test]
    fn an_entry_without_a_case_makes_the_list_stale() {
        let stale = "limit.value of value.cut/*: no case has such an id; take it off the list";
        check(
            Source::Fixed,
            vec![result("value.error/a", &[])],
            &[false],
            &[stale],
        );
    }

    #[test]
    fn a_list_says_what_is_wrong_with_it() {
        let error =
            KnownFailures::from_toml(&LIST.replace("limit.value", "limit.vale")).unwrap_err();
        assert!(
            error.contains("expected the id of a check, found \"limit.vale\""),
            "{error}"
        );
        let error = KnownFailures::from_toml(&LIST.replace("issue", "isue")).unwrap_err();
        assert!(error.contains("isue"), "{error}");
    }
}

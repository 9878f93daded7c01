//! Which cases are run, by patterns over their ids.

use globset::{Glob, GlobSet, GlobSetBuilder};

/// Patterns; without one, everything is run.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    set: Option<GlobSet>,
}

impl Filter {
    /// Reads patterns with `*` and `?`; the message says what is wrong.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        if patterns.is_empty() {
            return Ok(Self::default());
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let glob = Glob::new(pattern).map_err(|error| {
                format!(
                    "--filter: expected a pattern such as 'value.*', found {pattern:?}: {error}"
                )
            })?;
            set.add(glob);
        }
        let set = set.build().map_err(|error| format!("--filter: {error}"))?;
        Ok(Self { set: Some(set) })
    }

    /// Whether everything is run.
    pub fn is_all(&self) -> bool {
        self.set.is_none()
    }

    /// Whether the case with this id is run.
    pub fn takes(&self, id: &str) -> bool {
        self.set.as_ref().is_none_or(|set| set.is_match(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], id: &str, expected: bool) {
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        assert_eq!(
            Filter::new(&patterns).unwrap().takes(id),
            expected,
            "{patterns:?} {id}"
        );
    }

    #[test]
    fn patterns_stand_for_ids() {
        check(&[], "value.cut/a", true);
        check(&["value.*"], "value.cut/a", true);
        check(&["value.*"], "limit.value/a", false);
        check(&["x", "truncation/*"], "truncation/1/17", true);
        check(&["value.cut/a"], "value.cut/ab", false);
    }

    #[test]
    fn a_bad_pattern_says_so() {
        let error = Filter::new(&["value.[".into()]).unwrap_err();
        assert!(error.starts_with("--filter: expected a pattern"), "{error}");
    }
}

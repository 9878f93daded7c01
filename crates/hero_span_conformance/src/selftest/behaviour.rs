//! Sabotaged copies of the reference.

use serde::Deserialize;

/// What is changed in one file of the reference.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edits {
    /// The file's name; the reference's first without one.
    #[serde(default)]
    pub(super) file: Option<String>,
    /// Texts, and what stands in their place, wherever they stand.
    #[serde(default)]
    pub(super) replace: Vec<(String, String)>,
    /// What is added at the end.
    #[serde(default)]
    pub(super) append: String,
}

impl Edits {
    /// The changed text; the message says which edit does not apply.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        let mut changed = text.to_owned();
        for (old, new) in &self.replace {
            let with = changed.replace(old, new);
            if with == changed {
                return Err(format!(
                    "expected a text that is there to replace, found {old:?}"
                ));
            }
            changed = with;
        }
        if !self.append.is_empty() {
            changed += &format!("\n\n{}\n", self.append);
        }
        if changed == text {
            return Err("expected replace or append, found neither".into());
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str, expected: Result<&str, &str>) {
        let edits: Edits = toml::from_str(toml).unwrap();
        let found = edits.apply("a = 1\nb = 1\n");
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn edits_change_a_text() {
        check("replace = [['1', '2'], ['a', 'c']]", Ok("c = 2\nb = 2\n"));
        check("append = 'd = 3'", Ok("a = 1\nb = 1\n\n\nd = 3\n"));
    }

    #[test]
    fn edits_that_do_not_apply_are_told() {
        let error = "expected a text that is there to replace, found \"z\"";
        check("replace = [['a', 'c'], ['z', 'y']]", Err(error));
        check("", Err("expected replace or append, found neither"));
    }
}

//! What a run is called.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

use crate::Error;

/// The longest name, in bytes.
const MAX: usize = 64;

/// How much of a text stands before a unique name's number.
const BEGINNING: usize = 40;

/// The name of a run: 1 to 64 of the characters `A-Z a-z 0-9 _ -`.
///
/// It can stand in a path, in a shell's word and in a terminal as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunName(String);

impl RunName {
    /// A name that begins like that text and that no other run has: 32 random
    /// bits are behind it.
    pub(crate) fn unique(text: &str) -> Self {
        let plain = text.chars().map(|c| if is_plain(c) { c } else { '_' });
        let beginning: String = plain.take(BEGINNING).collect();
        let random = RandomState::new().hash_one(std::process::id()) as u32;
        Self(format!("{beginning}-{random:08x}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if (1..=MAX).contains(&text.len()) && text.chars().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::run_name(text))
        }
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        let refused = text.parse::<RunName>().expect_err("a bad name");
        refused.to_string()
    }

    #[test]
    fn plain_names_are_taken() {
        for name in ["a", "nightly-2_B", "-", &"x".repeat(64)] {
            let parsed: RunName = name.parse().expect("a name");
            assert_eq!(parsed.as_str(), name);
            assert_eq!(parsed.to_string(), name);
        }
    }

    #[test]
    fn unique_names_are_names_and_differ() {
        for text in ["nightly", "", "a b/../c\u{1b}", &"ä".repeat(100)] {
            let name = RunName::unique(text);
            assert_eq!(name.as_str().parse().as_ref().ok(), Some(&name));
            assert_ne!(name, RunName::unique(text));
        }
        assert!(RunName::unique("a/b").as_str().starts_with("a_b-"));
    }

    #[test]
    fn what_could_leave_a_directory_or_upset_a_terminal_is_refused() {
        insta::assert_snapshot!(refused("../x"), @r#"the run's name: expected 1 to 64 letters, digits, "_" or "-", found "../x": choose another"#);
        insta::assert_snapshot!(refused(""), @r#"the run's name: expected 1 to 64 letters, digits, "_" or "-", found "": choose another"#);
        insta::assert_snapshot!(refused("a\u{1b}[2J"), @r#"the run's name: expected 1 to 64 letters, digits, "_" or "-", found "a\u{1b}[2J": choose another"#);
        insta::assert_snapshot!(refused(&"x".repeat(65)), @r#"the run's name: expected 1 to 64 letters, digits, "_" or "-", found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (65 bytes): choose another"#);
        for name in ["a/b", ".", "a b", "ä", "a\0", "a\n"] {
            refused(name);
        }
    }
}

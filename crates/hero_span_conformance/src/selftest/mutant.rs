//! A fault, and the check that must find it.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::behaviour::Edits;
use super::wire::Stream;
use crate::case::Case;
use crate::judge::Tools;

/// A fault.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) id: String,
    /// What is wrong, in a sentence.
    pub(super) about: String,
    /// The check that must find it.
    pub(super) killed_by: String,
    pub(super) cases: Cases,
    pub(super) fault: Fault,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Fault {
    /// A copy of the reference with these edits.
    Behaviour(Edits),
    /// What the reference sent, with this edit.
    Wire(fn(&mut Stream)),
    /// The contract's own tools, with this edit.
    Tools(fn(&mut Tools)),
}

/// The cases that show a fault, by patterns over their ids.
#[derive(Clone, Debug)]
pub(super) struct Cases(GlobSet);

impl Cases {
    /// Reads patterns with `*`; the message says what is wrong.
    pub(super) fn new(patterns: &[String]) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(Glob::new(pattern).map_err(|error| error.to_string())?);
        }
        set.build().map(Self).map_err(|error| error.to_string())
    }

    /// Every fixed case; the pattern is that of their ids.
    pub(super) fn of_the_suite() -> Option<Self> {
        Self::new(&["*.*/*".into()]).ok()
    }

    pub(super) fn takes(&self, case: &Case) -> bool {
        self.0.is_match(&case.id)
    }
}

//! Families of generated cases.

mod dropped;
mod ordering;
mod shape;
mod text;
mod truncation;

use std::fmt;

use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

use crate::case::Case;

/// A family of generated cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Values around every limit, and values that JSON cannot hold
    Truncation,
    /// Trees of spans with threads, tasks, exceptions, generators and forks
    Ordering,
    /// Sockets that close, stall, are slow or are not there
    Dropped,
}

impl Family {
    /// All of them, in the order they run.
    pub const ALL: [Self; 3] = [Self::Truncation, Self::Ordering, Self::Dropped];

    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncation => "truncation",
            Self::Ordering => "ordering",
            Self::Dropped => "dropped",
        }
    }

    /// Makes its cases.
    pub(crate) fn cases(self) -> BoxedStrategy<Case> {
        match self {
            Self::Truncation => truncation::cases(),
            Self::Ordering => ordering::cases(),
            Self::Dropped => dropped::cases(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::check;
    use proptest::prelude::*;

    fn check_family(family: Family) {
        proptest!(ProptestConfig::with_cases(200), |(case in family.cases())| {
            prop_assert_eq!(check(&case.script), Ok(()));
            let json = serde_json::to_string(&case).unwrap();
            prop_assert_eq!(Case::from_json(&json), Ok(case));
        });
    }

    #[test]
    fn every_case_is_valid_and_comes_back_from_its_file() {
        Family::ALL.into_iter().for_each(check_family);
    }
}

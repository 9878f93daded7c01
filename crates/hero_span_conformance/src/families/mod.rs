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
    use crate::generate::case_tree;
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

    /// In how many of the usual run's cases each of these stands.
    fn check_reach(family: Family, words: &[&str]) {
        let trees = (0..256).filter_map(|number| case_tree(family, 1, number));
        let cases: Vec<String> = trees
            .map(|tree| serde_json::to_string(&tree.current()).unwrap())
            .collect();
        for word in words {
            let count = cases.iter().filter(|case| case.contains(word)).count();
            assert!(count >= 5, "only {count} cases of {family} have {word}");
        }
    }

    /// Who writes an adapter has nothing but that page.
    #[test]
    fn the_adapter_contract_explains_whatever_a_case_may_hold() {
        let page = include_str!("../../../../conformance/README.md");
        for family in Family::ALL {
            for number in 0..256 {
                let Some(tree) = case_tree(family, 1, number) else {
                    continue;
                };
                let case = serde_json::to_string(&tree.current().script).unwrap();
                for mark in ["\"op\":", "\"gen\":"] {
                    for rest in case.split(mark).skip(1) {
                        let name = rest.split('"').nth(1).unwrap();
                        let entry = format!("{mark}\"{name}\"");
                        assert!(page.contains(&entry), "conformance/README.md lacks {entry}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_operation_and_schedule_is_reached() {
        let operations = [
            "flow",
            "step",
            "span",
            "tag",
            "log",
            "result",
            "fail",
            "raise",
            "catch",
            "call",
            "parallel",
            "tasks",
            "fork",
            "generator",
        ];
        let operations = operations.map(|name| format!("\"op\":\"{name}\""));
        check_reach(Family::Ordering, &operations.each_ref().map(String::as_str));
        check_reach(
            Family::Ordering,
            &[
                "\"parent\"",
                "\"wrap\":true",
                "\"async\":true",
                "\"decorator\":true",
                "\"interrupt\"",
                "\"cancelled\"",
                "\"exit\"",
            ],
        );
        let schedules = [
            "unset",
            "empty",
            "missing",
            "relative",
            "refused",
            "not-a-socket",
            "denied",
            "too-long",
            "tiny-buffers",
            "tiny-stall",
            "close",
            "close-at-checkpoint",
            "stall",
            "stall-for-ever",
            "slow",
            "accept-late",
        ];
        let schedules = schedules.map(|name| format!("\"kind\":\"{name}\""));
        check_reach(Family::Dropped, &schedules.each_ref().map(String::as_str));
        let recipes = [
            "text",
            "join",
            "surrogate",
            "number",
            "integer",
            "power-of-ten",
            "deep",
            "cyclic",
            "members",
            "map",
            "bytes",
            "set",
            "object",
        ];
        let recipes = recipes.map(|name| format!("\"gen\":\"{name}\""));
        check_reach(Family::Truncation, &recipes.each_ref().map(String::as_str));
    }
}

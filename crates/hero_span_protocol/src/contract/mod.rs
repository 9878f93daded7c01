//! The wire contract as Rust: clauses, limits, names, and the published documents.
//!
//! The data is generated from the docstring of `sdk/python/hero_tracing.py`;
//! this module only gives it methods.

mod generated;

use std::fmt;

pub use generated::{ACCEPT_SCHEMA, CONTRACT_JSON, Clause, EMIT_SCHEMA, PROTOCOL, env, limit};
pub use hero_span_contract::model::{self, Contract, Requirement};

impl Clause {
    /// The stable id, such as `value.cut`.
    pub const fn id(self) -> &'static str {
        generated::ROWS[self as usize].0
    }

    /// How binding the clause is.
    pub const fn requirement(self) -> Requirement {
        generated::ROWS[self as usize].1
    }

    /// What the clause says, without its field table: paragraphs, an empty
    /// line between.
    pub const fn text(self) -> &'static str {
        generated::ROWS[self as usize].2
    }

    /// The clause of that id, if the contract has it.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|clause| clause.id() == id)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::{CONTRACT_JSON, Clause, Contract, PROTOCOL, env, limit};
    use crate::{CheckOptions, Checker};

    fn published() -> Contract {
        serde_json::from_str(CONTRACT_JSON).unwrap()
    }

    #[test]
    fn the_published_contract_has_the_same_clauses() {
        let contract = published();
        assert_eq!(contract.protocol, PROTOCOL);
        assert_eq!(contract.clauses().count(), Clause::ALL.len());
        for (clause, text) in Clause::ALL.iter().zip(contract.clauses()) {
            assert_eq!(clause.id(), text.id);
            assert_eq!(clause.requirement(), text.requirement);
            assert_eq!(clause.text(), text.text);
        }
    }

    #[test]
    fn the_published_contract_has_the_same_limits_and_names() {
        let contract = published();
        assert_eq!(contract.limit("LINE_BYTES"), Some(limit::LINE_BYTES as u64));
        assert_eq!(contract.limit("INTEGER_MAX"), Some(limit::INTEGER_MAX));
        assert_eq!(contract.limit("WAIT_MS"), Some(limit::WAIT_MS));
        assert_eq!(contract.limit("NO_SUCH"), None);
        let names: Vec<&str> = contract
            .environment
            .iter()
            .map(|v| v.name.as_str())
            .collect();
        assert_eq!(names, [env::SOCKET, env::PARENT]);
    }

    #[test]
    fn a_clause_is_found_by_its_id() {
        for clause in Clause::ALL {
            assert_eq!(Clause::from_id(&clause.to_string()), Some(*clause));
        }
        assert_eq!(Clause::from_id("value.uncut"), None);
    }

    #[test]
    fn the_published_example_breaks_no_clause() {
        let mut checker = Checker::new(CheckOptions::default());
        checker.feed(include_bytes!("../../../../spec/example.jsonl"));
        let report = checker.finish();
        assert!(report.violations.is_empty(), "{:#?}", report.violations);
        assert_eq!(report.open_spans, []);
        assert_eq!(report.events, report.lines);
        assert!(report.events > 0);
    }
}

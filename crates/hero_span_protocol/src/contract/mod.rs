//! The wire contract as Rust: clauses, limits, names, and the published documents.
//!
//! The data is generated from the docstring of `sdk/python/hero_tracing.py`;
//! this module only gives it methods.

mod generated;
pub mod model;

use std::fmt;

pub use generated::{ACCEPT_SCHEMA, CONTRACT_JSON, Clause, EMIT_SCHEMA, PROTOCOL, env, limit};
pub use model::{Contract, Requirement};

impl Clause {
    /// The stable id, such as `value.cut`.
    pub const fn id(self) -> &'static str {
        generated::ROWS[self as usize].0
    }

    /// How binding the clause is.
    pub const fn requirement(self) -> Requirement {
        generated::ROWS[self as usize].1
    }

    /// What the clause says, as one paragraph without its field table.
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

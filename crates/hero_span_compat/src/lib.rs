//! Two wire contracts compared: what changed, whom it breaks, and the line that shows it.
//!
//! [`compare()`] finds each change by a rule of one table ([`rules()`]), and asks of each what
//! becomes of an old SDK's lines at a new collector, and the other way round. What breaks is
//! shown, not said: the smallest line that an SDK of one contract may send is run through both
//! sides' JSON Schemas and, where a side is the contract of this program, through its parser.
//!
//! The crate opens nothing, and knows neither files nor versions in git: contracts in, findings
//! out.

mod approvals;
mod changes;
mod compare;
mod error;
mod faults;
mod lines;
mod load;
mod longest;
mod measure;
mod report;
mod rules;
mod side;
mod stretch;
mod strings;
mod values;
mod witness;

pub use approvals::{Approval, Approvals};
pub use compare::{Bump, Comparison, Finding, Outcome, Severity, compare};
pub use error::Error;
pub use load::{read, version, versions};
pub use report::{Format, Report, rules_page};
pub use rules::{Direction, Edits, Effect, Rule, rules};
pub use witness::{Trial, Witness};

#[cfg(test)]
mod tests;

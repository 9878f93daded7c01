//! Drives an SDK through its adapter and proves where it departs from the
//! hero_span contract.
//!
//! A case is a script for the user's code and a schedule for the socket. The
//! model predicts the tree of events that the script must send; the runner owns
//! the socket, judges the bytes by schema, parser and rules, compares the tree,
//! and looks at what the user's code saw. This crate knows nothing of any SDK's
//! language, nor of the collector.

mod adapter;
mod address;
mod buffers;
mod case;
mod cases;
pub mod checks;
pub mod command;
mod compare;
mod connection;
mod corpus;
mod dialogue;
mod draw;
mod each;
mod embedded;
mod error;
mod evaluate;
mod families;
mod fault;
mod filter;
mod finding;
mod generate;
pub mod init;
mod judge;
mod known;
mod list;
mod model;
pub mod parser;
mod process;
mod profile;
mod progress;
mod report;
mod run;
mod schedule;
mod schema;
mod script;
pub mod selftest;
mod server;
mod side_by_side;
mod smoke;
mod unit_tests;
mod value;
mod vectors;
mod waiting;
mod work;

pub use case::Case;
pub use cases::fixed;
pub use dialogue::Hello;
pub use error::Error;
pub use families::Family;
pub use filter::Filter;
pub use finding::Finding;
pub use known::KnownFailures;
pub use process::Launch;
pub use profile::{Format, Profile, UnitTests};
pub use progress::{Line, Progress, Quiet};
pub use report::{
    CaseResult, Conclusion, Failure, Group, Report, ReportArgument, ReportArguments, ReportFormat,
    Source, Standing, Verdict, Versions,
};
pub use run::{Options, replay, run};
pub use vectors::Tree;

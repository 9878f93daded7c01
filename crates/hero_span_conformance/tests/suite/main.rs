//! The suite itself under test: can it fail, and does it blame whom it should?

mod adapters;
mod drills;
mod python;
mod support;

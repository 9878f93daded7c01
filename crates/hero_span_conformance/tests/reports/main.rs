//! What the reports of a run look like, and that others can read them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod forms;
mod looks;
mod page;
mod sample;
mod tools;
mod validity;

//! Trees of events as lines of text: what the model asks for, and what came.
//!
//! Both are drawn alike, so that the first line that differs is the first
//! difference. A line is one event; the events of a span stand under its
//! start, and a child's where it started.

mod expected;
mod found;
mod layout;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use expected::expected_tree;
pub(crate) use found::{Labels, found_tree, whole_tree};

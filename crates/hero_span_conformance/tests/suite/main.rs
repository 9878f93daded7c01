//! The suite itself under test: can it fail, and does it blame whom it should?

#![allow(clippy::unwrap_used)]

mod adapters;
mod attach;
mod drills;
mod init;
mod misbehaving;
mod python;
mod selftest;
mod support;

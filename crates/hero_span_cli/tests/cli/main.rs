//! The `hero-span` binary as its users meet it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod check;
mod collect;
mod common;
mod flow;
mod limits;
mod screen;
mod service;
mod shell;
mod spec;
mod stored;
mod terminal;
mod top;
mod watch;

//! Puts the Python SDK in place and runs programs with all that grows under
//! them.
//!
//! ```text
//! embedded SDK → stage → BASE/var/flows/sdk
//! own environment → environment → Command ─┐
//!                                          ▼
//!      executor ⇄ channel ⇄ supervisor → starter → flow → its processes
//!         └─← stdout, stderr: pieces, counted ──────────────┘
//! ```
//!
//! [`stage`] puts the SDK where a flow imports it. [`environment()`] says what a
//! flow sees of the executor's environment. [`Supervised::start`] runs a
//! [`Command`] under a supervisor of its own, and [`Supervised::wait_until`]
//! tells how it [ended](Ending): after that no process of the run is left.
//!
//! A supervisor is the embedding program itself, started again: the first
//! thing in its `main` is [`supervisor_main`].
//!
//! This crate knows nothing of arguments and terminals, and nothing of what a
//! flow says to a collector. It runs on Linux.

mod environment;
mod error;
mod run_name;
mod staging;
mod supervise;
mod supervisor;
mod words;

pub use environment::{Given, environment};
pub use error::Error;
pub use run_name::RunName;
pub use staging::{Staged, stage};
pub use supervise::{
    Command, Counted, End, Ending, Output, Piece, Signal, Stopper, Stream, Supervised, Swept,
    Totals,
};
pub use supervisor::supervisor_main;

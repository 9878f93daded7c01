//! Puts the Python SDK in place, looks at flows and runs them, with all that
//! grows under them.
//!
//! ```text
//! embedded SDK → stage → BASE/var/flows/sdk
//! own environment → environment → Command ─┐
//!                                          ▼
//!      executor ⇄ channel ⇄ supervisor → starter → flow → its processes
//!       │  │  └─← stdout, stderr: pieces, counted ────┤ │
//!       │  └─⇄ control: flows, inputs, outcome ───────┘ │
//!       └─← socket: spans → sink, and on to a collector ┘
//! ```
//!
//! An [`Executor`] starts [`Run`]s of what a [`Request`] asks for, and
//! [`Run::wait`] tells how each [`Ended`]: from facts, and with the path of the
//! spans that were open then. [`Run::events`] gives the same as a stream. [`Executor::inspect`] says which flows a file
//! has, and [`FlowInfo::schema`] what they take.
//!
//! Below that, for programs of any kind: [`stage`] puts the SDK where a flow
//! imports it. [`environment()`] says what a flow sees of the executor's
//! environment. [`Supervised::start`] runs a [`Command`] under a supervisor of
//! its own, and [`Supervised::wait_until`] tells how it [ended](Ending): after
//! that no process of the run is left.
//!
//! A supervisor is the embedding program itself, started again: the first
//! thing in its `main` is [`supervisor_main`].
//!
//! This crate knows nothing of arguments and terminals. It runs on Linux.

mod control;
mod environment;
mod error;
mod events;
mod executor;
mod flow;
mod inspect;
mod open_path;
mod outcome;
mod outlet;
mod place;
mod record;
mod request;
mod run;
mod run_name;
mod staging;
mod supervise;
mod supervisor;
mod words;

pub use control::Raised;
pub use environment::{DEADLINE, Given, environment};
pub use error::Error;
pub use events::{Events, RunEvent};
pub use executor::{Builder, Executor};
pub use flow::{FlowInfo, Input, InputFault};
pub use inspect::{Inspected, Unloadable};
pub use open_path::OpenPath;
pub use outcome::{Ended, Outcome, Refused};
pub use outlet::Prints;
pub use request::Request;
pub use run::Run;
pub use run_name::RunName;
pub use staging::{Staged, stage};
pub use supervise::{
    Command, Counted, End, Ending, Output, Piece, Signal, Stopper, Stream, Supervised, Swept,
    Totals,
};
pub use supervisor::supervisor_main;

//! Say what your program does, step by step, and watch it as a tree while it runs.
//!
//! ```
//! use hero_tracing::{Failed, step};
//!
//! fn nightly(day: &str) -> Result<usize, Failed> {
//!     let rows = step("load").tag("day", day).run(|load| {
//!         let rows = vec!["apple", "pear"];
//!         load.tag("rows", rows.len()).log("loaded");
//!         if rows.is_empty() {
//!             return Err(Failed::new(format!("no rows for {day}")));
//!         }
//!         Ok(rows)
//!     })?;
//!     Ok(step("save").scope(|_| rows.len()))
//! }
//!
//! assert_eq!(nightly("2024-03-01"), Ok(2));
//! ```
//!
//! Each call writes one line to the Unix socket that `HERO_FLOW_SPAN_SOCK` names. Without that
//! variable every call is a cheap no-op. Nothing here ever panics, prints, or gives an error of
//! its own, and no call waits for a collector longer than 250 ms.
//!
//! | to | use |
//! |---|---|
//! | open a span | [`step`], [`span()`], and the ways of [`Builder`] to run something within |
//! | speak of the current one | [`current`], and the methods of [`Span`] |
//! | fail with a reason | [`Failed`], or any other error that leaves a span |
//! | record a client's calls | [`instrument()`](fn@instrument), [`instrument!`], [`call!`], [`rpc`] |
//! | go on in a thread, a task, a process | [`wrap`], [`wrap_async`], [`child_env`] |
//! | run a flow as a host does | [`run_flow`], [`run_flow_async`] |
//!
//! With the feature `tracing`, programs that speak the `tracing` crate are heard as well: see
//! the module `layer`.

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!("hero_tracing knows the system calls of Linux and macOS");

mod builder;
mod client;
mod clock;
mod contract;
mod convert;
mod cut;
mod event;
mod failure;
mod flow;
mod id;
mod json;
#[cfg(feature = "tracing")]
pub mod layer;
mod node;
mod panics;
mod process;
mod producer;
mod span;
mod sys;
mod task;
mod text;
mod value;

pub use builder::{Builder, Entered, span, step};
#[doc(hidden)]
pub use client::__private;
pub use client::{Call, Instrumented, instrument, instrument_as, rpc};
pub use event::Level;
#[doc(hidden)]
pub use failure::{ByBox, ByError, ByItself, BySharedBox, ByText};
pub use failure::{Cancelled, Ending, Exit, Failed, Failure};
pub use flow::{child_env, run_flow, run_flow_async};
pub use id::SpanId;
pub use span::{Span, current};
pub use task::{wrap, wrap_async};
pub use value::{ToValue, Value};

/// The code on the page of the crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

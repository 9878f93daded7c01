//! Takes hero_span events from a Unix socket and grows run trees.
//!
//! ```text
//! socket → connection → lines → events → stream rules → run trees → sinks
//!          (session)    (reader: pure)                  (tree: pure)  └→ store
//! ```
//!
//! [`Listener::bind`] takes a socket path, or [`Listener::inherit`] a socket
//! that a service manager handed over. A [`Collector`] serves it, or any other
//! [`Incoming`], within [`Limits`], keeps what it hears in a [`Store`], and
//! tells a [`Sink`] of it, with the [`Forest`] as it stands. The trees are pure
//! and usable without any of the rest. A bad line costs no other line
//! (`consumer.bad-line`), and what a connection holds is bounded ([`Limits`]).
//!
//! [`store::Reader`] looks at a store, also while a collector writes to it.
//!
//! [`Forwarding`] sends what comes on to another collector as well.
//!
//! [`tap()`] serves a socket in the same way, and hands on the bytes of each
//! connection as they come.
//!
//! This crate knows nothing of terminals, and nothing of the conformance
//! suite.

mod collecting;
mod collector;
mod counted;
mod error;
mod figures;
mod forward;
mod hub;
mod incoming;
mod limits;
mod listen;
mod message;
mod reader;
mod serve;
mod session;
#[cfg(test)]
mod simulation;
mod sink;
mod stop;
pub mod store;
mod tap;
mod totals;
pub mod tree;

pub use collector::Collector;
pub use error::Error;
pub use figures::{Exposed, Figures, Snapshot, expose};
pub use forward::{Fork, Forwarded, Forwarding};
pub use incoming::Incoming;
pub use limits::Limits;
pub use listen::{Inherited, Listener};
pub use message::{Rejected, Skipped, Told};
pub use sink::{Sink, Update};
pub use store::Store;
pub use tap::{Tap, Tapped, tap};
pub use totals::Totals;
pub use tree::Forest;

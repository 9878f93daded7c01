//! A run, as its executor sees it.

mod channel;
mod command;
mod end;
mod oom;
mod output;
mod run;
mod start;
mod stopper;

pub use crate::words::Signal;
pub use command::Command;
pub use end::{End, Ending, Swept};
pub use output::{Counted, Output, Piece, Stream, Totals};
pub use run::Supervised;
pub use stopper::Stopper;

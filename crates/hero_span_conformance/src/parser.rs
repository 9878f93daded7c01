//! Consumers in any language: each reads the vectors through its adapter, and
//! is judged by what it says of them.

mod arguments;
mod compare;
mod dialogue;
mod judge;
mod report;
mod run;
mod rust;

pub use arguments::{ParserArguments, main};
pub use rust::{Heard, serve};

//! Consumers in any language: each reads the vectors through its adapter, and
//! is judged by what it says of them.

mod arguments;
mod compare;
pub(crate) mod dialogue;
mod judge;
mod run;
mod rust;

pub use arguments::ParserArguments;
pub(crate) use arguments::main;
pub use rust::{Heard, serve};

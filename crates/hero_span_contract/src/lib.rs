//! The wire contract as data.
//!
//! [`parse_python`] and [`parse_text`] read it from where it is written, the docstring of the
//! Python SDK or a copy of that text; [`Contract`] is what it says; [`schema()`] writes it as
//! a JSON Schema, once as SDKs read it and once as consumers do.
//!
//! The crate opens nothing and knows no event: which contract is the present one, and what a
//! parser makes of a line, others know.

mod docstring;
mod error;
mod json;
pub mod model;
mod schema;

pub use docstring::{Docstring, Places, is_constant_name, parse_python, parse_text};
pub use error::{Error, quoted};
pub use json::Json;
pub use model::Contract;
pub use schema::{Reading, schema};

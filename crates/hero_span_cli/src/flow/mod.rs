//! What runs flows, and what looks at their files.

mod asked;
mod ends;
mod keeping;
pub(crate) mod list;
mod printing;
pub(crate) mod rerun;
pub(crate) mod run;
mod showing;
pub(crate) mod stop;
mod writing;

pub(crate) use self::printing::shown;

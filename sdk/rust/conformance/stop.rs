//! Why a block did not come to its end.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Debug, Display};

use hero_tracing::{Cancelled, Ending, Exit, Failed, Failure};

use crate::json::Json;

/// Why a block did not come to its end.
pub(crate) enum Stop {
    Raised(Raised),
    /// This program is wrong: no verdict on the SDK.
    Broken(String),
}

/// An error of the user's code, with what the script says of it.
pub(crate) enum Raised {
    Failed(Failed, Json),
    Cancelled(Cancelled, &'static str),
    Exit(Exit, Json),
    /// Boxed, as errors of many types are that leave one function.
    Error(Box<dyn Error + Send + Sync>, Json),
}

/// An error of the user's own, of a type that the script names.
pub(crate) struct UserError {
    pub(crate) type_name: String,
    pub(crate) message: String,
}

/// As `#[derive(Debug)]` has it.
impl Debug for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(&self.type_name)
            .field("message", &self.message)
            .finish()
    }
}

impl Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for UserError {}

/// A panic of the SDK's, or of this program: what the user's code sees is a panic.
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Stop {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or_default().to_owned();
    let type_name = "panic".to_owned();
    let words = Json::text(message.as_str());
    Stop::Raised(Raised::Error(
        UserError { type_name, message }.into(),
        words,
    ))
}

pub(crate) fn broken(why: impl Display) -> Stop {
    Stop::Broken(why.to_string())
}

/// A wrapper has its spans end as what it wraps would.
impl Failure for Stop {
    fn ending(&self) -> Ending {
        match self {
            Self::Raised(Raised::Failed(error, _)) => error.ending(),
            Self::Raised(Raised::Cancelled(error, _)) => error.ending(),
            Self::Raised(Raised::Exit(error, _)) => error.ending(),
            Self::Raised(Raised::Error(error, _)) => error.ending(),
            Self::Broken(why) => why.ending(),
        }
    }
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(_) => f.write_str("an error of the script"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl Stop {
    /// What the user's code sees of it, in the script's words.
    pub(crate) fn report(self) -> Result<Json, Stop> {
        let (kind, message) = match self {
            Self::Broken(_) => return Err(self),
            Self::Raised(Raised::Failed(_, reason)) => ("Failed".to_owned(), reason),
            Self::Raised(Raised::Cancelled(_, kind)) => (kind.to_owned(), Json::Null),
            Self::Raised(Raised::Exit(_, code)) => ("exit".to_owned(), code),
            Self::Raised(Raised::Error(error, message)) => match error.downcast::<UserError>() {
                Ok(error) => (error.type_name, message),
                Err(other) => ("Error".to_owned(), Json::text(other.to_string())),
            },
        };
        Ok(Json::object([
            ("type", Json::text(kind)),
            ("message", message),
        ]))
    }
}

//! How a span ends that an error leaves.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display};
use std::ops::Deref;

use crate::event::Status;
use crate::text;

/// Fails the spans that it leaves with a reason, and nothing but the reason.
///
/// ```
/// use hero_tracing::{Failed, step};
///
/// fn check(rows: &[u32]) -> Result<(), Failed> {
///     step("check").run(|_| {
///         if rows.is_empty() {
///             return Err(Failed::new("no rows today"));
///         }
///         Ok(())
///     })
/// }
///
/// assert_eq!(check(&[]).unwrap_err().to_string(), "no rows today");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    reason: Cow<'static, str>,
}

impl Failed {
    /// A failure with this reason.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// The reason as it was given.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for Failed {}

/// Ends the spans that it leaves as cancelled: the work was given up, by whoever asked for it.
///
/// A future that is dropped before it is done needs no such error: its span is cancelled too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancelled;

impl Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl Error for Cancelled {}

/// The end of the program with this exit code, on its way out as an error. The spans that it
/// leaves are ok if the code is 0, and have failed with the code as their error if not.
///
/// `std::process::exit` ends the process at once: spans that are open then stay open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit with code {}", self.0)
    }
}

impl Error for Exit {}

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub(crate) status: Status,
    pub(crate) error: Option<String>,
    pub(crate) error_type: Option<String>,
}

impl Ending {
    /// It did what it was meant to.
    pub const fn ok() -> Self {
        Self::new(Status::Ok, None)
    }

    /// It was given up.
    pub const fn cancelled() -> Self {
        Self::new(Status::Cancelled, None)
    }

    /// It failed, and this is why.
    pub fn failed(error: impl Into<String>) -> Self {
        Self::new(Status::Failed, Some(error.into()))
    }

    /// The same with the name of the error's type.
    pub fn of_type(mut self, name: impl Into<String>) -> Self {
        self.error_type = Some(name.into());
        self
    }

    const fn new(status: Status, error: Option<String>) -> Self {
        Self {
            status,
            error,
            error_type: None,
        }
    }

    /// What becomes of the SDK's own errors.
    fn of_known(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(failed) = error.downcast_ref::<Failed>() {
            return Some(Self::failed(failed.reason()).of_type("Failed"));
        }
        if error.is::<Cancelled>() {
            return Some(Self::cancelled().of_type("Cancelled"));
        }
        let Exit(code) = error.downcast_ref()?;
        Some(match code {
            0 => Self::ok(),
            code => Self::failed(code.to_string()).of_type("Exit"),
        })
    }

    /// An error with all that caused it.
    fn of_error(error: &(dyn Error + 'static), type_name: Option<String>) -> Self {
        if let Some(known) = Self::of_known(error) {
            return known;
        }
        let type_name = type_name.unwrap_or_else(|| name_in_debug(error));
        let mut report = format!("{type_name}: {}", shown(error));
        let mut cause = error.source();
        for _ in 0..MOST_CAUSES {
            let Some(error) = cause else { break };
            report.push_str("\ncaused by: ");
            report.push_str(&shown(error));
            cause = error.source();
        }
        Self::failed(report).of_type(type_name)
    }
}

/// Errors may cause one another in circles.
const MOST_CAUSES: usize = 64;
/// As much of an error's own text as is looked at.
const SHOWN_BYTES: usize = 1 << 20;

fn shown(error: &(dyn Error + 'static)) -> String {
    text::described::<dyn Error>(format_args!("{error}"), SHOWN_BYTES)
}

/// The name of the type of an error in a box: nothing else tells it, but `#[derive(Debug)]` does.
fn name_in_debug(error: &(dyn Error + 'static)) -> String {
    let debug = text::of_debug(error);
    let is_of_name = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
    let end = debug.find(|char| !is_of_name(char)).unwrap_or(debug.len());
    let name = crate::cut::cut(&debug, end);
    let is_name = name.starts_with(|first: char| first.is_alphabetic());
    if is_name { name.into() } else { "Error".into() }
}

/// An error that a span can end with.
///
/// All errors are: types that implement [`Error`], boxed ones (`Box<dyn Error>`, and whatever
/// else leads to a `dyn Error`, such as `anyhow::Error`), and texts. The parameter only tells
/// these apart, and nobody needs to name it. For an error of your own that knows better how a
/// span ended, implement `Failure` without a parameter instead of [`Error`]:
///
/// ```
/// use hero_tracing::{Ending, Failure, step};
///
/// #[derive(Debug)]
/// enum Stop {
///     ByUser,
///     Broken(String),
/// }
///
/// impl Failure for Stop {
///     fn ending(&self) -> Ending {
///         match self {
///             Stop::ByUser => Ending::cancelled(),
///             Stop::Broken(why) => Ending::failed(why).of_type("Broken"),
///         }
///     }
/// }
///
/// let stopped = step("load").run(|_| Err::<(), _>(Stop::ByUser));
/// assert!(stopped.is_err());
/// ```
pub trait Failure<By = ByItself> {
    /// How a span ended that this error leaves.
    fn ending(&self) -> Ending;
}

/// An error that says itself how a span ended.
#[derive(Debug)]
pub struct ByItself;
/// An error that implements [`Error`].
#[derive(Debug)]
pub struct ByError;
/// An error in a box.
#[derive(Debug)]
pub struct ByBox;
/// An error in a box that threads can share.
#[derive(Debug)]
pub struct BySharedBox;
/// A text.
#[derive(Debug)]
pub struct ByText;

impl<E: Error + 'static> Failure<ByError> for E {
    fn ending(&self) -> Ending {
        Ending::of_error(self, Some(text::short_type_name::<E>()))
    }
}

impl<E: Deref<Target = dyn Error + 'static>> Failure<ByBox> for E {
    fn ending(&self) -> Ending {
        Ending::of_error(&**self, None)
    }
}

impl<E: Deref<Target = dyn Error + Send + Sync + 'static>> Failure<BySharedBox> for E {
    fn ending(&self) -> Ending {
        Ending::of_error(&**self, None)
    }
}

impl<E: AsRef<str>> Failure<ByText> for E {
    fn ending(&self) -> Ending {
        Ending::failed(self.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Load {
        cause: Option<std::num::ParseIntError>,
    }

    impl Display for Load {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot load the day")
        }
    }

    impl Error for Load {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.cause.as_ref().map(|cause| cause as _)
        }
    }

    fn load() -> Load {
        Load {
            cause: "x".parse::<i32>().err(),
        }
    }

    fn check<By>(error: &impl Failure<By>, expected: &Ending) {
        assert_eq!(&error.ending(), expected);
    }

    #[test]
    fn an_error_is_its_type_its_text_and_its_causes() {
        let text = "Load: cannot load the day\ncaused by: invalid digit found in string";
        let expected = Ending::failed(text).of_type("Load");
        check(&load(), &expected);
        check(&Box::<dyn Error>::from(load()), &expected);
        check(&Box::<dyn Error + Send + Sync>::from(load()), &expected);
        let alone = Load { cause: None };
        let expected = Ending::failed("Load: cannot load the day").of_type("Load");
        check(&alone, &expected);
    }

    #[test]
    fn texts_are_errors_too() {
        check(&"no rows", &Ending::failed("no rows"));
        check(&String::from("no rows"), &Ending::failed("no rows"));
        let boxed = Box::<dyn Error>::from("no rows");
        let expected = Ending::failed("Error: no rows").of_type("Error");
        check(&boxed, &expected);
    }

    #[test]
    fn the_sdks_own_errors_say_how_a_span_ended() {
        check(
            &Failed::new("why"),
            &Ending::failed("why").of_type("Failed"),
        );
        check(&Cancelled, &Ending::cancelled().of_type("Cancelled"));
        check(&Exit(0), &Ending::ok());
        check(&Exit(3), &Ending::failed("3").of_type("Exit"));
        let boxed = Box::<dyn Error>::from(Failed::new("why"));
        check(&boxed, &Ending::failed("why").of_type("Failed"));
    }
}

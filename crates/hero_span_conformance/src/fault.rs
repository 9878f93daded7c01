//! Why a case could not be evaluated: the adapter failed, not the SDK.

use std::fmt;
use std::io;
use std::time::Duration;

use hero_span_protocol::limits::cut;
use hero_span_protocol::printable;

/// How much of what an adapter said is shown.
const SHOWN_BYTES: usize = 200;

/// A failure of an adapter. It says what was expected, what was found and what
/// to do.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: FaultKind,
    complaints: String,
    /// The script that it was given, if that says more.
    script: Option<String>,
}

#[derive(Debug)]
pub(crate) enum FaultKind {
    /// The command, and why it cannot run.
    CannotStart(String, io::Error),
    /// The process ended, or closed its stdout.
    Gone { words: String, signal: Option<i32> },
    /// No answer came in this time.
    Silent(Duration),
    /// It did not read a command in this time.
    Deaf(Duration),
    /// A line that is no answer, and why.
    Garbage(String, String),
    /// The id that was asked about, and the one that was answered.
    WrongId(String, String),
    /// A line beyond this many bytes.
    Flood(usize),
    /// It said that it failed.
    Errored(String),
    /// It does something else than the adapter contract says.
    Departs(Box<Departure>),
    /// It said more than it was asked for.
    Surplus(String),
    /// It was told to stop, and runs on.
    Stays,
    /// The runner's schemas and types are not of one mind.
    Contradiction(String),
    /// A pipe or a socket of the runner failed. Of the kind `Unsupported`: this
    /// machine has no such socket.
    Io(io::Error),
}

/// What an adapter made of a script that needs no SDK.
#[derive(Debug)]
pub(crate) struct Departure {
    pub(crate) script: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    /// What the page says about it.
    pub(crate) page: &'static str,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (script, expected, found) = (
            shown(&self.script),
            shown(&self.expected),
            shown(&self.found),
        );
        writeln!(f, "it does not do as conformance/README.md says")?;
        writeln!(f, "  script    {script}")?;
        writeln!(f, "  expected  {expected}")?;
        writeln!(f, "  found     {found}")?;
        write!(f, "  the page  {}", self.page)
    }
}

impl FaultKind {
    pub(crate) const fn into_fault(self) -> Fault {
        Fault {
            kind: self,
            complaints: String::new(),
            script: None,
        }
    }
}

impl Fault {
    pub(crate) fn with_complaints(self, complaints: String) -> Self {
        Self { complaints, ..self }
    }

    /// Names the script that it came to pass with.
    pub(crate) fn while_said(self, script: &str) -> Self {
        let script = Some(script.to_owned());
        Self { script, ..self }
    }

    /// The signal that ended the adapter, if one did.
    pub(crate) const fn signal(&self) -> Option<i32> {
        match self.kind {
            FaultKind::Gone { signal, .. } => signal,
            _ => None,
        }
    }

    /// Whether this machine cannot do what the case wants: nobody failed.
    pub(crate) fn is_machines(&self) -> bool {
        matches!(&self.kind, FaultKind::Io(error) if error.kind() == io::ErrorKind::Unsupported)
    }

    /// Whether the adapter just did not answer.
    pub(crate) const fn is_silence(&self) -> bool {
        matches!(self.kind, FaultKind::Silent(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::CannotStart(command, error) => {
                write!(
                    f,
                    "cannot start `{}`: {error}; check --adapter",
                    shown(command)
                )
            }
            FaultKind::Gone { words, .. } => {
                write!(f, "expected an answer, but the adapter is gone: {words}")
            }
            FaultKind::Silent(time) => {
                write!(
                    f,
                    "expected an answer within {time:?}, found none; look with --trace where the adapter hangs"
                )
            }
            FaultKind::Deaf(time) => {
                write!(
                    f,
                    "expected the adapter to read its stdin within {time:?}, but it does not"
                )
            }
            FaultKind::Garbage(line, why) => {
                write!(
                    f,
                    "expected an answer, found \"{}\": {}; stdout is for the dialogue only",
                    shown(line),
                    shown(why)
                )
            }
            FaultKind::WrongId(expected, found) => {
                write!(
                    f,
                    "expected an answer for case {expected}, found one for {}",
                    shown(found)
                )
            }
            FaultKind::Flood(bytes) => {
                write!(
                    f,
                    "expected a line of at most {bytes} bytes, found a longer one"
                )
            }
            FaultKind::Errored(why) => write!(f, "the adapter says that it failed: {}", shown(why)),
            FaultKind::Departs(departure) => departure.fmt(f),
            FaultKind::Surplus(more) => {
                write!(
                    f,
                    "expected no more after the answer, found \"{}\"",
                    shown(more)
                )
            }
            FaultKind::Stays => {
                f.write_str("expected it to end within 2 s after \"stop\", but it runs on")
            }
            FaultKind::Contradiction(how) => write!(
                f,
                "the runner contradicts itself, and neither the adapter nor the SDK is to blame: {}; please report it",
                shown(how)
            ),
            FaultKind::Io(error) if error.kind() == io::ErrorKind::Unsupported => {
                write!(f, "this machine cannot do it: {error}")
            }
            FaultKind::Io(error) => write!(f, "the runner cannot go on: {error}"),
        }?;
        if let Some(script) = &self.script {
            write!(f, "\nwhen it was given the script {}", shown(script))?;
        }
        match self.complaints.trim_end() {
            "" => Ok(()),
            complaints => write!(
                f,
                "\nthe adapter's stderr ends with:\n{}",
                indented(complaints)
            ),
        }
    }
}

impl std::error::Error for Fault {}

fn shown(text: &str) -> String {
    let head = cut(text, SHOWN_BYTES);
    let dots = if head.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", printable(head))
}

/// So many lines of what it said on stderr are shown.
const SHOWN_LINES: usize = 24;

fn indented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES));
    let last: Vec<String> = last
        .map(|line| format!("    {}", printable(line)))
        .collect();
    last.join("\n")
}

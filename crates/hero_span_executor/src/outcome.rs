//! How a flow ended, told from facts.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::control::{self, Raised};
use crate::flow::InputFault;
use crate::open_path::OpenPath;
use crate::supervise::{End, Swept, Totals};
use crate::words::Signal;

/// How a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Ok {
        /// What it returned.
        result: Value,
        /// Whether that is a part, or a text in its place: it was too long, or
        /// nothing that JSON can say.
        cut: bool,
    },
    /// It gave up by `flow.Failed`.
    Failed {
        /// Why, in its own words.
        reason: String,
    },
    /// It raised an exception.
    Raised(Raised),
    /// Its process exited before it had ended.
    Unfinished {
        /// The exit code.
        code: i32,
    },
    /// Its file could not be loaded.
    Broken(Raised),
    /// It was not started: the file has no such flow, or one of its inputs is
    /// wrong.
    Refused(Refused),
    /// Somebody stopped it.
    Cancelled {
        /// The last signal that it was sent.
        by: Signal,
    },
    /// It was not over at its deadline.
    OutOfTime {
        /// How long it had run by then.
        after: Duration,
        /// The last signal that it was sent.
        by: Signal,
    },
    /// A signal ended it that this executor did not send.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// The kernel killed it for want of memory.
    OutOfMemory,
    /// The interpreter could not be started.
    NotStarted {
        /// What could not be done, and the system's reason.
        why: String,
    },
    /// Its supervisor died, and the kernel killed it then.
    SupervisorLost,
}

/// Why a flow was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The file defines none.
    NoFlows,
    /// None of its flows has that name.
    NoSuchFlow {
        /// The name.
        asked: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// It has several, or several of that name.
    Ambiguous {
        /// Those that may be meant, with their lines.
        known: Vec<(String, u64)>,
    },
    /// These inputs are wrong.
    Inputs(Vec<InputFault>),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFlows => {
                f.write_str("expected a function with @flow, found none: decorate one")
            }
            Self::NoSuchFlow { asked, known } => write!(
                f,
                "expected one of its flows ({}), found {asked:?}: name one of them",
                known.join(", ")
            ),
            Self::Ambiguous { known } => {
                let known = known
                    .iter()
                    .map(|(name, line)| format!("{name} in line {line}"));
                let known: Vec<_> = known.collect();
                write!(
                    f,
                    "expected one flow, found {}: name one of them",
                    known.join(", ")
                )
            }
            Self::Inputs(faults) => {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                f.write_str(&faults.join("\n"))
            }
        }
    }
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// What the run is called.
    pub name: String,
    /// The flow, once it is known.
    pub flow: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it was then, if a span was open.
    pub open: Option<OpenPath>,
    /// From its start to its end.
    pub took: Duration,
    /// What was left under it; not known when its supervisor is lost.
    pub swept: Option<Swept>,
    /// How much it printed.
    pub output: Totals,
    /// Connections of which not everything reached the collector.
    pub cut_off: u64,
    /// Why it is not written down, or not all of it.
    pub unrecorded: Option<String>,
}

/// What is known of a run when its process is over.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) flow: Option<String>,
    pub(crate) broken: Option<Raised>,
    pub(crate) refused: Option<Refused>,
    pub(crate) outcome: Option<control::Outcome>,
}

impl Known {
    /// How the flow ended, if its process ended so.
    ///
    /// What the process did counts before what it said: a flow that returned
    /// in a process that was killed afterwards is told as what the process
    /// was.
    pub(crate) fn told(self, end: End) -> Outcome {
        match end {
            End::NotStarted { why } => Outcome::NotStarted { why },
            End::OutOfTime { after, by } => Outcome::OutOfTime { after, by },
            End::Cancelled { by } => Outcome::Cancelled { by },
            End::OutOfMemory => Outcome::OutOfMemory,
            End::SupervisorLost => Outcome::SupervisorLost,
            End::Killed { signal } => match self.refused {
                Some(refused) => Outcome::Refused(refused),
                None => Outcome::Killed { signal },
            },
            End::Exited { code } => self.exited(code),
        }
    }

    fn exited(self, code: i32) -> Outcome {
        if let Some(refused) = self.refused {
            return Outcome::Refused(refused);
        }
        if let Some(broken) = self.broken {
            return Outcome::Broken(broken);
        }
        match self.outcome {
            Some(control::Outcome::Ok { result, cut }) if code == 0 => Outcome::Ok { result, cut },
            Some(control::Outcome::Failed { error }) => Outcome::Failed { reason: error },
            Some(control::Outcome::Raised { raised }) => Outcome::Raised(raised),
            _ => Outcome::Unfinished { code },
        }
    }
}

impl Outcome {
    /// In a word, as it is kept and as JSON has it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok { .. } => "ok",
            Self::Failed { .. } => "failed",
            Self::Raised(_) => "raised",
            Self::Unfinished { .. } => "unfinished",
            Self::Broken(_) => "broken",
            Self::Refused(_) => "refused",
            Self::Cancelled { .. } => "cancelled",
            Self::OutOfTime { .. } => "out_of_time",
            Self::Killed { .. } => "killed",
            Self::OutOfMemory => "out_of_memory",
            Self::NotStarted { .. } => "not_started",
            Self::SupervisorLost => "supervisor_lost",
        }
    }

    /// What there is beside the word.
    fn details(&self) -> Value {
        match self {
            Self::Ok { result, cut } => json!({"result": result, "cut": cut}),
            Self::Failed { reason } => json!({"error": reason}),
            Self::Raised(raised) | Self::Broken(raised) => json!(raised),
            Self::Unfinished { code } => json!({"code": code}),
            Self::Refused(refused) => json!({"error": refused.to_string()}),
            Self::Cancelled { by } => json!({"by": by.to_string()}),
            Self::OutOfTime { after, by } => {
                json!({"after_ms": after.as_secs_f64() * 1e3, "by": by.to_string()})
            }
            Self::Killed { signal } => json!({"signal": signal}),
            Self::NotStarted { why } => json!({"error": why}),
            Self::OutOfMemory | Self::SupervisorLost => json!({}),
        }
    }
}

impl fmt::Display for Outcome {
    /// A line; of an exception the last of its traceback.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok { .. } => f.write_str("ok"),
            Self::Failed { reason } => write!(f, "failed: {reason}"),
            Self::Raised(raised) => write!(f, "failed: {}", last_line(&raised.error)),
            Self::Unfinished { code } => write!(f, "exited with code {code} without finishing"),
            Self::Broken(raised) => {
                write!(f, "cannot be loaded: {}", last_line(&raised.error))
            }
            Self::Refused(refused) => write!(f, "not started: {refused}"),
            Self::Cancelled { by } => write!(f, "cancelled by {by}"),
            Self::OutOfTime { after, by } => {
                write!(f, "out of time after {after:.1?}, ended by {by}")
            }
            Self::Killed { signal } => write!(f, "killed by {}", signal_name(*signal)),
            Self::OutOfMemory => f.write_str("killed by the kernel, which had no memory left"),
            Self::NotStarted { why } => write!(f, "not started: {why}"),
            Self::SupervisorLost => f.write_str("lost: its supervisor died"),
        }
    }
}

impl Ended {
    /// All of it, as JSON.
    pub fn to_json(&self) -> Value {
        let mut all = json!({
            "name": self.name,
            "flow": self.flow,
            "end": self.outcome.word(),
            "told": self.to_string(),
            "took_ms": self.took.as_secs_f64() * 1e3,
            "open": self.open,
            "stdout_bytes": self.output.stdout.read,
            "stderr_bytes": self.output.stderr.read,
            "stdout_lost": self.output.stdout.lost,
            "stderr_lost": self.output.stderr.lost,
            "cut_off": self.cut_off,
            "left": self.swept.map(|swept| swept.left),
            "unrecorded": self.unrecorded,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut all, self.outcome.details()) {
            all.extend(more);
        }
        all
    }
}

impl fmt::Display for Ended {
    /// A sentence: how, after how long, and where it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.outcome)?;
        match self.outcome {
            Outcome::Refused(_) | Outcome::NotStarted { .. } | Outcome::OutOfTime { .. } => {}
            Outcome::Ok { .. } => write!(f, " in {:.1?}", self.took)?,
            _ => write!(f, " after {:.1?}", self.took)?,
        }
        match &self.open {
            Some(open) => write!(f, " {open}"),
            None => Ok(()),
        }
    }
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().next_back().unwrap_or_default()
}

/// A signal's name, or its number where it has none.
fn signal_name(number: i32) -> String {
    let named = rustix::process::Signal::from_named_raw(number);
    match named {
        Some(signal) => format!("{signal:?}")
            .trim_matches('"')
            .replace("Signal::", "SIG"),
        None => format!("signal {number}"),
    }
}

//! One case: a script, what the socket does, and what came of both.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hero_span_protocol::SpanId;
use hero_span_protocol::contract::{Clause, limit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::adapter::Adapter;
use crate::checks::Level;
use crate::connection::Capture;
use crate::dialogue::{Answer, Command, Outcome};
use crate::fault::{Fault, FaultKind};
use crate::schedule::Schedule;
use crate::schema::check_case;
use crate::script::{Block, Op, check, features};
use crate::server::{Aftermath, Server};
use crate::waiting::Stopwatch;

/// So long a stall is longer than a call may wait, even if the script takes a
/// while to fill the socket.
pub(crate) const LONG_STALL_MS: u64 = limit::WAIT_MS + 150;

/// A case, as a file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name: `clause/words` of a fixed case, `family/seed/number` of a
    /// generated one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What it shows, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// How binding it is, if less than its clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What the socket does.
    #[serde(default, skip_serializing_if = "Schedule::is_normal")]
    pub(crate) socket: Schedule,
    /// What `HERO_FLOW_PARENT_SPAN` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    /// What the user's code does.
    pub(crate) script: Block,
    /// The tree that the contract asks for, drawn; the model must draw the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<String>,
}

impl Case {
    /// What a script does on a socket, without a name.
    pub(crate) fn new(socket: Schedule, parent: Option<String>, script: Block) -> Self {
        Self {
            id: String::new(),
            about: String::new(),
            level: None,
            socket,
            parent,
            script,
            expect: Vec::new(),
        }
    }

    /// Reads a case; the message says what is wrong with it.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let case: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        case.check()?;
        check_case(json)?;
        Ok(case)
    }

    /// What is wrong with it although its JSON has the right shape.
    pub(crate) fn check(&self) -> Result<(), String> {
        check(&self.script)
    }

    /// The case as its file holds it.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The clause that it is about; a generated case is about many.
    pub fn clause(&self) -> Option<Clause> {
        let (clause, _) = self.id.split_once('/')?;
        Clause::from_id(clause)
    }

    /// The features that an SDK needs for it.
    pub fn features(&self) -> BTreeSet<&'static str> {
        features(&self.script)
    }

    /// The span under which its roots hang (`env.parent`).
    pub(crate) fn root_parent(&self) -> Option<SpanId> {
        self.parent.as_deref()?.parse().ok()
    }

    /// Whether it asks for the same, whatever it is called.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.socket, &self.parent, &self.script) == (&other.socket, &other.parent, &other.script)
    }

    /// Whether it fills a socket that stalls for longer than a call may wait.
    pub(crate) fn is_flood(&self) -> bool {
        fn repeats(block: &Block) -> bool {
            let is_repeat = |op: &Op| matches!(op, Op::Repeat { .. });
            block
                .iter()
                .any(|op| is_repeat(op) || op.blocks().into_iter().any(repeats))
        }
        let is_long = match self.socket {
            Schedule::Stall { ms, .. } | Schedule::TinyStall { ms } => ms >= LONG_STALL_MS,
            Schedule::StallForEver { .. } => true,
            _ => false,
        };
        is_long && repeats(&self.script)
    }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    pub(crate) ending: Ended,
    /// What came over each connection, in the order they were made.
    pub(crate) captures: Vec<Capture>,
    /// How long the adapter waited, from word to word of the dialogue.
    pub(crate) spells: Vec<Duration>,
    /// The runner's clock before and after, in milliseconds since the epoch.
    pub(crate) window: (f64, f64),
    /// A checkpoint came after a stall was over.
    pub(crate) recovered: bool,
    /// What changed at an address where an SDK has nothing to do.
    pub(crate) damage: Option<String>,
}

/// How the script ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    Done {
        outcome: Outcome,
        printed: String,
    },
    Unsupported(String),
    /// The process died of a broken pipe, which is the SDK's to prevent.
    Piped(String),
    /// No answer came, with a socket that is not as it should be: the SDK waits.
    Hangs(String),
}

impl Ended {
    /// Whether the adapter can go on with another case.
    pub(crate) const fn leaves_adapter(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Unsupported(_))
    }
}

const SIGPIPE: i32 = 13;

/// Runs a case in a running adapter. Files go to `directory`.
pub(crate) fn run(
    adapter: &mut Adapter,
    case: &Case,
    id: &str,
    mut server: Server,
) -> Result<Observed, Fault> {
    let socket = address(&server);
    let before = now_ms();
    let mut spells = Vec::new();
    let ending = converse(
        adapter,
        case,
        id,
        socket.as_deref(),
        &mut server,
        &mut spells,
    );
    let ending = match ending {
        Ok(ending) => ending,
        Err(fault) if fault.signal() == Some(SIGPIPE) => Ended::Piped(fault.to_string()),
        Err(fault) if fault.is_silence() && !case.socket.is_normal() => {
            Ended::Hangs(fault.to_string())
        }
        Err(fault) => return Err(fault),
    };
    let recovered = server.recovered;
    let Aftermath { captures, damage } = server
        .finish()
        .map_err(|error| FaultKind::Io(error).into_fault())?;
    Ok(Observed {
        ending,
        captures,
        damage,
        spells,
        window: (before, now_ms()),
        recovered,
    })
}

/// Opens the socket of a case in `directory`.
pub(crate) fn open(case: &Case, directory: &Path, id: &str) -> Result<Server, Fault> {
    Server::open(&case.socket, directory, id).map_err(|error| FaultKind::Io(error).into_fault())
}

/// The value of the socket's variable.
pub(crate) fn address(server: &Server) -> Option<String> {
    Some(server.address()?.to_string_lossy().into_owned())
}

fn converse(
    adapter: &mut Adapter,
    case: &Case,
    id: &str,
    socket: Option<&str>,
    server: &mut Server,
    spells: &mut Vec<Duration>,
) -> Result<Ended, Fault> {
    let mut word = Command::Run {
        id,
        socket,
        parent: case.parent.as_deref(),
        script: &case.script,
    };
    loop {
        let stopwatch = adapter.process().map(Stopwatch::start);
        adapter.say(&word)?;
        let answer = adapter.answer(id, server)?;
        spells.extend(stopwatch.map(|stopwatch| stopwatch.waited()));
        match answer {
            Answer::At(name) => {
                let served = server.checkpoint(&name);
                served.map_err(|error| FaultKind::Io(error).into_fault())?;
            }
            Answer::Done { outcome, printed } => return Ok(Ended::Done { outcome, printed }),
            Answer::Unsupported(what) => return Ok(Ended::Unsupported(what)),
            Answer::Errored(why) => return Err(FaultKind::Errored(why).into_fault()),
        }
        word = Command::Go { id };
    }
}

fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_comes_back_as_it_was() {
        let json =
            r#"{"id":"a/b","socket":{"kind":"unset"},"script":[{"op":"tag","key":"k","value":1}]}"#;
        let case = Case::from_json(json).unwrap();
        assert_eq!(serde_json::to_string(&case).unwrap(), json);
    }

    #[test]
    fn a_bad_case_says_where() {
        let error =
            Case::from_json(r#"{"socket":{"kind":"normal"},"script":[{"op":"step","name":7}]}"#);
        assert_eq!(error.unwrap_err(), "name: expected a text, found 7");
    }

    #[test]
    fn what_serde_overlooks_is_no_case() {
        for json in [
            r#"{"socket":{"kind":"normal","lines":2},"script":[]}"#,
            r#"{"socket":{"kind":"normal"},"script":[{"op":1,"name":"s"}]}"#,
        ] {
            assert!(Case::from_json(json).is_err(), "{json}");
        }
    }
}

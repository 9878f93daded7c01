//! The smoke test: whether an adapter keeps the adapter contract, before any
//! case is run. The SDK is off meanwhile and hardly used, so what fails here is
//! the adapter's fault.

mod trials;

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::adapter::{Adapter, Variables};
use crate::dialogue::{Answer, Command, Hello, Outcome};
use crate::fault::{Departure, Fault, FaultKind};
use crate::process::{Launch, Nothing};
use crate::script::feature;
use crate::value::Value;
use trials::{Expected, Trial, trials};

/// Asks the adapter for whatever a case will ask for; who it speaks for.
pub(crate) fn test(launch: &Launch) -> Result<Hello, Fault> {
    let mut adapter = Adapter::start(launch, Variables::default())?;
    let hello = adapter.hello().clone();
    let trials = trials(&hello.features);
    let ids = (0..).map(|number| format!("smoke-{number}"));
    let trials: Vec<(String, Trial)> = ids.zip(trials).collect();
    // Without reuse the first goes alone: most faults show at once.
    let goes_on = hello.features.contains(feature::REUSE);
    let (own, others) = trials.split_at(if goes_on { trials.len() } else { 1 });
    for (id, trial) in own {
        run(&mut adapter, id, trial)?;
    }
    adapter.stop_in_time()?;
    beside_each_other(launch, others)?;
    Ok(hello)
}

/// So long an adapter is left alone at a checkpoint.
const PAUSE: Duration = Duration::from_millis(50);

/// So many processes that run one script each are started beside each other.
const JOBS: usize = 4;

/// Each in a process of its own; the first fault, in the order of the trials.
fn beside_each_other(launch: &Launch, trials: &[(String, Trial)]) -> Result<(), Fault> {
    let in_turn = |trials: &[(String, Trial)]| {
        trials.iter().try_for_each(|(id, trial)| {
            let mut adapter = Adapter::start(launch, Variables::default())?;
            run(&mut adapter, id, trial)?;
            adapter.stop_in_time()
        })
    };
    let share = trials.len().div_ceil(JOBS).max(1);
    std::thread::scope(|scope| {
        let jobs = trials.chunks(share);
        let jobs: Vec<_> = jobs.map(|share| scope.spawn(|| in_turn(share))).collect();
        let died = || FaultKind::Io(std::io::Error::other("a thread died")).into_fault();
        let mut ended = jobs.into_iter().map(|job| job.join());
        ended.try_for_each(|done| done.unwrap_or_else(|_| Err(died())))
    })
}

/// A command that may hold what no case does, such as an unknown operation.
#[derive(Serialize)]
struct Run<'a> {
    cmd: &'a str,
    id: &'a str,
    socket: Option<&'a str>,
    parent: Option<&'a str>,
    script: Json,
}

fn run(adapter: &mut Adapter, id: &str, trial: &Trial) -> Result<(), Fault> {
    let script = serde_json::from_str(&trial.script)
        .map_err(|error| FaultKind::Io(error.into()).into_fault())?;
    let command = Run {
        cmd: "run",
        id,
        socket: None,
        parent: None,
        script,
    };
    let answered = converse(adapter, id, &command);
    let found = match answered {
        Ok(found) => found,
        Err(fault) => return Err(fault.while_said(&trial.script)),
    };
    if is_expected(&trial.expected, &found) {
        return Ok(());
    }
    Err(adapter.fault(FaultKind::Departs(Box::new(Departure {
        script: trial.script.to_string(),
        expected: trial.expected.to_string(),
        found: words(&found),
        page: trial.page,
    }))))
}

/// The checkpoints that were reached, and the answer after them.
struct Found {
    checkpoints: Vec<String>,
    /// It did not wait at one of them.
    goes_on: bool,
    answer: Answer,
}

fn converse(adapter: &mut Adapter, id: &str, command: &Run<'_>) -> Result<Found, Fault> {
    let mut checkpoints = Vec::new();
    let mut goes_on = false;
    adapter.say_unchecked(command)?;
    loop {
        match adapter.answer(id, &mut Nothing)? {
            Answer::At(name) => {
                checkpoints.push(name);
                goes_on |= adapter.goes_on_within(PAUSE)?;
            }
            answer => {
                return Ok(Found {
                    checkpoints,
                    goes_on,
                    answer,
                });
            }
        }
        adapter.say(&Command::Go { id })?;
    }
}

fn is_expected(expected: &Expected, found: &Found) -> bool {
    let checkpoints: &[&str] = match expected {
        Expected::Checkpoint(name) => &[*name],
        _ => &[],
    };
    if found.checkpoints != checkpoints || found.goes_on {
        return false;
    }
    let returned = |value: &str| match &found.answer {
        // Whatever is printed is the SDK's, and for the cases to judge.
        Answer::Done {
            outcome: Outcome::Returned(seen),
            ..
        } => serde_json::from_str::<Value>(value).is_ok_and(|it| it == *seen),
        _ => false,
    };
    let is_unsupported = matches!(found.answer, Answer::Unsupported(_));
    match expected {
        Expected::Returned(value) => returned(value),
        Expected::ReturnedIfKnown(value) => is_unsupported || returned(value),
        Expected::Checkpoint(_) => returned("[]"),
        Expected::Raised(type_name, message) => match &found.answer {
            Answer::Done {
                outcome:
                    Outcome::Raised {
                        type_name: found_type,
                        message: found_message,
                    },
                ..
            } => found_type == type_name && *found_message == Value::text(*message),
            _ => false,
        },
        Expected::Unsupported => is_unsupported,
        Expected::AnyOutcome => !matches!(found.answer, Answer::Errored(_)),
    }
}

fn words(found: &Found) -> String {
    let answer = match &found.answer {
        Answer::At(name) => json!({ "at": name }),
        Answer::Unsupported(what) => json!({ "unsupported": what }),
        Answer::Errored(why) => json!({ "errored": why }),
        Answer::Done { outcome, printed } => {
            let mut said = match outcome {
                Outcome::Returned(value) => json!({ "outcome": "returned", "value": value }),
                Outcome::Raised { type_name, message } => {
                    json!({ "outcome": "raised", "type": type_name, "message": message })
                }
            };
            if !printed.is_empty() {
                said["printed"] = json!(printed);
            }
            said
        }
    };
    let said = found.checkpoints.iter().map(|name| json!({ "at": name }));
    let said: Vec<String> = said.chain([answer]).map(|word| word.to_string()).collect();
    let before = if found.goes_on {
        ", without waiting for go"
    } else {
        ""
    };
    said.join(" ") + before
}

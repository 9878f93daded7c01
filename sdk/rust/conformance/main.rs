//! Lets the conformance suite drive the SDK that lies beside it.
//!
//! The suite starts this program and speaks with it on stdin and stdout, one JSON object a line;
//! conformance/README.md in the repository holds the whole contract. Each case runs in a fork of
//! this process, which has never used the SDK: so the SDK needs no way to be reset.

mod dialogue;
mod json;
mod os;
mod script;
mod stop;
mod values;

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use dialogue::Dialogue;
use json::Json;
use script::{Saw, Script, drive, unsupported};
use stop::Stop;

const CONTRACT: &str = "1";
const VERSION: &str = "1.0.0";
const FEATURES: [&str; 8] = [
    "threads",
    "async",
    "fork",
    "hijack",
    "instrument",
    "generator",
    "decorator",
    "reuse",
];
const VARIABLES: [(&str, &str); 2] = [
    ("socket", "HERO_FLOW_SPAN_SOCK"),
    ("parent", "HERO_FLOW_PARENT_SPAN"),
];

/// Runs a script and tells what its user's code saw.
fn run_case(dialogue: &Dialogue, command: &Json) -> io::Result<Json> {
    let case = command.get_str("id").unwrap_or_default();
    let script = command.items("script");
    let id = || ("id", Json::text(case));
    if let Some(what) = command.get("script").and_then(unsupported) {
        return Ok(Json::object([id(), ("unsupported", Json::Text(what))]));
    }
    let start = dialogue.printed_bytes()?;
    let runner = Script {
        dialogue,
        case,
        socket: command.get_str("socket"),
    };
    let mut saw = Saw::new();
    let left = catch_unwind(AssertUnwindSafe(|| {
        drive(runner.block(script, &mut saw, false))
    }));
    let left = left.unwrap_or_else(|payload| Err(stop::panicked(&*payload)));
    let errored = |why| Ok(Json::object([id(), ("errored", Json::Text(why))]));
    let outcome = match left.and_then(|left| left) {
        Ok(()) => vec![
            ("outcome", Json::text("returned")),
            ("value", Json::Array(saw)),
        ],
        Err(Stop::Broken(why)) => return errored(why),
        Err(raised) => {
            let Ok(report) = raised.report() else {
                return errored("a report of a broken adapter".into());
            };
            let of = |key| report.get(key).cloned().into();
            let outcome = ("outcome", Json::text("raised"));
            vec![outcome, ("type", of("type")), ("message", of("message"))]
        }
    };
    let printed = dialogue.printed_since(start)?;
    let printed = (!printed.is_empty()).then_some(("printed", Json::Text(printed)));
    let members = [id()].into_iter().chain(outcome).chain(printed);
    Ok(Json::Object(
        members
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    ))
}

/// A case's process that answered. It is waited for when the next command has come: until then
/// the suite may look at how long it ran.
type Answered = Option<os::Child>;

/// Runs a case in a fork, which answers for itself.
fn run_in_fork(dialogue: &Dialogue, command: &Json) -> io::Result<Answered> {
    let (mut reader, mut writer) = UnixStream::pair()?;
    let Some(child) = os::fork_process()? else {
        set_variables(command);
        let answered = run_case(dialogue, command).and_then(|answer| dialogue.say(&answer));
        let is_told = answered.and_then(|()| writer.write_all(b"!")).is_ok();
        os::leave(i32::from(!is_told));
    };
    drop(writer);
    if reader.read(&mut [0])? == 1 {
        return Ok(Some(child));
    }
    let code = child.wait()?;
    if code < 0 {
        os::die_of(-code);
    }
    Err(io::Error::other(format!(
        "a case ended with {code} and no answer"
    )))
}

#[allow(unsafe_code)]
fn set_variables(command: &Json) {
    for (key, name) in VARIABLES {
        // SAFETY: this process has no other thread by now.
        unsafe {
            match command.get_str(key) {
                Some(value) => env::set_var(name, value),
                None => env::remove_var(name),
            }
        }
    }
}

fn serve(dialogue: &Dialogue) -> io::Result<()> {
    let mut answered: Answered = None;
    while let Some(command) = dialogue.hear()? {
        answered.take().map(os::Child::wait).transpose()?;
        match command.get_str("cmd") {
            Some("stop") => break,
            Some("start") => dialogue.say(&hello(&command))?,
            _ => answered = run_in_fork(dialogue, &command)?,
        }
    }
    Ok(())
}

fn hello(command: &Json) -> Json {
    let speaks = command.get("contract") == Some(&Json::Number(CONTRACT.into()));
    Json::object([
        ("ok", Json::Bool(speaks)),
        ("sdk", Json::text("rust")),
        ("version", Json::text(VERSION)),
        ("protocol", Json::Number(CONTRACT.into())),
        ("features", Json::Array(FEATURES.map(Json::text).into())),
    ])
}

fn main() -> ExitCode {
    os::let_sigpipe_kill();
    let dialogue = match Dialogue::new() {
        Ok(dialogue) => dialogue,
        Err(error) => {
            eprintln!("the dialogue cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Err(error) = serve(&dialogue) else {
        return ExitCode::SUCCESS;
    };
    dialogue.give_back();
    eprintln!("{error}");
    ExitCode::FAILURE
}

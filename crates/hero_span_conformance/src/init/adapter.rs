//! Lets the hero_span conformance suite drive an SDK.
//!
//! The suite starts this program and speaks with it on stdin and stdout, one JSON object a line;
//! conformance/README.md of the suite holds the whole contract. What needs no SDK is done. Fill in
//! the places marked TODO, one after the other: add an operation to `operation` when it works, and
//! its feature to `FEATURES`.
//!
//! In Cargo.toml, with this file as src/main.rs:
//!
//! ```toml
//! [package]
//! name = "adapter"
//! version = "0.0.0"
//! edition = "2024"
//!
//! [dependencies]
//! serde_json = { version = "1", features = ["preserve_order"] }
//! # TODO: the SDK, by the path at which it lies beside this package.
//! ```
//!
//! ```sh
//! cargo build && hero-span conformance run --adapter target/debug/adapter
//! ```

use std::env;
use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Map, Value as Json, json};

const CONTRACT: u64 = 1;
// TODO: the SDK's version.
const VERSION: &str = "0";
// TODO: async, fork, hijack, instrument, generator, decorator, reuse.
const FEATURES: [&str; 1] = ["threads"];

/// Why a block did not come to its end.
#[derive(Debug)]
enum Stop {
    /// An error of the user's code, as {"type":…,"message":…}: in the script's own words if the
    /// script raised it.
    Raised(Box<Json>),
    /// This program is wrong: no verdict on the SDK.
    Broken(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(report) => report.fmt(f),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl Error for Stop {}

fn broken(why: impl fmt::Display) -> Stop {
    Stop::Broken(why.to_string())
}

/// What the user's code sees of an error.
fn report(stop: Stop) -> Result<Json, Stop> {
    match stop {
        Stop::Raised(report) => Ok(*report),
        broken => Err(broken),
    }
}

// Values: plain JSON stands for itself, {"gen": …} is a recipe.

/// Makes the value that a script describes. TODO: use the type of values that the SDK takes.
fn make(words: &Json) -> Option<Json> {
    match words {
        Json::Array(items) => items.iter().map(make).collect(),
        Json::Object(members) if members.contains_key("gen") => cook(members),
        Json::Object(members) => {
            let made = members
                .iter()
                .map(|(key, value)| Some((key.clone(), make(value)?)));
            made.collect::<Option<Map<_, _>>>().map(Json::Object)
        }
        plain => Some(plain.clone()),
    }
}

/// `None` for what this adapter cannot make. TODO: number, integer, power-of-ten, map, bytes and
/// object. What Rust does not have stays unsupported: lone surrogates, sets and cycles.
fn cook(words: &Map<String, Json>) -> Option<Json> {
    let number = |key: &str| usize::try_from(words[key].as_u64()?).ok();
    match words["gen"].as_str()? {
        "text" => {
            let char = words["char"].as_str()?;
            Some(char.repeat(number("bytes")? / char.len()).into())
        }
        "join" => {
            let parts = words["parts"].as_array()?.iter().map(make);
            let texts = parts.map(|part| Some(part?.as_str()?.to_owned()));
            texts.collect::<Option<String>>().map(Json::String)
        }
        "deep" => {
            let is_array = words["of"] == "array";
            let innermost = if is_array { json!([]) } else { json!({}) };
            Some((1..number("levels")?).fold(innermost, |value, _| {
                if is_array {
                    json!([value])
                } else {
                    json!({ "in": value })
                }
            }))
        }
        "members" => {
            let value = make(&words["value"])?;
            let names = (0..number("count")?).map(|number| format!("k{number}"));
            Some(Json::Object(
                names.map(|name| (name, value.clone())).collect(),
            ))
        }
        _ => None,
    }
}

/// The first operation or recipe that this adapter does not know.
fn unsupported(words: &Json) -> Option<String> {
    match words {
        Json::Array(items) => items.iter().find_map(unsupported),
        Json::Object(members) => {
            let name = |mark: &str| members.get(mark)?.as_str();
            if let Some(op) = name("op") {
                if operation(op).is_none() {
                    return Some(format!("op {op}"));
                }
                let wraps = members.get("wrap") == Some(&Json::Bool(true));
                if op == "parallel" && wraps {
                    // TODO: remove this when the SDK's wrap is used.
                    return Some("parallel with wrap".into());
                }
                let kind = name("kind").unwrap_or("error");
                if op == "raise" && kind != "error" {
                    // TODO: what the SDK knows as a cancellation; Rust has no other kind.
                    return Some(format!("raise {kind}"));
                }
            }
            match name("gen") {
                Some(recipe) if cook(members).is_none() => Some(format!("gen {recipe}")),
                _ => members.values().find_map(unsupported),
            }
        }
        _ => None,
    }
}

// The script.

/// What the user's code saw.
type Saw = Vec<Json>;
type Operation<'a> = fn(&Script<'a>, &Json, &mut Saw) -> Result<(), Stop>;

/// Runs one script. TODO: carry the SDK's handle in it.
struct Script<'a> {
    dialogue: &'a Dialogue,
    case: &'a str,
}

fn operation<'a>(name: &str) -> Option<Operation<'a>> {
    match name {
        "catch" => Some(Script::catch),
        "raise" => Some(Script::raise),
        "repeat" => Some(Script::repeat),
        "checkpoint" => Some(Script::checkpoint),
        "parallel" => Some(Script::parallel),
        // TODO: flow, step, span, tag, log, result, fail, and with their features call, tasks,
        // fork, hijack and generator.
        _ => None,
    }
}

impl Script<'_> {
    fn block(&self, ops: &Json, saw: &mut Saw) -> Result<(), Stop> {
        for op in ops.as_array().into_iter().flatten() {
            let name = op["op"].as_str().unwrap_or_default();
            let run = operation(name).ok_or_else(|| broken(format!("no operation: {op}")))?;
            run(self, op, saw)?;
        }
        Ok(())
    }

    /// What a block saw; nothing but a broken adapter leaves it.
    fn branch(&self, ops: &Json) -> Result<Json, Stop> {
        let mut saw = Saw::new();
        if let Err(stop) = self.block(ops, &mut saw) {
            saw.push(report(stop)?);
        }
        Ok(Json::Array(saw))
    }

    fn catch(&self, op: &Json, saw: &mut Saw) -> Result<(), Stop> {
        let seen = match self.block(&op["do"], saw) {
            Ok(()) => Json::Null,
            Err(stop) => report(stop)?,
        };
        saw.push(seen);
        Ok(())
    }

    fn raise(&self, op: &Json, _: &mut Saw) -> Result<(), Stop> {
        // The error's own text, where the SDK asks for one, is make(&op["message"]).
        let report = json!({"type": op["type"], "message": op["message"]});
        Err(Stop::Raised(Box::new(report)))
    }

    fn repeat(&self, op: &Json, saw: &mut Saw) -> Result<(), Stop> {
        (0..op["times"].as_u64().unwrap_or_default()).try_for_each(|_| self.block(&op["do"], saw))
    }

    fn checkpoint(&self, op: &Json, _: &mut Saw) -> Result<(), Stop> {
        self.dialogue.checkpoint(self.case, &op["name"])
    }

    fn parallel(&self, op: &Json, saw: &mut Saw) -> Result<(), Stop> {
        let blocks = op["do"].as_array().map_or(&[][..], Vec::as_slice);
        let together = Barrier::new(blocks.len());
        let seen: Result<Saw, Stop> = thread::scope(|scope| {
            let start = |block| {
                // TODO: with "wrap" the thread carries the current span.
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    self.branch(block)
                })
            };
            let threads: Vec<_> = blocks.iter().map(start).collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended
                .map(|seen| seen.unwrap_or_else(|_| Err(broken("a thread panicked"))))
                .collect()
        });
        saw.push(Json::Array(seen?));
        Ok(())
    }

    // TODO: the SDK's calls have the same form. A flow, for instance:
    //
    //     fn flow(&self, op: &Json, saw: &mut Saw) -> Result<(), Stop> {
    //         let value = make(&op["returns"]);
    //         let got = sdk::run_flow(name, input, || {
    //             self.block(&op["do"], saw)?;
    //             Ok(value)
    //         })?;
    //         saw.push(echo);
    //         Ok(())
    //     }
    //
    // where echo is op["returns"] if got is the very value that was given, and otherwise
    // {"other": "some text"}. The SDK's clean failure is Stop::Raised with the type "Failed" and
    // the script's reason.
}

// The dialogue.

/// In the second process the SDK has stdin, stdout and stderr to itself; the dialogue goes on
/// over those of the first.
const FIRST: &str = "ADAPTER_FIRST_PROCESS";

struct Dialogue {
    heard: Mutex<BufReader<File>>,
    said: Mutex<File>,
    printed: Mutex<File>,
    /// A checkpoint's two words belong together.
    turn: Mutex<()>,
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dialogue {
    fn of(first: &str) -> io::Result<Self> {
        let of_first = |number: u8| format!("/proc/{first}/fd/{number}");
        Ok(Self {
            heard: Mutex::new(BufReader::new(File::open(of_first(0))?)),
            said: Mutex::new(OpenOptions::new().write(true).open(of_first(1))?),
            printed: Mutex::new(File::open("/proc/self/fd/1")?),
            turn: Mutex::new(()),
        })
    }

    /// The next command; `None` at the end of stdin.
    fn hear(&self) -> io::Result<Option<Json>> {
        let mut line = String::new();
        if lock(&self.heard).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line)?))
    }

    fn say(&self, answer: &Json) -> io::Result<()> {
        lock(&self.said).write_all(format!("{answer}\n").as_bytes())
    }

    fn checkpoint(&self, case: &str, name: &Json) -> Result<(), Stop> {
        let _turn = lock(&self.turn);
        self.say(&json!({"id": case, "at": name})).map_err(broken)?;
        let word = self.hear().map_err(broken)?.unwrap_or_default();
        if word == json!({"cmd": "go", "id": case}) {
            return Ok(());
        }
        Err(broken(format!(
            "expected go for {case} at {name}, found {word}"
        )))
    }

    /// What was printed since the last time.
    fn take_printed(&self) -> io::Result<String> {
        let mut bytes = Vec::new();
        lock(&self.printed).read_to_end(&mut bytes)?;
        bytes.truncate(4096);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs a script and tells what its user's code saw.
    fn run(&self, command: &Json) -> io::Result<Json> {
        let case = command["id"].as_str().unwrap_or_default();
        if let Some(what) = unsupported(&command["script"]) {
            return Ok(json!({"id": case, "unsupported": what}));
        }
        // HERO_FLOW_SPAN_SOCK and HERO_FLOW_PARENT_SPAN are set on this process. TODO: with the feature "reuse", give the SDK
        // command["socket"] and command["parent"] here, and let it be as after a start.
        let script = Script {
            dialogue: self,
            case,
        };
        let mut saw = Saw::new();
        let mut answer = match script.block(&command["script"], &mut saw) {
            Ok(()) => json!({"id": case, "outcome": "returned", "value": saw}),
            Err(Stop::Broken(why)) => return Ok(json!({"id": case, "errored": why})),
            Err(Stop::Raised(report)) => json!({
                "id": case, "outcome": "raised",
                "type": report["type"], "message": report["message"],
            }),
        };
        let printed = self.take_printed()?;
        if !printed.is_empty() {
            answer["printed"] = printed.into();
        }
        Ok(answer)
    }

    fn serve(&self) -> io::Result<()> {
        while let Some(command) = self.hear()? {
            let answer = match command["cmd"].as_str() {
                Some("stop") => return Ok(()),
                Some("start") => json!({
                    "ok": command["contract"] == CONTRACT, "sdk": "rust", "version": VERSION,
                    "protocol": 1, "features": FEATURES,
                }),
                _ => self.run(&command)?,
            };
            self.say(&answer)?;
        }
        Ok(())
    }
}

/// Starts this program again, with the dialogue out of the SDK's way.
fn start_second() -> io::Result<ExitCode> {
    let path = env::temp_dir().join(format!("adapter-{}", process::id()));
    let mut options = OpenOptions::new();
    let mut printed = options
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    let status = Command::new(env::current_exe()?)
        .env(FIRST, process::id().to_string())
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed.try_clone()?)
        .status()?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    let end = printed.metadata()?.len();
    printed.seek(SeekFrom::Start(end.saturating_sub(4096)))?;
    io::copy(&mut printed, &mut io::stderr())?;
    Ok(ExitCode::FAILURE)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    match env::var(FIRST) {
        Ok(first) => {
            Dialogue::of(&first)?.serve()?;
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => Ok(start_second()?),
    }
}

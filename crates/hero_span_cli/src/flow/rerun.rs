//! `hero-span rerun`: runs again what a run was asked for.

use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{ExecutionLine, Reader};
use hero_span_executor::{Input, Request, RunName};
use serde_json::Value;

use super::asked::Variable;
use super::keeping::is_none;
use super::run::How;
use crate::completions;
use crate::error::Error;
use crate::stored::{StoreArgs, execution};

const EXAMPLES: &str = "\
Examples:
  hero-span rerun last
      The same flow, with the same inputs, variables and place.

  hero-span rerun nightly-1f0c22ab --timeout 1h
      With more time.

  hero-span rerun 17 --env TOKEN=secret
      Values of variables are not kept: those that were set are to be set again.

  hero-span diff 17 last
      What is different now.

The deadline, the time of grace and the interpreter are those of the first run,
unless others are given. Exit codes are those of hero-span run.";

/// Run again what a run was asked for
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run: what it is called, its number, or last
    #[arg(default_value = "last", add = ArgValueCompleter::new(completions::runs))]
    run: String,

    /// What the new run is called
    #[arg(long, value_name = "ID")]
    id: Option<RunName>,

    #[command(flatten)]
    how: How,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let store = StoreArgs {
        // Kept nowhere, it is still one of the usual store that is run again.
        store: args.how.store.clone().filter(|path| !is_none(path)),
    };
    let found = find(&store.open()?, &args.run)?;
    let asked = &found.asked;
    let mut how = args.how.clone();
    how.take_over(asked);
    for name in texts(&asked["set"]) {
        if !how.env.iter().any(|given| *given.name() == *name) {
            return Err(Error::unset(&found.name, &name));
        }
    }
    let inherited = texts(&asked["inherit"]).into_iter();
    let inherited = inherited.map(|name| Variable::Inherit(name.into()));
    how.env.splice(0..0, inherited);
    // The record's JSON may be too deep for what reads it: less is not the same.
    let input = serde_json::from_value::<Input>(asked["input"].clone());
    let input = input.map_err(|_| Error::lost_inputs(&found.name))?;
    let request = Request::new(&found.file)
        .flow(asked["flow"].as_str().map(str::to_owned))
        .name(args.id.clone())
        .input(input)
        .directory(asked["directory"].as_str().map(Into::into));
    how.run(request)
}

/// The run that is meant. The last may be one of which no span came: a file
/// that could not be loaded is mended, and run again.
fn find(reader: &Reader, asked: &str) -> Result<ExecutionLine, Error> {
    if asked != "last" {
        return execution(reader, asked);
    }
    let last_run = reader.find(asked).ok().and_then(|run| run.began_ms);
    let is_last = |found: &ExecutionLine| last_run.is_none_or(|began| began < found.began_ms);
    match reader.spanless_executions(1)?.pop().filter(is_last) {
        Some(found) => Ok(found),
        None => execution(reader, asked),
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

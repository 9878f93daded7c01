//! `hero-span flows`: the flows of a file, or of all files in a directory.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hero_span_executor::{End, Executor, FlowInfo, Inspected, Request, Stream, Unloadable};
use hero_span_protocol::printable;
use serde_json::{Value, json};

use super::asked::{Variable, variables};
use crate::error::Error;
use crate::progress::Progress;
use crate::stored::print_json;
use crate::view::{ColourArgs, Paint};
use crate::{duration, exit_codes, home, listening};

const EXAMPLES: &str = "\
Examples:
  hero-span flows nightly.py
      Its flows, and what they take.

  hero-span flows jobs/ --json | jq '.[].flows[].schema'
      Those of all files below jobs that mention hero_tracing; inputs as JSON
      Schemas.

A file is loaded as Python does when it is imported; its flows are not run, nor
what stands below if __name__ == \"__main__\". What it prints meanwhile goes to
standard error.

Exit codes: 0 done; 1 a file cannot be loaded, or not in time; 2 wrong
arguments, or no such file.";

/// What a flow's file mentions.
const MENTION: &[u8] = b"hero_tracing";

/// Directories that hold other people's files.
const FOREIGN: &[&str] = &["__pycache__", "node_modules", "site-packages"];

/// List the flows of a file or a directory, without running them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A file, or a directory of files
    #[arg(value_name = "FILE|DIR", value_hint = clap::ValueHint::AnyPath)]
    path: PathBuf,

    /// How long a file may take to load
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    timeout: Duration,

    /// The interpreter [default: python3 in PATH]
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::ExecutablePath)]
    python: Option<PathBuf>,

    /// A variable that the file sees while it is loaded; may be given again
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = Variable::parse)]
    env: Vec<Variable>,

    /// As JSON: a list of files, each with its flows and their schemas
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    color: ColourArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let files = files(&args.path)?;
    let executor = Executor::builder(home::base_directory()?).build()?;
    let mut found = Vec::new();
    let mut progress = Progress::new("looking at files:");
    let runtime = listening::runtime()?;
    for file in files {
        let inspected = runtime.block_on(executor.inspect(args.request(&file)))?;
        tell_printed(&inspected);
        found.push((file, inspected.flows));
        progress.tell(&found.len().to_string());
    }
    drop(progress);
    if args.json {
        let all: Vec<_> = found
            .iter()
            .map(|(file, flows)| as_json(file, flows))
            .collect();
        print_json(&all)?;
    } else {
        print(&found, args).map_err(Error::output)?;
    }
    let is_whole = found.iter().all(|(_, flows)| flows.is_ok());
    Ok(if is_whole {
        exit_codes::OK
    } else {
        exit_codes::VIOLATIONS
    })
}

impl Args {
    fn request(&self, file: &Path) -> Request {
        let (inherit, set) = variables(&self.env);
        let request = Request::new(file)
            .timeout(Some(self.timeout))
            .environment(inherit, set);
        match &self.python {
            Some(python) => request.python(python),
            None => request,
        }
    }
}

/// The file, or the files below the directory that may have flows, in order.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let fault = |e| Error::flow_file(path, e);
    if !fs::metadata(path).map_err(fault)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut left = vec![path.to_owned()];
    while let Some(directory) = left.pop() {
        let entries = fs::read_dir(&directory).map_err(|e| Error::flow_file(&directory, e))?;
        for entry in entries {
            let entry = entry.map_err(|e| Error::flow_file(&directory, e))?;
            let kind = entry
                .file_type()
                .map_err(|e| Error::flow_file(&entry.path(), e))?;
            if kind.is_dir() && is_own(&entry.path()) {
                left.push(entry.path());
            } else if kind.is_file() && may_have_flows(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_own(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let is_environment = directory.join("pyvenv.cfg").exists();
    !name.starts_with('.') && !FOREIGN.contains(&&*name) && !is_environment
}

fn may_have_flows(file: &Path) -> bool {
    let is_python = file.extension().is_some_and(|end| end == "py");
    let is_sdk = file
        .file_name()
        .is_some_and(|name| name == "hero_tracing.py");
    let mentions = |bytes: Vec<u8>| bytes.windows(MENTION.len()).any(|part| part == MENTION);
    is_python && !is_sdk && fs::read(file).is_ok_and(mentions)
}

/// What a module prints while it is loaded is not what was asked for.
fn tell_printed(inspected: &Inspected) {
    let mut err = io::stderr().lock();
    for together in inspected
        .printed
        .chunk_by(|one, next| one.stream == next.stream)
    {
        let bytes: Vec<_> = together
            .iter()
            .flat_map(|piece| &piece.bytes)
            .copied()
            .collect();
        let stream = match together[0].stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        for line in String::from_utf8_lossy(&bytes).lines() {
            // Nobody to tell is no reason not to list the flows.
            let _ = writeln!(err, "{stream}: {}", printable(line));
        }
    }
}

type Flows = Result<Vec<FlowInfo>, Unloadable>;

fn as_json(file: &Path, flows: &Flows) -> Value {
    let file = file.to_string_lossy();
    match flows {
        Ok(flows) => {
            let flows = flows.iter().map(|flow| {
                let mut all = json!(flow);
                all["schema"] = flow.schema();
                all
            });
            json!({"file": file, "flows": flows.collect::<Vec<_>>()})
        }
        Err(Unloadable::Broken(raised)) => json!({"file": file, "error": raised}),
        Err(Unloadable::Ended(end)) => json!({"file": file, "error": {"error": end.to_string()}}),
    }
}

fn print(found: &[(PathBuf, Flows)], args: &Args) -> io::Result<()> {
    let paint = args.color.paint();
    let mut out = io::stdout().lock();
    for (file, flows) in found {
        let place = file.to_string_lossy();
        match flows {
            Ok(flows) => {
                for flow in flows {
                    print_flow(&mut out, &place, flow, paint)?;
                }
            }
            Err(why) => print_fault(&place, why, args.timeout, paint)?,
        }
    }
    if found
        .iter()
        .all(|(_, flows)| flows.as_ref().is_ok_and(Vec::is_empty))
    {
        writeln!(io::stderr(), "no flow: decorate a function with @flow")?;
    }
    Ok(())
}

fn print_flow(out: &mut impl Write, place: &str, flow: &FlowInfo, paint: Paint) -> io::Result<()> {
    let at = format!("{}:{}", printable(place), flow.line);
    let name = printable(&flow.name);
    let mut inputs: Vec<_> = flow.inputs.iter().map(input).collect();
    inputs.extend(flow.open_inputs.then(|| "…".to_owned()));
    writeln!(
        out,
        "{}({})  {}",
        paint.bold(&name),
        inputs.join(", "),
        paint.dim(&at)
    )?;
    for line in flow.description.lines() {
        let line = format!("    {}", printable(line));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// `name: type`, and the default that it has.
fn input(input: &serde_json::Map<String, Value>) -> String {
    let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default();
    let told = match input.get("default") {
        Some(default) => format!("{}: {} = {default}", text("name"), text("type")),
        None => format!("{}: {}", text("name"), text("type")),
    };
    printable(&told).into_owned()
}

fn print_fault(place: &str, why: &Unloadable, limit: Duration, paint: Paint) -> io::Result<()> {
    let mut err = io::stderr().lock();
    let told = match why {
        Unloadable::Broken(raised) => {
            for line in raised.error.trim_end().lines() {
                writeln!(err, "{}", printable(line))?;
            }
            "expected a module that can be loaded, found the error above: mend it".to_owned()
        }
        Unloadable::Ended(End::NotStarted { why }) => {
            format!(
                "expected an interpreter, found: {}: name one with --python",
                printable(why)
            )
        }
        Unloadable::Ended(End::Exited { code }) => format!(
            "expected a module that can be loaded, found that it exited with code {code}: see what it does when it is imported"
        ),
        Unloadable::Ended(end) => format!(
            "expected a module that is loaded within {limit:.1?}, found that it was {end}: see what it does when it is imported, or allow it more with --timeout"
        ),
    };
    let told = format!("hero-span: {}: {told}", printable(place));
    writeln!(err, "{}", paint.bad(&told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_people_are_left_out() {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in [
            ("b.py", "from hero_tracing import flow"),
            ("a/c.py", "import hero_tracing"),
            ("d.py", "import json"),
            ("e.txt", "hero_tracing"),
            ("hero_tracing.py", "hero_tracing"),
            (".git/f.py", "hero_tracing"),
            ("__pycache__/g.py", "hero_tracing"),
            ("env/pyvenv.cfg", ""),
            ("env/h.py", "hero_tracing"),
        ] {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(path, text).expect("written");
        }
        let found = files(directory.path()).expect("read");
        let names = found
            .iter()
            .map(|path| path.strip_prefix(directory.path()).expect("below"));
        let names: Vec<_> = names
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a/c.py", "b.py"]);
    }
}

//! `hero-span check`: judges a capture, or every connection of a live program.

mod json;
mod judging;
mod report;
mod source;
mod tally;
mod text;
mod watch;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};

use hero_span_protocol::SpanId;

use self::judging::Judging;
use self::report::{Format, Report};
use self::source::Source;
use crate::error::Error;

/// Bytes judged at once; a capture may be of any length.
const READ_BYTES: usize = 64 * 1024;

const USAGE: &str = "\
hero-span check [OPTIONS] FILE
       hero-span check [OPTIONS] --listen [PATH]
       hero-span check [OPTIONS] -- PROGRAM [ARGUMENT]...";

const EXAMPLES: &str = "\
Examples:
  hero-span check capture.jsonl
      Each violation with its line, its byte, the clause it breaks, what that
      expects and what was found; then what those clauses say.

  hero-span check -- python3 flow.py
      Run a program on a socket of its own, and judge what it writes there. What
      it prints goes to standard error; how it ends does not change the exit code.

  hero-span check --listen
      Watch live programs: paste the line it prints into another shell, and run
      them there. Ctrl-C ends it. Each connection is judged as it writes, and
      summed up when it ends; all of them are at the end.

  hero-span check --listen /tmp/spans.sock --once
      End when all that connected are gone.

  hero-span check --format json capture.jsonl | jq 'select(.kind == \"violation\")'

  nc -lU /tmp/spans.sock | tee capture.jsonl | hero-span check -
      Judge a stream, and keep it.

A watch also finds what no connection shows by itself: a producer on two
connections (transport.socket, sdk.fork) and an id of two spans (type.id). With
--parent it finds parents that start on none (rule.parent-started).

With --format json each line is an object whose \"kind\" is one of
  violation  line, byte_offset, at, clause, requirement, field, expected, found
  excused    the same: a stream rule broken where an event was lost
  clause     clause, requirement, violations, text
  summary    lines, events, skipped, violations, excused, open_spans, lost,
             torn, conforms
  total      of a watch: connections, and the members of summary but torn
Lines count from 1 and bytes from 0; \"byte_offset\" is within the capture or
connection, \"at\" within the line. In a watch, violation, excused and summary
also have connection, its number from 1, and producer, its id, with sdk and pid
as it gave them. A value that does not apply is null.

Exit codes: 0 it conforms; 1 it has violations; 2 wrong arguments, or it cannot
be read or listened on; 3 there were no lines, so there is nothing to judge.";

/// Judge what an SDK sends, in a capture or live: find everything it must not send
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(crate) struct Args {
    /// The bytes of one connection, in a file, or - for standard input
    #[arg(
        required_unless_present_any = ["listen", "command"],
        conflicts_with_all = ["listen", "once", "command"]
    )]
    file: Option<PathBuf>,

    /// Judge what programs write to this socket [default PATH: the one of
    /// hero-span collect]
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    listen: Option<Option<PathBuf>>,

    /// With --listen: end when all that connected are gone
    #[arg(long, requires = "listen", conflicts_with = "command")]
    once: bool,

    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// A span from elsewhere that may be a parent here; may be repeated.
    /// Without it any span that does not start here may be one
    #[arg(long = "parent", value_name = "ID", value_parser = parent)]
    parents: Vec<SpanId>,

    /// Show the first N violations, of each connection in a watch, and count
    /// the rest; 0 shows none
    #[arg(long, value_name = "N", default_value_t = 100)]
    max: u64,

    /// A program to run and judge, with its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

impl Args {
    /// The spans from elsewhere that may be parents, if they were named.
    fn parents(&self) -> Option<HashSet<SpanId>> {
        let parents: HashSet<_> = self.parents.iter().copied().collect();
        (!parents.is_empty()).then_some(parents)
    }
}

fn parent(text: &str) -> Result<SpanId, String> {
    text.parse()
        .map_err(|e: hero_span_protocol::ParseError| e.to_string())
}

/// Judges what was asked for as it comes, and says whether it conforms.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    match &args.file {
        Some(path) => {
            let out = BufWriter::new(io::stdout().lock());
            judge(args, path, &mut *args.format.report(out))
        }
        None => watch::run(args),
    }
}

fn judge(args: &Args, path: &Path, report: &mut dyn Report) -> Result<u8, Error> {
    let mut input = open(path)?;
    let mut judging = Judging::new(Source::file(name(path)), args.parents(), args.max);
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match input.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => judging.feed(&bytes[..count], report)?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::unreadable(path, e)),
        }
    }
    let (source, tally) = judging.finish(false, report)?;
    let told = report
        .untold(&source, &tally)
        .and_then(|()| report.clauses(&tally))
        .and_then(|()| report.summary(&source, &tally))
        .and_then(|()| report.flush());
    told.map_err(Error::output)?;
    Ok(tally.exit_code())
}

fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    Ok(Box::new(file))
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        return "stdin".to_owned();
    }
    hero_span_protocol::printable(&path.to_string_lossy()).into_owned()
}

//! `hero-span check`: judges a capture, the bytes of one connection.

mod json;
mod tally;
mod text;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hero_span_protocol::{CheckOptions, Checker, Located, SpanId};

use self::json::JsonLines;
use self::tally::Tally;
use self::text::Text;
use crate::error::Error;
use crate::exit_codes;

/// Bytes judged at once; a capture may be of any length.
const READ_BYTES: usize = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  hero-span check capture.jsonl
      Each violation with its line, its byte, the clause it breaks, what that
      expects and what was found; then what those clauses say.

  nc -lU /tmp/spans.sock | hero-span check -
      Judge one connection as it comes.

  hero-span check --format json capture.jsonl | jq 'select(.kind == \"violation\")'

With --format json each line is an object whose \"kind\" is one of
  violation  line, byte_offset, at, clause, requirement, field, expected, found
  excused    the same: a stream rule broken where an event was lost
  clause     clause, requirement, violations, text
  summary    lines, events, skipped, violations, excused, open_spans, lost,
             torn, conforms
Lines count from 1 and bytes from 0; \"byte_offset\" is within the capture, \"at\"
within the line. A value that does not apply is null.

Exit status: 0 it conforms; 1 it has violations; 2 it cannot be read.";

/// Judge a capture: find everything in it that an SDK must not send
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The bytes of one connection, in a file, or - for standard input
    file: PathBuf,

    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// A span of another producer that may be a parent here; may be repeated.
    /// Without it any span that the capture does not start may be one
    #[arg(long = "parent", value_name = "ID", value_parser = parent)]
    parents: Vec<SpanId>,

    /// Report at most so many violations; the rest is counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: one object a line
    Json,
}

fn parent(text: &str) -> Result<SpanId, String> {
    text.parse()
        .map_err(|e: hero_span_protocol::ParseError| e.to_string())
}

/// Judges a capture as it is read, and says whether it conforms.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let input = open(&args.file)?;
    let out = BufWriter::new(io::stdout().lock());
    let conforms = match args.format {
        Format::Text => judge(args, input, Text::new(out, name(&args.file))),
        Format::Json => judge(args, input, JsonLines::new(out)),
    }?;
    Ok(if conforms {
        exit_codes::OK
    } else {
        exit_codes::VIOLATIONS
    })
}

/// A form of report, written as the capture is read.
trait Report {
    fn violation(&mut self, found: &Located) -> io::Result<()>;
    /// A stream rule broken where a lost event may explain it.
    fn excused(&mut self, found: &Located) -> io::Result<()>;
    fn finish(self, tally: &Tally) -> io::Result<()>;
}

fn judge(args: &Args, mut input: impl Read, mut report: impl Report) -> Result<bool, Error> {
    let parents: HashSet<_> = args.parents.iter().copied().collect();
    let parents = (!parents.is_empty()).then_some(parents);
    let mut checker = Checker::new(CheckOptions { parents });
    let mut tally = Tally::new(args.max);
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match input.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => checker.feed(&bytes[..count]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Error::unreadable(&args.file, e)),
        }
        let (violations, excused) = checker.take_found();
        tally.tell(&violations, &excused, &mut report)?;
    }
    let rest = checker.finish();
    tally.tell(&rest.violations, &rest.excused, &mut report)?;
    tally.close(&rest);
    report.finish(&tally).map_err(Error::output)?;
    Ok(tally.conforms())
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

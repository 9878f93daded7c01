//! `hero-span export`: a run for other programs.

mod chrome;
mod facts;
mod jsonl;
mod lanes;
mod otlp;
mod out;

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use hero_span_collector::Forest;
use hero_span_collector::store::{Reader, RunLine};
use hero_span_collector::tree::{RunId, SessionRecord, SpanKey};

use self::out::Out;
use super::{RunArgs, StoreArgs};
use crate::error::Error;
use crate::exit_codes;
use crate::view::plural;

const EXAMPLES: &str = "\
Examples:
  hero-span export > run.jsonl
      The lines of the newest run as they came.

  hero-span export last | hero-span check -
      Judge what a run of one process sent.

  hero-span export 17 --session 3 | hero-span check -
      Judge one process of several. Their lines lie in one stream as they came,
      and check takes the lines of one connection: of several it says that
      producer and seq are not where they belong. In hero-span show 17 --json
      each span names its session.

  hero-span export 17 --format chrome --output run.json
      For chrome://tracing or ui.perfetto.dev: a lane for what ran at once, and
      processes side by side.

  hero-span export 17 --format otlp-json --output run.json
  curl -H 'Content-Type: application/json' --data-binary @run.json \\
    http://localhost:4318/v1/traces
      For whatever takes OpenTelemetry's protocol as JSON.

A run is named by its number, by last, by last~1 for the one before the newest
and so on, or by four or more digits of the beginning of one of its producers'
ids. One that goes on is exported as far as it is stored. Lines that were rejected are not stored: hero-span show tells of
them.

In chrome and otlp-json, a span that is open has no end of its own. A trace of
Chrome begins it and does not end it; in OTLP, which asks for an end, it ends
when it was last heard of, and has the attribute hero_span.open. Attributes of
ours begin with hero_span., and a tag that does too is hero_span.tag.KEY.

On a terminal, characters that could steer it are written as \\u escapes, which
mean the same to whoever reads JSON.

Exit codes: 0 done; 2 wrong arguments, no store, no such run, or a file that
cannot be written.";

/// Write a run for other programs: as lines, for Chrome, or for OpenTelemetry
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    store: StoreArgs,

    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,

    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// Only what came over this connection, as hero-span show --json counts them
    #[arg(long, value_name = "N")]
    session: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The lines as they came, in order
    Jsonl,
    /// Trace events, for chrome://tracing and Perfetto
    Chrome,
    /// An ExportTraceServiceRequest of OpenTelemetry, as JSON
    OtlpJson,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let run = args.run.find(&reader)?;
    let sessions = args.sessions(&reader, run.run)?;
    tell_what_is_missing(&run);
    let write_spans: fn(&Export, &mut Out) -> Result<(), Error> = match args.format {
        Format::Jsonl => {
            let mut out = Out::open(&args.output, reader.path())?;
            jsonl::write(&reader, run.run, args.session, &mut out)?;
            out.finish()?;
            return Ok(exit_codes::OK);
        }
        Format::Chrome => chrome::write,
        Format::OtlpJson => otlp::write,
    };
    // Read first: what stands in the file is not lost for what cannot be.
    let export = Export::new(reader, run, sessions)?;
    let mut out = Out::open(&args.output, export.reader.path())?;
    write_spans(&export, &mut out)?;
    out.finish()?;
    Ok(exit_codes::OK)
}

impl Args {
    /// The connections that are wanted: all, or the one that was asked for.
    fn sessions(&self, reader: &Reader, run: u64) -> Result<Vec<SessionRecord>, Error> {
        let mut sessions = reader.connections(run)?;
        if let Some(asked) = self.session {
            let known: Vec<_> = sessions.iter().map(|session| session.id.0).collect();
            sessions.retain(|session| session.id.0 == asked);
            if sessions.is_empty() {
                return Err(Error::no_session(run, asked, &known));
            }
        }
        Ok(sessions)
    }
}

fn tell_what_is_missing(run: &RunLine) {
    if run.unstored > 0 {
        let events = plural(run.unstored, "event");
        // Nobody to tell is no reason not to write the rest.
        let _ = writeln!(
            std::io::stderr(),
            "hero-span: run {}: {events} came and could not be kept, and are not written",
            run.run
        );
    }
}

/// A run whose spans are written one by one. What a span said is read when its
/// turn comes: the trees have it cut short.
struct Export {
    reader: Reader,
    run: RunLine,
    /// Those that are wanted.
    sessions: Vec<SessionRecord>,
    /// The whole run: a parent may be of a connection that is not wanted.
    forest: Forest,
}

impl Export {
    fn new(reader: Reader, run: RunLine, sessions: Vec<SessionRecord>) -> Result<Self, Error> {
        let forest = reader.forest(run.run)?;
        Ok(Self {
            reader,
            run,
            sessions,
            forest,
        })
    }

    /// What the run is called.
    fn name(&self) -> &str {
        self.run.name.as_deref().unwrap_or("(unnamed)")
    }

    /// The spans of each wanted connection, each before those that hang under
    /// it.
    fn spans(&self) -> Vec<(&SessionRecord, Vec<SpanKey>)> {
        let mut spans: Vec<_> = self.sessions.iter().map(|s| (s, Vec::new())).collect();
        for key in self.forest.spans_of(RunId(self.run.run)) {
            let session = self.forest.span(key).session();
            let found = spans.binary_search_by_key(&session, |(known, _)| known.id);
            if let Ok(at) = found {
                spans[at].1.push(key);
            }
        }
        spans
    }
}

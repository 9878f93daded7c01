//! `hero-span runs`: which runs there are.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{Filter, Reader, RunLine, RunState, SpanFilter};
use hero_span_protocol::printable;

use super::table::{self, Cell};
use super::{StoreArgs, executed, print_json, when};
use crate::completions;
use crate::error::Error;
use crate::exit_codes;
use crate::view::{ColourArgs, Paint, duration, plural, run_sign};

const EXAMPLES: &str = "\
Examples:
  hero-span runs
      The ten newest runs.

  hero-span runs --state failed --since 2h
      What failed lately.

  hero-span runs --name 'load*' --tag day=monday --text timeout
      Runs with a span that is called like this, has this tag, and said this
      word in a log, an error, an input or a result: all of it the same span.

  hero-span runs --json -n 100 | jq '.[].run'

How a run stands is how the worst of its roots does: failed, open (its producer
is gone and no end was heard), unknown (neither start nor end was heard),
cancelled, or ok. While its producers are connected it is running.

A run without a number is one of hero-span run of which no span came, as its file
could not be loaded say: hero-span show knows it by what it is called.

Times are local, those that are shown and those that are given, unless they say
where.

Exit codes: 0 done, also when none was found; 2 wrong arguments, or no store.";

/// List the newest runs, or those that are looked for
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,

    /// How the run stands
    #[arg(long, value_parser = run_states())]
    state: Option<String>,

    /// Heard of since then: 2h, 2026-11-27, "2026-11-27 14:30" or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<f64>,

    /// Begun by then
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<f64>,

    /// A span's name; * stands for anything
    #[arg(long, add = ArgValueCompleter::new(completions::span_names))]
    name: Option<String>,

    /// How that span stands
    #[arg(long, value_name = "STATE", value_parser = span_states())]
    span_state: Option<String>,

    /// A tag of that span, with or without its value; may be given again
    #[arg(long, value_name = "KEY[=VALUE]", value_parser = tag)]
    #[arg(add = ArgValueCompleter::new(completions::tag_keys))]
    tag: Vec<(String, Option<String>)>,

    /// Words that the span said; "two words" in quotes stand side by side,
    /// a* begins with a, and NOT, OR and AND are understood
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,

    /// How many at most
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    limit: usize,

    /// As JSON: a list of objects
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    color: ColourArgs,
}

/// The words for how a span stands.
fn span_states() -> PossibleValuesParser {
    RunState::ALL.map(RunState::as_str).into()
}

/// The same of a run, which is running while its producers are connected.
fn run_states() -> PossibleValuesParser {
    let ended = RunState::ALL.map(RunState::as_str);
    std::iter::once("running")
        .chain(ended)
        .collect::<Vec<_>>()
        .into()
}

fn tag(text: &str) -> Result<(String, Option<String>), String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    if key.is_empty() {
        return Err("expected KEY or KEY=VALUE, found no key".to_owned());
    }
    Ok((key.to_owned(), value))
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let runs = reader.runs(&args.filter(), args.limit)?;
    if args.json {
        print_json(&runs)?;
    } else {
        let rows = args.rows(&reader, &runs)?;
        print(rows, args.color.paint()).map_err(Error::output)?;
    }
    Ok(exit_codes::OK)
}

impl Args {
    /// The newest first; among them the executions of which no span came,
    /// unless something is looked for.
    fn rows(&self, reader: &Reader, runs: &[RunLine]) -> Result<Vec<Vec<Cell>>, Error> {
        let paint = self.color.paint();
        let mut rows = Vec::new();
        for run in runs {
            let remark = executed::remark(reader, run.run)?;
            rows.push((run.began_ms, row(run, remark, paint)));
        }
        if self.filter() == Filter::default() {
            for execution in reader.spanless_executions(self.limit)?.iter().rev() {
                let newer = |(began, _): &(Option<f64>, _)| *began > Some(execution.began_ms);
                let at = rows.iter().rposition(newer).map_or(0, |at| at + 1);
                let row = executed::row(execution, paint);
                rows.insert(at, (Some(execution.began_ms), row));
            }
        }
        rows.truncate(self.limit);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn filter(&self) -> Filter {
        Filter {
            state: self.state.clone(),
            since_ms: self.since,
            until_ms: self.until,
            span: SpanFilter {
                name: self.name.clone(),
                state: self.span_state.clone(),
                tags: self.tag.clone(),
                text: self.text.clone(),
            },
        }
    }
}

fn print(found: Vec<Vec<Cell>>, paint: Paint) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if found.is_empty() {
        return writeln!(std::io::stderr(), "no run fits");
    }
    let head = ["RUN", "STATE", "BEGAN", "TOOK", "SPANS", "NAME", ""];
    let head = head.map(|word| Cell::new(word).painted(|text| paint.dim(text)));
    let mut rows = vec![head.into_iter().collect()];
    rows.extend(found);
    for line in table::lines(&rows) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn row(run: &RunLine, remark: Option<String>, paint: Paint) -> Vec<Cell> {
    let took = run.began_ms.zip(run.heard_ms);
    let took = took.map(|(began, heard)| duration(heard - began));
    let began = run.began_ms.map(when::local);
    let name = run.name.as_deref().unwrap_or("(unnamed)");
    let (_, tone) = run_sign(run);
    vec![
        Cell::number(run.run).painted(|text| paint.bold(text)),
        Cell::new(printable(&run.state)).painted(|text| paint.toned(tone, text)),
        Cell::new(began.unwrap_or_default()),
        Cell::new(took.unwrap_or_default()),
        Cell::number(run.spans),
        Cell::new(printable(name)),
        Cell::new(remarks(run, remark)).painted(|text| paint.warn(text)),
    ]
}

/// What is not as it should be, and is not said by the state.
fn remarks(run: &RunLine, execution: Option<String>) -> String {
    let count = |count: u64, word: &str| (count > 0).then(|| format!("{count} {word}"));
    let processes = (run.processes > 1).then(|| plural(run.processes, "process"));
    let parts = [
        execution,
        processes,
        count(run.failed, "failed"),
        count(run.open, "open").filter(|_| run.connected == 0),
        count(run.lost, "lost"),
        count(run.rejected, "rejected"),
        count(run.torn, "torn"),
        count(run.unstored, "not kept"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

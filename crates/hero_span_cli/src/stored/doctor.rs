//! `hero-span doctor`: how the store and the socket stand, and what to do.

use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hero_span_collector::Snapshot;
use hero_span_collector::store::{CollectorLine, Health, Reader};
use hero_span_protocol::printable;
use serde::Serialize;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use super::{StoreArgs, is_same_file, print_json, when};
use crate::error::Error;
use crate::exit_codes;
use crate::listening;
use crate::size::Size;
use crate::view::{ColourArgs, Paint, duration, now_ms, plural};

/// How long whoever listens may take to let somebody connect.
const PATIENCE: Duration = Duration::from_secs(1);

/// A collector writes its figures every second. When it has not for so long,
/// something holds it up.
const SILENCE_MS: f64 = 10_000.0;

const EXAMPLES: &str = "\
Examples:
  hero-span doctor
  hero-span doctor --thorough       Have SQLite check the indexes too
  hero-span doctor --json | jq .store.events

All is well when the collector of this store listens, what it heard could be
kept, and the store is sound and yours alone. Figures are of the latest collector.

Exit codes: 0 all is well; 1 something is wrong, and what to do is said; 2 wrong
arguments.";

/// Look at the store, the socket and the collector, and say what is wrong
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,

    /// The socket to look at [default: where a collector listens]
    #[arg(long, value_name = "PATH")]
    listen: Option<std::path::PathBuf>,

    /// Check indexes against what they lead to, beside every page: that takes a
    /// while for a large store
    #[arg(long)]
    thorough: bool,

    /// As JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    color: ColourArgs,
}

/// What was found.
#[derive(Serialize)]
struct Report {
    well: bool,
    socket: Socket,
    store: Option<Health>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Socket {
    path: String,
    listens: bool,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let mut problems = Vec::new();
    let store = look_at_store(args, &mut problems)?;
    let known = store.as_ref().and_then(|store| store.collector.as_ref());
    let living = known.filter(|collector| collector.is_alive);
    let socket = look_at_socket(args, living, &mut problems)?;
    let report = Report {
        well: problems.is_empty(),
        socket,
        store,
        problems,
    };
    if args.json {
        print_json(&report)?;
    } else {
        print(&report, args.color.paint()).map_err(Error::output)?;
    }
    Ok(if report.well {
        exit_codes::OK
    } else {
        exit_codes::VIOLATIONS
    })
}

fn look_at_store(args: &Args, problems: &mut Vec<String>) -> Result<Option<Health>, Error> {
    let path = args.store.path()?;
    let health = Reader::open(&path).and_then(|reader| reader.health(args.thorough));
    let health = match health {
        Ok(health) => health,
        Err(error) => {
            problems.push(error.to_string());
            return Ok(None);
        }
    };
    problems.extend(health.faults.iter().map(|fault| {
        format!(
            "{}: damaged: {fault}: stop the collector and try hero-span rebuild; if that does not help, move the file away",
            health.path
        )
    }));
    if health.unstored > 0 {
        problems.push(format!(
            "{}: {} came and could not be kept: is the disk full, or --store-limit too low?",
            health.path,
            plural(health.unstored, "event")
        ));
    }
    problems.extend(open_to_others(&path));
    problems.extend(silent(&health));
    Ok(Some(health))
}

/// A collector that works, and does not write.
fn silent(health: &Health) -> Option<String> {
    let collector = health.collector.as_ref()?;
    let silence_ms = now_ms() - collector.heard_ms;
    (collector.is_alive && silence_ms > SILENCE_MS).then(|| {
        format!(
            "{}: expected its collector to write every second, found that process {} did so {} ago: is it stopped, or the disk full or slow?",
            health.path,
            collector.pid,
            duration(silence_ms)
        )
    })
}

fn open_to_others(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & 0o077 != 0)
        .then(|| format!("{path}: others can read it (mode {mode:o}): chmod 600 {path}"))
}

fn look_at_socket(
    args: &Args,
    living: Option<&CollectorLine>,
    problems: &mut Vec<String>,
) -> Result<Socket, Error> {
    let path = match (&args.listen, living) {
        (None, Some(collector)) => collector.socket.clone().into(),
        (given, _) => listening::as_named(given.as_deref())?,
    };
    let connected = listening::runtime()?.block_on(connect(&path));
    match &connected {
        Ok(()) => problems.extend(stranger(&path, &args.store.path()?, living)),
        Err(error) => {
            let todo = match living {
                _ if error.kind() == ErrorKind::TimedOut => {
                    "stop who listens there, or see --max-connections of hero-span collect"
                }
                Some(_) => "the collector does not answer: stop it, and start it again",
                None => "nobody collects: start hero-span collect",
            };
            problems.push(format!("{}: {error}: {todo}", path.display()));
        }
    }
    Ok(Socket {
        path: path.display().to_string(),
        listens: connected.is_ok(),
    })
}

/// Connects as a producer does, but does not wait as one where as many wait as
/// may.
async fn connect(path: &Path) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect(path).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            Err(_) if Instant::now() > deadline => {
                let text = "it takes no connection";
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            Err(_) => sleep(PATIENCE / 20).await,
        }
    }
}

/// Who listens there, when it is not who writes to the store.
fn stranger(socket: &Path, store: &Path, living: Option<&CollectorLine>) -> Option<String> {
    let expected = format!(
        "{}: expected the collector that writes to {}",
        socket.display(),
        store.display()
    );
    match living.map(|collector| Path::new(&collector.socket)) {
        Some(own) if is_same_file(own, socket) => None,
        Some(own) => Some(format!(
            "{expected} and listens at {}, found another: send flows to that one",
            own.display()
        )),
        None => Some(format!(
            "{expected}, found another, and nobody writes there: stop it, and start hero-span collect"
        )),
    }
}

fn print(report: &Report, paint: Paint) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let mark = |well: bool| {
        if well {
            paint.good("✓")
        } else {
            paint.bad("✗")
        }
    };
    // What a store says may be anybody's words.
    let socket = printable(&report.socket.path);
    writeln!(out, "{} socket     {socket}", mark(report.socket.listens))?;
    if let Some(store) = &report.store {
        writeln!(
            out,
            "{} store      {}",
            mark(store.faults.is_empty()),
            printable(&store.path)
        )?;
        writeln!(
            out,
            "             {}, {}, {}; {} in use, {} on disk",
            plural(store.runs, "run"),
            plural(store.spans, "span"),
            plural(store.events, "event"),
            Size(store.used_bytes),
            Size(store.file_bytes)
        )?;
        if let Some(collector) = &store.collector {
            writeln!(
                out,
                "{} collector  {}",
                mark(collector.is_alive),
                printable(&about(collector))
            )?;
            for line in figures(&collector.figures) {
                writeln!(out, "             {}", printable(&line))?;
            }
        }
    }
    for problem in &report.problems {
        writeln!(out, "{} {}", paint.bad("!"), printable(problem))?;
    }
    Ok(())
}

fn about(collector: &CollectorLine) -> String {
    let since = when::local(collector.began_ms);
    let state = match collector.ended_ms {
        _ if collector.is_alive => "works".to_owned(),
        Some(at) => format!("ended {}", when::local(at)),
        None => format!("was cut off after {}", when::local(collector.heard_ms)),
    };
    format!(
        "process {}, version {}, since {since}, {state}",
        collector.pid, collector.version
    )
}

fn figures(found: &Snapshot) -> Vec<String> {
    let rejected: u64 = found.rejected.values().sum();
    let lines = found.events + found.skipped + rejected;
    let mut text = vec![
        format!(
            "{} ({} open), {}, {}",
            plural(found.connections, "connection"),
            found.connected,
            plural(lines, "line"),
            Size(found.bytes)
        ),
        format!(
            "{} rejected, {} skipped, {} torn, {} lost by producers",
            rejected, found.skipped, found.torn, found.lost
        ),
        format!(
            "{} open, {} held in memory, {} queued",
            plural(found.open_spans, "span"),
            found.held_spans,
            Size(found.queue_bytes)
        ),
        format!(
            "{} stored, {} not kept, {} of {} (at most {}), {} failed",
            found.stored,
            found.unstored,
            plural(found.commits, "commit"),
            duration(found.commit_ms),
            duration(found.longest_commit_ms),
            found.commit_failures
        ),
    ];
    let reasons = found.rejected.iter();
    text.extend(reasons.map(|(clause, lines)| format!("  rejected by {clause}: {lines}")));
    text
}

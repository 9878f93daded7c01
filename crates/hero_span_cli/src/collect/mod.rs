//! `hero-span collect`: listens, and shows each run as it grows.

mod lines;
mod live;
mod nothing;
mod show;
mod trees;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ValueEnum, value_parser};
use hero_span_collector::store::Writer;
use hero_span_collector::{Collector, Figures, Limits, Listener, Store, Totals, expose};

use self::lines::Lines;
pub(crate) use self::live::Live;
use self::nothing::Nothing;
pub(crate) use self::show::View;
use self::show::{Show, Until};
use self::trees::Trees;
use crate::duration;
use crate::error::Error;
use crate::exit_codes;
use crate::listening::{self, Door, Stop, announce};
use crate::size::{self, Size};
use crate::view::{ColourArgs, Look, now_ms, plural};
use crate::{log, stored};

const EXAMPLES: &str = "\
Examples:
  hero-span collect
      Listen at the usual place; paste the line it prints into another shell,
      and run a flow there.

  eval \"$(hero-span collect --print-env)\"
      Send the flows of this shell there, whether or not it listens yet. In the
      profile of a shell it serves all flows.

  hero-span collect --idle-limit 10m --max-connections 500
      Close connections that are silent for ten minutes, and let those over
      500 wait.

  hero-span collect --listen /tmp/spans.sock --once
      End when the first run is over: all its processes have closed their
      connections.

  hero-span collect --once --view trees --stable > tree.txt
      Keep the tree of one run in a form that two runs of a flow share.

  hero-span collect --stable --view lines --color never > log.txt
      Keep a line for each event, and the tree of each run.

As a service: it takes a socket that systemd hands over (LISTEN_FDS), tells it
when it listens and when it ends (NOTIFY_SOCKET), and raises its limit of open
files to the most that it may have. A socket unit has
  ListenStream=%t/hero-span/collector.sock
  SocketMode=0600
  DirectoryMode=0700
and the service unit beside it
  Type=notify
  ExecStart=%h/.cargo/bin/hero-span collect --view none
Both lie in crates/hero_span_cli/systemd. With systemctl --user enable --now
hero-span.socket it starts with the first flow.

What comes is kept in a store, whole and for good up to --store-limit: see
hero-span runs, show, diff, logs, tail, export and doctor. Where the usual store
cannot be used just now, that is said, and what comes is shown and not kept; with
--view none it ends. Warnings go to standard error; HERO_SPAN_LOG=info adds
figures once a minute, off leaves all out.

Times of day are local, as everywhere in hero-span; JSON has milliseconds since
the Unix epoch.

Only your own processes and root's may connect; the directory of the usual place
must be yours alone (mode 0700).

Ctrl-C ends it: what was sent is read, runs are shown as they stand, and the
socket is removed. To judge what comes, see hero-span check --listen.

Exit codes: 0 done; 2 wrong arguments, or it cannot listen.";

/// Listen on a Unix socket and draw the tree of each run as it grows
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Keep what comes in this store; none keeps nothing
    /// [default: var/hero-span/spans.db in HERO_HOME or ~/.hero]
    #[arg(long, value_name = "PATH|none")]
    store: Option<PathBuf>,

    /// Prune the oldest runs once the store uses more than this; 0 is never
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size::parse)]
    store_limit: Size,

    /// Show the collector's own figures at http://ADDRESS/metrics, on this
    /// machine only
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,

    /// The socket to listen on [default: hero-span/collector.sock in
    /// XDG_RUNTIME_DIR, or var/hero-span/collector.sock in HERO_HOME or ~/.hero]
    #[arg(long, value_name = "PATH")]
    listen: Option<PathBuf>,

    /// Print the line that sends flows here, for eval in a shell, and end
    #[arg(long)]
    print_env: bool,

    /// What to show
    #[arg(long, value_enum, default_value_t = Kind::Auto)]
    view: Kind,

    #[command(flatten)]
    color: ColourArgs,

    /// End after the first run
    #[arg(long)]
    once: bool,

    /// End once no connection has been open for so long
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    until_idle: Option<Duration>,

    /// Leave out times, durations, ids and process numbers, and order what ran
    /// at the same time by name
    #[arg(long)]
    stable: bool,

    /// Close a connection over which nothing came for so long; 0 is never
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = duration::parse)]
    idle_limit: Duration,

    /// How many connections may be open at once; the others wait
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    max_connections: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// live on a terminal, else lines
    Auto,
    /// Trees that are drawn again as they grow, and stay when they are over
    Live,
    /// A line for each event, and the tree of each run that is over
    Lines,
    /// The tree of each run that is over
    Trees,
    /// Nothing: what comes is only kept
    None,
}

/// Collects until Ctrl-C, a SIGTERM, or with `--once` the end of a run.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    if args.print_env {
        return print_env(args);
    }
    log::start();
    let door = Door::find(args.listen.as_deref())?;
    listening::raise_limit();
    let runtime = listening::runtime()?;
    runtime.block_on(async {
        let stop = Stop::new()?;
        let listener = door.listen().await?;
        let store = args.open_store(listener.path())?;
        let figures = Figures::default();
        let shown = args.metrics.map(|address| expose(figures.clone(), address));
        let shown = match shown {
            Some(shown) => Some(shown.await?),
            None => None,
        };
        announce(&listener);
        if let Some(shown) = &shown {
            tell_address(shown.address());
        }
        listening::ready(&listener);
        let look = args.look(store.as_ref());
        let collector = Collector::default()
            .with_limits(args.limits())
            .with_figures(figures)
            .with_store(store);
        let totals = show(args, collector, listener, look, stop).await?;
        summarize(&totals);
        Ok(exit_codes::OK)
    })
}

/// The system chooses the port for 0.
fn tell_address(address: SocketAddr) {
    // Nobody to tell is no reason not to show them.
    let _ = writeln!(std::io::stderr(), "metrics at http://{address}/metrics");
}

fn print_env(args: &Args) -> Result<u8, Error> {
    let path = listening::resolve(args.listen.as_deref())?;
    let mut out = std::io::stdout();
    let printed = out.write_all(&listening::export(&path));
    printed.and_then(|()| out.flush()).map_err(Error::output)?;
    Ok(exit_codes::OK)
}

async fn show(
    args: &Args,
    collector: Collector,
    listener: Listener,
    look: Look,
    stop: Stop,
) -> Result<Totals, Error> {
    let out = std::io::stdout();
    let work = Work {
        collector,
        listener,
        stop,
        until: Until {
            once: args.once,
            idle: args.until_idle,
        },
    };
    match args.view() {
        Kind::Live => work.with(Live::new(out, look)).await,
        Kind::Trees => work.with(Trees::new(out, look)).await,
        Kind::None => work.with(Nothing).await,
        Kind::Auto | Kind::Lines => work.with(Lines::new(out, look)).await,
    }
}

/// What is to be done, but for who looks on.
struct Work {
    collector: Collector,
    listener: Listener,
    stop: Stop,
    until: Until,
}

impl Work {
    async fn with(self, view: impl View) -> Result<Totals, Error> {
        let mut show = Show::new(view, self.until);
        let mut is_told = false;
        let stop = async {
            self.stop.wait().await;
            listening::stopping();
            is_told = true;
        };
        let collector = self.collector;
        let totals = collector.run(self.listener, &mut show, stop).await?;
        if !is_told {
            listening::stopping();
        }
        show.finish().map_err(Error::output)?;
        Ok(totals)
    }
}

impl Args {
    fn limits(&self) -> Limits {
        Limits {
            idle: Some(self.idle_limit).filter(|idle| !idle.is_zero()),
            connections: usize::try_from(self.max_connections).unwrap_or(usize::MAX),
        }
    }

    fn look(&self, store: Option<&Store>) -> Look {
        Look {
            paint: self.color.paint(),
            stable: self.stable,
            now_ms: None,
            earlier_runs: store.map_or(0, |store| store.numbers().run.saturating_sub(1)),
            unnumbered: false,
        }
    }

    /// The store that was asked for. The usual one may be out of reach just
    /// now: then it is said, and what comes is shown all the same.
    fn open_store(&self, socket: &Path) -> Result<Option<Store>, Error> {
        let path = match self.store.as_deref() {
            Some(path) if path == Path::new("none") => return Ok(None),
            Some(path) => path.to_owned(),
            None => match stored::default_path() {
                Ok(path) => path,
                Err(error) => return self.keep_nothing(error),
            },
        };
        let writer = Writer {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION"),
            socket: Some(socket),
            now_ms: now_ms(),
        };
        match Store::open(&path, writer) {
            Ok(store) => Ok(Some(store.with_max_bytes(self.max_bytes()))),
            Err(error) if self.store.is_none() && error.may_pass() => {
                self.keep_nothing(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says why what comes is not kept, which is no reason not to show it.
    fn keep_nothing(&self, error: Error) -> Result<Option<Store>, Error> {
        if self.view == Kind::None {
            return Err(Error::in_vain(error));
        }
        // Nobody to tell is no reason not to listen.
        let _ = writeln!(std::io::stderr(), "hero-span: {error}; nothing is kept");
        Ok(None)
    }

    fn max_bytes(&self) -> Option<u64> {
        Some(self.store_limit.0).filter(|bytes| *bytes > 0)
    }

    fn view(&self) -> Kind {
        let drawable = || std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        match self.view {
            Kind::Auto if std::io::stdout().is_terminal() && drawable() => Kind::Live,
            view => view,
        }
    }
}

/// What came in all, on standard error: standard output is for trees.
fn summarize(totals: &Totals) {
    let counts = totals.counts;
    let mut parts = vec![
        plural(totals.runs, "run"),
        plural(totals.spans, "span"),
        plural(counts.lines(), "line"),
        format!("{} lost", counts.lost),
    ];
    if counts.rejected > 0 {
        let reasons = totals.rejected.iter();
        let reasons: Vec<_> = reasons
            .map(|(clause, lines)| format!("{clause} {lines}"))
            .collect();
        parts.push(format!(
            "{} rejected ({})",
            counts.rejected,
            reasons.join(", ")
        ));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} of unknown type", counts.skipped));
    }
    if counts.torn > 0 {
        parts.push(format!("{} torn", counts.torn));
    }
    // Nobody to tell is no failure of the work done.
    let _ = writeln!(std::io::stderr(), "{}", parts.join(", "));
}

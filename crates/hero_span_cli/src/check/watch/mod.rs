//! `hero-span check --listen`: judges every connection of a socket as it writes.

mod program;
mod settled;

use std::collections::HashMap;
use std::io::{self, BufWriter};
use std::ops::ControlFlow;
use std::path::PathBuf;

use hero_span_collector::tree::{Ending, SessionId};
use hero_span_collector::{Listener, Tap, Tapped, tap};
use hero_span_protocol::Connections;
use tempfile::TempDir;

use self::program::Program;
use self::settled::Settled;
use super::Args;
use super::judging::Judging;
use super::report::Report;
use super::source::Source;
use super::tally::Tally;
use crate::error::Error;
use crate::listening::{self, Stop, announce};

/// Judges until Ctrl-C, a SIGTERM, the end of the program that was asked for,
/// or with `--once` the end of all that connected.
pub(super) fn run(args: &Args) -> Result<u8, Error> {
    let out = BufWriter::new(io::stdout().lock());
    let mut report = args.format.report(out);
    let mut watch = Watch::new(args, &mut *report);
    listening::runtime()?.block_on(serve(args, &mut watch))?;
    watch.finish()
}

async fn serve(args: &Args, watch: &mut Watch<'_>) -> Result<(), Error> {
    let stop = Stop::new()?;
    let place = Place::new(args)?;
    let listener = Listener::bind(&place.path).await?;
    if args.listen.is_some() {
        announce(&listener);
    }
    match args.command.split_first() {
        None => tap(listener, watch, stop.wait()).await,
        Some((name, arguments)) => {
            let program = Program::start(name, arguments, listener.path())?;
            tap(listener, watch, program.wait(stop)).await;
        }
    }
    Ok(())
}

/// Where to listen; a program's own socket needs no name that others know.
struct Place {
    path: PathBuf,
    _directory: Option<TempDir>,
}

impl Place {
    fn new(args: &Args) -> Result<Self, Error> {
        if let Some(listen) = &args.listen {
            let path = listening::resolve(listen.as_deref())?;
            let _directory = None;
            return Ok(Self { path, _directory });
        }
        let directory = TempDir::with_prefix("hero-span-")
            .map_err(|e| Error::directory(&std::env::temp_dir(), e))?;
        Ok(Self {
            path: directory.path().join("s"),
            _directory: Some(directory),
        })
    }
}

/// All connections of a socket, as they are judged.
struct Watch<'a> {
    args: &'a Args,
    report: &'a mut dyn Report,
    others: Connections,
    open: HashMap<SessionId, Judging>,
    /// Those that have said something.
    connections: u64,
    total: Tally,
    settled: Settled,
    failure: Option<Error>,
}

impl<'a> Watch<'a> {
    fn new(args: &'a Args, report: &'a mut dyn Report) -> Self {
        Self {
            args,
            report,
            others: Connections::new(args.parents()),
            open: HashMap::new(),
            connections: 0,
            total: Tally::new(args.max),
            settled: Settled::default(),
            failure: None,
        }
    }

    fn hear(&mut self, id: SessionId, tapped: Tapped) -> Result<(), Error> {
        self.settled.stir();
        match tapped {
            Tapped::Opened => {
                let judging = Judging::new(Source::connection(id.0), None, self.args.max);
                self.open.insert(id, judging);
            }
            Tapped::Bytes(bytes) => {
                if let Some(judging) = self.open.get_mut(&id) {
                    judging.feed_beside(&bytes, &mut self.others, self.report)?;
                }
            }
            Tapped::Closed(ending) => self.close(id, ending)?,
        }
        self.report.flush().map_err(Error::output)
    }

    /// One that said nothing, such as a probe, is no producer.
    fn close(&mut self, id: SessionId, ending: Ending) -> Result<(), Error> {
        let judging = self.open.remove(&id).filter(Judging::has_begun);
        let Some(judging) = judging else {
            return Ok(());
        };
        let is_cut_off = matches!(ending, Ending::Stopped | Ending::Idle);
        let (source, tally) = judging.finish(is_cut_off, self.report)?;
        self.total.add(&tally);
        self.connections += 1;
        self.settled.end();
        let report = &mut self.report;
        let told = report
            .untold(&source, &tally)
            .and_then(|()| report.summary(&source, &tally));
        told.map_err(Error::output)
    }

    fn finish(mut self) -> Result<u8, Error> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        self.orphans()?;
        let (report, total) = (self.report, &self.total);
        let told = report
            .clauses(total)
            .and_then(|()| report.total(self.connections, total))
            .and_then(|()| report.flush());
        told.map_err(Error::output)?;
        Ok(total.exit_code())
    }

    /// Parents that started nowhere, unless their starts may be what was lost.
    fn orphans(&mut self) -> Result<(), Error> {
        let may_be_lost = self.total.lost > 0 || self.total.unread() > 0;
        let mut tally = Tally::new(self.args.max);
        for (connection, found) in self.others.orphans() {
            let (violations, excused) = if may_be_lost {
                (vec![], vec![found])
            } else {
                (vec![found], vec![])
            };
            let source = Source::connection(connection);
            tally.tell(&source, &violations, &excused, self.report)?;
        }
        self.total.add(&tally);
        Ok(())
    }

    fn go_on(&mut self, done: Result<(), Error>) -> ControlFlow<()> {
        match done {
            Ok(()) if self.failure.is_none() => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => {
                self.failure.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Tap for Watch<'_> {
    fn take(&mut self, session: SessionId, tapped: Tapped) -> ControlFlow<()> {
        if self.failure.is_some() {
            return ControlFlow::Break(());
        }
        let done = self.hear(session, tapped);
        self.go_on(done)
    }

    fn cannot_accept(&mut self, error: &io::Error) -> ControlFlow<()> {
        anstream::eprintln!("hero-span: cannot accept connections: {error}; trying again");
        ControlFlow::Continue(())
    }

    fn tick(&mut self) -> ControlFlow<()> {
        let speaking = self.open.values().filter(|open| open.has_begun()).count();
        if self.settled.tick(speaking) && self.args.once {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

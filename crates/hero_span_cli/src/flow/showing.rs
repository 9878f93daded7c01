//! A run as it is shown while it goes on: what it prints, and its tree.

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::time::Duration;

use hero_span_collector::{Forest, Sink, Update};
use hero_span_executor::{Prints, Stream};
use hero_span_protocol::SpanId;
use tokio::time::sleep;

use super::printing::Printing;
use super::writing::{self, Over, Progress, Writer};
use crate::collect::{Live, View};
use crate::error::Error;
use crate::listening::Stop;
use crate::view::{Look, run_lines};

/// What is shown of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its tree as it grows, and what it prints above.
    Live,
    /// What it prints, and its tree at the end.
    Tree,
    /// What it prints.
    Prints,
}

impl Kind {
    /// A tree can be drawn again on a terminal.
    pub(super) fn usual() -> Self {
        let drawable = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        if io::stderr().is_terminal() && drawable {
            Self::Live
        } else {
            Self::Tree
        }
    }
}

/// How long whoever reads may take nothing, once the run had to be over.
const STALLS: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Shows a run on standard error, and hands on what it prints.
pub(super) struct Showing {
    out: Out,
    progress: Progress,
    over: Over,
    tree: Option<Look>,
    heard: HashSet<SpanId>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The producers that said something.
    pub(super) heard: HashSet<SpanId>,
    /// Why not all is printed.
    pub(super) fault: Option<String>,
    /// Whether somebody did not wait for who reads.
    pub(super) is_interrupted: bool,
    /// Whether nothing can be told on standard error.
    pub(super) is_mute: bool,
}

impl Showing {
    pub(super) fn new(
        kind: Kind,
        prints: Option<Prints>,
        look: Look,
        is_json: bool,
    ) -> Result<Self, Error> {
        let (writer, progress, over) = writing::start()?;
        let out = Out {
            prints,
            printing: Printing::new(is_json),
            live: (kind == Kind::Live).then(|| Live::below(writer.clone(), look)),
            writer,
            lines: Vec::new(),
        };
        Ok(Self {
            out,
            progress,
            over,
            tree: (kind == Kind::Tree).then_some(look),
            heard: HashSet::new(),
        })
    }

    /// Prints what came last, once the run is over. If it had to be, nobody is
    /// waited for who reads nothing; after Ctrl-C nobody is in any case.
    pub(super) async fn finish(self, had_to_end: bool, stop: Stop) -> Shown {
        let Self {
            out,
            progress,
            over,
            heard,
            ..
        } = self;
        let mut shown = Shown {
            heard,
            ..Shown::default()
        };
        let printed = async {
            out.finish().await;
            // Without an answer the thread broke, and has told why.
            over.await.ok().flatten()
        };
        tokio::select! {
            fault = printed => {
                let told = |e| format!("not all that it printed could be written: {e}");
                shown.fault = fault.map(told);
                return shown;
            }
            () = stop.wait() => shown.is_interrupted = true,
            () = stalled(&progress), if had_to_end => {}
        }
        let at = progress.give_up();
        shown.is_mute = at == Some(Stream::Stderr);
        shown.fault = Some("standard output takes nothing: not all is printed".to_owned());
        shown
    }
}

/// Until nothing was written for a while.
async fn stalled(progress: &Progress) {
    loop {
        let before = progress.parts();
        sleep(STALLS).await;
        if progress.parts() == before {
            return;
        }
    }
}

/// Where what is shown goes. Nothing here waits for who reads it: then less is
/// taken of what the run prints, and the run waits.
struct Out {
    prints: Option<Prints>,
    printing: Printing,
    writer: Writer,
    live: Option<Live<Writer>>,
    /// The tree of a run that is over.
    lines: Vec<String>,
}

impl Out {
    /// What was printed since, and whether that is all.
    fn print(&mut self) -> bool {
        let Some(prints) = &mut self.prints else {
            return true;
        };
        while self.writer.has_room() {
            let Some(piece) = prints.try_next() else {
                return true;
            };
            match &mut self.live {
                Some(live) if self.printing.is_seen(&piece) => {
                    let lines = self.printing.lines(&piece);
                    let _ = live.keep(lines.into_iter());
                }
                _ => {
                    let (to, bytes) = self.printing.print(&piece);
                    self.writer.put(to, bytes);
                }
            }
        }
        false
    }

    async fn finish(mut self) {
        while !self.print() {
            sleep(PAUSE).await;
        }
        for (to, rest) in self.printing.rest() {
            match &mut self.live {
                Some(live) => drop(live.keep(rest.lines().map(str::to_owned))),
                None => self.writer.put(to, rest.into_bytes()),
            }
        }
        for line in self.lines {
            self.writer.put(Stream::Stderr, (line + "\n").into_bytes());
        }
    }
}

impl Sink for Showing {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let Update::Event { session, .. } = update {
            let session = forest.session(*session);
            let producer = session.and_then(|session| session.producer());
            self.heard.extend(producer.map(|producer| producer.id));
        }
        if let Some(live) = &mut self.out.live {
            let _ = live.take(forest, update);
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        // A frame that comes too late is none: another comes.
        let is_idle = self.out.writer.is_idle();
        self.out.print();
        if let Some(live) = self.out.live.as_mut().filter(|_| is_idle) {
            let _ = live.tick(forest);
        }
        ControlFlow::Continue(())
    }

    fn finish(&mut self, forest: &Forest) {
        let Some(look) = self.tree else {
            return;
        };
        let runs = forest.runs().map(|(run, _)| run);
        let lines = runs.flat_map(|run| run_lines(forest, run, look));
        self.out.lines = lines.collect();
    }
}

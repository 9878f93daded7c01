//! A run as it is shown while it goes on: what it prints, and its tree.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Stderr, Write};
use std::ops::ControlFlow;

use hero_span_collector::{Forest, Sink, Update};
use hero_span_executor::Prints;
use hero_span_protocol::SpanId;

use super::printing::Printing;
use crate::collect::{Live, View};
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

/// Shows a run on standard error, and hands on what it prints.
pub(super) struct Showing {
    prints: Option<Prints>,
    printing: Printing,
    live: Option<Live<Stderr>>,
    tree: Option<Look>,
    heard: HashSet<SpanId>,
}

impl Showing {
    pub(super) fn new(kind: Kind, prints: Option<Prints>, look: Look, is_json: bool) -> Self {
        Self {
            prints,
            printing: Printing::new(is_json),
            live: (kind == Kind::Live).then(|| Live::below(io::stderr(), look)),
            tree: (kind == Kind::Tree).then_some(look),
            heard: HashSet::new(),
        }
    }

    /// What was printed since.
    fn print(&mut self) {
        let Some(prints) = &mut self.prints else {
            return;
        };
        while let Some(piece) = prints.try_next() {
            // Nobody to read it is no reason not to run the flow.
            match &mut self.live {
                Some(live) if self.printing.is_seen(&piece) => {
                    let lines = self.printing.lines(&piece);
                    let _ = live.keep(lines.into_iter());
                }
                _ => self.printing.print(&piece),
            }
        }
    }

    /// What came last; returns the producers that said something.
    pub(super) fn finish(mut self) -> HashSet<SpanId> {
        self.print();
        let rest = self.printing.rest();
        if let (Some(live), false) = (&mut self.live, rest.is_empty()) {
            let _ = live.keep(rest.into_iter());
        }
        self.heard
    }
}

impl Sink for Showing {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let Update::Event { session, .. } = update {
            let session = forest.session(*session);
            let producer = session.and_then(|session| session.producer());
            self.heard.extend(producer.map(|producer| producer.id));
        }
        if let Some(live) = &mut self.live {
            let _ = live.take(forest, update);
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        self.print();
        if let Some(live) = &mut self.live {
            let _ = live.tick(forest);
        }
        ControlFlow::Continue(())
    }

    fn finish(&mut self, forest: &Forest) {
        self.print();
        let Some(look) = self.tree else {
            return;
        };
        let mut out = io::BufWriter::new(io::stderr().lock());
        for (run, _) in forest.runs() {
            for line in run_lines(forest, run, look) {
                // Nobody to read it is no reason not to tell the end.
                let _ = writeln!(out, "{line}");
            }
        }
    }
}

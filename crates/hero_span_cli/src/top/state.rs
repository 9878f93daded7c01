//! All that is shown, and all that may change it.

use hero_span_collector::Forest;
use hero_span_collector::store::{RunLine, Stored};
use hero_span_collector::tree::RunId;
use ratatui::crossterm::event::KeyEvent;

use super::areas::{Areas, Pane, rows};
use super::tree::Tree;

/// Something that happened.
#[derive(Debug)]
pub(super) enum Input {
    Key(KeyEvent),
    /// The screen has so many columns and rows.
    Resize(u16, u16),
    News(News),
    /// The whole error of the span that the store knows by that number.
    Error(u64, Option<String>),
    /// It is so late, in milliseconds since the Unix epoch.
    Clock(f64),
    /// A signal asks for the end.
    Stop,
    /// The store is read no more, for a fault of ours.
    Broken,
}

/// How it stands with the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Store {
    /// There is none yet.
    Missing,
    /// It cannot be read.
    Fault(String),
    /// Nobody writes to it.
    Quiet,
    /// A collector writes to it.
    Collected,
}

/// What was read from the store.
#[derive(Debug)]
pub(super) struct News {
    pub(super) store: Store,
    /// The newest first.
    pub(super) runs: Vec<RunLine>,
    /// The run that was asked for became part of this one.
    pub(super) instead: Option<(u64, u64)>,
    pub(super) tree: Option<TreeNews>,
}

#[derive(Debug)]
pub(super) enum TreeNews {
    /// A run's tree.
    Whole(RunId, Box<Forest>),
    /// What came after that.
    More(RunId, Vec<Stored>),
}

/// What is to be read from the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wants {
    pub(super) run: Option<u64>,
    /// Which choice of a run that was: each is told its whole tree.
    pub(super) choice: u64,
    /// The span whose whole error is wanted, by the store's number.
    pub(super) error: Option<u64>,
}

#[derive(Debug)]
pub(super) struct State {
    /// Where the store lies.
    pub(super) path: String,
    pub(super) store: Store,
    pub(super) runs: Vec<RunLine>,
    /// The run that is looked at.
    pub(super) chosen: Option<u64>,
    /// How often one was chosen.
    pub(super) choice: u64,
    /// The first run on the screen.
    pub(super) runs_top: usize,
    pub(super) tree: Option<Tree>,
    /// The first line of the details on the screen.
    pub(super) details_top: usize,
    /// An error in full, and the store's number of the span that it ended.
    pub(super) error: Option<(u64, String)>,
    pub(super) pane: Pane,
    pub(super) zoomed: bool,
    /// The newest run and what is heard of it last are selected as they come.
    pub(super) follow: bool,
    pub(super) help: bool,
    /// The letters that choose spans.
    pub(super) filter: String,
    /// They are being typed.
    pub(super) is_typing: bool,
    /// Until the next key: what there is to say.
    pub(super) message: Option<&'static str>,
    pub(super) now_ms: f64,
    pub(super) size: (u16, u16),
    pub(super) is_done: bool,
    /// It is over because the store is read no more.
    pub(super) is_broken: bool,
}

impl State {
    /// Nothing is known yet. Without a run, the newest one is followed.
    pub(super) fn new(path: String, run: Option<u64>) -> Self {
        Self {
            path,
            store: Store::Missing,
            runs: Vec::new(),
            chosen: run,
            choice: 0,
            runs_top: 0,
            tree: None,
            details_top: 0,
            error: None,
            pane: Pane::Tree,
            zoomed: false,
            follow: run.is_none(),
            help: false,
            filter: String::new(),
            is_typing: false,
            message: None,
            now_ms: 0.0,
            size: (80, 24),
            is_done: false,
            is_broken: false,
        }
    }

    pub(super) fn areas(&self) -> Areas {
        Areas::of(self.size, self.pane, self.zoomed)
    }

    /// How many rows the pane has that the keys move in.
    pub(super) fn page(&self) -> usize {
        let areas = self.areas();
        rows(match self.pane {
            Pane::Runs => areas.runs,
            Pane::Tree => areas.tree,
            Pane::Details => areas.details,
        })
    }

    /// Where the run that is looked at stands among the runs.
    pub(super) fn place(&self) -> Option<usize> {
        let run = self.chosen?;
        self.runs.iter().position(|line| line.run == run)
    }

    pub(super) fn run_line(&self) -> Option<&RunLine> {
        self.runs.get(self.place()?)
    }

    pub(super) fn is_running(&self) -> bool {
        self.run_line().is_some_and(RunLine::is_running)
    }

    /// The tree of the run that is looked at, once it is there.
    pub(super) fn shown_tree(&self) -> Option<&Tree> {
        let tree = self.tree.as_ref();
        tree.filter(|tree| Some(tree.run.0) == self.chosen)
    }

    pub(super) fn wants(&self) -> Wants {
        let error = self.shown_tree().and_then(|tree| {
            let key = tree.selected()?;
            let has_error = tree.forest.span(key).error_line().is_some();
            has_error.then(|| tree.number(key))
        });
        Wants {
            run: self.chosen,
            choice: self.choice,
            error,
        }
    }
}

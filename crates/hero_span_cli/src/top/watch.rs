//! Reads the store, away from the keys: however large a run is, a key is
//! answered at once.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use hero_span_collector::store::{Filter, Reader, RunLine};
use hero_span_collector::tree::{RunId, SessionId};
use hero_span_protocol::Event;

use super::state::{Input, News, Store, TreeNews, Wants};
use crate::error::Error;

/// How often the store is asked, at most.
const PAUSE: Duration = Duration::from_millis(200);

/// Asking what is new takes this part of the time: each pause is so many times
/// as long.
const SHARE: u32 = 30;

/// The same of reading a whole tree again.
const WHOLE_SHARE: u32 = 15;

/// Runs that are listed.
const RUNS: usize = 200;

/// Events that are read at once.
const AT_ONCE: usize = 10_000;

/// Tells what is in the store until nobody asks any more.
pub(super) fn watch(path: PathBuf, wants: &Receiver<Wants>, tell: &Sender<Input>) {
    let mut watch = Watch::new(path);
    loop {
        let begun = Instant::now();
        let told = watch
            .look()
            .into_iter()
            .all(|input| tell.send(input).is_ok());
        if !told {
            return;
        }
        // A tree that took long must not hold up what comes after it.
        let asking = begun
            .elapsed()
            .saturating_sub(watch.took_whole.take().unwrap_or_default());
        let pause = PAUSE.max(asking * SHARE);
        match wants.recv_timeout(pause) {
            Ok(wanted) => watch.want(wants.try_iter().last().unwrap_or(wanted)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

struct Watch {
    path: PathBuf,
    opened: Option<Opened>,
    wants: Wants,
    seen: Option<Seen>,
    /// How the store stood and which runs there were when it was last told.
    told: Option<(Store, Vec<RunLine>)>,
    told_error: Option<u64>,
    /// How long it took just now to read a whole tree.
    took_whole: Option<Duration>,
}

struct Opened {
    reader: Reader,
    file: (u64, u64),
}

/// What was told of a run's tree.
struct Seen {
    run: u64,
    /// The latest event that was told, of whatever run.
    event: u64,
    /// Connections that the tree knows.
    sessions: HashSet<SessionId>,
    /// Connections that there were, and open ones.
    connections: (u64, u64),
    is_outdated: bool,
    /// How long it took to read it.
    took: Duration,
    /// When it may be read again as a whole.
    next: Instant,
}

impl Watch {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            opened: None,
            wants: Wants::default(),
            seen: None,
            told: None,
            told_error: None,
            took_whole: None,
        }
    }

    fn want(&mut self, wants: Wants) {
        if wants.choice != self.wants.choice {
            self.seen = None;
        }
        self.told_error = None;
        self.wants = wants;
    }

    /// What is new.
    fn look(&mut self) -> Vec<Input> {
        if let Err(store) = self.open() {
            return self.lost(store);
        }
        let read = self.read();
        read.unwrap_or_else(|error| self.lost(Store::Fault(error.to_string())))
    }

    /// There is nothing to read. While that may pass, the runs that were there
    /// stay on the screen.
    fn lost(&mut self, store: Store) -> Vec<Input> {
        self.opened = None;
        self.seen = None;
        let runs = match (&store, &self.told) {
            (Store::Fault(_), Some((_, runs))) => runs.clone(),
            _ => Vec::new(),
        };
        self.news(store, runs, None, None)
    }

    /// Opens the store; another file may have taken its place.
    fn open(&mut self) -> Result<(), Store> {
        let Some(file) = file(&self.path) else {
            return Err(Store::Missing);
        };
        if self
            .opened
            .as_ref()
            .is_none_or(|opened| opened.file != file)
        {
            self.seen = None;
            let reader = Reader::open(&self.path).map_err(|e| Store::Fault(e.to_string()))?;
            self.opened = Some(Opened { reader, file });
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Vec<Input>, Error> {
        let Some(opened) = &mut self.opened else {
            return Ok(Vec::new());
        };
        let reader = &mut opened.reader;
        reader.look_again()?;
        let store = match reader.is_collected() {
            true => Store::Collected,
            false => Store::Quiet,
        };
        let mut runs = reader.runs(&Filter::default(), RUNS)?;
        let (line, instead) = wanted(reader, &mut runs, self.wants.run)?;
        let tree = match line {
            Some(line) => grown(reader, &line, &mut self.seen)?,
            None => None,
        };
        if matches!(tree, Some(TreeNews::Whole(..))) {
            self.took_whole = self.seen.as_ref().map(|seen| seen.took);
        }
        let error = match self.wants.error {
            Some(span) if self.told_error != Some(span) => Some((span, error(reader, span)?)),
            _ => None,
        };
        let mut inputs = self.news(store, runs, instead, tree);
        if let Some((span, text)) = error {
            self.told_error = Some(span);
            inputs.push(Input::Error(span, text));
        }
        Ok(inputs)
    }

    /// Tells only what has changed.
    fn news(
        &mut self,
        store: Store,
        runs: Vec<RunLine>,
        instead: Option<(u64, u64)>,
        tree: Option<TreeNews>,
    ) -> Vec<Input> {
        let now = Some((store, runs));
        if self.told == now && instead.is_none() && tree.is_none() {
            return Vec::new();
        }
        self.told.clone_from(&now);
        let Some((store, runs)) = now else {
            return Vec::new();
        };
        vec![Input::News(News {
            store,
            runs,
            instead,
            tree,
        })]
    }
}

/// Which file it is.
fn file(path: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// A run, and which one was asked for where it took that one's place.
type Found = (Option<RunLine>, Option<(u64, u64)>);

/// The run that is asked for, or what it became part of. One that is older
/// than those that are listed is put behind them.
fn wanted(reader: &Reader, runs: &mut Vec<RunLine>, wanted: Option<u64>) -> Result<Found, Error> {
    let Some(wanted) = wanted else {
        return Ok((None, None));
    };
    if let Some(line) = runs.iter().find(|line| line.run == wanted) {
        return Ok((Some(line.clone()), None));
    }
    // It may be gone: then another one will be asked for.
    let Some(line) = reader.numbered_run(wanted)? else {
        return Ok((None, None));
    };
    if runs.iter().all(|listed| listed.run != line.run) {
        runs.push(line.clone());
    }
    let instead = (line.run != wanted).then_some((wanted, line.run));
    Ok((Some(line), instead))
}

/// How a run's tree has grown since it was last told.
fn grown(
    reader: &Reader,
    line: &RunLine,
    seen: &mut Option<Seen>,
) -> Result<Option<TreeNews>, Error> {
    let connections = (line.processes, line.connected);
    let known = seen.as_mut().filter(|seen| seen.run == line.run);
    let Some(known) = known else {
        return whole(reader, line, seen).map(Some);
    };
    known.is_outdated |= known.connections != connections;
    if known.is_outdated && Instant::now() >= known.next {
        return whole(reader, line, seen).map(Some);
    }
    let (mut events, until) = reader.events_after(known.event, AT_ONCE, Some(line.run))?;
    known.event = until;
    // Only the store knows which run a new connection is in.
    let count = events.len();
    events.retain(|event| known.sessions.contains(&event.session));
    known.is_outdated |= events.len() < count;
    let run = RunId(line.run);
    Ok((!events.is_empty()).then_some(TreeNews::More(run, events)))
}

fn whole(reader: &Reader, line: &RunLine, seen: &mut Option<Seen>) -> Result<TreeNews, Error> {
    let begun = Instant::now();
    let (forest, event) = reader.forest_until(line.run)?;
    let run = RunId(line.run);
    let sessions = forest.run(run).map(|run| run.sessions());
    let took = begun.elapsed();
    *seen = Some(Seen {
        run: line.run,
        event,
        sessions: sessions.unwrap_or_default().iter().copied().collect(),
        connections: (line.processes, line.connected),
        is_outdated: false,
        took,
        next: Instant::now() + PAUSE.max(took * WHOLE_SHARE),
    });
    Ok(TreeNews::Whole(run, Box::new(forest)))
}

/// A span's error as it was sent.
fn error(reader: &Reader, span: u64) -> Result<Option<String>, Error> {
    let end = reader.end_of(span)?;
    Ok(end.and_then(|stored| match stored.event() {
        Some(Event::End(end)) => end.error.map(|text| text.into_owned()),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a store on which nothing changes, look by look.
    #[track_caller]
    fn check_told_once(path: PathBuf, expected: fn(&Store) -> bool) {
        let mut watch = Watch::new(path);
        let told = watch.look();
        let [Input::News(news)] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(expected(&news.store), "{told:?}");
        for _ in 0..3 {
            let told = watch.look();
            assert!(told.is_empty(), "{told:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = |name: &str| directory.path().join(name);
        check_told_once(place("missing"), |store| *store == Store::Missing);
        std::fs::write(place("odd"), "no database").expect("written");
        check_told_once(place("odd"), |store| matches!(store, Store::Fault(_)));
    }
}

//! What is written down of a run, on a thread of its own: SQLite waits for the
//! disk, and no run must.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use hero_span_collector::store::{self, Executions, Printed};
use hero_span_protocol::SpanId;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::outlet::{Outlet, Prints, outlet};
use crate::supervise::{Piece, Stream};
use crate::{Ended, Error};

/// What is kept of what a run prints: its first bytes as they come, and its
/// last bytes once it is over.
const HEAD: usize = 512 * 1024;
const TAIL: usize = 512 * 1024;

/// What may wait to be written.
const WAITING: usize = 4 * 1024 * 1024;

/// Where a run is written down.
#[derive(Debug)]
pub(crate) struct Record {
    notes: mpsc::Sender<Note>,
    over: oneshot::Receiver<Option<String>>,
}

enum Note {
    Chosen(String),
    Heard(SpanId),
    /// Something was printed.
    Printed,
    Ended(Box<End>),
}

/// How a run ended, as it is written down.
struct End {
    state: &'static str,
    told: String,
    all: Value,
}

impl End {
    fn of(ended: &Ended) -> Self {
        Self {
            state: ended.outcome.word(),
            told: ended.to_string(),
            all: ended.to_json(),
        }
    }

    /// Of one that never ran.
    fn not_started(error: &Error) -> Self {
        Self::short("not_started", format!("not started: {error}"))
    }

    /// Of one that was dropped, and killed so.
    fn dropped() -> Self {
        Self::short("cancelled", "cancelled: nobody waited for it".to_owned())
    }

    fn short(state: &'static str, told: String) -> Self {
        let all = json!({"end": state, "told": told});
        Self { state, told, all }
    }
}

impl Record {
    /// Enters a run.
    pub(crate) fn begin(
        store: &Path,
        name: &str,
        file: &Path,
        asked: &Value,
    ) -> Result<(Self, Outlet), Error> {
        let fault = |e| Error::record(name, e);
        let executions = Executions::open(store).map_err(fault)?;
        let own = std::process::id();
        let executor = store::Process::of(own).unwrap_or(store::Process { pid: own, began: 0 });
        let asked = store::Asked {
            name,
            file,
            asked,
            executor,
            began_ms: now_ms(),
        };
        let id = executions.begin(&asked).map_err(fault)?;
        let (notes, taken) = mpsc::channel();
        let (tell, over) = oneshot::channel();
        let (outlet, prints) = outlet(WAITING);
        let writing = Writing {
            executions,
            id,
            prints,
            head: HEAD,
            tail: VecDeque::new(),
            tail_bytes: 0,
            fault: None,
        };
        std::thread::Builder::new()
            .name("hero-span record".to_owned())
            .spawn(move || {
                let fault = writing.all(&taken);
                // Nobody waits any more when the run was dropped.
                let _ = tell.send(fault);
            })
            .map_err(|e| Error::system(store, "start to write", e))?;
        Ok((Self { notes, over }, outlet))
    }

    pub(crate) fn chosen(&self, flow: &str) {
        self.note(Note::Chosen(flow.to_owned()));
    }

    pub(crate) fn heard(&self, producer: SpanId) {
        self.note(Note::Heard(producer));
    }

    /// Something was put into its outlet.
    pub(crate) fn printed(&self) {
        self.note(Note::Printed);
    }

    /// The thread goes last, unless it broke: that is told at the end.
    fn note(&self, note: Note) {
        let _ = self.notes.send(note);
    }

    /// Says how it ended, and waits until that is written; why not all of it is.
    pub(crate) async fn end(self, ended: &Ended) -> Option<String> {
        self.over(End::of(ended)).await
    }

    /// Says that it could not be started, and why.
    pub(crate) async fn not_started(self, error: &Error) {
        // That is what is told: no more can be.
        let _ = self.over(End::not_started(error)).await;
    }

    async fn over(self, end: End) -> Option<String> {
        self.note(Note::Ended(Box::new(end)));
        drop(self.notes);
        let over = self.over.await;
        over.unwrap_or_else(|_| Some("what writes it broke, which is a bug".to_owned()))
    }
}

struct Writing {
    executions: Executions,
    id: i64,
    prints: Prints,
    /// How many bytes are still written as they come.
    head: usize,
    /// The last pieces that came after those.
    tail: VecDeque<Piece>,
    tail_bytes: usize,
    fault: Option<String>,
}

impl Writing {
    /// Writes until the run is over; returns the first fault.
    fn all(mut self, notes: &mpsc::Receiver<Note>) -> Option<String> {
        let mut has_ended = false;
        while let Ok(note) = notes.recv() {
            has_ended |= matches!(note, Note::Ended(_));
            self.write(note);
        }
        if !has_ended {
            self.write(Note::Ended(Box::new(End::dropped())));
        }
        self.fault
    }

    fn write(&mut self, note: Note) {
        let written = match note {
            Note::Chosen(flow) => self.executions.chosen(self.id, &flow),
            Note::Heard(producer) => self.executions.heard(self.id, producer),
            Note::Printed => {
                // What has come together is written together.
                let mut printed: Vec<Piece> = Vec::new();
                while let Some(piece) = self.prints.try_next() {
                    match self.keep(piece) {
                        Some(piece) if !together(printed.last_mut(), &piece) => printed.push(piece),
                        _ => {}
                    }
                }
                self.print(printed)
            }
            Note::Ended(end) => {
                let tail: Vec<_> = self.tail.drain(..).collect();
                self.print(tail).and_then(|()| self.end(&end))
            }
        };
        if let Err(error) = written {
            self.fault.get_or_insert_with(|| error.to_string());
        }
    }

    fn end(&self, end: &End) -> Result<(), hero_span_collector::Error> {
        let end = store::Ended {
            at_ms: now_ms(),
            state: end.state,
            told: &end.told,
            end: &end.all,
        };
        self.executions.end(self.id, &end)
    }

    /// A piece to write now; or none, if it may become one of the last.
    fn keep(&mut self, piece: Piece) -> Option<Piece> {
        if piece.bytes.len() <= self.head && self.tail.is_empty() {
            self.head -= piece.bytes.len();
            return Some(piece);
        }
        self.tail_bytes += piece.bytes.len();
        if !together(self.tail.back_mut(), &piece) {
            self.tail.push_back(piece);
        }
        while self.tail_bytes > TAIL && self.tail.len() > 1 {
            self.let_go_first();
        }
        None
    }

    /// The next piece of the same stream says what was lost before it.
    fn let_go_first(&mut self) {
        let Some(gone) = self.tail.pop_front() else {
            return;
        };
        self.tail_bytes -= gone.bytes.len();
        let lost = gone.lost + gone.bytes.len() as u64;
        let next = self.tail.iter_mut().find(|next| next.stream == gone.stream);
        match next {
            Some(next) => next.lost += lost,
            // It stays, without its bytes.
            None => self.tail.push_back(Piece {
                lost,
                bytes: Vec::new(),
                ..gone
            }),
        }
    }

    fn print(&self, pieces: Vec<Piece>) -> Result<(), hero_span_collector::Error> {
        if pieces.is_empty() {
            return Ok(());
        }
        let pieces: Vec<_> = pieces.into_iter().map(kept).collect();
        self.executions.printed(self.id, now_ms(), &pieces)
    }
}

/// The most that pieces are put together to.
const TOGETHER: usize = 16 * 1024;

/// Adds a piece to the one before it, if that goes.
fn together(before: Option<&mut Piece>, piece: &Piece) -> bool {
    let fits = |before: &&mut Piece| {
        before.stream == piece.stream
            && piece.lost == 0
            && before.bytes.len() + piece.bytes.len() <= TOGETHER
    };
    match before.filter(fits) {
        Some(before) => {
            before.bytes.extend(&piece.bytes);
            true
        }
        None => false,
    }
}

fn kept(piece: Piece) -> Printed {
    let stream = match piece.stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    };
    Printed {
        stream: stream.to_owned(),
        lost: piece.lost,
        bytes: piece.bytes,
    }
}

/// The machine's clock: milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1e3
}

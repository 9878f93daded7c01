//! What a run prints, handed on to those who want it: each has room for so
//! much, and what finds no room is lost for that one, and counted. Who must lose
//! nothing is waited for, while the run goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::supervise::{Piece, Stream};

/// What a piece costs beside its bytes: many small ones take memory as well.
const COST: usize = 256;

/// One end: pieces go in.
#[derive(Debug)]
pub(crate) struct Outlet {
    pieces: mpsc::UnboundedSender<Piece>,
    waiting: Arc<Waiting>,
    room: usize,
    lost: [u64; 2],
    held_up: HeldUp,
}

/// Whether what finds no room is waited for.
#[derive(Debug)]
enum HeldUp {
    Never,
    /// Until this is heard, or its sender is gone.
    Until(oneshot::Receiver<()>),
    /// It was: the rest is handed on whether there is room or not.
    NoLonger,
}

/// What was not taken yet, in bytes.
#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    taken: Notify,
}

/// The pieces of a run's output, in the order in which they came. The two
/// streams are two pipes: which of two lines was printed first is known only
/// when they came apart.
#[derive(Debug)]
pub struct Prints {
    pieces: mpsc::UnboundedReceiver<Piece>,
    waiting: Arc<Waiting>,
}

/// Room for so many bytes.
pub(crate) fn outlet(room: usize) -> (Outlet, Prints) {
    let (sender, pieces) = mpsc::unbounded_channel();
    let waiting = Arc::new(Waiting::default());
    let outlet = Outlet {
        pieces: sender,
        waiting: waiting.clone(),
        room,
        lost: [0; 2],
        held_up: HeldUp::Never,
    };
    (outlet, Prints { pieces, waiting })
}

impl Outlet {
    /// Has who puts something in wait for room, until this is heard.
    pub(crate) fn holds_up(mut self, until: oneshot::Receiver<()>) -> Self {
        self.held_up = HeldUp::Until(until);
        self
    }

    pub(crate) async fn put(&mut self, mut piece: Piece) {
        let cost = piece.bytes.len() + COST;
        self.wait_for_room(cost).await;
        if !self.has_room(cost) && matches!(self.held_up, HeldUp::Never) {
            *self.lost(piece.stream) += piece.lost + piece.bytes.len() as u64;
            return;
        }
        piece.lost += std::mem::take(self.lost(piece.stream));
        self.send(piece);
    }

    fn lost(&mut self, stream: Stream) -> &mut u64 {
        match stream {
            Stream::Stdout => &mut self.lost[0],
            Stream::Stderr => &mut self.lost[1],
        }
    }

    async fn wait_for_room(&mut self, cost: usize) {
        while !self.has_room(cost) {
            let HeldUp::Until(over) = &mut self.held_up else {
                return;
            };
            tokio::select! {
                _ = over => self.held_up = HeldUp::NoLonger,
                // Nobody wants it any more.
                () = self.pieces.closed() => self.held_up = HeldUp::NoLonger,
                () = self.waiting.taken.notified() => {}
            }
        }
    }

    fn has_room(&self, cost: usize) -> bool {
        let waiting = self.waiting.bytes.load(Ordering::Relaxed);
        waiting + cost <= self.room
    }

    fn send(&self, piece: Piece) {
        let cost = piece.bytes.len() + COST;
        self.waiting.bytes.fetch_add(cost, Ordering::Relaxed);
        // Nobody may want it any more.
        let _ = self.pieces.send(piece);
    }

    /// What was lost last is told by no next piece.
    pub(crate) fn close(mut self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let lost = std::mem::take(self.lost(stream));
            if lost > 0 {
                self.send(Piece {
                    stream,
                    bytes: Vec::new(),
                    lost,
                });
            }
        }
    }
}

impl Prints {
    /// The next piece; none when the run is over and all was taken.
    pub async fn next(&mut self) -> Option<Piece> {
        let piece = self.pieces.recv().await?;
        Some(self.take(piece))
    }

    /// A piece that is there already.
    pub fn try_next(&mut self) -> Option<Piece> {
        let piece = self.pieces.try_recv().ok()?;
        Some(self.take(piece))
    }

    fn take(&self, piece: Piece) -> Piece {
        let cost = piece.bytes.len() + COST;
        self.waiting.bytes.fetch_sub(cost, Ordering::Relaxed);
        self.waiting.taken.notify_one();
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(stream: Stream, bytes: usize, lost: u64) -> Piece {
        Piece {
            stream,
            bytes: vec![b'x'; bytes],
            lost,
        }
    }

    #[tokio::test]
    async fn what_finds_no_room_is_counted_before_the_next_of_its_stream() {
        let (mut outlet, mut prints) = outlet(2 * (COST + 10));
        outlet.put(piece(Stream::Stdout, 10, 0)).await;
        outlet.put(piece(Stream::Stderr, 10, 0)).await;
        outlet.put(piece(Stream::Stdout, 5, 2)).await;
        outlet.put(piece(Stream::Stdout, 1, 0)).await;
        assert_eq!(prints.try_next(), Some(piece(Stream::Stdout, 10, 0)));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stderr, 10, 0)));
        assert_eq!(prints.try_next(), None);
        outlet.put(piece(Stream::Stderr, 3, 0)).await;
        outlet.put(piece(Stream::Stdout, 3, 1)).await;
        assert_eq!(prints.try_next(), Some(piece(Stream::Stderr, 3, 0)));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stdout, 3, 9)));
    }

    #[tokio::test]
    async fn what_was_lost_last_is_told_when_no_more_comes() {
        let (mut outlet, mut prints) = outlet(COST + 10);
        outlet.put(piece(Stream::Stdout, 10, 0)).await;
        outlet.put(piece(Stream::Stdout, 5, 2)).await;
        outlet.close();
        assert_eq!(prints.next().await, Some(piece(Stream::Stdout, 10, 0)));
        assert_eq!(prints.next().await, Some(piece(Stream::Stdout, 0, 7)));
        assert_eq!(prints.next().await, None);
    }

    #[tokio::test]
    async fn who_is_held_up_waits_for_room_and_not_beyond_the_end() {
        let (over, until) = oneshot::channel();
        let (outlet, mut prints) = outlet(COST + 10);
        let mut outlet = outlet.holds_up(until);
        let putting = tokio::spawn(async move {
            for _ in 0..4 {
                outlet.put(piece(Stream::Stdout, 10, 0)).await;
            }
        });
        for _ in 0..2 {
            assert_eq!(prints.next().await, Some(piece(Stream::Stdout, 10, 0)));
        }
        tokio::task::yield_now().await;
        assert!(!putting.is_finished());
        drop(over);
        putting.await.expect("it does not wait");
        for _ in 0..2 {
            assert_eq!(prints.next().await, Some(piece(Stream::Stdout, 10, 0)));
        }
        assert_eq!(prints.next().await, None);
    }
}

//! What a run prints, handed on to those who want it: each has room for so
//! much, and what finds no room is lost for that one, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::supervise::{Piece, Stream};

/// What a piece costs beside its bytes: many small ones take memory as well.
const COST: usize = 256;

/// One end: pieces go in.
#[derive(Debug)]
pub(crate) struct Outlet {
    pieces: mpsc::UnboundedSender<Piece>,
    waiting: Arc<AtomicUsize>,
    room: usize,
    lost: [u64; 2],
}

/// The pieces of a run's output, in the order in which they came. The two
/// streams are two pipes: which of two lines was printed first is known only
/// when they came apart.
#[derive(Debug)]
pub struct Prints {
    pieces: mpsc::UnboundedReceiver<Piece>,
    waiting: Arc<AtomicUsize>,
}

/// Room for so many bytes.
pub(crate) fn outlet(room: usize) -> (Outlet, Prints) {
    let (sender, pieces) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet {
        pieces: sender,
        waiting: waiting.clone(),
        room,
        lost: [0; 2],
    };
    (outlet, Prints { pieces, waiting })
}

impl Outlet {
    pub(crate) fn put(&mut self, mut piece: Piece) {
        let lost = match piece.stream {
            Stream::Stdout => &mut self.lost[0],
            Stream::Stderr => &mut self.lost[1],
        };
        let cost = piece.bytes.len() + COST;
        if self.waiting.load(Ordering::Relaxed) + cost > self.room {
            *lost += piece.lost + piece.bytes.len() as u64;
            return;
        }
        piece.lost += std::mem::take(lost);
        self.waiting.fetch_add(cost, Ordering::Relaxed);
        // Nobody may want it any more.
        let _ = self.pieces.send(piece);
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
        self.waiting
            .fetch_sub(piece.bytes.len() + COST, Ordering::Relaxed);
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

    #[test]
    fn what_finds_no_room_is_counted_before_the_next_of_its_stream() {
        let (mut outlet, mut prints) = outlet(2 * (COST + 10));
        outlet.put(piece(Stream::Stdout, 10, 0));
        outlet.put(piece(Stream::Stderr, 10, 0));
        outlet.put(piece(Stream::Stdout, 5, 2));
        outlet.put(piece(Stream::Stdout, 1, 0));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stdout, 10, 0)));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stderr, 10, 0)));
        assert_eq!(prints.try_next(), None);
        outlet.put(piece(Stream::Stderr, 3, 0));
        outlet.put(piece(Stream::Stdout, 3, 1));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stderr, 3, 0)));
        assert_eq!(prints.try_next(), Some(piece(Stream::Stdout, 3, 9)));
    }
}

//! One connection of an SDK, read as the schedule says.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};

use crate::buffers::shrink_senders;
use crate::schedule::Schedule;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// An SDK that sends more than this in one case is not read any further.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What came over one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture {
    pub(crate) bytes: Vec<u8>,
    /// Whether the runner closed it before the script was over.
    pub(crate) was_closed: bool,
}

/// A connection, and how far it has been read.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: Option<UnixStream>,
    pub(crate) capture: Capture,
    lines: usize,
    bytes_of_line: usize,
    /// When the schedule stopped reading, or read last.
    pub(crate) paused: Option<Instant>,
    /// Whether the sender's buffer has been made small.
    is_small: bool,
    is_over: bool,
}

/// A place in a stream: after so many whole lines and so many bytes.
#[derive(Clone, Copy, Debug)]
struct Place {
    lines: usize,
    bytes: usize,
}

const END: Place = Place {
    lines: usize::MAX,
    bytes: 0,
};

impl Connection {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: Some(stream),
            capture: Capture::default(),
            lines: 0,
            bytes_of_line: 0,
            paused: None,
            is_small: false,
            is_over: false,
        })
    }

    /// Only the first connection has a schedule; others, after forks, are read.
    pub(crate) fn serve(&mut self, schedule: &Schedule, is_first: bool) -> io::Result<()> {
        match *schedule {
            Schedule::Close { line, byte } if is_first => self.read_then_close(line, byte),
            Schedule::Stall { lines, ms } if is_first => self.read_then_pause(lines, Some(ms)),
            Schedule::TinyStall { ms } if is_first => self.read_unless_paused(Some(ms)),
            Schedule::StallForEver { lines } if is_first => self.read_then_pause(lines, None),
            Schedule::Slow { bytes, every_ms } if is_first => self.read_a_little(bytes, every_ms),
            Schedule::TinyBuffers { bytes } if is_first => self.read_in_pieces(bytes),
            _ => self.read_to(END).map(drop),
        }
    }

    fn read_then_close(&mut self, lines: usize, bytes: usize) -> io::Result<()> {
        if self.read_to(Place { lines, bytes })? {
            self.close();
        }
        Ok(())
    }

    fn read_then_pause(&mut self, lines: usize, ms: Option<u64>) -> io::Result<()> {
        if self.paused.is_none() && self.read_to(Place { lines, bytes: 0 })? {
            self.paused = Some(Instant::now());
        }
        if self.paused.is_some() {
            self.read_unless_paused(ms)?;
        }
        Ok(())
    }

    fn read_unless_paused(&mut self, ms: Option<u64>) -> io::Result<()> {
        let is_past =
            |begun: Instant| ms.is_some_and(|ms| begun.elapsed() >= Duration::from_millis(ms));
        if self.paused.is_none_or(is_past) {
            self.read_to(END)?;
        }
        Ok(())
    }

    fn read_a_little(&mut self, bytes: usize, every_ms: u64) -> io::Result<()> {
        let pause = Duration::from_millis(every_ms);
        if self.paused.is_none_or(|read| read.elapsed() >= pause) {
            self.read(END, bytes.max(1))?;
            self.paused = Some(Instant::now());
        }
        Ok(())
    }

    /// The sender's buffer is made small when its first line is there: by then
    /// the SDK has asked for the size that it wants.
    fn read_in_pieces(&mut self, bytes: usize) -> io::Result<()> {
        while self.read(END, bytes.max(1))? {
            self.make_small()?;
        }
        Ok(())
    }

    pub(crate) fn make_small(&mut self) -> io::Result<()> {
        if let (false, Some(stream)) = (self.is_small, &self.stream) {
            shrink_senders(stream)?;
            self.is_small = true;
        }
        Ok(())
    }

    pub(crate) fn read_rest(&mut self, schedule: &Schedule, is_first: bool) -> io::Result<()> {
        match *schedule {
            Schedule::Close { line, byte } if is_first => self.read_then_close(line, byte),
            _ => self.read_to(END).map(drop),
        }
    }

    /// Reads what is there, but not beyond `place`; whether it got there.
    fn read_to(&mut self, place: Place) -> io::Result<bool> {
        loop {
            let has_got_there = self.is_at(place);
            if has_got_there || !self.read(place, CHUNK_BYTES)? {
                return Ok(has_got_there);
            }
        }
    }

    fn is_at(&self, place: Place) -> bool {
        self.lines > place.lines || self.lines == place.lines && self.bytes_of_line >= place.bytes
    }

    /// Reads once, at most so much; whether something came.
    fn read(&mut self, place: Place, most: usize) -> io::Result<bool> {
        let Some(stream) = self.stream.as_ref().filter(|_| !self.is_over) else {
            return Ok(false);
        };
        let mut chunk = vec![0; most.min(CHUNK_BYTES)];
        // A look first, for what is not read must stay in the kernel's queue.
        let seen = match recv(stream, &mut chunk, RecvFlags::PEEK) {
            Ok((seen, _)) => seen,
            Err(rustix::io::Errno::AGAIN) => return Ok(false),
            Err(rustix::io::Errno::CONNRESET) => 0,
            Err(error) => return Err(error.into()),
        };
        self.is_over = seen == 0 || self.capture.bytes.len() > MOST_BYTES;
        chunk.truncate(seen);
        let taken = self.advance(&chunk, place);
        chunk.truncate(taken);
        if taken > 0
            && let Some(stream) = self.stream.as_ref()
        {
            recv(stream, &mut chunk, RecvFlags::empty())?;
            self.capture.bytes.extend_from_slice(&chunk);
        }
        Ok(taken > 0)
    }

    /// How many of these bytes stand before `place`; moves on by them.
    fn advance(&mut self, bytes: &[u8], place: Place) -> usize {
        if place.lines == END.lines {
            self.pass(bytes);
            return bytes.len();
        }
        for (index, byte) in bytes.iter().enumerate() {
            if self.is_at(place) {
                return index;
            }
            if *byte == b'\n' {
                (self.lines, self.bytes_of_line) = (self.lines + 1, 0);
            } else {
                self.bytes_of_line += 1;
            }
        }
        bytes.len()
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        self.bytes_of_line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => bytes.len() - last - 1,
            None => self.bytes_of_line + bytes.len(),
        };
    }

    pub(crate) fn close(&mut self) {
        self.capture.was_closed = true;
        self.stream = None;
    }

    pub(crate) fn is_readable(&self, schedule: &Schedule) -> bool {
        let waits = match schedule {
            Schedule::StallForEver { .. } => self.paused.is_some(),
            Schedule::Stall { .. } | Schedule::TinyStall { .. } | Schedule::Slow { .. } => self
                .wakes_at(schedule)
                .is_some_and(|at| at > Instant::now()),
            _ => false,
        };
        !self.is_over && self.stream.is_some() && !waits
    }

    pub(crate) fn wakes_at(&self, schedule: &Schedule) -> Option<Instant> {
        let pause = match *schedule {
            Schedule::Stall { ms, .. } | Schedule::TinyStall { ms } => ms,
            Schedule::Slow { every_ms, .. } => every_ms,
            _ => return None,
        };
        let at = self.paused? + Duration::from_millis(pause);
        // A stall ends once; from then on only what arrives matters.
        let is_over = schedule.stalls() && at <= Instant::now();
        (!is_over && !self.is_over).then_some(at)
    }
}

//! The collector's end of the socket, which follows a schedule.
//!
//! Nothing here waits: the runner asks what it may do now, does it, and asks
//! when to come again. So a case has one thread, and a checkpoint is exact.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};

use crate::address::Address;
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

/// What is left when a case is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aftermath {
    /// What came over each connection, in the order they were made.
    pub(crate) captures: Vec<Capture>,
    /// What changed at an address where an SDK has nothing to do.
    pub(crate) damage: Option<String>,
}

/// A socket that behaves as the schedule says.
#[derive(Debug)]
pub(crate) struct Server {
    schedule: Schedule,
    address: Address,
    opened: Instant,
    connections: Vec<Connection>,
    /// A checkpoint came after a stall was over and everything had been read.
    pub(crate) recovered: bool,
}

#[derive(Debug)]
struct Connection {
    stream: Option<UnixStream>,
    capture: Capture,
    lines: usize,
    bytes_of_line: usize,
    /// When the schedule stopped reading, or read last.
    paused: Option<Instant>,
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

impl Server {
    /// Opens the socket, if the schedule has one, under `directory`.
    pub(crate) fn open(schedule: &Schedule, directory: &Path, name: &str) -> io::Result<Self> {
        Ok(Self {
            schedule: schedule.clone(),
            address: Address::make(schedule, directory.join(name))?,
            opened: Instant::now(),
            connections: Vec::new(),
            recovered: false,
        })
    }

    /// What `HERO_FLOW_SPAN_SOCK` holds.
    pub(crate) fn address(&self) -> Option<&Path> {
        self.address.value()
    }

    /// Does everything that can be done without waiting.
    pub(crate) fn serve(&mut self) -> io::Result<()> {
        if self.accepts() {
            self.accept_all()?;
        }
        for (index, connection) in self.connections.iter_mut().enumerate() {
            connection.serve(&self.schedule, index == 0)?;
        }
        Ok(())
    }

    /// What to wait for.
    pub(crate) fn sources(&self) -> Vec<BorrowedFd<'_>> {
        let listeners = self.address.listeners().iter();
        let listeners = listeners.filter(|_| self.accepts());
        let streams = self
            .connections
            .iter()
            .filter(|connection| connection.is_readable(&self.schedule));
        listeners
            .map(AsFd::as_fd)
            .chain(streams.filter_map(|connection| Some(connection.stream.as_ref()?.as_fd())))
            .collect()
    }

    /// When to serve even if nothing comes.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        let late = match self.schedule {
            Schedule::AcceptLate { ms } if !self.accepts() => {
                Some(self.opened + Duration::from_millis(ms))
            }
            _ => None,
        };
        let paused = self
            .connections
            .iter()
            .filter_map(|connection| connection.wakes_at(&self.schedule));
        paused.chain(late).min()
    }

    /// Takes all that was sent before a checkpoint, as far as the schedule
    /// allows, and waits for the end of a stall or a delay.
    pub(crate) fn checkpoint(&mut self, name: &str) -> io::Result<()> {
        self.serve()?;
        if self.begins_tiny_stall()? {
            return Ok(());
        }
        if let Some(end) = self.hold_ends() {
            std::thread::sleep(end.saturating_duration_since(Instant::now()));
            self.serve()?;
            self.recovered = self.schedule.stalls();
        }
        match &self.schedule {
            Schedule::CloseAtCheckpoint { name: at } if at == name => {
                self.connections.iter_mut().for_each(Connection::close);
            }
            _ => {}
        }
        Ok(())
    }

    fn begins_tiny_stall(&mut self) -> io::Result<bool> {
        let is_tiny = matches!(self.schedule, Schedule::TinyStall { .. });
        match self.connections.first_mut() {
            Some(first) if is_tiny && first.paused.is_none() => {
                first.make_small()?;
                first.paused = Some(Instant::now());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn hold_ends(&self) -> Option<Instant> {
        match self.schedule {
            Schedule::Stall { ms, .. } | Schedule::TinyStall { ms } => {
                let begun = self.connections.first()?.paused?;
                Some(begun + Duration::from_millis(ms))
            }
            Schedule::AcceptLate { ms } => Some(self.opened + Duration::from_millis(ms)),
            _ => None,
        }
    }

    /// Takes all that is left. The script is over, so all of it is there.
    pub(crate) fn finish(mut self) -> io::Result<Aftermath> {
        self.accept_all()?;
        for (index, connection) in self.connections.iter_mut().enumerate() {
            connection.read_rest(&self.schedule, index == 0)?;
        }
        let damage = self.address.damage()?;
        self.address.remove()?;
        let connections = self.connections.into_iter();
        let captures = connections.map(|connection| connection.capture).collect();
        Ok(Aftermath { captures, damage })
    }

    fn accepts(&self) -> bool {
        match self.schedule {
            Schedule::AcceptLate { ms } => self.opened.elapsed() >= Duration::from_millis(ms),
            _ => true,
        }
    }

    fn accept_all(&mut self) -> io::Result<()> {
        for listener in self.address.listeners() {
            loop {
                match listener.accept() {
                    Ok((stream, _)) => self.connections.push(Connection::new(stream)?),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
        }
        if self.schedule == Schedule::Denied && !self.connections.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the kernel lets the adapter use a socket without permissions; \
                 run it with the rights of the suite",
            ));
        }
        Ok(())
    }
}

impl Connection {
    fn new(stream: UnixStream) -> io::Result<Self> {
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
    fn serve(&mut self, schedule: &Schedule, is_first: bool) -> io::Result<()> {
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

    fn make_small(&mut self) -> io::Result<()> {
        if let (false, Some(stream)) = (self.is_small, &self.stream) {
            shrink_senders(stream)?;
            self.is_small = true;
        }
        Ok(())
    }

    fn read_rest(&mut self, schedule: &Schedule, is_first: bool) -> io::Result<()> {
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

    fn close(&mut self) {
        self.capture.was_closed = true;
        self.stream = None;
    }

    fn is_readable(&self, schedule: &Schedule) -> bool {
        let waits = match schedule {
            Schedule::StallForEver { .. } => self.paused.is_some(),
            Schedule::Stall { .. } | Schedule::TinyStall { .. } | Schedule::Slow { .. } => self
                .wakes_at(schedule)
                .is_some_and(|at| at > Instant::now()),
            _ => false,
        };
        !self.is_over && self.stream.is_some() && !waits
    }

    fn wakes_at(&self, schedule: &Schedule) -> Option<Instant> {
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::address::ADDRESS_BYTES;

    fn check(schedule: &Schedule, sent: &str, expected: &str, is_closed: bool) {
        let directory = tempfile::tempdir().unwrap();
        let mut server = Server::open(schedule, directory.path(), "s").unwrap();
        let mut stream = UnixStream::connect(server.address().unwrap()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        server.checkpoint("mid").unwrap();
        let after = stream.write_all(b"x\n");
        assert_eq!(after.is_err(), is_closed, "{schedule:?}");
        let captures = server.finish().unwrap().captures;
        let text = String::from_utf8_lossy(&captures[0].bytes);
        assert_eq!(text, expected, "{schedule:?}");
        assert_eq!(captures[0].was_closed, is_closed);
    }

    #[test]
    fn a_normal_socket_takes_everything() {
        check(&Schedule::Normal, "ab\ncd\n", "ab\ncd\nx\n", false);
    }

    #[test]
    fn a_socket_closes_at_the_byte_it_says() {
        let close = |line, byte| Schedule::Close { line, byte };
        check(&close(0, 0), "ab\ncd\n", "", true);
        check(&close(0, 1), "ab\ncd\n", "a", true);
        check(&close(1, 0), "ab\ncd\n", "ab\n", true);
        check(&close(1, 99), "ab\ncd\n", "ab\ncd\n", true);
        check(&close(9, 0), "ab\ncd\n", "ab\ncd\nx\n", false);
    }

    #[test]
    fn a_socket_closes_at_its_checkpoint_only() {
        let at = |name: &str| Schedule::CloseAtCheckpoint { name: name.into() };
        check(&at("mid"), "ab\n", "ab\n", true);
        check(&at("other"), "ab\n", "ab\nx\n", false);
    }

    #[test]
    fn what_was_not_read_in_a_stall_is_read_at_the_end() {
        check(
            &Schedule::StallForEver { lines: 1 },
            "ab\ncd\n",
            "ab\ncd\nx\n",
            false,
        );
        check(
            &Schedule::Stall { lines: 0, ms: 30 },
            "ab\n",
            "ab\nx\n",
            false,
        );
        check(&Schedule::AcceptLate { ms: 30 }, "ab\n", "ab\nx\n", false);
    }

    #[test]
    fn whoever_connects_where_nobody_may_is_seen() {
        for schedule in [Schedule::Relative, Schedule::TooLong] {
            let directory = tempfile::tempdir().unwrap();
            let server = Server::open(&schedule, directory.path(), "s").unwrap();
            let path = server.address().unwrap().to_str().unwrap();
            let cut = &path[..path.len().min(ADDRESS_BYTES - 1)];
            let mut stream = UnixStream::connect(cut).unwrap();
            stream.write_all(b"ab\n").unwrap();
            let after = server.finish().unwrap();
            assert_eq!(after.captures.len(), 1, "{schedule:?}");
            assert_eq!(after.captures[0].bytes, b"ab\n");
            assert_eq!(after.damage, None);
        }
    }

    #[test]
    fn what_an_sdk_does_to_a_plain_file_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::open(&Schedule::NotASocket, directory.path(), "s").unwrap();
        std::fs::write(server.address().unwrap(), "").unwrap();
        let after = server.finish().unwrap();
        assert_eq!(
            after.damage.as_deref(),
            Some("\"s\" changed: a plain file of 0 bytes now")
        );
    }

    /// A line is sent in parts, each when there is room again, and arrives.
    #[test]
    #[cfg(target_os = "linux")]
    fn with_tiny_buffers_a_long_line_comes_in_parts() {
        let directory = tempfile::tempdir().unwrap();
        let schedule = Schedule::TinyBuffers { bytes: 100 };
        let mut server = Server::open(&schedule, directory.path(), "s").unwrap();
        let mut stream = UnixStream::connect(server.address().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream.write_all(b"first\n").unwrap();
        server.checkpoint("ready").unwrap();
        let line = [&[b'x'; 30_000][..], b"\n"].concat();
        let (mut rest, mut sends) = (line.as_slice(), 0);
        while !rest.is_empty() {
            let taken = stream.write(rest).unwrap();
            (rest, sends) = (&rest[taken..], sends + 1);
            server.serve().unwrap();
        }
        assert!(sends > 3, "{sends} sends");
        let captures = server.finish().unwrap().captures;
        assert_eq!(captures[0].bytes, [&b"first\n"[..], &line].concat());
    }

    /// The line that the kernel took in part stays so until the stall is over.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_tiny_stall_tears_a_long_line() {
        let directory = tempfile::tempdir().unwrap();
        let schedule = Schedule::TinyStall { ms: 30 };
        let mut server = Server::open(&schedule, directory.path(), "s").unwrap();
        let mut stream = UnixStream::connect(server.address().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream.write_all(b"first\n").unwrap();
        server.checkpoint("ready").unwrap();
        assert!(!server.recovered);
        let taken = stream.write(&[b'x'; 30_000]).unwrap();
        assert!(taken < 30_000, "{taken}");
        server.serve().unwrap();
        assert_eq!(server.connections[0].capture.bytes, b"first\n");
        server.checkpoint("after").unwrap();
        assert!(server.recovered);
        assert_eq!(server.connections[0].capture.bytes.len(), 6 + taken);
    }

    #[test]
    fn a_stall_leaves_the_rest_in_the_queue() {
        let directory = tempfile::tempdir().unwrap();
        let schedule = Schedule::StallForEver { lines: 1 };
        let mut server = Server::open(&schedule, directory.path(), "s").unwrap();
        let mut stream = UnixStream::connect(server.address().unwrap()).unwrap();
        stream.write_all(b"ab\ncd\n").unwrap();
        server.serve().unwrap();
        assert_eq!(server.connections[0].capture.bytes, b"ab\n");
        assert_eq!(server.sources().len(), 1, "only the listener");
    }
}

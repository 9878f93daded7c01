//! The collector's end of the socket, which follows a schedule.
//!
//! Nothing here waits: the runner asks what it may do now, does it, and asks
//! when to come again. So a case has one thread, and a checkpoint is exact.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::connection::{Capture, Connection};
use crate::schedule::Schedule;

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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

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

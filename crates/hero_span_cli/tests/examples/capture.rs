//! The bytes that producers send, one capture for each connection.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;

use hero_span_protocol::{Event, Kind, Parsed, parse};
use tempfile::TempDir;

use crate::process;

/// A socket where nobody listens until the producers are gone: the kernel
/// keeps what they sent.
pub(crate) struct Capture {
    folder: TempDir,
    listener: UnixListener,
}

impl Capture {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("span.sock")).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { folder, listener }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("span.sock")
    }

    /// What each connection sent.
    fn finish(self) -> Vec<Vec<u8>> {
        let mut captures = Vec::new();
        loop {
            match self.listener.accept() {
                Ok((mut connection, _)) => {
                    let mut bytes = Vec::new();
                    connection.read_to_end(&mut bytes).unwrap();
                    captures.push(bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return captures,
                Err(error) => panic!("cannot accept: {error}"),
            }
        }
    }

    /// Each call of an instrumented client: its name and its arguments, then
    /// how it ended and what it gave.
    pub(crate) fn calls(self) -> String {
        let bytes = self.finish().concat();
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        let mut calls = String::new();
        let mut open = HashMap::new();
        for line in lines {
            match parse(line).unwrap() {
                Parsed::Event(Event::Start(start)) if start.kind == Kind::Rpc => {
                    let given = start.params.as_ref().map_or("", |params| params.as_str());
                    open.insert(start.span_id, format!("{} {given}", start.name));
                }
                Parsed::Event(Event::End(end)) => {
                    if let Some(call) = open.remove(&end.span_id) {
                        let gave = end.result.as_ref().map(|result| result.as_str());
                        let outcome = gave.or(end.error_type.as_deref()).unwrap_or("");
                        calls += &format!("{call} -> {} {outcome}\n", end.status);
                    }
                }
                _ => {}
            }
        }
        calls
    }

    /// Has `hero-span check` judge each connection, and counts their lines.
    pub(crate) fn judge(self) -> usize {
        let file = tempfile::NamedTempFile::new().unwrap();
        let captures = self.finish();
        for capture in &captures {
            fs::write(file.path(), capture).unwrap();
            let mut check = Command::new(env!("CARGO_BIN_EXE_hero-span"));
            let judged = process::run(check.arg("check").arg(file.path()));
            assert!(
                judged.status.success(),
                "{}{}",
                judged.stdout,
                judged.stderr
            );
        }
        captures
            .concat()
            .split_inclusive(|&byte| byte == b'\n')
            .count()
    }
}

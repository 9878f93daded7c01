//! Who reads while something is measured: a socket where all that comes is thrown away.

use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Short enough that no buffer fills up: a default one holds 167 lines.
const BETWEEN_READS: Duration = Duration::from_micros(200);
/// How long a connection may take to end once its process has.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Reader {
    directory: TempDir,
    ended: Receiver<Connection>,
}

/// What came on a connection that is over.
#[derive(Default)]
struct Connection {
    /// Whether an SDK writes there: it introduces itself in the first line.
    is_sdk: bool,
    lines: u64,
    /// The end of what came.
    tail: Vec<u8>,
}

impl Reader {
    pub(super) fn start() -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let listener = UnixListener::bind(directory.path().join("s"));
        let listener = listener.map_err(|error| error.to_string())?;
        let (sender, ended) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || read_away(stream, &sender));
            }
        });
        Ok(Self { directory, ended })
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Once the measured process is over: fails if an SDK has dropped lines, for that would have
    /// been cheap.
    pub(super) fn finish(self) -> Result<(), String> {
        let first = self.ended.recv_timeout(PATIENCE);
        let rest = std::iter::from_fn(|| self.ended.recv_timeout(BETWEEN_READS * 100).ok());
        first.into_iter().chain(rest).try_for_each(|connection| {
            let dropped = connection.dropped();
            match dropped {
                0 => Ok(()),
                _ => Err(format!(
                    "the SDK dropped {dropped} lines: the reader was late"
                )),
            }
        })
    }
}

/// Takes what comes on a connection until it ends.
///
/// Between reads it sleeps: whoever writes to a reader that waits pays for waking it, and that
/// would fall on the slower of two writers alone, which finds the reader waiting each time.
fn read_away(mut stream: UnixStream, ended: &Sender<Connection>) {
    const TAIL: usize = 4096;
    let mut buffer = vec![0; 1 << 20];
    let mut connection = Connection::default();
    while let Ok(bytes) = stream.read(&mut buffer) {
        let Some(part) = buffer.get(..bytes).filter(|part| !part.is_empty()) else {
            break;
        };
        connection.is_sdk |= connection.lines == 0 && contains(part, b"\"producer\":");
        connection.lines += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        connection
            .tail
            .extend_from_slice(&part[bytes.saturating_sub(TAIL)..]);
        connection
            .tail
            .drain(..connection.tail.len().saturating_sub(TAIL));
        thread::sleep(BETWEEN_READS);
    }
    let _ = ended.send(connection); // nobody may ask
}

impl Connection {
    /// How many numbers an SDK gave to lines that did not come.
    fn dropped(&self) -> u64 {
        if !self.is_sdk {
            return 0;
        }
        let text = String::from_utf8_lossy(&self.tail);
        let last = text.lines().next_back().unwrap_or_default();
        let event: Option<serde_json::Value> = serde_json::from_str(last).ok();
        let number = event.and_then(|event| event.get("seq")?.as_u64());
        number.map_or(0, |number| (number + 1).saturating_sub(self.lines))
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(lines: &str, expected: Result<(), &str>) {
        let reader = Reader::start().unwrap();
        let mut stream = UnixStream::connect(reader.socket()).unwrap();
        stream.write_all(lines.as_bytes()).unwrap();
        drop(stream);
        assert_eq!(
            reader.finish().map_err(|why| why[..22].to_owned()),
            expected.map_err(String::from)
        );
    }

    #[test]
    fn lines_that_an_sdk_dropped_are_told() {
        let first = "{\"seq\":0,\"producer\":{}}\n";
        check(&format!("{first}{{\"seq\":1}}\n"), Ok(()));
        check(
            &format!("{first}{{\"seq\":3}}\n"),
            Err("the SDK dropped 2 line"),
        );
        check("{\"seq\":3}\n", Ok(()));
        check("\u{80}\0", Ok(()));
    }
}

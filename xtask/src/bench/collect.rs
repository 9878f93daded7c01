//! `hero-span collect` as a process of its own, given lines over a socket.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::process::{Running, Took};

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);
/// It ends by itself once all that was sent has been read.
const UNTIL_IDLE: &str = "700ms";

/// What a collector does with what comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sink {
    /// It grows the trees, and nothing more.
    Trees,
    /// It keeps all in a store.
    Store,
    /// It writes a line for each event to a file.
    File,
}

/// Lets a collector take what each connection sends, a write a line as SDKs do, in a directory
/// of its own. Fails if it did not count as many lines.
pub(super) fn collect(
    hero_span: &Path,
    directory: &Path,
    sink: Sink,
    connections: &[String],
) -> Result<Took, String> {
    let failed = |error: std::io::Error| error.to_string();
    let (socket, sums) = (directory.join("s"), directory.join("sums"));
    let mut command = Command::new(hero_span);
    command
        .args(["collect", "--until-idle", UNTIL_IDLE, "--color", "never"])
        .args(["--store-limit", "0", "--listen"])
        .arg(&socket)
        .stdout(File::create(directory.join("told")).map_err(failed)?)
        .stderr(File::create(&sums).map_err(failed)?);
    match sink {
        Sink::Trees => command.args(["--view", "none", "--store", "none"]),
        Sink::File => command.args(["--view", "lines", "--store", "none"]),
        Sink::Store => command
            .args(["--view", "none", "--store"])
            .arg(directory.join("spans.db")),
    };
    let running = Running::start(&mut command)?;
    let streams = connect(&socket, connections.len())?;
    send(streams, connections).map_err(failed)?;
    let took = running.finish(&[0])?;
    let sent: usize = connections.iter().map(|text| text.lines().count()).sum();
    let said = fs::read_to_string(&sums).map_err(failed)?;
    let is_whole = said.contains(" 0 lost") && !said.contains("rejected");
    match lines_in(&said) == Some(sent) && is_whole {
        true => Ok(took),
        false => Err(format!(
            "{sent} lines were sent, and the collector says: {said}"
        )),
    }
}

/// All of them are open before the first line is sent, so that none is taken for the last.
fn connect(socket: &Path, count: usize) -> Result<Vec<UnixStream>, String> {
    let until = Instant::now() + PATIENCE;
    let mut streams = Vec::new();
    while streams.len() < count {
        match UnixStream::connect(socket) {
            Ok(stream) => streams.push(stream),
            Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("the collector does not listen: {error}")),
        }
    }
    Ok(streams)
}

fn send(streams: Vec<UnixStream>, connections: &[String]) -> std::io::Result<()> {
    /// More threads would only take turns.
    const THREADS: usize = 8;
    let mut work: Vec<_> = streams.into_iter().zip(connections).collect();
    let of_each = work.len().div_ceil(THREADS).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = std::iter::from_fn(|| {
            let rest = work.split_off(of_each.min(work.len()));
            let part = std::mem::replace(&mut work, rest);
            (!part.is_empty()).then_some(part)
        })
        .map(|part| scope.spawn(move || send_in_turns(&part)))
        .collect();
        threads.into_iter().try_for_each(|thread| {
            let panicked = |_| Err(std::io::Error::other("it panicked"));
            thread.join().unwrap_or_else(panicked)
        })
    })
}

/// A line of one connection, then a line of the next.
fn send_in_turns(part: &[(UnixStream, &String)]) -> std::io::Result<()> {
    let mut left: Vec<_> = part
        .iter()
        .map(|(stream, text)| (stream, text.split_inclusive('\n')))
        .collect();
    while !left.is_empty() {
        let mut failure = None;
        left.retain_mut(|(stream, lines)| {
            let Some(line) = lines.next() else {
                return false;
            };
            failure = stream.write_all(line.as_bytes()).err().or(failure.take());
            true
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

/// How many lines the collector counted, in its last words.
fn lines_in(said: &str) -> Option<usize> {
    let end = said.rfind(" line")?;
    let number = said.get(..end)?.rsplit(' ').next()?;
    number.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_what_the_collector_says_in_the_end() {
        assert_eq!(
            lines_in("listening\n1 run, 9 spans, 20 lines, 0 lost\n"),
            Some(20)
        );
        assert_eq!(lines_in("12 runs, 9 spans, 1 line, 0 lost"), Some(1));
        assert_eq!(lines_in("nothing"), None);
    }
}

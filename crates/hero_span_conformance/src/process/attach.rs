//! A process that somebody starts by hand, in a debugger for instance, and
//! connects to two FIFOs.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::io::Errno;

use super::Variables;

/// How often is looked whether somebody has come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The two files, which are removed in the end.
#[derive(Debug)]
pub(super) struct Fifos {
    stdin: PathBuf,
    stdout: PathBuf,
}

/// Says what to run, and waits as long as that takes: the FIFOs, what the
/// process reads, and what it writes.
pub(super) fn wait(
    directory: &Path,
    command: &[String],
    variables: Variables<'_>,
) -> io::Result<(Fifos, File, File)> {
    let fifos = Fifos::make(directory)?;
    eprintln!(
        "start the adapter, in a debugger if you like:\n    {}",
        fifos.line(command, variables)
    );
    let stdin = fifos.wait_for_reader()?;
    // Waits until the process opens it, which a shell does next.
    let stdout = File::open(&fifos.stdout)?;
    Ok((fifos, stdin, stdout))
}

impl Fifos {
    fn make(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let directory = directory.canonicalize()?;
        let fifo = |name: &str| {
            let path = directory.join(name);
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, &path, FileType::Fifo, mode, 0)
                .map_err(|error| named(&error.into(), &path))?;
            Ok(path)
        };
        let stdin = fifo("in")?;
        let stdout = fifo("out").inspect_err(|_: &io::Error| {
            let _ = fs::remove_file(&stdin);
        })?;
        Ok(Self { stdin, stdout })
    }

    /// The line for a shell.
    fn line(&self, command: &[String], variables: Variables<'_>) -> String {
        let set = variables.iter().filter_map(|(name, value)| {
            let value = (*value)?;
            Some(format!("{name}={}", quoted(value)))
        });
        let words = set.chain(command.iter().map(|word| quoted(word)));
        let words: Vec<String> = words.collect();
        format!(
            "{} <{} >{}",
            words.join(" "),
            quoted(&self.stdin.to_string_lossy()),
            quoted(&self.stdout.to_string_lossy())
        )
    }

    fn wait_for_reader(&self) -> io::Result<File> {
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        loop {
            let opened = OpenOptions::new()
                .write(true)
                .custom_flags(nonblocking)
                .open(&self.stdin);
            match opened {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => {
                    std::thread::sleep(LOOK_EVERY);
                }
                other => return other,
            }
        }
    }
}

impl Drop for Fifos {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.stdin);
        let _ = fs::remove_file(&self.stdout);
    }
}

fn named(error: &io::Error, path: &Path) -> io::Error {
    let what = format!(
        "{}: {error}; remove it, or name another directory",
        path.display()
    );
    io::Error::new(error.kind(), what)
}

fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

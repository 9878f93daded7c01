//! Long output, a page at a time where somebody reads it.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::{Child, Command, Stdio};

use crate::listening::outlive_interrupts;

/// Where lines go: a pager's standard input, or our output.
pub(super) struct Pager {
    out: BufWriter<Box<dyn Write>>,
    program: Option<Child>,
}

impl Pager {
    /// What `PAGER` names, or less, when the output is a terminal and nobody
    /// minds; `less` shows colours and ends by itself when all fits.
    pub(super) fn start(wanted: bool) -> Self {
        let paged = wanted && io::stdout().is_terminal();
        let started = paged.then(spawn).flatten();
        started.unwrap_or_else(|| Self {
            out: BufWriter::new(Box::new(io::stdout())),
            program: None,
        })
    }

    /// Writes a line. An error of kind `BrokenPipe` says that nobody wants
    /// more.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Waits until the reader has seen enough.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        // A pager goes on until its input is closed.
        drop(self.out);
        if let Some(mut program) = self.program {
            program.wait()?;
        }
        flushed
    }
}

fn spawn() -> Option<Pager> {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let words = shlex::split(&pager).filter(|words| !words.is_empty() && words[0] != "cat")?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    let mut child = command.spawn().ok()?;
    // A pager takes Ctrl-C for the end of a search. Were we ended by it, two
    // would read from the terminal: the pager and the shell. Where that cannot
    // be helped, it is shown all the same.
    let _ = outlive_interrupts();
    let out = BufWriter::new(Box::new(child.stdin.take()?) as Box<dyn Write>);
    let program = Some(child);
    Some(Pager { out, program })
}

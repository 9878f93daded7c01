//! Where an export goes: a file, a pipe, or a terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::is_same_file;
use super::super::json::for_terminal;
use crate::error::Error;

pub(super) struct Out {
    writer: BufWriter<Box<dyn Write>>,
    is_terminal: bool,
    /// `None` for standard output.
    path: Option<PathBuf>,
}

impl Out {
    /// Opens what is to be written, which is anything but the store itself.
    pub(super) fn open(path: &Path, store: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            let out = io::stdout();
            return Ok(Self {
                is_terminal: out.is_terminal(),
                writer: BufWriter::new(Box::new(out)),
                path: None,
            });
        }
        if is_of_store(path, store) {
            return Err(Error::output_is_store(path));
        }
        let file = create(path).map_err(|e| Error::unwritable(path, e))?;
        Ok(Self {
            is_terminal: file.is_terminal(),
            writer: BufWriter::new(Box::new(file)),
            path: Some(path.to_owned()),
        })
    }

    /// Writes a line of JSON text.
    pub(super) fn line(&mut self, json: &str) -> Result<(), Error> {
        let written = if self.is_terminal {
            self.writer.write_all(for_terminal(json).as_bytes())
        } else {
            self.writer.write_all(json.as_bytes())
        };
        let written = written.and_then(|()| self.writer.write_all(b"\n"));
        written.map_err(|e| self.fault(e))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        let flushed = self.writer.flush();
        flushed.map_err(|e| self.fault(e))
    }

    fn fault(&self, error: io::Error) -> Error {
        match &self.path {
            Some(path) => Error::unwritable(path, error),
            None => Error::output(error),
        }
    }
}

/// What a run says is nobody else's business, as in the store.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

/// Whether it is the store, or would be one of the files that belong to it.
fn is_of_store(path: &Path, store: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    ["", "-wal", "-shm", ".lock"].iter().any(|end| {
        let mut own = store.as_os_str().to_owned();
        own.push(end);
        let own = Path::new(&own);
        is_same_file(path, own) || absolute(path) == absolute(own)
    })
}

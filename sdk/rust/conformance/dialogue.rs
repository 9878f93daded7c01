//! Stdin and stdout, taken away from the SDK and the script: what they print lands in a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::json::Json;
use crate::os;

const PRINTED_BYTES: usize = 4096;

/// The dialogue with the suite.
pub(crate) struct Dialogue {
    heard: Mutex<BufReader<File>>,
    said: File,
    stderr: File,
    printed: File,
    /// A checkpoint's two words belong together.
    turn: Mutex<()>,
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dialogue {
    pub(crate) fn new() -> io::Result<Self> {
        let dialogue = Self {
            heard: Mutex::new(BufReader::new(os::copy_of(0)?.into())),
            said: os::copy_of(1)?.into(),
            stderr: os::copy_of(2)?.into(),
            printed: os::hidden_file()?,
            turn: Mutex::default(),
        };
        os::put_under(&File::open("/dev/null")?, 0);
        os::put_under(&dialogue.printed, 1);
        os::put_under(&dialogue.printed, 2);
        Ok(dialogue)
    }

    /// The next command; nothing at the end of stdin.
    pub(crate) fn hear(&self) -> io::Result<Option<Json>> {
        let mut line = String::new();
        if lock(&self.heard).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Json::parse(&line).map(Some).map_err(io::Error::other)
    }

    pub(crate) fn say(&self, answer: &Json) -> io::Result<()> {
        (&self.said).write_all(format!("{answer}\n").as_bytes())
    }

    pub(crate) fn checkpoint(&self, case: &str, name: &str) -> Result<(), String> {
        let _turn = lock(&self.turn);
        let at = Json::object([("id", Json::text(case)), ("at", Json::text(name))]);
        self.say(&at).map_err(|error| error.to_string())?;
        let word = self.hear().map_err(|error| error.to_string())?;
        let is_go =
            |word: &Json| word.get_str("cmd") == Some("go") && word.get_str("id") == Some(case);
        if word.as_ref().is_some_and(is_go) {
            return Ok(());
        }
        Err(format!("expected go for {case} at {name}, found {word:?}"))
    }

    /// How much was printed by now.
    pub(crate) fn printed_bytes(&self) -> io::Result<u64> {
        Ok(self.printed.metadata()?.len())
    }

    /// What was printed since then, cut to a bounded size.
    pub(crate) fn printed_since(&self, start: u64) -> io::Result<String> {
        let mut bytes = vec![0; PRINTED_BYTES];
        let read = self.printed.read_at(&mut bytes, start)?;
        Ok(String::from_utf8_lossy(&bytes[..read]).into_owned())
    }

    /// Lets a crash of this program be seen on its real stderr.
    pub(crate) fn give_back(&self) {
        os::put_under(&self.stderr, 2);
    }
}

//! The forms of a report, written as the lines come.

use std::io::{self, Write};

use clap::ValueEnum;
use hero_span_protocol::Located;

use super::json::JsonLines;
use super::source::Source;
use super::tally::Tally;
use super::text::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: one object a line
    Json,
}

impl Format {
    pub(super) fn report<'a>(self, out: impl Write + 'a) -> Box<dyn Report + 'a> {
        match self {
            Self::Text => Box::new(Text::new(out)),
            Self::Json => Box::new(JsonLines::new(out)),
        }
    }
}

pub(super) trait Report {
    fn violation(&mut self, source: &Source, found: &Located) -> io::Result<()>;

    /// A stream rule broken where a lost event may explain it.
    fn excused(&mut self, source: &Source, found: &Located) -> io::Result<()>;

    /// Violations that were counted but not reported, if there are any.
    fn untold(&mut self, source: &Source, tally: &Tally) -> io::Result<()>;

    /// What each clause says that was broken.
    fn clauses(&mut self, tally: &Tally) -> io::Result<()>;

    /// What one capture or connection came to.
    fn summary(&mut self, source: &Source, tally: &Tally) -> io::Result<()>;

    /// What so many connections came to.
    fn total(&mut self, connections: u64, tally: &Tally) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}

//! The tree of each run when it is over, and nothing else.

use std::io::{self, Write};

use hero_span_collector::{Forest, Update};

use super::show::View;
use crate::view::{Look, run_lines};

pub(super) struct Trees<W> {
    out: W,
    look: Look,
    shown: u64,
}

impl<W: Write> Trees<W> {
    pub(super) fn new(out: W, look: Look) -> Self {
        let shown = 0;
        Self { out, look, shown }
    }
}

impl<W: Write> View for Trees<W> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> io::Result<()> {
        let Update::RunOver(run) = update else {
            return Ok(());
        };
        let mut out = io::BufWriter::new(&mut self.out);
        if self.shown > 0 {
            writeln!(out)?;
        }
        self.shown += 1;
        for line in run_lines(forest, *run, self.look) {
            writeln!(out, "{line}")?;
        }
        out.flush()
    }

    fn tick(&mut self, _: &Forest) -> io::Result<()> {
        Ok(())
    }
}

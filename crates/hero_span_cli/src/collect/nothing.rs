//! No view at all, for a service whose runs are only kept.

use std::io;

use hero_span_collector::{Forest, Update};

use super::show::View;

pub(super) struct Nothing;

impl View for Nothing {
    fn take(&mut self, _: &Forest, _: &Update<'_>) -> io::Result<()> {
        Ok(())
    }

    fn tick(&mut self, _: &Forest) -> io::Result<()> {
        Ok(())
    }
}

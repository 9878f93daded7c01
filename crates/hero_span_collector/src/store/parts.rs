//! A run read in parts: its connections, and the events of one span.

use hero_span_protocol::{Event, Parsed, parse};

use super::Reader;
use crate::Error;
use crate::tree::SessionRecord;

impl Reader {
    /// The connections of a run, in the order they were accepted.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn connections(&self, run: u64) -> Result<Vec<SessionRecord>, Error> {
        self.sessions(run).map_err(|e| self.fault(e))
    }

    /// Hands on the events of one span in the order they came.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or what `each` says.
    pub fn events_of<E: From<Error>>(
        &self,
        span: u64,
        mut each: impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT line FROM events WHERE span = ? ORDER BY id";
        let fault = |e| E::from(self.fault(e));
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query([span]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let line: String = row.get(0).map_err(fault)?;
            if let Ok(Parsed::Event(event)) = parse(line.as_bytes()) {
                each(&event)?;
            }
        }
        Ok(())
    }
}

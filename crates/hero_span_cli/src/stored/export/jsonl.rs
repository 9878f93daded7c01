//! The lines as they came.

use hero_span_collector::store::Reader;

use super::out::Out;
use crate::error::Error;

/// One by one, so that a run may be of any size.
pub(super) fn write(
    reader: &Reader,
    run: u64,
    session: Option<u64>,
    out: &mut Out,
) -> Result<(), Error> {
    reader.events(run, |stored| {
        if session.is_none_or(|wanted| wanted == stored.session.0) {
            out.line(&stored.line)?;
        }
        Ok(())
    })
}

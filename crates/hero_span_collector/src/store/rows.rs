//! Rows that come by the thousand: events, what is found by them, and spans.

use std::collections::HashSet;

use hero_span_protocol::SpanId;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

use super::batch::{Batch, EventRow, SpanRow};
use super::texts::{Part, Texts};
use super::{columns, write::count};

const EVENT: &str = "INSERT INTO events (id, session, span, type, line, flags, lost, lost_in)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

const WORD: &str = "INSERT INTO words (rowid, text) VALUES (?, ?)";

const TAG: &str = "INSERT OR IGNORE INTO tags (key, value, session, span) VALUES (?, ?, ?, ?)";

const SPAN: &str = "INSERT INTO spans (id, session, ordinal, span_id, parent_id, name, kind,
        state, started, ended, first, last, last_what, lost, flags, error_type, error, details)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
    ON CONFLICT (id) DO UPDATE SET parent_id = ?5, name = ?6, kind = ?7, state = ?8,
        started = ?9, ended = ?10, last = ?12, last_what = ?13, lost = ?14, flags = ?15,
        error_type = ?16, error = ?17, details = ?18";

/// What is settled with a span's start stays as it is: the index of names then
/// needs no second look.
const SPAN_AGAIN: &str = "UPDATE spans SET state = ?2, ended = ?3, last = ?4, last_what = ?5,
        lost = ?6, flags = ?7, error_type = ?8, error = ?9, details = ?10
    WHERE id = ?1";

const NAME: &str = "INSERT OR IGNORE INTO names (name, session) VALUES (?, ?)";

/// Statements, prepared once for all rows of a transaction.
pub(super) struct Rows<'c> {
    event: CachedStatement<'c>,
    word: CachedStatement<'c>,
    tag: CachedStatement<'c>,
    span: CachedStatement<'c>,
    span_again: CachedStatement<'c>,
    name: CachedStatement<'c>,
}

impl<'c> Rows<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            event: connection.prepare_cached(EVENT)?,
            word: connection.prepare_cached(WORD)?,
            tag: connection.prepare_cached(TAG)?,
            span: connection.prepare_cached(SPAN)?,
            span_again: connection.prepare_cached(SPAN_AGAIN)?,
            name: connection.prepare_cached(NAME)?,
        })
    }

    /// Writes a batch's events, numbered from `next`; the number after them.
    pub(super) fn events(&mut self, next: u64, batch: &Batch) -> rusqlite::Result<u64> {
        let mut tags = batch.tags.iter();
        for (number, row) in (next..).zip(&batch.events) {
            self.event(number, row, &batch.texts)?;
            self.word(number.cast_signed(), batch.texts.get(row.words))?;
            for &(key, value) in tags.by_ref().take(row.tags) {
                let (key, value) = (batch.texts.get(key), batch.texts.get(value));
                self.tag(key, value, row.session.0, row.span)?;
            }
        }
        Ok(next + batch.events())
    }

    fn event(&mut self, number: u64, row: &EventRow, texts: &Texts) -> rusqlite::Result<()> {
        let written = self.event.execute(params![
            number,
            row.session.0,
            row.span,
            columns::what_word(row.what),
            text(texts.get(row.line)),
            columns::flag_text(row.flags.iter().copied()),
            (row.lost > 0).then(|| count(row.lost)),
            row.lost_in,
        ]);
        written.map(|_| ())
    }

    /// What an event says, to be found by its words; nothing for nothing.
    pub(super) fn word(&mut self, event: i64, words: &[u8]) -> rusqlite::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        self.word.execute(params![event, text(words)]).map(|_| ())
    }

    /// A tag that an event sets, to be found by it.
    pub(super) fn tag(
        &mut self,
        key: &[u8],
        value: &[u8],
        session: u64,
        span: u64,
    ) -> rusqlite::Result<()> {
        let tag = params![text(key), text(value), session, span];
        self.tag.execute(tag).map(|_| ())
    }

    /// Writes the spans of all batches as the last of them has each.
    pub(super) fn spans(&mut self, batches: &[Batch]) -> rusqlite::Result<()> {
        let all = batches.iter();
        let all = all.flat_map(|batch| batch.spans.iter().map(move |span| (span, &batch.texts)));
        let mut all: Vec<_> = all.collect();
        // Stable: of one span the latest row is the last.
        all.sort_by_key(|(span, _)| span.number);
        // A connection's spans mostly have a few names: each is written once.
        let mut named = HashSet::new();
        for same in all.chunk_by(|(one, _), (other, _)| one.number == other.number) {
            let has_begun = same.iter().any(|(span, _)| span.has_begun);
            let Some((span, texts)) = same.last() else {
                continue;
            };
            let is_whole = self.span(span, has_begun, texts)?;
            if is_whole && named.insert((span.session, texts.get(span.name))) {
                self.name(span, texts)?;
            }
        }
        Ok(())
    }

    /// Writes a span as it stands; whether as a whole, so that its name may be
    /// a new one.
    pub(super) fn span(
        &mut self,
        span: &SpanRow,
        has_begun: bool,
        texts: &Texts,
    ) -> rusqlite::Result<bool> {
        // The row is not there when what came before could not be kept.
        if !has_begun && self.change(span, texts)? {
            return Ok(false);
        }
        let of = |part: Option<Part>| part.map(|part| text(texts.get(part)));
        let parent = span.parent_id.map(hex);
        self.span.execute(params![
            span.number,
            span.session.0,
            span.ordinal,
            text(&hex(span.id)),
            parent.as_ref().map(|id| text(id)),
            text(texts.get(span.name)),
            span.kind,
            span.state.as_str(),
            span.started,
            span.ended,
            span.first,
            span.last,
            columns::what_word(span.last_what),
            span.lost,
            span.flags,
            of(span.error_type),
            of(span.error),
            of(span.details),
        ])?;
        Ok(true)
    }

    /// Notes that a connection has a span of that name.
    pub(super) fn name(&mut self, span: &SpanRow, texts: &Texts) -> rusqlite::Result<()> {
        if !span.name.is_empty() {
            let name = texts.get(span.name);
            self.name.execute(params![text(name), span.session.0])?;
        }
        Ok(())
    }

    /// Whether the span has a row, which it changes.
    fn change(&mut self, span: &SpanRow, texts: &Texts) -> rusqlite::Result<bool> {
        let of = |part: Option<Part>| part.map(|part| text(texts.get(part)));
        let changed = self.span_again.execute(params![
            span.number,
            span.state.as_str(),
            span.ended,
            span.last,
            columns::what_word(span.last_what),
            span.lost,
            span.flags,
            of(span.error_type),
            of(span.error),
            of(span.details),
        ])?;
        Ok(changed > 0)
    }
}

/// Text that is UTF-8 already.
fn text(bytes: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(bytes))
}

/// The sixteen digits of an id.
fn hex(id: SpanId) -> [u8; 16] {
    let bits = id.get();
    std::array::from_fn(|at| {
        let digit = bits >> (60 - 4 * at) & 15;
        b"0123456789abcdef"[digit as usize]
    })
}

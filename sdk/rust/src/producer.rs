//! This process on its connection: numbers events and sends each as a whole line.

use std::cell::Cell;
use std::io::ErrorKind;
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::now_us;
use crate::contract::{LINE_BYTES, PROTOCOL, WAIT_MS};
use crate::event::{Event, Limits};
use crate::id::{Ids, SpanId};
use crate::json::put_digits;
use crate::node::Node;
use crate::sys::{self, Identity};

const WAIT_US: u64 = WAIT_MS * 1000;
/// POLLOUT comes late, only when much has been drained: look more often.
const POLL_MS: i32 = 5;
/// Room before the body for a line's beginning, its number and its time.
const HEAD_BYTES: usize = 96;
const LINE_END: &[u8] = b"}\n";
/// A longer buffer is not kept for the next line.
const KEPT_BYTES: usize = 2 * LINE_BYTES as usize;

thread_local! {
    /// Where this thread builds its lines. Whoever interrupts it finds none, and makes one.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The process's connection. It is never freed: a fork may leave its lock taken.
pub(crate) struct Producer {
    /// The span outside this process under which its roots hang.
    pub(crate) root_parent: Option<SpanId>,
    pub(crate) ids: Ids,
    fd: RawFd,
    identity: Identity,
    introduction: Vec<u8>,
    is_dead: AtomicBool,
    turn: Mutex<Turn>,
    next: Condvar,
}

/// What only the call that has its turn may touch.
#[derive(Default)]
struct Turn {
    /// The number of the next event.
    number: u64,
    /// A call waits for room in the middle of its turn, without the lock.
    is_waiting: bool,
    /// How many calls wait for it.
    queue: usize,
    /// The last line found no room at all.
    has_stalled: bool,
    has_introduced: bool,
    millisecond: Millisecond,
}

/// The digits of the millisecond in which the last event happened: many happen in one.
#[derive(Default)]
struct Millisecond {
    number: u64,
    room: [u8; 20],
    start: usize,
}

impl Millisecond {
    #[inline]
    fn digits(&mut self, number: u64) -> &[u8] {
        if self.number != number || self.start == 0 {
            self.number = number;
            self.start = put_digits(&mut self.room, number);
        }
        &self.room[self.start..]
    }
}

/// How much of a line went out.
enum Sent {
    Whole,
    Part(usize),
    /// The collector is gone.
    Broken,
}

impl Producer {
    /// Connects; nothing if there is no such socket.
    pub(crate) fn connect(path: &[u8], root_parent: Option<SpanId>) -> Option<Self> {
        let fd = sys::connect_to(path).ok()?.into_raw_fd();
        let identity = sys::mark(fd)?;
        let ids = Ids::new();
        let introduction = introduce(ids.next()).into_bytes();
        Some(Self {
            root_parent,
            ids,
            fd,
            identity,
            introduction,
            is_dead: AtomicBool::new(false),
            turn: Mutex::default(),
            next: Condvar::new(),
        })
    }

    #[inline]
    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    /// Sends an event of a span as one line, or drops it whole.
    pub(crate) fn send(&self, span: &Node, event: &Event<'_>) {
        if self.is_dead() {
            return;
        }
        let us = match event {
            Event::Start { .. } => span.started_us,
            _ => now_us(),
        };
        let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
        buffer.resize(HEAD_BYTES, 0); // which is there already but for the first time
        event.write(&mut buffer, &span.id, Limits::halved(0));
        self.write(span, event, us, &mut buffer);
        if buffer.capacity() <= KEPT_BYTES {
            let _ = BUFFER.try_with(|kept| kept.set(buffer));
        }
    }

    fn write(&self, span: &Node, event: &Event<'_>, us: u64, buffer: &mut Vec<u8>) {
        let deadline = us + WAIT_US;
        let Some(mut turn) = self.take_turn(deadline) else {
            return;
        };
        if span.has_ended() {
            return; // another thread ended it while this event was on its way
        }
        let number = turn.number;
        turn.number += 1;
        let us = span.advance(us, matches!(event, Event::End { .. }));
        if self.is_dead() {
            return;
        }
        if !sys::serves(self.fd, &self.identity) {
            return self.die();
        }
        let room = &mut buffer[..HEAD_BYTES];
        let start = put_head(room, event.head(), number, us, &mut turn.millisecond);
        let introduction = if turn.has_introduced {
            &[]
        } else {
            self.introduction.as_slice()
        };
        finish(buffer, start, introduction, |buffer, limits| {
            event.write(buffer, &span.id, limits);
        });
        let line = &buffer[start..];
        match self.try_send(line) {
            Sent::Whole => {
                turn.has_stalled = false;
                turn.has_introduced = true;
            }
            Sent::Part(0) if turn.has_stalled => {}
            Sent::Part(sent) => self.wait_and_send(turn, line, sent, deadline),
            Sent::Broken => self.die(),
        }
    }

    /// The turn of this call, unless others take all the time that it may wait.
    fn take_turn(&self, deadline: u64) -> Option<MutexGuard<'_, Turn>> {
        let mut turn = self.lock();
        while turn.is_waiting {
            let left = deadline.saturating_sub(now_us());
            if left == 0 {
                turn.number += 1;
                return None;
            }
            turn.queue += 1;
            let waited = self.next.wait_timeout(turn, Duration::from_micros(left));
            turn = waited.unwrap_or_else(PoisonError::into_inner).0;
            turn.queue -= 1;
        }
        Some(turn)
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_send(&self, line: &[u8]) -> Sent {
        loop {
            return match sys::send_now(self.fd, line) {
                Ok(sent) if sent == line.len() => Sent::Whole,
                Ok(sent) => Sent::Part(sent),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => Sent::Part(0),
                    ErrorKind::Interrupted => continue,
                    _ => Sent::Broken,
                },
            };
        }
    }

    /// Sends the rest within the time that a call may wait (`sdk.bounded`). Others wait for the
    /// turn meanwhile, but not for the lock, so that they need not wait longer than they may.
    fn wait_and_send(
        &self,
        mut turn: MutexGuard<'_, Turn>,
        line: &[u8],
        mut sent: usize,
        deadline: u64,
    ) {
        turn.is_waiting = true;
        drop(turn);
        let mut is_broken = false;
        while sent < line.len() && !is_broken && now_us() < deadline {
            sys::wait_for_room(self.fd, POLL_MS);
            match self.try_send(&line[sent..]) {
                Sent::Whole => sent = line.len(),
                Sent::Part(more) => sent += more,
                Sent::Broken => is_broken = true,
            }
        }
        let mut turn = self.lock();
        turn.is_waiting = false;
        turn.has_stalled = sent == 0;
        turn.has_introduced |= sent == line.len();
        if is_broken || (0 < sent && sent < line.len()) {
            self.die();
        }
        if turn.queue > 0 {
            self.next.notify_all();
        }
    }

    /// Off for good (`sdk.vanished`, `sdk.foreign-descriptor`); only for the call that has its turn.
    fn die(&self) {
        self.let_go();
        crate::process::silence(self);
    }

    /// Leaves the connection without a word on it. Safe in a child after a fork.
    pub(crate) fn let_go(&self) {
        if !self.is_dead.swap(true, Ordering::Relaxed) {
            sys::close_if(self.fd, &self.identity);
        }
    }
}

fn introduce(id: SpanId) -> String {
    format!(
        r#","producer":{{"id":"{id}","sdk":"rust","version":"{}","protocol":{PROTOCOL},"pid":{}}}"#,
        env!("CARGO_PKG_VERSION"),
        std::process::id()
    )
}

/// Puts a line's beginning, its number and its time, at the end of the room before its body, and
/// says where the line starts.
fn put_head(
    room: &mut [u8],
    head: &str,
    number: u64,
    us: u64,
    millisecond: &mut Millisecond,
) -> usize {
    const TIME: &[u8] = br#","ts_ms":"#;
    let thousandths = [100, 10, 1].map(|unit| b'0' + (us / unit % 10) as u8);
    let mut start = put(room, room.len(), &thousandths);
    start = put(room, start, b".");
    start = put(room, start, millisecond.digits(us / 1000));
    start = put(room, start, TIME);
    start = put_digits(&mut room[..start], number);
    put(room, start, head.as_bytes())
}

#[inline]
fn put(room: &mut [u8], end: usize, part: &[u8]) -> usize {
    let start = end - part.len();
    room[start..end].copy_from_slice(part);
    start
}

/// Puts the tail after the body in the buffer, and writes the body again by halved limits until the
/// line that begins at `start` fits (`value.line`).
#[inline]
fn finish(
    buffer: &mut Vec<u8>,
    start: usize,
    introduction: &[u8],
    write: impl Fn(&mut Vec<u8>, Limits),
) {
    let tail_bytes = introduction.len() + LINE_END.len();
    let mut halvings = 0;
    while buffer.len() - start + tail_bytes > LINE_BYTES as usize
        && halvings < Limits::MOST_HALVINGS
    {
        halvings += 1;
        buffer.truncate(HEAD_BYTES);
        write(buffer, Limits::halved(halvings));
    }
    buffer.extend_from_slice(introduction);
    buffer.extend_from_slice(LINE_END);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_the_number_and_the_time_in_milliseconds() {
        let mut last = Millisecond::default();
        let mut check = |number, us, expected: &str| {
            let mut room = [0; HEAD_BYTES];
            let head = r#"{"type":"span_tag","seq":"#;
            let start = put_head(&mut room, head, number, us, &mut last);
            let head = std::str::from_utf8(&room[start..]).unwrap();
            assert_eq!(head, format!(r#"{{"type":"span_tag","seq":{expected}"#));
        };
        check(0, 999, r#"0,"ts_ms":0.999"#);
        check(0, 1_767_225_600_000_000, r#"0,"ts_ms":1767225600000.000"#);
        check(1, 1_767_225_600_000_999, r#"1,"ts_ms":1767225600000.999"#);
        check(12, 1_767_225_600_001_002, r#"12,"ts_ms":1767225600001.002"#);
        check(9, 1_999, r#"9,"ts_ms":1.999"#);
        let (most, us) = (i64::MAX as u64, i64::MAX as u64);
        check(
            most,
            us,
            r#"9223372036854775807,"ts_ms":9223372036854775.807"#,
        );
    }

    #[test]
    fn a_body_is_written_again_until_its_line_fits() {
        let check = |bytes: usize, expected: usize| {
            let start = HEAD_BYTES - 40;
            let around = 40 + LINE_END.len();
            let mut buffer = vec![0; HEAD_BYTES];
            buffer.resize(HEAD_BYTES + bytes - around, b'x');
            finish(&mut buffer, start, &[], |buffer, limits| {
                let shorter = bytes / (Limits::halved(0).of_values() / limits.of_values());
                buffer.resize(HEAD_BYTES + shorter - around, b'x');
            });
            assert_eq!(buffer.len() - start, expected);
        };
        let limit = LINE_BYTES as usize;
        check(limit - 1, limit - 1);
        check(limit, limit);
        check(limit + 2, limit / 2 + 1);
        check(limit * 4, limit);
        check(limit * 4 + 8, limit / 2 + 1);
    }
}

//! The process's one producer: found when the first span is made, and new in a fork.

use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::contract::{ENV_PARENT, ENV_SOCKET, WAIT_MS};
use crate::id::SpanId;
use crate::producer::Producer;
use crate::sys::{self, Leaked};
use crate::{node, panics};

const UNKNOWN: u8 = 0;
const CONNECTING: u8 = 1;
const ON: u8 = 2;
const OFF: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
/// Set once; it stays when the producer dies, and is forgotten in a fork.
static PRODUCER: Leaked<Producer> = Leaked::none();
/// In a fork: the span that was open where it was forked, or 0.
static FORKED_FROM: AtomicU64 = AtomicU64::new(0);

/// Whether it is known that nobody listens.
pub(crate) fn is_off() -> bool {
    STATE.load(Ordering::Acquire) == OFF
}

/// The process's producer; the first call connects, or finds the SDK off for good.
#[inline]
pub(crate) fn producer() -> Option<&'static Producer> {
    match STATE.load(Ordering::Acquire) {
        ON => PRODUCER.get(),
        OFF => None,
        _ => start(),
    }
}

pub(crate) fn is_current(producer: &Producer) -> bool {
    PRODUCER
        .get()
        .is_some_and(|current| ptr::eq(current, producer))
}

/// A producer that died is not followed by another.
pub(crate) fn silence(producer: &Producer) {
    if is_current(producer) {
        STATE.store(OFF, Ordering::Release);
    }
}

#[cold]
fn start() -> Option<&'static Producer> {
    let claim = STATE.compare_exchange(UNKNOWN, CONNECTING, Ordering::AcqRel, Ordering::Acquire);
    if claim.is_err() {
        return wait_for_start();
    }
    let producer = open();
    let state = if producer.is_some() { ON } else { OFF };
    if let Some(producer) = producer {
        PRODUCER.set(producer);
        panics::listen();
    }
    STATE.store(state, Ordering::Release);
    producer
}

/// Another thread connects, which takes no longer than a call may wait.
fn wait_for_start() -> Option<&'static Producer> {
    for _ in 0..WAIT_MS {
        match STATE.load(Ordering::Acquire) {
            ON => return PRODUCER.get(),
            OFF => return None,
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
    None
}

fn open() -> Option<&'static Producer> {
    let path = std::env::var_os(ENV_SOCKET)?;
    if !path.as_bytes().starts_with(b"/") {
        return None;
    }
    watch_forks();
    let forked_from = SpanId::new(FORKED_FROM.load(Ordering::Acquire));
    let producer = Producer::connect(path.as_bytes(), forked_from.or_else(environment_parent))?;
    Some(Box::leak(Box::new(producer)))
}

fn environment_parent() -> Option<SpanId> {
    SpanId::parse(std::env::var_os(ENV_PARENT)?.as_bytes())
}

/// From now on there is something that forks have to do with.
fn watch_forks() {
    static IS_WATCHING: AtomicBool = AtomicBool::new(false);
    if !IS_WATCHING.swap(true, Ordering::AcqRel) {
        sys::after_fork_in_child(after_fork_in_child);
    }
}

/// Makes the child a producer of its own, under the span that was open (`sdk.fork`). It runs where
/// hardly anything is allowed: it neither locks nor allocates.
extern "C" fn after_fork_in_child() {
    let Some(parent) = PRODUCER.get() else {
        // Off stays off, but the thread that was about to connect is not here.
        let (from, to, order) = (CONNECTING, UNKNOWN, Ordering::AcqRel);
        let _ = STATE.compare_exchange(from, to, order, Ordering::Acquire);
        return;
    };
    let open = node::current_id().or(parent.root_parent);
    FORKED_FROM.store(open.map_or(0, SpanId::bits), Ordering::Release);
    parent.let_go();
    PRODUCER.clear();
    STATE.store(UNKNOWN, Ordering::Release);
}

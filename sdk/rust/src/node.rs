//! Spans as the process knows them, and which of them is current where.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::now_us;
use crate::failure::Ending;
use crate::id::SpanId;
use crate::producer::Producer;
use crate::value::Value;

/// A span that has started.
pub(crate) struct Node {
    pub(crate) id: SpanId,
    pub(crate) producer: &'static Producer,
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) started_us: u64,
    is_open: AtomicBool,
    /// When its last event happened, or `ENDED`; touched by whoever has the connection's turn.
    last_us: AtomicU64,
    /// What goes out with its end.
    parting: Mutex<Option<Box<Parting>>>,
}

/// What a span has to say in the end.
#[derive(Default)]
pub(crate) struct Parting {
    pub(crate) result: Option<Value<'static>>,
    pub(crate) failure: Option<Ending>,
}

const ENDED: u64 = u64::MAX;

impl Node {
    pub(crate) fn new(producer: &'static Producer, parent: Option<Arc<Node>>) -> Self {
        Self {
            id: producer.ids.next(),
            producer,
            parent,
            started_us: now_us(),
            is_open: AtomicBool::new(true),
            last_us: AtomicU64::new(0),
            parting: Mutex::default(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Closes it; false if it was closed before.
    pub(crate) fn close(&self) -> bool {
        self.is_open.swap(false, Ordering::AcqRel)
    }

    /// Whether this process opened it: what a fork says of its parent's spans is dropped.
    pub(crate) fn is_ours(&self) -> bool {
        !self.producer.is_dead() && crate::process::is_current(self.producer)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.last_us.load(Ordering::Relaxed) == ENDED
    }

    /// The time of its next event, which is not before that of the last (`rule.time-order`).
    pub(crate) fn advance(&self, us: u64, is_end: bool) -> u64 {
        let us = us.max(self.last_us.load(Ordering::Relaxed));
        let next = if is_end { ENDED } else { us };
        self.last_us.store(next, Ordering::Relaxed);
        us
    }

    pub(crate) fn say_in_the_end(&self, change: impl FnOnce(&mut Parting)) {
        change(self.parting().get_or_insert_default());
    }

    pub(crate) fn take_parting(&self) -> Option<Box<Parting>> {
        self.parting().take()
    }

    fn parting(&self) -> MutexGuard<'_, Option<Box<Parting>>> {
        self.parting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without recursion, however many spans were opened within one another.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.parent.take();
        }
    }
}

thread_local! {
    /// The span that was opened last here; it may have ended since.
    static CURRENT: Cell<Option<Arc<Node>>> = const { Cell::new(None) };
}

/// Makes a span current here, and gives what was. In a thread that is about to end, nothing is.
#[inline]
pub(crate) fn replace_current(node: Option<Arc<Node>>) -> Option<Arc<Node>> {
    CURRENT
        .try_with(|current| current.replace(node))
        .unwrap_or(None)
}

/// The nearest open span of this thread or task (`sdk.parent`).
#[inline]
pub(crate) fn current() -> Option<Arc<Node>> {
    let newest = replace_current(None)?;
    if newest.is_open() {
        replace_current(Some(Arc::clone(&newest)));
        return Some(newest);
    }
    let open = nearest_open(newest);
    replace_current(open.clone());
    open
}

/// The id of the nearest open span of this thread. It allocates nothing.
pub(crate) fn current_id() -> Option<SpanId> {
    let newest = replace_current(None)?;
    let mut node = Some(&newest);
    while let Some(closed) = node.filter(|node| !node.is_open()) {
        node = closed.parent.as_ref();
    }
    let id = node.map(|node| node.id);
    replace_current(Some(newest));
    id
}

/// The span itself if it is open, else the nearest of its ancestors that is.
pub(crate) fn nearest_open(node: Arc<Node>) -> Option<Arc<Node>> {
    let mut node = node;
    while !node.is_open() {
        node = node.parent.clone()?;
    }
    Some(node)
}

/// Leaves a span: if it is the current one, its nearest open ancestor is current again.
#[inline]
pub(crate) fn leave(node: &Arc<Node>) {
    match replace_current(None) {
        Some(current) if Arc::ptr_eq(&current, node) => {
            replace_current(current.parent.clone().and_then(nearest_open));
        }
        current => {
            replace_current(current);
        }
    }
}

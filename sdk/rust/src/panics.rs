//! Panics, which fail the spans that they leave.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::clock::now_us;
use crate::failure::{Cancelled, Ending, Exit, Failed, Failure};

thread_local! {
    /// What the hook heard of this thread's last panic.
    static HEARD: RefCell<Option<Heard>> = const { RefCell::new(None) };
}

struct Heard {
    us: u64,
    message: String,
    place: String,
    backtrace: Backtrace,
}

/// Puts a hook in front of the program's own, which notes where a panic began. It says nothing.
pub(crate) fn listen() {
    static IS_LISTENING: AtomicBool = AtomicBool::new(false);
    // While it panics, a thread cannot set a hook. A fork has that of its parent.
    if thread::panicking() || IS_LISTENING.swap(true, Ordering::AcqRel) {
        return;
    }
    let own = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        hear(info);
        own(info);
    }));
}

fn hear(info: &PanicHookInfo<'_>) {
    let heard = Heard {
        us: now_us(),
        message: message_of(info.payload()).to_owned(),
        place: info
            .location()
            .map_or_else(String::new, ToString::to_string),
        backtrace: Backtrace::capture(),
    };
    let _ = HEARD.try_with(|place| place.try_borrow_mut().map(|mut place| *place = Some(heard)));
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message")
}

/// How a span ended that this panic leaves.
pub(crate) fn ending_of(payload: &(dyn Any + Send)) -> Ending {
    if let Some(failed) = payload.downcast_ref::<Failed>() {
        return failed.ending();
    }
    if let Some(cancelled) = payload.downcast_ref::<Cancelled>() {
        return cancelled.ending();
    }
    if let Some(exit) = payload.downcast_ref::<Exit>() {
        return exit.ending();
    }
    let message = message_of(payload);
    let is_it = |heard: &Heard| heard.message == message;
    failed(report_of(is_it).unwrap_or_else(|| format!("panicked:\n{message}")))
}

/// How a span ended whose guard is dropped while a panic goes on: one that began after the span,
/// for the program may have put another hook in the place of ours since an earlier one.
pub(crate) fn ending_of_this_threads(started_us: u64) -> Ending {
    let is_it = |heard: &Heard| heard.us >= started_us;
    failed(report_of(is_it).unwrap_or_else(|| "panicked".into()))
}

fn failed(report: String) -> Ending {
    Ending::failed(report).of_type("panic")
}

/// What the hook heard of this thread's last panic, if that is the one.
fn report_of(is_it: impl FnOnce(&Heard) -> bool) -> Option<String> {
    let report = |heard: &RefCell<Option<Heard>>| {
        let heard = heard.try_borrow().ok()?;
        let last = heard.as_ref().filter(|last| is_it(last))?;
        let mut report = format!("panicked at {}:\n{}", last.place, last.message);
        if last.backtrace.status() == BacktraceStatus::Captured {
            report.push_str(&format!("\n{}", last.backtrace));
        }
        Some(report)
    };
    HEARD.try_with(report).ok()?
}

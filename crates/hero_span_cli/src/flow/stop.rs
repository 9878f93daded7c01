//! `hero-span stop`: ends a run that hero-span runs.

use std::thread::sleep;
use std::time::{Duration, Instant};

use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{ExecutionLine, Process, Reader};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::ends;
use super::run::duration_of;
use crate::error::Error;
use crate::stored::{StoreArgs, execution};
use crate::{completions, exit_codes};

const EXAMPLES: &str = "\
Examples:
  hero-span stop nightly-1f0c22ab
      Ask the run to end, as Ctrl-C does, and say how it ended.

  hero-span stop 17 --kill
      Give it no time.

Exit codes: 0 it is over; 1 it still runs; 2 wrong arguments, no such run, or
one that hero-span does not run.";

/// How long to wait for the end beyond the run's own time of grace.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(20);

/// Between the two signals that leave no time.
const TWICE: Duration = Duration::from_millis(100);

/// End a run, and say how it ended
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run: what it is called, or its number
    #[arg(add = ArgValueCompleter::new(completions::runs))]
    run: String,

    /// Kill it at once
    #[arg(long)]
    kill: bool,

    #[command(flatten)]
    store: StoreArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let found = execution(&reader, &args.run)?;
    if !found.is_running() {
        return Err(Error::not_running(&told(&found)));
    }
    if found.asked["stop"] != "signal" {
        return Err(Error::not_ours(&found.name, found.executor.pid));
    }
    end(found.executor, args.kill)?;
    let grace = found.asked["grace_ms"].as_f64().and_then(duration_of);
    let until = Instant::now() + PATIENCE + grace.unwrap_or_default();
    wait(&reader, &found.name, until)
}

/// Sends the signal that its executor passes on; a second one kills.
fn end(executor: Process, kill: bool) -> Result<(), Error> {
    let fault = |e: std::io::Error| Error::system("send a signal to the run", e);
    let gone = || fault(rustix::io::Errno::SRCH.into());
    let pid = i32::try_from(executor.pid).ok().and_then(Pid::from_raw);
    let process = pidfd_open(pid.ok_or_else(gone)?, PidfdFlags::empty());
    let process = process.map_err(|e| fault(e.into()))?;
    // It is held now: a later process of the same number is another one.
    if !executor.is_alive() {
        return Err(gone());
    }
    let send = || pidfd_send_signal(&process, Signal::TERM).map_err(|e| fault(e.into()));
    send()?;
    if kill {
        sleep(TWICE);
        // It may be over already.
        let _ = send();
    }
    Ok(())
}

fn wait(reader: &Reader, name: &str, until: Instant) -> Result<u8, Error> {
    loop {
        let now = execution(reader, name)?;
        if !now.is_running() {
            anstream::println!("{}", told(&now));
            return Ok(exit_codes::OK);
        }
        if Instant::now() > until {
            anstream::eprintln!("hero-span: {name} still runs: stop it with --kill");
            return Ok(exit_codes::VIOLATIONS);
        }
        sleep(PAUSE);
    }
}

fn told(execution: &ExecutionLine) -> String {
    let told = execution
        .told
        .as_deref()
        .unwrap_or("lost: hero-span was killed");
    format!("{} {}", execution.name, ends::written(told, None))
}

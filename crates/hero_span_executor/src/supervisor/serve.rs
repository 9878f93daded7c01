//! The supervisor's life: start the flow, carry out orders, wait for all
//! children, and at the end leave none.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, stdin};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::{
    Pid, Signal as SystemSignal, WaitOptions, WaitStatus, getpid, kill_process_group,
    set_child_subreaper, setsid, wait, waitpid,
};
use rustix::stdio::{dup2_stderr, dup2_stdout};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::sweep::{fell_children, go_first, is_any_left};
use super::{starter, tree};
use crate::words::{Launch, Order, Report, Signal, Status, line};

/// How long a sweep goes on while nothing dies: what waits for a device, or took
/// another user's rights, may outlive any signal.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many children are waited for before orders are looked at again.
const AT_ONCE: usize = 256;

/// How soon a sweep looks again, if no signal says that something died.
const TICK: Duration = Duration::from_millis(5);

/// Serves one executor; returns the exit code.
pub(super) fn main() -> i32 {
    // What `ps` shows; the program's own name would be "exe".
    let _ = rustix::thread::set_name(c"hero-supervisor");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime.and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

async fn serve() -> io::Result<()> {
    // What a terminal sends to the executor is the executor's to judge. And a
    // session of its own has a share of the processor of its own. One that leads
    // a group already cannot begin one, and does without.
    let _ = setsid();
    set_child_subreaper(Some(getpid()))?;
    let died = take_signals()?;
    let (mut orders, mut executor) = channel()?;
    let Some(Order::Start(launch)) = next(&mut orders).await else {
        return Ok(());
    };
    let flow = match start(&launch) {
        Ok(flow) => flow,
        Err(why) => return tell(&mut executor, &Report::NotStarted { why }).await,
    };
    let pid = flow.as_raw_nonzero().get().unsigned_abs();
    // Who does not hear it is gone, which the next order says.
    let _ = tell(&mut executor, &Report::Started { pid }).await;
    let mut run = Run::new(flow, died, executor);
    run.watch(&mut orders).await;
    run.sweep().await
}

/// Signals that would end the supervisor without a sweep are taken and
/// disregarded: its life is its executor's. A signal that is taken, and not
/// ignored, has its usual effect in the programs that it starts, whatever was
/// ignored where the executor was started.
fn take_signals() -> io::Result<Signals> {
    for kind in [
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::terminate(),
    ] {
        drop(signal(kind)?);
    }
    // While it is ignored, children vanish without being waited for.
    signal(SignalKind::child())
}

fn channel() -> io::Result<(Lines<BufReader<OwnedReadHalf>>, OwnedWriteHalf)> {
    let channel = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    channel.set_nonblocking(true)?;
    let (orders, executor) = tokio::net::UnixStream::from_std(channel)?.into_split();
    Ok((BufReader::new(orders).lines(), executor))
}

/// The next order; none when the executor is gone, or makes no sense.
async fn next(orders: &mut Lines<BufReader<OwnedReadHalf>>) -> Option<Order> {
    let line = orders.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}

async fn tell(executor: &mut OwnedWriteHalf, report: &Report) -> io::Result<()> {
    executor.write_all(&line(report)?).await
}

/// Starts the flow on this process's standard output and error, and lets go of
/// them: they end when the flow and its processes do.
fn start(launch: &Launch) -> Result<Pid, String> {
    let flow = starter::start(launch)?;
    if let Ok(null) = File::options().write(true).open("/dev/null") {
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
    Ok(flow)
}

/// A flow, and what was done to it.
struct Run {
    flow: Pid,
    died: Signals,
    executor: OwnedWriteHalf,
    /// The last order that came while the flow ran.
    asked: Option<Signal>,
    ended: bool,
    /// Children that the sweep killed and that were not waited for yet.
    felled: HashSet<Pid>,
    /// Waited for, dead of SIGKILL, the flow aside; of interest in the sweep.
    killed: u32,
}

impl Run {
    fn new(flow: Pid, died: Signals, executor: OwnedWriteHalf) -> Self {
        Self {
            flow,
            died,
            executor,
            asked: None,
            ended: false,
            felled: HashSet::new(),
            killed: 0,
        }
    }

    /// Until the flow ends, or has to.
    async fn watch(&mut self, orders: &mut Lines<BufReader<OwnedReadHalf>>) {
        loop {
            let waited = self.wait_for_the_dead().await;
            if self.ended {
                return;
            }
            tokio::select! {
                biased;
                order = next(orders) => match order {
                    Some(Order::Stop(signal)) if signal != Signal::Kill => self.ask(signal).await,
                    _ => return,
                },
                () = yield_now(), if waited == AT_ONCE => {}
                _ = self.died.recv() => {}
            }
        }
    }

    /// Sends a signal to the flow's process group, as a terminal would. A process
    /// that left the group chose not to hear it, and is swept in the end.
    async fn ask(&mut self, asked: Signal) {
        // What it is told to have done is then what it did.
        if self.has_ended().await {
            return;
        }
        self.asked = Some(asked);
        let signal = match asked {
            Signal::Interrupt => SystemSignal::INT,
            Signal::Terminate | Signal::Kill => SystemSignal::TERM,
        };
        // Nobody waited for the flow: the number of its group is its own.
        let _ = kill_process_group(self.flow, signal);
        // One that is stopped would not hear it.
        let _ = kill_process_group(self.flow, SystemSignal::CONT);
    }

    /// Kills all that is left, and tells how much that was.
    async fn sweep(mut self) -> io::Result<()> {
        if !self.has_ended().await {
            self.asked = Some(Signal::Kill);
        }
        self.killed = 0;
        go_first();
        let mut moved = Instant::now();
        let left = loop {
            let round = fell_children(&mut self.felled);
            for child in &round.dead {
                self.wait_for(*child).await;
            }
            if round.more || !round.dead.is_empty() {
                // On at once: who sleeps lets them run.
                moved = Instant::now();
            } else if !is_any_left() {
                break 0;
            } else if moved.elapsed() > PATIENCE {
                break tree::children(getpid()).len();
            } else {
                let _ = timeout(TICK, self.died.recv()).await;
            }
        };
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        let killed = self.killed;
        tell(&mut self.executor, &Report::Swept { killed, left }).await
    }

    /// Waits for children that are dead, the flow and those that were adopted.
    /// Gives their number, which is bounded: as many may die meanwhile.
    async fn wait_for_the_dead(&mut self) -> usize {
        for waited in 0..AT_ONCE {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, found))) => self.note(pid, status(found)).await,
                _ => return waited,
            }
        }
        AT_ONCE
    }

    /// Waits for one child, if it is dead.
    async fn wait_for(&mut self, child: Pid) {
        if let Ok(Some((pid, found))) = waitpid(Some(child), WaitOptions::NOHANG) {
            self.note(pid, status(found)).await;
        }
    }

    async fn has_ended(&mut self) -> bool {
        if !self.ended {
            self.wait_for(self.flow).await;
        }
        self.ended
    }

    async fn note(&mut self, pid: Pid, status: Status) {
        self.felled.remove(&pid);
        if pid == self.flow && !self.ended {
            self.ended = true;
            let asked = self.asked;
            // Who does not hear it is gone, which the next order says.
            let _ = tell(&mut self.executor, &Report::Ended { status, asked }).await;
        } else if status == Status::Signal(SystemSignal::KILL.as_raw()) {
            self.killed += 1;
        }
    }
}

fn status(found: WaitStatus) -> Status {
    match (found.exit_status(), found.terminating_signal()) {
        (Some(code), _) => Status::Code(code),
        (None, signal) => Status::Signal(signal.unwrap_or_default()),
    }
}

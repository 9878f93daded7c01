//! A run under supervision, until it is over.

use std::time::Duration;

use rustix::process::{Pid, kill_process};
use tokio::process::Child;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::channel::{Channel, Heard};
use super::command::Command;
use super::end::{Cause, Ending, told};
use super::oom::OomKills;
use super::output::{Output, Pumps};
use super::start::{Started, start};
use super::stopper::Stopper;
use crate::Error;
use crate::words::{Order, Signal};

/// How long a supervisor may take to sweep: longer than it goes on itself when
/// nothing dies. It is not killed then: nobody else can finish what it does.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a supervisor may take to end after that.
const FAREWELL: Duration = Duration::from_secs(1);

/// A program that runs under a supervisor, with all that it starts.
///
/// Dropping it kills all of that, as does the death of this process.
#[derive(Debug)]
pub struct Supervised {
    pid: Option<u32>,
    channel: Channel,
    supervisor: Child,
    pumps: Pumps,
    stopper: Stopper,
    oom_kills: OomKills,
    began: Instant,
}

impl Supervised {
    /// Starts a run: the run, and what it prints. Needs a tokio runtime with I/O
    /// and time.
    ///
    /// A program that cannot be run is no error here: the run is over, and its
    /// [`End`](super::End) says why.
    ///
    /// # Errors
    ///
    /// The supervisor cannot be started, or its program is no supervisor; there
    /// are too many open files.
    pub async fn start(command: &Command) -> Result<(Self, Output), Error> {
        let (began, oom_kills) = (Instant::now(), OomKills::now());
        let Started {
            pid,
            channel,
            supervisor,
            pumps,
            output,
        } = start(command).await?;
        let stopper = Stopper::new();
        let run = Self {
            pid,
            channel,
            supervisor,
            pumps,
            stopper,
            oom_kills,
            began,
        };
        Ok((run, output))
    }

    /// The flow's process id, which is also that of its process group and its
    /// session; none if it could not be started.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// What stops the run from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until the run is over and nothing of it is left.
    ///
    /// At the deadline, if there is one, the flow's process group gets SIGTERM; a
    /// [`Stopper`] may send it a signal before. When it still runs after `grace`,
    /// the flow and all the processes under it get SIGKILL, which those that the
    /// flow leaves behind get in any case. However stuck they are, this returns
    /// at most 11 seconds after that; the supervisor then goes on alone.
    pub async fn wait_until(mut self, deadline: Option<Instant>, grace: Duration) -> Ending {
        let cause = self.until_told(deadline).await;
        if let Some((_, signal)) = cause {
            self.stop(signal, grace).await;
        }
        let _ = timeout(PATIENCE, self.channel.until_over()).await;
        self.ending(cause.map(|(cause, _)| cause)).await
    }

    /// Until the run is over or has to be, and then why, and what to send.
    async fn until_told(&mut self, deadline: Option<Instant>) -> Option<(Cause, Signal)> {
        tokio::select! {
            biased;
            () = self.channel.until_over() => None,
            signal = self.stopper.asked() => Some((Cause::Stopped, signal)),
            () = reached(deadline) => {
                let after = self.began.elapsed();
                Some((Cause::Deadline { after }, Signal::Terminate))
            }
        }
    }

    async fn stop(&mut self, signal: Signal, grace: Duration) {
        self.order(signal).await;
        if signal == Signal::Kill {
            return;
        }
        tokio::select! {
            biased;
            () = self.channel.until_over() => return,
            () = self.stopper.killed() => {}
            () = sleep(grace) => {}
        }
        self.order(Signal::Kill).await;
    }

    async fn order(&mut self, signal: Signal) {
        self.channel.order(&Order::Stop(signal)).await;
        // One that somebody stopped would not hear it. Nobody waited for it, so
        // its number is its own.
        let pid = self.supervisor.id().and_then(|pid| pid.try_into().ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = kill_process(pid, rustix::process::Signal::CONT);
        }
    }

    async fn ending(mut self, cause: Option<Cause>) -> Ending {
        let Heard { fate, swept, ended } = self.channel.close();
        // It ends at once, unless it still sweeps: then the runtime waits for it.
        let _ = timeout(FAREWELL, self.supervisor.wait()).await;
        let end = told(fate, swept, cause, || self.oom_kills.rose());
        let took = ended.unwrap_or_else(Instant::now) - self.began;
        let output = self.pumps.finish().await;
        Ending {
            end,
            swept,
            took,
            output,
        }
    }
}

/// For ever, if there is no deadline.
async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

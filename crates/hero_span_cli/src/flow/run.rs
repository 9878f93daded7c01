//! `hero-span run`: runs a flow, shows it, and tells how it ended.

use std::convert::Infallible;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hero_span_executor::{
    DEADLINE, Ended, Executor, Outcome, Request, Run, RunName, Signal, Stopper,
};
use hero_span_protocol::env;
use serde_json::Value;

use super::asked::{Target, Variable, input, pair, variables};
use super::ends;
use super::keeping::Keeping;
use super::showing::{Kind, Showing, Shown};
use crate::error::Error;
use crate::listening::{self, Stop};
use crate::stored::print_json;
use crate::view::{ColourArgs, Look, now_ms};
use crate::{duration, exit_codes, home};

const EXAMPLES: &str = "\
Examples:
  hero-span run nightly.py
      Run its flow, and draw its tree as it grows.

  hero-span run nightly.py:load --input day=monday --input size=3
      One of its flows, with inputs: they are checked before it starts. See
      hero-span flows nightly.py.

  hero-span run nightly.py --input-json '{\"day\": \"monday\"}'
  hero-span run nightly.py --input-json input.json --timeout 10m --json
      Inputs as an object; the end as JSON, for a program.

  hero-span run nightly.py --env AWS_PROFILE --env DAY=monday
      A flow sees only the usual variables, and those that are named here: NAME
      hands on the one of this shell.

The flow imports hero_tracing without more ado: the SDK is put in var/flows/sdk
in HERO_HOME or ~/.hero. It runs in a process group of its own, with no input on
its standard input. What it prints is printed, all of it: who reads slowly holds
it up, but not beyond its deadline. Kept with the run are the first and the last
512 KiB.

At the deadline, and by Ctrl-C or hero-span stop, it is told to end: by SIGTERM
at the deadline, else by SIGINT. After --grace, and by a second Ctrl-C, all its
processes are killed; those that it leaves behind are killed in any case.

From inside a flow, with the environment of flow.child_env(), the run hangs
under the flow's span, and is over by the flow's deadline.

What it says is kept in the store. If no collector writes to that, one is
started in the background, which ends ten seconds after the last run.

With --json the end has name, flow, end (a word), told (a sentence), took_ms,
open (where it was), stdout_bytes and stderr_bytes; what belongs to the word:
result and cut, error, code, signal, by; and run and exit_code. What is not whole
is told by stdout_lost and stderr_lost (bytes that were not handed on), cut_off
(connections of which not all is kept), left (processes that could not be
killed) and unrecorded (why not all is written down).

Exit codes mirror the end:
  0    the flow returned
  1    it failed: by flow.Failed, or by an exception
  2    wrong arguments or inputs, or no such flow; nothing was started
  3    its process exited before the flow had ended
  124  it was out of time
  125  its supervisor was lost
  126  its file cannot be loaded
  127  the interpreter cannot be started
  130  it was cancelled
  128 + N  signal N ended it: 137 is SIGKILL, also for want of memory";

/// Run a flow, show its tree, and tell how it ended
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The flow's file, and which of its flows
    #[arg(value_name = "FILE[:FLOW]", value_hint = clap::ValueHint::FilePath)]
    target: Target,

    /// An input of the flow; may be given again
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair)]
    input: Vec<(String, String)>,

    /// Inputs as a JSON object: a file, - for standard input, or the object
    /// itself
    #[arg(long, value_name = "FILE|-|TEXT")]
    input_json: Option<String>,

    /// What the run is called: no other may be
    #[arg(long, value_name = "ID")]
    id: Option<RunName>,

    /// Where it starts [default: here]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cwd: Option<PathBuf>,

    #[command(flatten)]
    how: How,
}

/// How to run, which a run that is run again takes too.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct How {
    /// End it after so long
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,

    /// How long it may take to end once it was told to [default: 2s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    grace: Option<Duration>,

    /// The interpreter [default: python3 in PATH]
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::ExecutablePath)]
    python: Option<PathBuf>,

    /// A variable that the flow sees; may be given again
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = Variable::parse)]
    pub(super) env: Vec<Variable>,

    /// Keep it in this store; none keeps nothing
    /// [default: var/hero-span/spans.db in HERO_HOME or ~/.hero]
    #[arg(long, value_name = "PATH|none")]
    pub(super) store: Option<PathBuf>,

    /// The end as JSON on standard output, and what the flow prints on standard
    /// error
    #[arg(long)]
    json: bool,

    /// Only what the flow prints; the end is told if it is not ok
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    color: ColourArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let input = input(&args.input, args.input_json.as_deref())?;
    let request = Request::new(&args.target.file)
        .flow(args.target.flow.clone())
        .name(args.id.clone())
        .input(input)
        .directory(args.cwd.clone());
    args.how.run(request)
}

impl How {
    /// Runs what is asked for, and tells how it ended.
    pub(super) fn run(&self, request: Request) -> Result<u8, Error> {
        let runtime = listening::runtime()?;
        runtime.block_on(async {
            let stop = Stop::new()?;
            let mut keeping = Keeping::find(self.store.as_deref()).await?;
            let executor = Executor::builder(home::base_directory()?)
                .collector(keeping.socket.clone())
                .store(keeping.store.clone())
                .stopped_by_signal()
                .build()?;
            let run = executor.start(self.complete(request)).await;
            // Others may wait for the collector: it is seen to in any case.
            let ready = keeping.ready().await;
            let run = run?;
            ready?;
            let (ended, shown) = self.see_through(run, stop).await?;
            let number = keeping.settled(&ended.name, &shown.heard).await;
            let code = match shown.is_interrupted {
                true => exit_codes::CANCELLED,
                false => ends::exit_code(&ended.outcome),
            };
            self.tell(&ended, &shown, number, code)?;
            Ok(code)
        })
    }

    fn complete(&self, request: Request) -> Request {
        let (inherit, set) = variables(&self.env);
        let request = request
            .timeout(self.timeout_now())
            .environment(inherit, set)
            .holds_up()
            .parent(home::set(env::PARENT).and_then(|id| id.into_string().ok()));
        let request = match self.grace {
            Some(grace) => request.grace(grace),
            None => request,
        };
        match &self.python {
            Some(python) => request.python(python),
            None => request,
        }
    }

    /// Where nothing else is said, as an earlier run was asked for.
    pub(super) fn take_over(&mut self, asked: &Value) {
        let time = |key: &str| duration_of(asked[key].as_f64()?);
        self.timeout = self.timeout.or_else(|| time("timeout_ms"));
        self.grace = self.grace.or_else(|| time("grace_ms"));
        let python = asked["python"].as_str().map(PathBuf::from);
        self.python = self.python.take().or(python);
    }

    /// What is left, if this is run from inside a flow that has a deadline.
    fn timeout_now(&self) -> Option<Duration> {
        let deadline = home::set(DEADLINE).and_then(|at| at.to_str()?.parse::<f64>().ok());
        let left = deadline.and_then(|at| duration_of(at - now_ms()));
        match (self.timeout, left) {
            (Some(own), Some(left)) => Some(own.min(left)),
            (own, left) => own.or(left),
        }
    }

    async fn see_through(&self, mut run: Run, mut stop: Stop) -> Result<(Ended, Shown), Error> {
        let kind = match (self.quiet, self.json) {
            (true, _) => Kind::Prints,
            (false, true) => Kind::Tree,
            (false, false) => Kind::usual(),
        };
        let look = Look {
            paint: self.color.paint_stderr(),
            unnumbered: true,
            ..Look::default()
        };
        let mut showing = Showing::new(kind, run.prints(), look, self.json)?;
        let stopper = run.stopper();
        let ended = tokio::select! {
            ended = run.wait(&mut showing) => ended,
            never = pass_on(&mut stop, stopper) => match never {},
        };
        let had_to_end = matches!(
            ended.outcome,
            Outcome::OutOfTime { .. } | Outcome::Cancelled { .. }
        );
        let shown = showing.finish(had_to_end, stop).await;
        Ok((ended, shown))
    }

    fn tell(
        &self,
        ended: &Ended,
        shown: &Shown,
        number: Option<u64>,
        code: u8,
    ) -> Result<(), Error> {
        let paint = self.color.paint_stderr();
        if let Some(fault) = shown.fault.as_ref().filter(|_| !shown.is_mute) {
            let _ = writeln!(std::io::stderr(), "{}", paint.warn(&format!("! {fault}")));
        }
        if self.json {
            let mut json = ended.to_json();
            json["run"] = number.into();
            json["exit_code"] = code.into();
            return print_json(&json);
        }
        if shown.is_mute || (self.quiet && code == exit_codes::OK) {
            return Ok(());
        }
        let mut err = std::io::stderr().lock();
        for line in ends::lines(ended, paint) {
            // Nobody to tell is no failure of the run.
            let _ = writeln!(err, "{line}");
        }
        if let Some(number) = number.filter(|_| !self.quiet) {
            let text = format!("run {number}, {}: see hero-span show {number}", ended.name);
            let _ = writeln!(err, "{}", paint.dim(&text));
        }
        Ok(())
    }
}

/// None if no clock goes so far.
pub(super) fn duration_of(ms: f64) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(ms.max(0.0) / 1e3).ok()?;
    Instant::now().checked_add(duration).map(|_| duration)
}

/// The first signal asks the flow to end, a second one kills it.
async fn pass_on(stop: &mut Stop, stopper: Stopper) -> Infallible {
    stop.next().await;
    stopper.stop(Signal::Interrupt);
    stop.next().await;
    stopper.stop(Signal::Kill);
    std::future::pending().await
}

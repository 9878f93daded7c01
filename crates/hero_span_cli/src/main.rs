//! The `hero-span` command: arguments in, one call, output out.

mod check;
mod collect;
mod completions;
mod conformance;
mod duration;
mod error;
mod exit_codes;
mod explain;
mod flow;
mod home;
mod listening;
mod log;
mod progress;
mod size;
mod spec;
mod stored;
mod top;
mod view;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  hero-span run flow.py                 Run a flow, show its tree and its end
  hero-span collect                     Listen, draw each run, and keep it
  hero-span runs --state failed         List the newest runs that failed
  hero-span show last                   Show what failed, and the tree
  hero-span diff last~1 last            Compare the newest run with the one before
  hero-span tail                        Print events as they come
  hero-span top                         Watch runs on the whole screen
  hero-span export last --format chrome -o trace.json
                                        Write a run for other programs
  hero-span check capture.jsonl         Judge what an SDK sent
  hero-span check -- python3 flow.py    Judge what a program sends while it runs
  hero-span explain value.cut           Say what a clause of the contract asks
  hero-span conformance run --adapter 'COMMAND'
                                        Prove where an SDK breaks the contract
  hero-span spec diff v1 NEW            Say whom a change of the contract breaks

Exit codes, of every command but those that run flows (see hero-span run --help):
  0  done; what was judged conforms, what was compared is the same
  1  what was judged does not conform, two runs differ, a flow's file cannot be
     loaded, or doctor found something wrong
  2  wrong arguments, or a file or a socket that cannot be used
  3  nothing could be judged: no lines came, or no case could be run
  4  a list is out of date: of known failures, or of approved findings";

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let package = env!("CARGO_PKG_VERSION");
    format!("{package} (protocol {})", hero_span_protocol::PROTOCOL)
});

/// Watch Python flows run, and judge what an SDK sends.
#[derive(Debug, Parser)]
#[command(name = "hero-span", version = VERSION.as_str(), after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(flow::run::Args),
    Flows(flow::list::Args),
    Stop(flow::stop::Args),
    Rerun(flow::rerun::Args),
    Collect(collect::Args),
    Runs(stored::runs::Args),
    Show(stored::show::Args),
    Diff(stored::diff::Args),
    Logs(stored::logs::Args),
    Output(stored::output::Args),
    Tail(stored::tail::Args),
    Top(top::Args),
    Export(stored::export::Args),
    Prune(stored::prune::Args),
    Rebuild(stored::rebuild::Args),
    Doctor(stored::doctor::Args),
    Check(check::Args),
    Explain(explain::Args),
    Conformance(conformance::Args),
    Spec(spec::Args),
    Completions(completions::Args),
}

impl Command {
    fn run(&self) -> Result<u8, Error> {
        match self {
            Self::Run(args) => flow::run::run(args),
            Self::Flows(args) => flow::list::run(args),
            Self::Stop(args) => flow::stop::run(args),
            Self::Rerun(args) => flow::rerun::run(args),
            Self::Collect(args) => collect::run(args),
            Self::Runs(args) => stored::runs::run(args),
            Self::Show(args) => stored::show::run(args),
            Self::Diff(args) => stored::diff::run(args),
            Self::Logs(args) => stored::logs::run(args),
            Self::Output(args) => stored::output::run(args),
            Self::Tail(args) => stored::tail::run(args),
            Self::Top(args) => top::run(args),
            Self::Export(args) => stored::export::run(args),
            Self::Prune(args) => stored::prune::run(args),
            Self::Rebuild(args) => stored::rebuild::run(args),
            Self::Doctor(args) => stored::doctor::run(args),
            Self::Check(args) => check::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Conformance(args) => Ok(conformance::run(args)),
            Self::Spec(args) => spec::run(args),
            Self::Completions(args) => completions::run(args),
        }
    }
}

fn main() -> ExitCode {
    hero_span_executor::supervisor_main();
    if completions::answer::<Cli>() {
        return exit_codes::OK.into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match cli.command.run() {
        Ok(code) => code.into(),
        Err(error) if error.is_closed_output() => exit_codes::OK.into(),
        Err(error) => {
            anstream::eprintln!("hero-span: {error}");
            exit_codes::USAGE.into()
        }
    }
}

/// Shows help, or what is wrong with the arguments: as every error of ours is.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand || !error.use_stderr() {
        error.exit();
    }
    let text = error.render().ansi().to_string();
    anstream::eprint!("{}", text.replacen("error:", "hero-span:", 1));
    exit_codes::USAGE.into()
}

//! The project's chores, as `cargo xtask CHORE`.
//!
//! Exit codes: 0 all is well, 1 something is wrong and was said, 2 bad usage.

mod bench;
mod conformance;
mod corpus;
#[cfg(test)]
mod edges;
mod load;
mod marked;
mod spec;
mod test;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write what is generated: spec/ and the Rust constants from the SDK's docstring, the
    /// schemas in conformance/ from the suite's types
    #[command(args_conflicts_with_subcommands = true)]
    Spec(spec::SpecArgs),
    /// Prove every SDK here conformant, or show where one is not: the project's main job
    #[command(disable_help_flag = true)]
    Conformance(conformance::ConformanceArgs),
    /// Record what the Python SDK sends, into conformance/corpus: once for each released version
    Corpus(corpus::CorpusArgs),
    Soak(load::soak::Args),
    Start(load::start::Args),
    Crash(load::crash::Args),
    Scale(load::scale::Args),
    Bench(bench::Args),
    /// Run every check that a change must pass
    Test {
        /// Run one part only
        #[arg(long, value_enum)]
        only: Option<test::Part>,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().chore {
        Chore::Spec(args) => spec::run(&root(), &args),
        Chore::Conformance(args) => conformance::run(&root(), &args),
        Chore::Corpus(args) => corpus::run(&root(), &args),
        Chore::Soak(args) => load::soak::run(&root(), &args),
        Chore::Start(args) => load::start::run(&root(), &args),
        Chore::Crash(args) => load::crash::run(&root(), &args),
        Chore::Scale(args) => load::scale::run(&root(), &args),
        Chore::Bench(args) => bench::run(&root(), &args),
        Chore::Test { only } => test::run(&root(), only),
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

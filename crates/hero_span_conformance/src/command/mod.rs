//! The command line of the suite, for the program that offers it.

mod compare;
mod driving;
mod help;
mod record;
mod run;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::error::Error;
use crate::init::{self, Language};
use crate::list::{ListArguments, list};
use crate::parser::{self, ParserArguments};
use crate::report::Conclusion;
use crate::schema::Schema;
use crate::selftest::{self, SelfTestArguments};

pub use compare::CompareArguments;
pub use help::EXAMPLES;
pub use record::{RecordArguments, ReplayArguments};
pub use run::RunArguments;

/// Bad usage.
const USAGE: u8 = 2;

/// What the suite can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge an SDK: run every case through its adapter
    #[command(after_help = help::with_exit_codes(help::RUN), override_usage = help::RUN_USAGE)]
    Run(Box<RunArguments>),
    /// Judge a parser: give lines and connections to a consumer in any language
    #[command(after_help = help::with_exit_codes(help::PARSER))]
    Parser(ParserArguments),
    /// Run the same cases on two SDKs, and show what they do side by side
    #[command(after_help = help::COMPARE)]
    Compare(CompareArguments),
    /// Break a reference on purpose, and prove that every check finds its faults
    #[command(after_help = help::SELF_TEST)]
    SelfTest(SelfTestArguments),
    /// Record what an SDK sends, byte for byte, to be read again by later parsers
    #[command(after_help = help::RECORD)]
    Record(Box<RecordArguments>),
    /// Read again what released SDKs sent, and show what is not read as it was recorded
    #[command(after_help = help::REPLAY)]
    Replay(ReplayArguments),
    /// Show the clauses of the contract, their checks and their cases
    #[command(after_help = help::LIST)]
    List(ListArguments),
    /// Write an adapter to begin with, in the SDK's language
    Init {
        /// The SDK's language
        language: Language,
        /// Where to write it, instead of to stdout
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Write over a file that is there already
        #[arg(long, requires = "output")]
        force: bool,
    },
    /// Print the JSON Schema of the dialogue with adapters, or of files of cases
    Schema {
        /// Which one
        of: Schema,
    },
}

/// Does what was asked, says what came of it, and gives the exit code.
pub fn main(command: &Command) -> u8 {
    let done = match command {
        Command::Run(arguments) => run::main(arguments),
        Command::Parser(arguments) => parser::main(arguments),
        Command::Compare(arguments) => compare::main(arguments),
        Command::SelfTest(arguments) => selftest::main(arguments),
        Command::Record(arguments) => record::main(arguments),
        Command::Replay(arguments) => record::main_of_replay(arguments),
        Command::List(arguments) => list(arguments).map(|text| print(&text)),
        Command::Init {
            language,
            output,
            force,
        } => begin(*language, output.as_deref(), *force),
        Command::Schema { of } => Ok(print(&of.to_json())),
    };
    done.unwrap_or_else(|error| fail(&error))
}

fn begin(language: Language, output: Option<&Path>, force: bool) -> Result<u8, Error> {
    let Some(file) = output else {
        return Ok(print(language.template()));
    };
    init::write(language, file, force)?;
    Ok(Conclusion::Conformant.exit_code())
}

/// Prints what a command says when all is well. Nobody need read it to its end.
fn print(text: &str) -> u8 {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
    Conclusion::Conformant.exit_code()
}

fn fail(error: &Error) -> u8 {
    eprintln!("hero-span: {error}");
    if error.is_usage() {
        USAGE
    } else {
        Conclusion::NotEvaluated.exit_code()
    }
}

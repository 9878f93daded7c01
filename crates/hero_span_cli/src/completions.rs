//! `hero-span completions`: what a shell needs to complete our arguments.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::error::Error;
use crate::exit_codes;

const EXAMPLES: &str = "\
Examples:
  hero-span completions bash > ~/.local/share/bash-completion/completions/hero-span
  hero-span completions fish > ~/.config/fish/completions/hero-span.fish";

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run<C: CommandFactory>(args: &Args) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "hero-span", &mut script);
    let written = std::io::stdout().write_all(&script);
    written.map_err(Error::output)?;
    Ok(exit_codes::OK)
}

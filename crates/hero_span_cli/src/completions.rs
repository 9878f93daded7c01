//! `hero-span completions`: the script by which a shell asks us what can stand
//! on its command line, and our answers.

mod store;

use std::env;
use std::ffi::OsString;
use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_complete::env::Shells;

pub(crate) use self::store::{runs, span_names, tag_keys};
use crate::error::Error;
use crate::exit_codes;

/// A script sets it to its shell's name when it asks.
const ASKS: &str = "HERO_SPAN_COMPLETE";

/// Unlike the usual script, this one keeps words with : and = whole, and
/// quotes what it inserts: names come from outside.
const BASH: &str = include_str!("completions/hero-span.bash");

const EXAMPLES: &str = "\
Examples:
  hero-span completions bash \\
    > ~/.local/share/bash-completion/completions/hero-span
  hero-span completions fish > ~/.config/fish/completions/hero-span.fish
  echo 'source <(hero-span completions zsh)' >> ~/.zshrc

The shell then asks hero-span itself, which must be on the PATH. So it also
offers what is in the store: the numbers of runs, names of spans after --name,
and keys of tags after --tag.

Exit codes: 0 done; 2 wrong arguments.";

/// Print the script that lets a shell complete arguments
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let made = match (args.shell, shells.completer(&args.shell.to_string())) {
        (Shell::Bash, _) => script.write_all(BASH.as_bytes()),
        (_, Some(shell)) => {
            shell.write_registration(ASKS, "hero-span", "hero-span", "hero-span", &mut script)
        }
        (_, None) => Ok(()),
    };
    made.and_then(|()| std::io::stdout().write_all(&script))
        .map_err(Error::output)?;
    Ok(exit_codes::OK)
}

/// Answers a shell that asks, and says whether one did. What goes wrong is not
/// said: somebody is in the middle of typing.
pub(crate) fn answer<C: CommandFactory>() -> bool {
    let shells = Shells::builtins();
    let asks = env::var(ASKS).ok();
    let Some(shell) = asks.and_then(|name| shells.completer(&name)) else {
        return false;
    };
    let mut answer = Vec::new();
    let here = env::current_dir().ok();
    let asked = shell.write_complete(&mut C::command(), words(), here.as_deref(), &mut answer);
    if asked.is_ok() {
        let _ = std::io::stdout().write_all(&answer);
    }
    true
}

/// The words on the shell's command line: what follows `--` on ours.
fn words() -> Vec<OsString> {
    let words = env::args_os().skip_while(|word| word != "--");
    words.skip(1).collect()
}

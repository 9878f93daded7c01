//! `hero-span output`: what a run printed.

use std::io::{self, IsTerminal, Write};

use clap_complete::engine::ArgValueCompleter;

use super::{StoreArgs, execution};
use crate::completions;
use crate::error::Error;
use crate::exit_codes;
use crate::flow::shown;

const EXAMPLES: &str = "\
Examples:
  hero-span output last
      What the newest run printed.

  hero-span output nightly-1f0c22ab --stderr > errors.txt
      Of one of its two streams, byte by byte.

Only runs of hero-span run have it: of each the first and the last 512 KiB are
kept. A terminal is shown nothing that could steer it.

Exit codes: 0 done; 2 wrong arguments, no store, or no such run.";

/// Print again what a run printed
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run: its number, last, or what it is called
    #[arg(default_value = "last", add = ArgValueCompleter::new(completions::runs))]
    run: String,

    #[command(flatten)]
    store: StoreArgs,

    /// Only what it printed on its standard output
    #[arg(long, conflicts_with = "stderr")]
    stdout: bool,

    /// Only what it printed on its standard error
    #[arg(long)]
    stderr: bool,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let pieces = reader.printed(&execution(&reader, &args.run)?)?;
    let is_wanted = |stream: &str| match stream {
        "stdout" => !args.stderr,
        _ => !args.stdout,
    };
    let mut out = io::stdout().lock();
    for piece in pieces.iter().filter(|piece| is_wanted(&piece.stream)) {
        print(&mut out, piece.lost, &piece.bytes).map_err(Error::output)?;
    }
    out.flush().map_err(Error::output)?;
    Ok(exit_codes::OK)
}

fn print(out: &mut (impl Write + IsTerminal), lost: u64, bytes: &[u8]) -> io::Result<()> {
    if lost > 0 {
        writeln!(io::stderr(), "\n[{lost} bytes are not kept]")?;
    }
    if out.is_terminal() {
        out.write_all(shown(bytes).as_bytes())
    } else {
        out.write_all(bytes)
    }
}

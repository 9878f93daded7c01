//! `hero-span top`: the runs of a store and their trees, as they grow.
//!
//! ```text
//! store → watch ┐
//! keys, signals ┴→ Input → update → State → draw → terminal
//! ```
//!
//! The state, what changes it and how it is drawn are pure; reading the store
//! and the terminal stand at the rim.

mod areas;
mod draw;
mod filter;
mod outline;
mod screen;
mod state;
#[cfg(test)]
mod tests;
mod tree;
mod update;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use clap_complete::engine::ArgValueCompleter;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};

use self::draw::{Theme, draw};
use self::screen::Screen;
use self::state::{Input, State, Wants};
use self::update::update;
use crate::completions;
use crate::error::Error;
use crate::exit_codes;
use crate::stored::StoreArgs;
use crate::view::{ColourArgs, now_ms};

/// How often it is drawn when only the clock moves.
const TICK: Duration = Duration::from_millis(500);

/// The same, when nothing runs: only ages change.
const IDLE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  hero-span top
      Follow the newest run: which spans run now, and what was heard last.
      Moving stops the following, f starts it again.

  hero-span top 17
      Look at run 17; n goes to its failures, one after the other.

  ssh -t build-host hero-span top
      The same elsewhere: it only reads the store, and 80 columns are enough.

Keys, all of which ? shows:
  up down, j k    move              Tab, Enter  go to the next pane
  left right, h l fold, unfold      /           show only spans with these letters
  n N             next, previous error          f  follow
  z               zoom a pane       q, Ctrl-C   quit

It reads what hero-span collect keeps, and waits for that where there is nothing
yet. Without a terminal, see hero-span runs and hero-span show.

Exit codes: 0 done; 2 wrong arguments, no terminal, no such run, or a file that
is no store.";

/// Watch runs and their trees grow, on the whole screen
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run: its number, last, last~1 for the one before it, or the beginning
    /// of an id [default: follow the newest]
    #[arg(add = ArgValueCompleter::new(completions::runs))]
    run: Option<String>,

    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    color: ColourArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    if !Screen::is_possible() {
        return Err(Error::no_terminal());
    }
    let path = args.store.path()?;
    let asked = args.find()?;
    let (tell, inputs) = channel();
    let (ask, wants) = channel();
    screen::heed_signals(tell.clone())?;
    let theme = Theme {
        colour: args.color.paint().colour,
    };
    let mut state = State::new(path.display().to_string(), asked);
    let screen = Screen::enter(theme.colour)?;
    screen::listen(tell.clone());
    read_aside(tell, move |tell| watch::watch(path, &wants, tell));
    let (width, height) = screen.size()?;
    update(&mut state, Input::Resize(width, height));
    let mut rim = Rim {
        screen,
        inputs,
        ask,
        theme,
        asked: Wants::default(),
    };
    rim.show(&mut state)?;
    if state.is_broken {
        return Err(Error::broken_reading());
    }
    Ok(exit_codes::OK)
}

/// Reads in a thread of its own. That it panicked is told too: else the screen
/// would only stand still.
fn read_aside(tell: Sender<Input>, read: impl FnOnce(&Sender<Input>) + Send + 'static) {
    thread::spawn(move || {
        // What it left half done is not looked at any more.
        let read = catch_unwind(AssertUnwindSafe(|| read(&tell)));
        if read.is_err() {
            // Nobody to tell means that it is over already.
            let _ = tell.send(Input::Broken);
        }
    });
}

impl Args {
    /// The run that was asked for. What is no store is refused at once, and
    /// one that is missing is waited for, unless a run of it was asked for.
    fn find(&self) -> Result<Option<u64>, Error> {
        if self.run.is_none() && !self.store.path()?.exists() {
            return Ok(None);
        }
        let reader = match (self.store.open(), &self.run) {
            (Err(error), None) if error.may_pass() => return Ok(None),
            (opened, _) => opened?,
        };
        let run = self.run.as_deref().map(|run| reader.find(run));
        Ok(run.transpose()?.map(|line| line.run))
    }
}

/// Where the state meets the world.
struct Rim {
    screen: Screen,
    inputs: Receiver<Input>,
    ask: Sender<Wants>,
    theme: Theme,
    asked: Wants,
}

impl Rim {
    fn show(&mut self, state: &mut State) -> Result<(), Error> {
        while !state.is_done {
            update(state, Input::Clock(now_ms()));
            let theme = self.theme;
            self.screen.draw(|frame| draw(frame, state, theme))?;
            self.ask(state);
            self.wait(state)?;
        }
        Ok(())
    }

    fn ask(&mut self, state: &State) {
        let wants = state.wants();
        if wants != self.asked {
            self.asked = wants;
            // That it reads no more is told.
            let _ = self.ask.send(wants);
        }
    }

    /// Takes what comes next, and all that came with it.
    fn wait(&mut self, state: &mut State) -> Result<(), Error> {
        let pause = if state.is_running() { TICK } else { IDLE };
        let first = match self.inputs.recv_timeout(pause) {
            Ok(input) => Some(input),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Input::Stop),
        };
        let more: Vec<_> = self.inputs.try_iter().collect();
        for input in first.into_iter().chain(more) {
            if is_redraw(&input) {
                self.screen.clear()?;
            }
            update(state, input);
        }
        Ok(())
    }
}

fn is_redraw(input: &Input) -> bool {
    let Input::Key(key) = input else {
        return false;
    };
    key.code == KeyCode::Char('l') && key.modifiers.contains(KeyModifiers::CONTROL)
}

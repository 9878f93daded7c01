//! The terminal: taken over, and given back whatever happens.

use std::io::{self, IsTerminal};
use std::sync::mpsc::Sender;
use std::thread;

use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::style::force_color_output;
use ratatui::{DefaultTerminal, Frame};

use super::state::Input;
use crate::error::Error;
use crate::listening::{self, Stop};

/// A terminal in our hands. Dropped, or when something panics, it is as it was
/// before.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Whether there is a terminal that can be drawn on and typed at.
    pub(super) fn is_possible() -> bool {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        io::stdout().is_terminal() && io::stdin().is_terminal() && !is_dumb
    }

    pub(super) fn enter(colour: bool) -> Result<Self, Error> {
        force_color_output(colour);
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                // Half of it may be done.
                let _ = ratatui::try_restore();
                Err(Error::system("draw on the terminal", error))
            }
        }
    }

    pub(super) fn size(&self) -> Result<(u16, u16), Error> {
        let size = self.terminal.size().map_err(Error::output)?;
        Ok((size.width, size.height))
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.terminal.draw(draw).map(|_| ()).map_err(Error::output)
    }

    /// Has all be drawn again: something else may have written there.
    pub(super) fn clear(&mut self) -> Result<(), Error> {
        self.terminal.clear().map_err(Error::output)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Where it is gone, there is nothing to give back.
        let _ = self.terminal.show_cursor();
        let _ = ratatui::try_restore();
    }
}

/// Tells of keys and of the terminal's size, until it is gone.
pub(super) fn listen(tell: Sender<Input>) {
    thread::spawn(move || {
        loop {
            let input = match event::read() {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(Event::Resize(width, height)) => Input::Resize(width, height),
                Ok(_) => continue,
                Err(_) => Input::Stop,
            };
            let is_last = matches!(input, Input::Stop);
            if tell.send(input).is_err() || is_last {
                return;
            }
        }
    });
}

/// Tells of the signals that ask for the end.
pub(super) fn heed_signals(tell: Sender<Input>) -> Result<(), Error> {
    let runtime = listening::runtime()?;
    let stop = {
        let _within = runtime.enter();
        Stop::new()?
    };
    thread::spawn(move || {
        runtime.block_on(stop.wait());
        // Nobody to tell means that it is over already.
        let _ = tell.send(Input::Stop);
    });
    Ok(())
}

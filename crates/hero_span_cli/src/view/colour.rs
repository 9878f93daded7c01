//! Whether colours are wanted.

use super::Paint;

/// What every command takes that has colours.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ColourArgs {
    /// When to use colours; auto means on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColourArgs {
    /// What to paint with on standard output.
    pub(crate) fn paint(&self) -> Paint {
        self.on(&std::io::stdout())
    }

    /// What to paint with on standard error.
    pub(crate) fn paint_stderr(&self) -> Paint {
        self.on(&std::io::stderr())
    }

    fn on(&self, stream: &impl anstream::stream::RawStream) -> Paint {
        let colour = match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                let choice = anstream::AutoStream::choice(stream);
                choice != anstream::ColorChoice::Never
            }
        };
        Paint { colour }
    }
}

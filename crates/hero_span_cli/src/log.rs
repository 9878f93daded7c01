//! What a service says of itself, on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Which lines are wanted: a level, or the directives of `tracing`.
const VARIABLE: &str = "HERO_SPAN_LOG";

/// Warnings and worse, or what `HERO_SPAN_LOG` asks for.
pub(crate) fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .with_env_var(VARIABLE)
        .from_env_lossy();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    // Only a test may have started one before.
    let _ = subscriber.try_init();
}

//! The `hero-span` command.
fn main() {}

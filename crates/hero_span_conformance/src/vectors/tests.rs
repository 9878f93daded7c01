//! The vectors themselves under test.

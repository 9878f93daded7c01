//! What a store keeps, finds and lets go, played from short scripts.

mod script;

mod numbers;
mod outage;

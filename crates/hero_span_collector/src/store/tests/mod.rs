//! What a store keeps, finds and lets go, played from short scripts.

mod script;

mod executions;
mod find;
mod laws;
mod numbers;
mod opening;
mod outage;
mod prune;
mod reading;
mod search;

//! What who has no such crate would write with `serde_json`.

pub(crate) mod encode;
pub(crate) mod flat;
pub(crate) mod tagged;

#[cfg(test)]
mod tests;

//! Single findings that were meant, each with the reason.

use serde::Deserialize;

use crate::compare::{Comparison, Finding};
use crate::error::Error;

/// A list of approved findings, as `spec/approved.toml` holds it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    #[serde(default)]
    approved: Vec<Approval>,
}

/// One approved finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The id of its rule.
    pub rule: String,
    /// What changed, such as `span_log.level`.
    pub place: String,
    /// Why it is meant.
    pub reason: String,
}

impl Approvals {
    /// Reads a list. `path` is what messages call it.
    ///
    /// # Errors
    ///
    /// What is no such list, an entry without a reason, or the same finding twice.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let read = toml::from_str(text);
        let list: Self = read.map_err(|cause| Error::approvals(path, cause.to_string()))?;
        for (index, entry) in list.approved.iter().enumerate() {
            let Approval { rule, place, .. } = entry;
            if entry.reason.trim().is_empty() {
                let cause = format!("no reason for {rule} at {place}: say why it is meant");
                return Err(Error::approvals(path, cause));
            }
            let same = |other: &Approval| (&other.rule, &other.place) == (rule, place);
            if list.approved[..index].iter().any(same) {
                let cause = format!("{rule} at {place} twice: leave one");
                return Err(Error::approvals(path, cause));
            }
        }
        Ok(list)
    }

    /// Marks what was approved. Gives back the entries that nothing matches.
    pub fn apply(&self, comparison: &mut Comparison) -> Vec<Approval> {
        let mut stale = Vec::new();
        for entry in &self.approved {
            let is =
                |finding: &&mut Finding| finding.rule == entry.rule && finding.place == entry.place;
            match comparison.findings.iter_mut().find(is) {
                Some(finding) => finding.approved = Some(entry.reason.clone()),
                None => stale.push(entry.clone()),
            }
        }
        stale
    }
}

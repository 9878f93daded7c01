//! The table of rules: what can change, whom it breaks, and why.

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::Error;

const TABLE: &str = include_str!("rules.toml");

/// What becomes of a line at a collector of the other contract, from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It is taken, and says what it said.
    Fine,
    /// It is taken; what is new in it is passed over, as the contract means it to be.
    Ignored,
    /// It is taken, but whoever judges SDKs finds it in breach.
    Flagged,
    /// It is taken, but something that it says no longer arrives.
    Lost,
    /// It is taken, but means something else.
    Misread,
    /// It is rejected.
    Refused,
}

impl Effect {
    /// Whether what was said does not arrive as it was meant.
    pub fn breaks(self) -> bool {
        self >= Self::Lost
    }

    /// Its name in the table and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Ignored => "ignored",
            Self::Flagged => "flagged",
            Self::Lost => "lost",
            Self::Misread => "misread",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who meets whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// An SDK of the old contract writes to a collector of the new one.
    OldToNew,
    /// An SDK of the new contract writes to a collector of the old one.
    NewToOld,
}

impl Direction {
    /// Both, in the order of reports.
    pub const BOTH: [Self; 2] = [Self::OldToNew, Self::NewToOld];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OldToNew => "old SDK → new collector",
            Self::NewToOld => "new SDK → old collector",
        })
    }
}

/// Texts to be found once in the contract, and what stands there instead.
pub type Edits = Vec<(String, String)>;

/// One row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id, such as `field-renamed`.
    pub id: String,
    /// What changed, as a sentence without its full stop.
    pub title: String,
    /// The worst that can become of an old SDK's line at a new collector.
    pub old_to_new: Effect,
    /// The worst that can become of a new SDK's line at an old collector.
    pub new_to_old: Effect,
    /// That no line can show it, so that a person must look before it counts as harmless.
    #[serde(default)]
    pub suspect: bool,
    /// That it is harmless or not by what the words mean, which a person reads.
    #[serde(default)]
    pub review: bool,
    /// Why it matters.
    pub why: String,
    /// What to do in its place; empty where there is nothing to avoid.
    pub instead: String,
    /// What is edited before, for old and new alike.
    #[serde(default)]
    pub base: Edits,
    /// An edit that the rule finds.
    pub fails: Edits,
    /// An edit beside it that the rule does not find.
    pub passes: Edits,
}

impl Rule {
    /// What it says of that direction.
    pub fn effect(&self, direction: Direction) -> Effect {
        match direction {
            Direction::OldToNew => self.old_to_new,
            Direction::NewToOld => self.new_to_old,
        }
    }
}

#[derive(Deserialize)]
struct Table {
    rule: Vec<Rule>,
}

/// Every rule, in the order of the contract.
///
/// # Errors
///
/// The table that this crate was built with is not one; its tests hold that it is.
pub fn rules() -> Result<&'static [Rule], Error> {
    static RULES: OnceLock<Result<Vec<Rule>, String>> = OnceLock::new();
    let read = || toml::from_str::<Table>(TABLE).map(|table| table.rule);
    let rules = RULES.get_or_init(|| read().map_err(|cause| cause.to_string()));
    rules.as_deref().map_err(|cause| Error::table(cause))
}

/// The rule of that id.
pub(crate) fn rule(id: &str) -> Result<&'static Rule, Error> {
    let found = rules()?.iter().find(|rule| rule.id == id);
    found.ok_or_else(|| Error::table(&format!("no rule `{id}`")))
}

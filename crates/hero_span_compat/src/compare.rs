//! Two contracts compared: each change, whom it breaks, and what shows it.

use hero_span_contract::Contract;
use hero_span_protocol::CONTRACT_JSON;
use serde::Serialize;

use crate::changes::{Change, changes};
use crate::error::Error;
use crate::rules::{Direction, Effect, Rule, rule};
use crate::side::{Party, Side};
use crate::witness::{Witness, witness};

/// How grave a finding is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing old breaks.
    Compatible,
    /// It is harmless or not by what the words mean, which a person reads.
    Review,
    /// Collectors take everything; SDKs of one contract do not conform to the other.
    Strict,
    /// It may break, and no line can show it.
    Suspect,
    /// It breaks, and a witness shows it.
    Breaking,
}

impl Severity {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Review => "review",
            Self::Strict => "strict",
            Self::Suspect => "suspect",
            Self::Breaking => "breaking",
        }
    }

    /// Whether it stops a change that is not approved.
    pub fn stops(self) -> bool {
        self >= Self::Suspect
    }
}

/// What must be raised in the contract's heading, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing.
    None,
    /// The revision.
    Revision,
    /// The protocol's number.
    Protocol,
}

/// What becomes of what is sent in one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Who meets whom.
    pub direction: Direction,
    /// What was seen, or is so by the contract.
    pub effect: Effect,
    /// What the rule says can become of it, where no line shows that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unshown: Option<Effect>,
    /// What shows the effect, tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
}

/// One change and what it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The id of its rule.
    pub rule: &'static str,
    /// What changed, such as `span_log.level`.
    pub place: String,
    /// The clause that declares it; empty for the heading.
    pub clause: String,
    /// How grave it is.
    pub severity: Severity,
    /// What must be raised for it.
    pub bump: Bump,
    /// What it is, as a sentence.
    pub title: &'static str,
    /// What stood there.
    pub before: String,
    /// What stands there now.
    pub after: String,
    /// What becomes of what is sent, both ways.
    pub outcomes: Vec<Outcome>,
    /// Why it matters.
    pub why: &'static str,
    /// What to do in its place.
    pub instead: &'static str,
    /// Why it was approved, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
}

impl Finding {
    /// What becomes of what is sent in that direction.
    pub fn effect(&self, direction: Direction) -> Effect {
        let outcome = self.outcomes.iter().find(|it| it.direction == direction);
        outcome.map_or(Effect::Fine, |outcome| outcome.effect)
    }
}

/// Every finding between two contracts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The old contract's version, such as `v1`.
    pub old: String,
    /// The new contract's version.
    pub new: String,
    /// What changed, in the order of the contract.
    pub findings: Vec<Finding>,
    /// Lines that are refused though no finding says why, by direction.
    pub unexplained: Vec<Outcome>,
    /// What must be raised for all of it.
    pub demands: Bump,
    /// What was raised.
    pub raised: Bump,
}

impl Comparison {
    /// What stops the change: neither approved nor announced by a new protocol number.
    pub fn stopping(&self) -> impl Iterator<Item = &Finding> {
        let announced = self.raised == Bump::Protocol;
        let stops = move |finding: &&Finding| {
            finding.severity.stops() && finding.approved.is_none() && !announced
        };
        self.findings.iter().filter(stops)
    }

    /// Whether nothing that one side sends is rejected, lost or misread by the other.
    pub fn is_compatible(&self, direction: Direction) -> bool {
        let explained = self
            .findings
            .iter()
            .all(|it| !it.effect(direction).breaks());
        explained && self.unexplained.iter().all(|it| it.direction != direction)
    }
}

/// Compares two contracts.
///
/// # Errors
///
/// A contract that makes no JSON Schema.
pub fn compare(old: &Contract, new: &Contract) -> Result<Comparison, Error> {
    let present: Option<Contract> = serde_json::from_str(CONTRACT_JSON).ok();
    let is_present = |contract: &Contract| present.as_ref() == Some(contract);
    let before = Party::new(old, "old", is_present(old))?;
    let after = Party::new(new, "new", is_present(new))?;
    let changes = changes(old, new);
    if changes.is_empty() {
        return Ok(comparison(old, new, Vec::new(), Vec::new()));
    }
    let sides = [
        (Direction::OldToNew, Side::new(&before, &after)),
        (Direction::NewToOld, Side::new(&after, &before)),
    ];
    let findings: Result<Vec<Finding>, Error> = changes
        .iter()
        .map(|change| finding(change, &sides))
        .collect();
    let findings = findings?;
    let unexplained = unexplained(&findings, &sides);
    Ok(comparison(old, new, findings, unexplained))
}

type Sides<'a> = [(Direction, Side<'a>); 2];

fn comparison(
    old: &Contract,
    new: &Contract,
    findings: Vec<Finding>,
    unexplained: Vec<Outcome>,
) -> Comparison {
    let worst = findings.iter().map(|finding| finding.bump).max();
    let demands = match unexplained.is_empty() {
        true => worst.unwrap_or(Bump::None),
        false => Bump::Protocol,
    };
    let raised = match (new.protocol, new.revision) {
        (protocol, _) if protocol > old.protocol => Bump::Protocol,
        (protocol, revision) if protocol == old.protocol && revision > old.revision => {
            Bump::Revision
        }
        _ => Bump::None,
    };
    Comparison {
        old: old.version(),
        new: new.version(),
        findings,
        unexplained,
        demands,
        raised,
    }
}

fn finding(change: &Change, sides: &Sides<'_>) -> Result<Finding, Error> {
    let rule = rule(change.rule)?;
    let outcomes: Vec<Outcome> = sides
        .iter()
        .map(|(direction, side)| outcome(change, rule, *direction, side))
        .collect();
    let severity = severity(rule, &outcomes);
    Ok(Finding {
        rule: change.rule,
        place: change.place.clone(),
        clause: change.clause.clone(),
        severity,
        bump: if severity.stops() {
            Bump::Protocol
        } else {
            Bump::Revision
        },
        title: &rule.title,
        before: change.before.clone(),
        after: change.after.clone(),
        outcomes,
        why: &rule.why,
        instead: &rule.instead,
        approved: None,
    })
}

fn outcome(change: &Change, rule: &Rule, direction: Direction, side: &Side<'_>) -> Outcome {
    let claimed = rule.effect(direction);
    if claimed < Effect::Flagged {
        return Outcome {
            direction,
            effect: claimed,
            unshown: None,
            witness: None,
        };
    }
    match witness(change, claimed, side) {
        Some(witness) => Outcome {
            direction,
            effect: claimed,
            unshown: None,
            witness: Some(witness),
        },
        None => Outcome {
            direction,
            effect: Effect::Fine,
            unshown: Some(claimed),
            witness: None,
        },
    }
}

fn severity(rule: &Rule, outcomes: &[Outcome]) -> Severity {
    let worst = outcomes.iter().map(|outcome| outcome.effect).max();
    match worst.unwrap_or(Effect::Fine) {
        effect if effect.breaks() => Severity::Breaking,
        _ if rule.suspect => Severity::Suspect,
        Effect::Flagged => Severity::Strict,
        _ if rule.review => Severity::Review,
        _ => Severity::Compatible,
    }
}

/// The net below the rules: a line that is refused, in a direction where no finding refuses one.
fn unexplained(findings: &[Finding], sides: &Sides<'_>) -> Vec<Outcome> {
    let explained = |direction: Direction| {
        let refuses = |finding: &Finding| finding.effect(direction) == Effect::Refused;
        findings.iter().any(refuses)
    };
    let unexplained = sides.iter().filter(|(direction, _)| !explained(*direction));
    let outcomes = unexplained.filter_map(|(direction, side)| {
        let witness = crate::witness::refused(side)?;
        Some(Outcome {
            direction: *direction,
            effect: Effect::Refused,
            unshown: None,
            witness: Some(witness),
        })
    });
    outcomes.collect()
}

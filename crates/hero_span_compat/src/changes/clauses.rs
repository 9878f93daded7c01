//! What clauses say, and what a language may lack.

use hero_span_contract::model::{ClauseText, Contract, Feature, Requirement, Section};

use super::{Both, Change, Spot};

/// Areas whose clauses declare something; what they declare is compared elsewhere.
const DECLARING: [&str; 4] = ["env", "type", "event", "limit"];
/// Those whose id is not what they declare, so that one can change without the other.
const NAMED_ELSEWHERE: [&str; 2] = ["env", "limit"];
const FEATURES: &str = "sdk.features";
/// Words that name a unit, each with those that name the same.
const UNITS: [&[&str]; 9] = [
    &["nanoseconds", "nanosecond", "ns"],
    &["microseconds", "microsecond", "us"],
    &["milliseconds", "millisecond", "ms"],
    &["seconds", "second"],
    &["minutes", "minute"],
    &["bytes", "byte"],
    &["kilobytes", "kib", "kb"],
    &["characters", "character", "chars"],
    &["codepoints", "codepoint"],
];

/// Clauses that came, went, or say something else.
pub(super) fn clauses(both: Both<'_>, found: &mut Vec<Change>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for clause in both.old.clauses() {
        match both.new.clause(&clause.id) {
            Some(other) => reworded(clause, other, found),
            None => gone.push(clause),
        }
    }
    let known = |clause: &&ClauseText| both.old.clause(&clause.id).is_some();
    come.extend(both.new.clauses().filter(|clause| !known(clause)));
    for clause in gone {
        let twin = come.iter().position(|other| renamed(clause, other));
        if declares(clause) && (twin.is_none() || !NAMED_ELSEWHERE.contains(&area(clause))) {
            continue;
        }
        found.push(match twin {
            Some(position) => {
                let other = come.remove(position);
                let mut change = change("clause-renamed", clause, Spot::Nowhere);
                (change.before, change.after) = (clause.id.clone(), other.id.clone());
                change
            }
            None if area(clause) == "rule" => {
                change("stream-rule-removed", clause, Spot::Rule(clause.id.clone()))
            }
            None => change("clause-removed", clause, Spot::Nowhere),
        });
    }
    for clause in come.into_iter().filter(|clause| !declares(clause)) {
        let mut change = match area(clause) {
            "rule" => change("stream-rule-added", clause, Spot::Rule(clause.id.clone())),
            _ => change("clause-added", clause, Spot::Nowhere),
        };
        change.after = std::mem::take(&mut change.before);
        found.push(change);
    }
    introductions(both, found);
}

/// Features that came or went.
pub(super) fn features(both: Both<'_>, found: &mut Vec<Change>) {
    let named =
        |contract: &Contract, name: &str| contract.features.iter().any(|it| it.name == name);
    let of = |rule, feature: &Feature| Change {
        rule,
        place: format!("{FEATURES}.{}", feature.name),
        clause: feature.clause.clone(),
        before: feature.name.clone(),
        after: String::new(),
        spot: Spot::Nowhere,
    };
    let gone = both
        .old
        .features
        .iter()
        .filter(|it| !named(both.new, &it.name));
    found.extend(gone.map(|it| of("feature-removed", it)));
    let come = both
        .new
        .features
        .iter()
        .filter(|it| !named(both.old, &it.name));
    found.extend(come.map(|it| {
        let mut change = of("feature-added", it);
        change.after = std::mem::take(&mut change.before);
        change
    }));
}

/// What is said before a section's first clause binds like a clause.
fn introductions(both: Both<'_>, found: &mut Vec<Change>) {
    let title = |section: &Section| section.title.clone();
    for section in &both.old.sections {
        let other = both
            .new
            .sections
            .iter()
            .find(|other| title(other) == title(section));
        if let Some(other) = other.filter(|other| other.intro != section.intro) {
            found.push(Change {
                rule: wording(&section.intro, &other.intro),
                place: title(section),
                clause: String::new(),
                before: section.intro.clone(),
                after: other.intro.clone(),
                spot: Spot::Nowhere,
            });
        }
    }
}

fn reworded(old: &ClauseText, new: &ClauseText, found: &mut Vec<Change>) {
    let rule = match (old.requirement, new.requirement) {
        (Requirement::Should, Requirement::Must) => Some("requirement-raised"),
        (Requirement::Must, Requirement::Should) => Some("requirement-lowered"),
        _ => None,
    };
    if let Some(rule) = rule {
        let mut change = change(rule, old, Spot::Nowhere);
        let word = |clause: &ClauseText| format!("{:?}", clause.requirement).to_uppercase();
        (change.before, change.after) = (word(old), word(new));
        found.push(change);
    }
    if old.text != new.text {
        let mut change = change(wording(&old.text, &new.text), old, Spot::Nowhere);
        change.after.clone_from(&new.text);
        found.push(change);
    }
}

fn wording(old: &str, new: &str) -> &'static str {
    if units(old) == units(new) {
        "clause-reworded"
    } else {
        "unit-reworded"
    }
}

/// How often each unit is named.
fn units(text: &str) -> Vec<usize> {
    let text = text.to_lowercase().replace("code point", "codepoint");
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let count = |unit: &&[&str]| words.iter().filter(|word| unit.contains(word)).count();
    UNITS.iter().map(count).collect()
}

fn renamed(old: &ClauseText, new: &ClauseText) -> bool {
    area(old) == area(new) && old.text == new.text
}

fn area(clause: &ClauseText) -> &str {
    clause.id.split('.').next().unwrap_or_default()
}

fn declares(clause: &ClauseText) -> bool {
    DECLARING.contains(&area(clause)) || clause.id == FEATURES
}

fn change(rule: &'static str, clause: &ClauseText, spot: Spot) -> Change {
    Change {
        rule,
        place: clause.id.clone(),
        clause: clause.id.clone(),
        before: clause.text.clone(),
        after: String::new(),
        spot,
    }
}

//! What changed from one contract to another, each change by the rule that names it.

mod clauses;
mod fields;
mod limits;
mod types;

use hero_span_contract::Reading;
use hero_span_contract::model::{Bound, Contract, EventType};

use crate::faults::Judge;
use crate::values::Values;

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The rule that names it.
    pub(crate) rule: &'static str,
    /// What changed, such as `span_log.level` or `limit.value`.
    pub(crate) place: String,
    /// The clause that declares it.
    pub(crate) clause: String,
    /// What stood there; empty where nothing did.
    pub(crate) before: String,
    /// What stands there now; empty where nothing does.
    pub(crate) after: String,
    /// Where a line shows it.
    pub(crate) spot: Spot,
}

/// Where a line shows a change.
#[derive(Debug, Clone)]
pub(crate) enum Spot {
    /// In every line of that event.
    Event(String),
    /// An event goes by two names.
    Events { old: String, new: String },
    /// In one field.
    Field(Place),
    /// What is said in one field is said in another.
    Fields { old: Place, new: Place },
    /// In values that break one of those clauses.
    Clauses(Vec<String>),
    /// In values of that type, whatever is wrong with them.
    Within(String),
    /// In a stream that breaks that rule.
    Rule(String),
    /// In what a process finds in its environment.
    Variable {
        clause: String,
        old: Option<String>,
        new: Option<String>,
    },
    /// Nowhere.
    Nowhere,
}

/// A field, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) owner: Owner,
    pub(crate) field: String,
}

/// Whose a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Every event's.
    Every,
    /// One event's.
    Event(String),
    /// An object's, wherever it stands.
    Type(String),
}

impl Place {
    /// Whether a path in a line of that event is this field, or lies in it; `types` are those of
    /// the values around it.
    pub(crate) fn holds(&self, event: &str, path: &str, types: &[String]) -> bool {
        let mut steps = path.split('.');
        match &self.owner {
            Owner::Every => steps.next() == Some(&self.field),
            Owner::Event(owner) => owner == event && steps.next() == Some(&self.field),
            Owner::Type(owner) => {
                types.contains(owner) && steps.skip(1).any(|step| step == self.field)
            }
        }
    }

    fn shown(&self) -> String {
        match &self.owner {
            Owner::Every => format!("event.any.{}", self.field),
            Owner::Event(owner) | Owner::Type(owner) => format!("{owner}.{}", self.field),
        }
    }
}

/// The two contracts, read beside each other.
#[derive(Clone, Copy)]
struct Both<'a> {
    old: &'a Contract,
    new: &'a Contract,
}

/// Every change, in the order of the contract.
pub(crate) fn changes(old: &Contract, new: &Contract) -> Vec<Change> {
    let both = Both { old, new };
    let mut found = Vec::new();
    if old.protocol != new.protocol {
        found.push(Change {
            rule: "protocol-changed",
            place: "protocol".to_owned(),
            clause: String::new(),
            before: old.protocol.to_string(),
            after: new.protocol.to_string(),
            spot: Spot::Nowhere,
        });
    }
    limits::variables(both, &mut found);
    types::types(both, &mut found);
    events(both, &mut found);
    limits::limits(both, &mut found);
    clauses::clauses(both, &mut found);
    clauses::features(both, &mut found);
    found
}

fn events(both: Both<'_>, found: &mut Vec<Change>) {
    fields::common(both, found);
    let Both { old, new } = both;
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for event in &old.events {
        match new.events.iter().find(|other| other.name == event.name) {
            Some(other) => fields::of_event(both, event, other, found),
            None => gone.push(event),
        }
    }
    let known = |event: &&EventType| !old.events.iter().any(|other| other.name == event.name);
    come.extend(new.events.iter().filter(known));
    for event in gone {
        let twin = come.iter().position(|other| other.fields == event.fields);
        let (rule, other) = match twin {
            Some(position) => ("event-renamed", Some(come.remove(position))),
            None => ("event-removed", None),
        };
        let spot = match other {
            Some(other) => Spot::Events {
                old: event.name.clone(),
                new: other.name.clone(),
            },
            None => Spot::Event(event.name.clone()),
        };
        let after = other.map_or(String::new(), |other| other.name.clone());
        found.push(event_change(rule, event, event.name.clone(), after, spot));
    }
    for event in come {
        let spot = Spot::Event(event.name.clone());
        let after = event.name.clone();
        found.push(event_change(
            "event-added",
            event,
            String::new(),
            after,
            spot,
        ));
    }
}

fn event_change(
    rule: &'static str,
    event: &EventType,
    before: String,
    after: String,
    spot: Spot,
) -> Change {
    Change {
        rule,
        place: event.name.clone(),
        clause: event.clause.clone(),
        before,
        after,
        spot,
    }
}

/// How what one side sends and the other takes has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift {
    Same,
    Narrowed,
    Widened,
    Replaced,
}

impl Shift {
    fn new(narrowed: bool, widened: bool) -> Self {
        match (narrowed, widened) {
            (false, false) => Self::Same,
            (true, false) => Self::Narrowed,
            (false, true) => Self::Widened,
            (true, true) => Self::Replaced,
        }
    }

    fn narrows(self) -> bool {
        matches!(self, Self::Narrowed | Self::Replaced)
    }

    fn widens(self) -> bool {
        matches!(self, Self::Widened | Self::Replaced)
    }

    /// The rule of each, in the order of the variants.
    fn of(self, rules: [&'static str; 4]) -> &'static str {
        rules[self as usize]
    }
}

impl Both<'_> {
    /// Whether values that SDKs send are refused, by type: of the old at the new, and the other
    /// way round.
    fn shift(self, old_type: &str, new_type: &str) -> Shift {
        self.shift_as(Reading::Accept, old_type, new_type)
    }

    /// Whether values that SDKs send are more than the other's SDKs may send.
    fn sent_shift(self, old_type: &str, new_type: &str) -> Shift {
        self.shift_as(Reading::Emit, old_type, new_type)
    }

    fn shift_as(self, reading: Reading, old_type: &str, new_type: &str) -> Shift {
        let [old, new] = [self.old, self.new].map(|contract| Judge::new(contract, reading));
        let narrowed = refuses(self.old, (self.new, new), old_type, new_type);
        let widened = refuses(self.new, (self.old, old), new_type, old_type);
        Shift::new(narrowed, widened)
    }

    /// Whether both bounds are the same number, or the same limit whose change is a finding of
    /// its own.
    fn same_bound(self, old: &Bound, new: &Bound) -> bool {
        match (old, new) {
            (Bound::Limit(old), Bound::Limit(new)) if old == new => true,
            _ => number(self.old, old) == number(self.new, new),
        }
    }
}

fn number(contract: &Contract, bound: &Bound) -> f64 {
    contract.number(bound).as_f64().unwrap_or_default()
}

fn refuses(
    sender: &Contract,
    (reader, judge): (&Contract, Judge<'_>),
    ours: &str,
    theirs: &str,
) -> bool {
    let values = Values { sender, reader };
    let values = values.against(ours, theirs);
    values
        .iter()
        .any(|value| !judge.value_of(theirs, value).is_empty())
}

//! Fields: of every event, of one, of an object.

use hero_span_contract::model::{Contract, EventType, Field, Presence, Type};

use super::{Both, Change, Owner, Place, Shift, Spot};
use crate::faults::is_in_use;

/// The fields that every event has in both contracts.
pub(super) fn common(both: Both<'_>, found: &mut Vec<Change>) {
    let pick = |contract: &Contract| -> Vec<Field> {
        let fields = contract.common_fields.iter();
        fields
            .filter(|field| !moved(both, &field.name))
            .cloned()
            .collect()
    };
    let compared = Compared {
        both,
        clause: "event.any",
        owner: &Owner::Every,
    };
    compared.fields(&pick(both.old), &pick(both.new), found);
}

/// The fields that only this event has, in one contract or the other.
pub(super) fn of_event(both: Both<'_>, old: &EventType, new: &EventType, found: &mut Vec<Change>) {
    let pick = |contract: &Contract, event: &EventType| -> Vec<Field> {
        let moved = contract
            .common_fields
            .iter()
            .filter(|field| moved(both, &field.name));
        moved.chain(&event.fields).cloned().collect()
    };
    let compared = Compared {
        both,
        clause: &new.clause,
        owner: &Owner::Event(new.name.clone()),
    };
    compared.fields(&pick(both.old, old), &pick(both.new, new), found);
}

/// The fields of an object.
pub(super) fn of_type(both: Both<'_>, old: &Type, new: &Type, found: &mut Vec<Change>) {
    let compared = Compared {
        both,
        clause: &new.clause,
        owner: &Owner::Type(new.name.clone()),
    };
    compared.fields(&old.fields, &new.fields, found);
}

/// Whether a field is every event's in one contract and some events' own in the other.
fn moved(both: Both<'_>, name: &str) -> bool {
    let named = |fields: &[Field]| fields.iter().any(|field| field.name == name);
    let own = |contract: &Contract| contract.events.iter().any(|event| named(&event.fields));
    own(both.old) || own(both.new)
}

struct Compared<'a> {
    both: Both<'a>,
    clause: &'a str,
    owner: &'a Owner,
}

impl Compared<'_> {
    fn fields(&self, old: &[Field], new: &[Field], found: &mut Vec<Change>) {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for field in old {
            match new.iter().find(|other| other.name == field.name) {
                Some(other) => self.field(field, other, found),
                None if is_in_use(field) => gone.push(field),
                None => found.push(self.change("reserved-dropped", Some(field), None)),
            }
        }
        let known = |field: &&Field| !old.iter().any(|other| other.name == field.name);
        come.extend(new.iter().filter(known).filter(|field| is_in_use(field)));
        for field in gone {
            let twin = come.iter().position(|other| alike(field, other));
            match twin {
                Some(position) => self.renamed(field, come.remove(position), found),
                None => found.push(self.change(removal(field), Some(field), None)),
            }
        }
        for field in come {
            let rule = wanting(field).unwrap_or("field-added");
            found.push(self.change(rule, None, Some(field)));
        }
    }

    fn field(&self, old: &Field, new: &Field, found: &mut Vec<Change>) {
        let mut push = |rule| found.push(self.change(rule, Some(old), Some(new)));
        match (is_in_use(old), is_in_use(new)) {
            (false, false) => {}
            (false, true) => {
                push("reserved-reused");
                if let Some(rule) = wanting(new) {
                    push(rule);
                }
                return;
            }
            (true, false) if old.presence == Presence::Required => {
                return push("field-removed-required");
            }
            (true, false) => return push("field-reserved"),
            (true, true) => {}
        }
        if old.type_name != new.type_name {
            push(self.both.shift(&old.type_name, &new.type_name).of([
                "field-type-same",
                "field-type-narrowed",
                "field-type-widened",
                "field-type-replaced",
            ]));
        }
        match Shift::new(old.nullable && !new.nullable, new.nullable && !old.nullable) {
            Shift::Narrowed => push("field-not-nullable"),
            Shift::Widened => push("field-nullable"),
            Shift::Same | Shift::Replaced => {}
        }
        if let Some(rule) = presence(old.presence, new.presence) {
            push(rule);
        }
        if old.meaning != new.meaning {
            let mut change = self.change("field-meaning-changed", Some(old), Some(new));
            (change.before, change.after) = (old.meaning.clone(), new.meaning.clone());
            change.spot = Spot::Nowhere;
            found.push(change);
        }
    }

    fn renamed(&self, old: &Field, new: &Field, found: &mut Vec<Change>) {
        let rule = match old.presence {
            Presence::Required => "field-renamed-required",
            _ => "field-renamed",
        };
        let mut change = self.change(rule, Some(old), Some(new));
        change.place = self.place(old).shown();
        change.spot = Spot::Fields {
            old: self.place(old),
            new: self.place(new),
        };
        found.push(change);
    }

    fn place(&self, field: &Field) -> Place {
        Place {
            owner: self.owner.clone(),
            field: field.name.clone(),
        }
    }

    fn change(&self, rule: &'static str, old: Option<&Field>, new: Option<&Field>) -> Change {
        let row = |field: Option<&Field>| field.map_or(String::new(), shown);
        let place = new.or(old).map(|field| self.place(field));
        Change {
            rule,
            place: place.as_ref().map_or(String::new(), Place::shown),
            clause: self.clause.to_owned(),
            before: row(old),
            after: row(new),
            spot: place.map_or(Spot::Nowhere, Spot::Field),
        }
    }
}

/// What old SDKs lack, if a field that none of them sends is due.
fn wanting(field: &Field) -> Option<&'static str> {
    match field.presence {
        Presence::Required => Some("field-added-required"),
        Presence::Expected | Presence::First | Presence::Failed => Some("field-added-expected"),
        _ => None,
    }
}

fn removal(field: &Field) -> &'static str {
    match field.presence {
        Presence::Required => "field-removed-required",
        _ => "field-removed",
    }
}

/// Whether one could be the other under a new name.
fn alike(old: &Field, new: &Field) -> bool {
    let of = |field: &Field| (field.type_name.clone(), field.nullable, field.presence);
    of(old) == of(new)
}

fn presence(old: Presence, new: Presence) -> Option<&'static str> {
    use Presence::{Deprecated, Expected, Optional, Required};
    match (old, new) {
        _ if old == new => None,
        (Required, Expected) => Some("field-no-longer-required"),
        (Required, _) => Some("field-required-dropped"),
        (Expected, Required) => Some("field-required-as-sent"),
        (_, Required) => Some("field-now-required"),
        (_, Deprecated) => Some("field-deprecated"),
        (Optional | Deprecated, Expected) => Some("field-now-expected"),
        (Expected, Optional) => Some("field-now-optional"),
        (Deprecated, _) => Some("field-revived"),
        _ => Some("field-condition-changed"),
    }
}

/// A row of a table, without what it means.
fn shown(field: &Field) -> String {
    let null = if field.nullable { "|null" } else { "" };
    let presence = format!("{:?}", field.presence).to_lowercase();
    format!("{} {}{null} {presence}", field.name, field.type_name)
}

//! Looks up every name that the contract mentions.

use super::outline::AREAS;
use super::{Places, unreadable};
use crate::error::{Error, quoted};
use crate::model::{Bound, Contract, Field, Presence, Rules, Type};

/// The field that tells events apart.
const TYPE_FIELD: &str = "type";

/// Fails at the first name that nothing declares, or that is declared twice.
pub(crate) fn names(contract: &Contract, places: &Places) -> Result<(), Error> {
    let check = Check { contract, places };
    check.declared_once()?;
    for declared in &contract.types {
        check.type_names(declared)?;
    }
    check.common_fields()?;
    for event in &contract.events {
        check.own_fields(&event.clause, &event.fields)?;
    }
    check.clauses_in_text()
}

struct Check<'a> {
    contract: &'a Contract,
    places: &'a Places,
}

impl Check<'_> {
    fn declared_once(&self) -> Result<(), Error> {
        let limits = self
            .contract
            .limits
            .iter()
            .map(|limit| (&limit.clause, &limit.name));
        let variables = self.contract.environment.iter();
        let variables = variables.map(|variable| (&variable.clause, &variable.name));
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for (clause, name) in limits.chain(variables) {
            if let Some((earlier, _)) = seen.iter().find(|(_, known)| *known == name) {
                let found = format!(
                    "{}, which {} declares already",
                    quoted(name),
                    quoted(earlier)
                );
                return Err(unreadable(
                    self.places.of(clause),
                    "a name of its own",
                    &found,
                ));
            }
            seen.push((clause, name));
        }
        Ok(())
    }

    fn type_names(&self, declared: &Type) -> Result<(), Error> {
        let line = self.places.of(&declared.clause);
        self.limits(line, &declared.rules)?;
        self.limits(line, &declared.sent)?;
        if let Some(entries) = &declared.entries {
            if entries.keys != "string" {
                self.type_name(line, &entries.keys)?;
            }
            self.type_name(line, &entries.values)?;
        }
        for field in &declared.fields {
            self.field(&declared.clause, field)?;
            if matches!(field.presence, Presence::First | Presence::Failed) {
                let line = self.places.of_field(&declared.clause, &field.name);
                let expected = "`required`, `expected` or `optional` within an object";
                return Err(unreadable(line, expected, &presence_word(field)));
            }
        }
        Ok(())
    }

    fn limits(&self, line: usize, rules: &Rules) -> Result<(), Error> {
        let ranges = [&rules.bytes, &rules.members].into_iter().flatten();
        let ends = ranges.flat_map(|range| [&range.from, &range.to]);
        let single = [&rules.minimum, &rules.maximum].into_iter().flatten();
        for bound in ends.chain(single) {
            if let Bound::Limit(name) = bound
                && self.contract.limit(name).is_none()
            {
                let expected = "a limit that the section `Limits` declares";
                return Err(unreadable(line, expected, &quoted(name)));
            }
        }
        Ok(())
    }

    fn type_name(&self, line: usize, name: &str) -> Result<(), Error> {
        if self.contract.type_named(name).is_some() {
            return Ok(());
        }
        let expected = "a type that the section `Types` declares";
        Err(unreadable(line, expected, &quoted(name)))
    }

    fn field(&self, clause: &str, field: &Field) -> Result<(), Error> {
        self.type_name(self.places.of_field(clause, &field.name), &field.type_name)
    }

    fn common_fields(&self) -> Result<(), Error> {
        let fields = &self.contract.common_fields;
        for field in fields {
            self.field("event.any", field)?;
        }
        let discriminator = fields.iter().find(|field| field.name == TYPE_FIELD);
        if discriminator.is_some_and(|field| field.presence == Presence::Required) {
            return Ok(());
        }
        let expected = "a required field `type` that every event has";
        Err(unreadable(
            self.places.of("event.any"),
            expected,
            "a table without it",
        ))
    }

    fn own_fields(&self, clause: &str, fields: &[Field]) -> Result<(), Error> {
        for field in fields {
            self.field(clause, field)?;
            let line = self.places.of_field(clause, &field.name);
            if self
                .contract
                .common_fields
                .iter()
                .any(|common| common.name == field.name)
            {
                let expected = "a field that `event.any` does not have";
                return Err(unreadable(line, expected, &quoted(&field.name)));
            }
            let knows_status = fields.iter().any(|other| other.name == "status");
            if field.presence == Presence::Failed && !knows_status {
                let expected = "a field `status` beside one that is there when status is failed";
                return Err(unreadable(line, expected, "a table without it"));
            }
            if field.presence == Presence::First {
                let expected = "`first` in the table of `event.any` only";
                return Err(unreadable(line, expected, &presence_word(field)));
            }
        }
        Ok(())
    }

    /// Prose that points at a clause points at one that there is.
    fn clauses_in_text(&self) -> Result<(), Error> {
        for clause in self.contract.clauses() {
            let unknown = clause_ids(&clause.text).find(|id| self.contract.clause(id).is_none());
            if let Some(id) = unknown {
                let line = self.places.of(&clause.id);
                return Err(unreadable(
                    line,
                    "the id of a clause in the text",
                    &quoted(id),
                ));
            }
        }
        Ok(())
    }
}

fn clause_ids(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace();
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.filter(|word| {
        let area = word.split_once('.').map(|(area, _)| area);
        AREAS.iter().any(|known| Some(known.name) == area)
    })
}

fn presence_word(field: &Field) -> String {
    quoted(&format!("{:?}", field.presence).to_lowercase())
}

//! From the outline to the contract.

use super::outline::{self, Clause, Outline};
use super::table::Row;
use super::{Places, declaration, unreadable};
use crate::error::{Error, quoted};
use crate::model::{
    Base, ClauseText, Contract, EventType, Feature, Field, Limit, Section, Type, Variable,
};

/// The clause whose table all events share.
const COMMON: &str = "event.any";
/// The clause that lists the features.
const FEATURES: &str = "sdk.features";

/// Reads every declaration and table.
pub(crate) fn contract(outline: Outline<'_, '_>) -> Result<(Contract, Places), Error> {
    let mut contract = Contract {
        protocol: outline.version.0,
        revision: outline.version.1,
        sections: Vec::new(),
        environment: Vec::new(),
        types: Vec::new(),
        common_fields: Vec::new(),
        events: Vec::new(),
        limits: Vec::new(),
        features: Vec::new(),
    };
    let mut places = Places::default();
    for section in outline.sections {
        for clause in &section.clauses {
            note_places(clause, &mut places)?;
            declare(clause, section.area.name, &mut contract)?;
        }
        contract.sections.push(section_of(&section));
    }
    Ok((contract, places))
}

fn note_places(clause: &Clause<'_>, places: &mut Places) -> Result<(), Error> {
    let earlier = places.of(clause.id);
    if earlier != 0 {
        let found = format!("{}, which line {earlier} has already", quoted(clause.id));
        return Err(unreadable(clause.line, "an id of its own", &found));
    }
    places.note(clause.id, "", clause.line);
    for row in &clause.rows {
        places.note(clause.id, row.name, row.line);
    }
    Ok(())
}

fn declare(clause: &Clause<'_>, area: &str, contract: &mut Contract) -> Result<(), Error> {
    match area {
        "env" => contract.environment.push(variable(clause)?),
        "type" => contract.types.push(type_of(clause)?),
        "event" if clause.id == COMMON => contract.common_fields = common_fields(clause)?,
        "event" => contract.events.push(event(clause)?),
        "limit" => contract.limits.push(limit(clause)?),
        "sdk" if clause.id == FEATURES => contract.features = features(clause)?,
        _ => {
            no_declaration(clause)?;
            no_table(clause)?;
        }
    }
    Ok(())
}

fn section_of(section: &outline::Section<'_>) -> Section {
    Section {
        title: section.area.title.to_owned(),
        area: section.area.name.to_owned(),
        intro: section.intro.join("\n\n"),
        clauses: section.clauses.iter().map(clause_text).collect(),
    }
}

fn clause_text(clause: &Clause<'_>) -> ClauseText {
    ClauseText {
        id: clause.id.to_owned(),
        requirement: clause.requirement,
        text: clause.text.join("\n\n"),
    }
}

fn variable(clause: &Clause<'_>) -> Result<Variable, Error> {
    no_table(clause)?;
    if !is_constant_name(clause.declaration) {
        return Err(declared(clause, "an environment variable in upper case"));
    }
    Ok(Variable {
        clause: clause.id.to_owned(),
        name: clause.declaration.to_owned(),
    })
}

fn type_of(clause: &Clause<'_>) -> Result<Type, Error> {
    let name = last_part(clause.id);
    let prefix = format!("{name} = ");
    let text = clause
        .declaration
        .strip_prefix(&prefix)
        .ok_or_else(|| declared(clause, &quoted(&format!("{prefix}BASE, constraints"))))?;
    let read = declaration::read(clause.line, text)?;
    if read.base == Base::Object && read.entries.is_none() {
        needs_table(clause)?;
    } else {
        no_table(clause)?;
    }
    Ok(Type {
        clause: clause.id.to_owned(),
        name: name.to_owned(),
        base: read.base,
        entries: read.entries,
        rules: read.rules,
        sent: read.sent,
        otherwise: read.otherwise,
        fields: fields(clause)?,
    })
}

fn common_fields(clause: &Clause<'_>) -> Result<Vec<Field>, Error> {
    no_declaration(clause)?;
    needs_table(clause)?;
    fields(clause)
}

fn event(clause: &Clause<'_>) -> Result<EventType, Error> {
    needs_table(clause)?;
    let name = last_part(clause.id);
    if clause.declaration != name {
        return Err(declared(clause, &quoted(name)));
    }
    Ok(EventType {
        clause: clause.id.to_owned(),
        name: name.to_owned(),
        fields: fields(clause)?,
    })
}

fn limit(clause: &Clause<'_>) -> Result<Limit, Error> {
    no_table(clause)?;
    let (name, value) = clause
        .declaration
        .split_once(" = ")
        .filter(|(name, _)| is_constant_name(name))
        .ok_or_else(|| declared(clause, "`LIMIT = N`"))?;
    let value = value
        .parse()
        .map_err(|_| declared(clause, "`LIMIT = N`, N a whole number"))?;
    Ok(Limit {
        clause: clause.id.to_owned(),
        name: name.to_owned(),
        value,
    })
}

fn features(clause: &Clause<'_>) -> Result<Vec<Feature>, Error> {
    no_table(clause)?;
    let mut features: Vec<Feature> = Vec::new();
    for name in clause.declaration.split(' ') {
        let is_word = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
        if !is_word || features.iter().any(|known| known.name == name) {
            return Err(declared(clause, "features in lower case, each once"));
        }
        features.push(Feature {
            clause: clause.id.to_owned(),
            name: name.to_owned(),
        });
    }
    Ok(features)
}

fn fields(clause: &Clause<'_>) -> Result<Vec<Field>, Error> {
    let mut fields: Vec<Field> = Vec::new();
    for row in &clause.rows {
        if fields.iter().any(|field| field.name == row.name) {
            return Err(unreadable(row.line, "each field once", &quoted(row.name)));
        }
        fields.push(field(row));
    }
    Ok(fields)
}

fn field(row: &Row<'_>) -> Field {
    Field {
        name: row.name.to_owned(),
        type_name: row.type_name.to_owned(),
        nullable: row.nullable,
        presence: row.presence,
        meaning: row.meaning.clone(),
    }
}

fn declared(clause: &Clause<'_>, expected: &str) -> Error {
    let expected = format!("{expected} after MUST or SHOULD");
    unreadable(clause.line, expected, &quoted(clause.declaration))
}

fn no_declaration(clause: &Clause<'_>) -> Result<(), Error> {
    if clause.declaration.is_empty() {
        return Ok(());
    }
    Err(declared(clause, "nothing"))
}

fn no_table(clause: &Clause<'_>) -> Result<(), Error> {
    let Some(row) = clause.rows.first() else {
        return Ok(());
    };
    let expected = format!("no table in {}", quoted(clause.id));
    Err(unreadable(
        row.line,
        expected,
        &format!("a row for {}", quoted(row.name)),
    ))
}

fn needs_table(clause: &Clause<'_>) -> Result<(), Error> {
    if clause.rows.is_empty() {
        let expected = format!("a table of fields in {}", quoted(clause.id));
        return Err(unreadable(clause.line, expected, "text alone"));
    }
    Ok(())
}

fn last_part(id: &str) -> &str {
    id.split_once('.').map_or(id, |(_, name)| name)
}

/// Whether it is upper case, digits and underscores, such as `LINE_BYTES`.
pub fn is_constant_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(allowed)
}

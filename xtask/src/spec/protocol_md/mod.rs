//! The generated parts of PROTOCOL.md. What stands between them is written by hand.

mod blocks;
#[cfg(test)]
mod tests;
mod text;

use hero_span_contract::model::{
    Base, Bound, ClauseText, Contract, EventType, Field, Presence, Range, Requirement, Rules,
    Section, Type,
};
use text::Linker;

use super::error::Error;

/// Where the document is.
pub(super) const PATH: &str = "spec/PROTOCOL.md";

/// The document with its generated parts made anew. `example` is a stream of events.
pub(super) fn render(document: &str, contract: &Contract, example: &str) -> Result<String, Error> {
    blocks::fill(PATH, document, &parts(contract, example))
}

fn parts(contract: &Contract, example: &str) -> Vec<(String, String)> {
    let writer = Writer {
        contract,
        linker: Linker::new(contract),
    };
    let sections = contract.sections.iter();
    let sections = sections.map(|section| (block_name(section), writer.section(section)));
    let fields = ("fields".to_owned(), writer.overview());
    let example = ("example".to_owned(), format!("```json\n{example}```\n"));
    sections.chain([fields, example]).collect()
}

fn block_name(section: &Section) -> String {
    section.title.to_lowercase().replace(' ', "-")
}

struct Writer<'a> {
    contract: &'a Contract,
    linker: Linker<'a>,
}

impl Writer<'_> {
    fn section(&self, section: &Section) -> String {
        let body = match section.area.as_str() {
            "type" => self.types(),
            "event" => self.events(),
            "limit" => self.limits(),
            _ => self.clauses(section),
        };
        // The types' intro explains the docstring's notation; here columns do.
        if section.intro.is_empty() || section.area == "type" {
            return body;
        }
        format!("{}\n\n{body}", self.linker.paragraphs(&section.intro))
    }

    fn clauses(&self, section: &Section) -> String {
        let clauses = section.clauses.iter().map(|clause| self.clause(clause));
        clauses.collect::<Vec<_>>().join("\n")
    }

    fn clause(&self, clause: &ClauseText) -> String {
        let variables = self.contract.environment.iter();
        let variables = variables.map(|variable| (&variable.clause, &variable.name));
        let features = self.contract.features.iter();
        let features = features.map(|feature| (&feature.clause, &feature.name));
        let declared: String = variables
            .chain(features)
            .filter(|(declares, _)| **declares == clause.id)
            .map(|(_, name)| format!(" `{name}`"))
            .collect();
        let text = self.linker.paragraphs(&clause.text);
        format!("{}{declared}\\\n{text}\n", heading(clause))
    }

    fn types(&self) -> String {
        let rows = self
            .contract
            .types
            .iter()
            .map(|declared| self.type_row(declared));
        let head = [
            "Clause and type",
            "JSON",
            "In every line",
            "As an SDK sends it",
            "Meaning",
        ];
        let mut text = table(&head, rows);
        for declared in self
            .contract
            .types
            .iter()
            .filter(|declared| !declared.fields.is_empty())
        {
            text += &format!(
                "\nThe members of `{}`:\n\n{}",
                declared.name,
                self.field_table(&declared.fields)
            );
        }
        text
    }

    fn type_row(&self, declared: &Type) -> Vec<String> {
        let mut meaning = self.clause_text(&declared.clause);
        if let Some(word) = &declared.otherwise {
            meaning += &format!(" A consumer reads any other string as `{word}`.");
        }
        vec![
            self.clause_cell(&declared.clause),
            base(declared),
            self.rules(&declared.rules),
            self.rules(&declared.sent),
            meaning,
        ]
    }

    fn rules(&self, rules: &Rules) -> String {
        let words = |words: &Vec<String>| {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(", ")
        };
        let parts = [
            rules
                .pattern
                .as_ref()
                .map(|pattern| format!("matches `{pattern}`")),
            rules.not.as_ref().map(|not| format!("is not `{not}`")),
            rules.unit.as_ref().map(|unit| format!("in {unit}")),
            Some(&rules.one_of)
                .filter(|one_of| !one_of.is_empty())
                .map(words),
            rules
                .minimum
                .as_ref()
                .map(|minimum| format!("at least {}", self.bound(minimum))),
            rules
                .maximum
                .as_ref()
                .map(|maximum| format!("at most {}", self.bound(maximum))),
            rules
                .decimals
                .map(|decimals| format!("at most {decimals} decimals")),
            rules
                .bytes
                .as_ref()
                .map(|bytes| format!("{} bytes", self.range(bytes))),
            rules
                .members
                .as_ref()
                .map(|members| format!("{} members", self.range(members))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn range(&self, range: &Range) -> String {
        format!("{} to {}", self.bound(&range.from), self.bound(&range.to))
    }

    fn bound(&self, bound: &Bound) -> String {
        match bound {
            Bound::Number(number) => number.to_string(),
            Bound::Limit(name) => self.linker.line(name),
        }
    }

    fn events(&self) -> String {
        let common = self.contract.clause("event.any");
        let common = common.map_or(String::new(), |clause| self.clause(clause));
        let mut text = format!("### Every event\n\n{common}\n");
        text += &self.field_table(&self.contract.common_fields);
        for event in &self.contract.events {
            text += &self.event(event);
        }
        text
    }

    fn event(&self, event: &EventType) -> String {
        let clause = self.contract.clause(&event.clause);
        let clause = clause.map_or(String::new(), |clause| self.clause(clause));
        let fields = self.field_table(&event.fields);
        format!("\n### `{}`\n\n{clause}\n{fields}", event.name)
    }

    fn field_table(&self, fields: &[Field]) -> String {
        let rows = fields.iter().map(|field| {
            let null = if field.nullable { " or null" } else { "" };
            vec![
                format!("`{}`", field.name),
                format!("[{0}](#type.{0}){null}", field.type_name),
                presence(field.presence).to_owned(),
                self.linker.line(&field.meaning),
            ]
        });
        table(&["Field", "Type", "Presence", "Meaning"], rows)
    }

    /// Which event has which field.
    fn overview(&self) -> String {
        let events = &self.contract.events;
        let names = events.iter().map(|event| format!("`{}`", event.name));
        let head: Vec<String> = std::iter::once("Field".to_owned()).chain(names).collect();
        let common = self.contract.common_fields.iter();
        let common = common.map(|field| overview_row(field, events.iter().map(|_| true)));
        let own = events.iter().flat_map(|owner| {
            let mine = move |event: &EventType| event.name == owner.name;
            owner
                .fields
                .iter()
                .map(move |field| overview_row(field, events.iter().map(mine)))
        });
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        table(&head, common.chain(own))
    }

    fn limits(&self) -> String {
        let rows = self.contract.limits.iter().map(|limit| {
            vec![
                self.clause_cell(&limit.clause),
                format!("`{}`", limit.name),
                limit.value.to_string(),
                self.clause_text(&limit.clause),
            ]
        });
        table(&["Clause", "Limit", "Value", "Meaning"], rows)
    }

    fn clause_cell(&self, id: &str) -> String {
        self.contract.clause(id).map_or(String::new(), heading)
    }

    fn clause_text(&self, id: &str) -> String {
        let text = self.contract.clause(id).map_or("", |clause| &clause.text);
        self.linker.line(text)
    }
}

/// The id, which links can point at, and the level.
fn heading(clause: &ClauseText) -> String {
    let level = match clause.requirement {
        Requirement::Must => "MUST",
        Requirement::Should => "SHOULD",
    };
    format!("<a id=\"{0}\"></a>**{0}** {level}", clause.id)
}

fn base(declared: &Type) -> String {
    let base = match declared.base {
        Base::String => "string",
        Base::Number => "number",
        Base::Integer => "integer",
        Base::Any => "any value",
        Base::Object => "object",
    };
    match &declared.entries {
        Some(entries) => format!("{base} of {} to {}", entries.keys, entries.values),
        None => base.to_owned(),
    }
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Required => "required",
        Presence::Expected => "expected",
        Presence::Optional => "optional",
        Presence::First => "first",
        Presence::Failed => "failed",
        Presence::Deprecated => "deprecated",
        Presence::Reserved => "reserved",
    }
}

fn overview_row(field: &Field, has: impl Iterator<Item = bool>) -> Vec<String> {
    let cells = has.map(|has| if has { presence(field.presence) } else { "" }.to_owned());
    std::iter::once(format!("`{}`", field.name))
        .chain(cells)
        .collect()
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = vec!["---"; head.len()].join("|");
    let mut text = format!("| {} |\n|{rule}|\n", head.join(" | "));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

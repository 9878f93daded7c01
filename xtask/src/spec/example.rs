//! The example stream: written by hand, shown in PROTOCOL.md and in the schemas.

use hero_span_contract::model::{Contract, Field, Presence};
use hero_span_contract::{Json, quoted};

use super::error::Error;
use super::problem::Problem;

/// Where the stream is.
pub(super) const PATH: &str = "spec/example.jsonl";

/// One event a line.
pub(super) fn parse(text: &str) -> Result<Vec<Json>, Error> {
    let lines = text.lines().enumerate();
    let events = lines.map(|(index, line)| {
        serde_json::from_str(line)
            .map_err(|cause| Error::at(PATH, index + 1, "an event as JSON", &cause.to_string()))
    });
    events.collect()
}

/// Where the stream disagrees with the contract's tables, and what it never shows.
pub(super) fn problems(contract: &Contract, events: &[Json]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut unseen = every_field(contract);
    for (index, event) in events.iter().enumerate() {
        let mut line = Line {
            contract,
            number: index + 1,
            problems: &mut problems,
        };
        line.event(event, &mut unseen);
    }
    for field in unseen {
        let text = format!(
            "expected an example of the field {}, found none",
            quoted(&field)
        );
        problems.push(Problem::in_file(PATH, text));
    }
    problems
}

/// Each field of each event or object that is to be sent, as `span_end.status`.
fn every_field(contract: &Contract) -> Vec<String> {
    let common = contract.common_fields.iter().filter(|field| is_sent(field));
    let common = common.map(|field| field.name.clone());
    let events = contract.events.iter();
    let own = events.flat_map(|event| dotted(&event.name, &event.fields));
    let types = contract.types.iter();
    let nested = types.flat_map(|declared| dotted(&declared.name, &declared.fields));
    common.chain(own).chain(nested).collect()
}

fn dotted(owner: &str, fields: &[Field]) -> Vec<String> {
    let fields = fields.iter().filter(|field| is_sent(field));
    fields
        .map(|field| format!("{owner}.{}", field.name))
        .collect()
}

fn is_sent(field: &Field) -> bool {
    !matches!(field.presence, Presence::Deprecated | Presence::Reserved)
}

struct Line<'a> {
    contract: &'a Contract,
    number: usize,
    problems: &'a mut Vec<Problem>,
}

impl Line<'_> {
    fn event(&mut self, event: &Json, unseen: &mut Vec<String>) {
        let name = event.get("type").and_then(Json::as_str).unwrap_or_default();
        let known = self.contract.events.iter().find(|known| known.name == name);
        let Some(known) = known else {
            return self.problem(
                "an event that the contract declares",
                &format!("type {}", quoted(name)),
            );
        };
        let fields: Vec<&Field> = self.contract.fields_of(known).collect();
        self.members(event, &known.name, &fields, unseen);
    }

    fn members(&mut self, object: &Json, owner: &str, fields: &[&Field], unseen: &mut Vec<String>) {
        for (key, value) in object.members() {
            match fields.iter().find(|field| field.name == *key) {
                Some(field) => self.nested(value, field, unseen),
                None => self.problem(&format!("a field of {}", quoted(owner)), &quoted(key)),
            }
            unseen.retain(|field| field != key && *field != format!("{owner}.{key}"));
        }
        for field in fields {
            if self.is_due(object, field) && object.get(&field.name).is_none() {
                let expected = format!("the field {} of {}", quoted(&field.name), quoted(owner));
                self.problem(&expected, "none");
            }
        }
    }

    fn nested(&mut self, value: &Json, field: &Field, unseen: &mut Vec<String>) {
        let declared = self.contract.type_named(&field.type_name);
        if let Some(declared) = declared.filter(|declared| !declared.fields.is_empty()) {
            let fields: Vec<&Field> = declared.fields.iter().collect();
            self.members(value, &declared.name, &fields, unseen);
        }
    }

    fn is_due(&self, object: &Json, field: &Field) -> bool {
        match field.presence {
            Presence::Required | Presence::Expected => true,
            Presence::Optional | Presence::Deprecated | Presence::Reserved => false,
            Presence::First => self.number == 1,
            Presence::Failed => object.get("status").and_then(Json::as_str) == Some("failed"),
        }
    }

    fn problem(&mut self, expected: &str, found: &str) {
        let text = format!("expected {expected}, found {found}");
        self.problems.push(Problem::at(PATH, self.number, text));
    }
}

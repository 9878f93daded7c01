//! The two JSON Schemas: what an SDK may send, what a consumer must take.

use crate::json::Json;
use crate::model::{Base, Contract, EventType, Field, Presence, Range, Rules, Type};

/// Who reads the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// An SDK: closed, with every field that it always sends.
    Emit,
    /// A consumer: open, with nothing but what it cannot do without.
    Accept,
}

impl Reading {
    fn name(self) -> &'static str {
        match self {
            Self::Emit => "emit",
            Self::Accept => "accept",
        }
    }

    fn title(self, contract: &Contract) -> String {
        let version = contract.numbers();
        match self {
            Self::Emit => format!("hero_span protocol {version}: what an SDK may send"),
            Self::Accept => format!("hero_span protocol {version}: what a consumer must take"),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Emit => {
                "One event as an SDK sends it. Closed: a field that the contract does not name is \
                 an error. A schema cannot say everything: lines, sizes in bytes, depth, decimals, \
                 producer on the first event only, and what events say together are in PROTOCOL.md."
            }
            Self::Accept => {
                "One event as a consumer takes it. Open: unknown fields are ignored, and so is \
                 whatever has an unknown type, which a consumer skips and counts \
                 (consumer.unknown-type). Lines, depth and what events say together are in \
                 PROTOCOL.md."
            }
        }
    }
}

/// The whole schema, draft 2020-12. `examples` are events, whichever there are.
pub fn schema(contract: &Contract, examples: &[Json], reading: Reading) -> Json {
    let mut schema = Json::object([
        (
            "$schema",
            "https://json-schema.org/draft/2020-12/schema".into(),
        ),
        (
            "$id",
            format!("urn:hero-span:{}:{}", contract.version(), reading.name()).into(),
        ),
        ("title", reading.title(contract).into()),
        ("description", reading.description().into()),
        ("type", "object".into()),
        (
            "properties",
            Json::object([("type", type_field(contract, reading))]),
        ),
        ("required", strings(["type"])),
        ("allOf", contract.events.iter().map(dispatch).collect()),
    ]);
    schema.push("$defs", definitions(contract, examples, reading));
    schema
}

/// The field that tells events apart, before it is known which event this is.
fn type_field(contract: &Contract, reading: Reading) -> Json {
    match reading {
        Reading::Accept => Json::object([("type", "string".into())]),
        Reading::Emit => {
            let names = contract.events.iter().map(|event| event.name.as_str());
            Json::object([("enum", strings(names))])
        }
    }
}

/// If/then rather than oneOf, so that an error names the field that is wrong.
fn dispatch(event: &EventType) -> Json {
    Json::object([
        ("if", field_is("type", &event.name)),
        ("then", reference(&event.name)),
    ])
}

fn field_is(field: &str, value: &str) -> Json {
    let constant = Json::object([("const", value.into())]);
    Json::object([
        ("type", "object".into()),
        ("properties", Json::object([(field, constant)])),
        ("required", strings([field])),
    ])
}

fn definitions(contract: &Contract, examples: &[Json], reading: Reading) -> Json {
    let generator = Generator { contract, reading };
    let events = contract.events.iter().map(|event| {
        let example = fullest(examples, &event.name);
        (event.name.clone(), generator.event(event, example))
    });
    let types = contract.types.iter();
    let types = types.map(|declared| (declared.name.clone(), generator.declared_type(declared)));
    Json::Object(events.chain(types).collect())
}

/// The example of that event which shows most of its fields.
fn fullest<'a>(examples: &'a [Json], event: &str) -> Option<&'a Json> {
    let of_that_type = |json: &&Json| json.get("type").and_then(Json::as_str) == Some(event);
    let candidates = examples.iter().filter(of_that_type);
    candidates.rev().max_by_key(|json| json.members().len())
}

struct Generator<'a> {
    contract: &'a Contract,
    reading: Reading,
}

impl Generator<'_> {
    fn event(&self, event: &EventType, example: Option<&Json>) -> Json {
        let fields = self.contract.fields_of(event).filter(|field| in_use(field));
        let fields: Vec<&Field> = fields.collect();
        let mut schema = Json::object([("description", self.about(&event.clause).into())]);
        self.push_fields(&mut schema, &fields, Some(&event.name));
        if self.reading == Reading::Emit {
            push_failed(&mut schema, &fields);
        }
        schema.push("examples", example.cloned().into_iter().collect::<Json>());
        schema
    }

    fn push_fields(&self, schema: &mut Json, fields: &[&Field], event: Option<&str>) {
        let properties = fields.iter().map(|field| {
            let value = match event {
                Some(event) if field.name == "type" => constant(event, field),
                _ => value_of(field),
            };
            (field.name.clone(), value)
        });
        let required = fields.iter().filter(|field| self.is_required(field));
        schema.push("type", "object");
        schema.push("properties", Json::Object(properties.collect()));
        schema.push(
            "required",
            strings(required.map(|field| field.name.as_str())),
        );
        if self.reading == Reading::Emit {
            schema.push("additionalProperties", false);
        }
    }

    fn is_required(&self, field: &Field) -> bool {
        match field.presence {
            Presence::Required => true,
            Presence::Expected => self.reading == Reading::Emit,
            _ => false,
        }
    }

    fn declared_type(&self, declared: &Type) -> Json {
        let rules = self.rules(declared);
        let about = self.about(&declared.clause) + &self.unsaid(declared, &rules);
        let mut schema = Json::object([("description", about.into())]);
        if !declared.fields.is_empty() {
            let fields = declared.fields.iter().filter(|field| in_use(field));
            let fields: Vec<&Field> = fields.collect();
            self.push_fields(&mut schema, &fields, None);
            return schema;
        }
        if let Some(name) = type_keyword(declared.base) {
            schema.push("type", name);
        }
        self.push_rules(&mut schema, &rules);
        if let Some(entries) = &declared.entries {
            if entries.keys != "string" {
                schema.push("propertyNames", reference(&entries.keys));
            }
            schema.push("additionalProperties", reference(&entries.values));
        }
        schema
    }

    /// What this reader keeps to.
    fn rules(&self, declared: &Type) -> Rules {
        match self.reading {
            Reading::Accept => declared.rules.clone(),
            Reading::Emit => declared.rules.merged(&declared.sent),
        }
    }

    fn push_rules(&self, schema: &mut Json, rules: &Rules) {
        if let Some(pattern) = &rules.pattern {
            schema.push("pattern", pattern.as_str());
        }
        if let Some(not) = &rules.not {
            schema.push("not", Json::object([("const", not.as_str().into())]));
        }
        if !rules.one_of.is_empty() {
            schema.push("enum", strings(rules.one_of.iter().map(String::as_str)));
        }
        if let Some(minimum) = &rules.minimum {
            schema.push("minimum", self.contract.number(minimum));
        }
        if let Some(maximum) = &rules.maximum {
            schema.push("maximum", self.contract.number(maximum));
        }
        if let Some(bytes) = &rules.bytes {
            self.push_range(schema, bytes, ["minLength", "maxLength"]);
        }
        if let Some(members) = &rules.members {
            self.push_range(schema, members, ["minProperties", "maxProperties"]);
        }
    }

    /// A string of N code points has at least N bytes, so a limit in bytes is a
    /// limit in code points too, if a weaker one. A least size but 0 and 1 is
    /// not: four bytes may be one code point.
    fn push_range(&self, schema: &mut Json, range: &Range, [least, most]: [&str; 2]) {
        let from = self
            .contract
            .number(&range.from)
            .as_u64()
            .unwrap_or_default();
        if from > 0 {
            let bytes_a_character = if least == "minLength" { 4 } else { 1 };
            schema.push(least, from.div_ceil(bytes_a_character));
        }
        schema.push(most, self.contract.number(&range.to));
    }

    fn about(&self, clause: &str) -> String {
        let text = self
            .contract
            .clause(clause)
            .map_or("", |clause| clause.text.as_str());
        format!("{clause}: {text}")
    }

    /// What the keywords leave out, as sentences.
    fn unsaid(&self, declared: &Type, rules: &Rules) -> String {
        let mut text = String::new();
        if let Some(decimals) = rules.decimals {
            text += &format!(" At most {decimals} decimals, which a schema cannot say.");
        }
        if let Some(bytes) = &rules.bytes {
            let (from, to) = (&bytes.from, &bytes.to);
            let (from, to) = (self.contract.number(from), self.contract.number(to));
            text += &format!(" {from} to {to} bytes of UTF-8; a schema counts code points.");
        }
        if let (Some(word), Reading::Accept) = (&declared.otherwise, self.reading) {
            text += &format!(" Any other string is read as {word}.");
        }
        text
    }
}

/// A failed span says why.
fn push_failed(schema: &mut Json, fields: &[&Field]) {
    let failed = fields
        .iter()
        .filter(|field| field.presence == Presence::Failed);
    let failed: Vec<&str> = failed.map(|field| field.name.as_str()).collect();
    if !failed.is_empty() {
        schema.push("if", field_is("status", "failed"));
        schema.push("then", Json::object([("required", strings(failed))]));
    }
}

/// A reserved name is no field: closed to SDKs, ignored by consumers.
fn in_use(field: &Field) -> bool {
    field.presence != Presence::Reserved
}

fn constant(event: &str, field: &Field) -> Json {
    Json::object([
        ("const", event.into()),
        ("description", field.meaning.as_str().into()),
    ])
}

fn value_of(field: &Field) -> Json {
    let declared = reference(&field.type_name);
    let mut schema = match field.nullable {
        false => declared,
        true => {
            let null = Json::object([("type", "null".into())]);
            Json::object([("anyOf", Json::Array(vec![declared, null]))])
        }
    };
    schema.push("description", field.meaning.as_str());
    if field.presence == Presence::Deprecated {
        schema.push("deprecated", true);
    }
    schema
}

fn type_keyword(base: Base) -> Option<&'static str> {
    match base {
        Base::String => Some("string"),
        Base::Number => Some("number"),
        Base::Integer => Some("integer"),
        Base::Object => Some("object"),
        Base::Any => None,
    }
}

fn reference(name: &str) -> Json {
    Json::object([("$ref", format!("#/$defs/{name}").into())])
}

fn strings<'a>(words: impl IntoIterator<Item = &'a str>) -> Json {
    words.into_iter().map(Json::from).collect()
}

//! The Rust types mean what the contract's schemas say, field by field.
//!
//! The types are the accept reading, so that is the schema they are compared
//! with; the words that an SDK may send in an open field (`type.kind`,
//! `type.level`) stand in the emit schema only.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use hero_span_protocol::{
    ACCEPT_SCHEMA, EMIT_SCHEMA, SpanEnd, SpanLog, SpanStart, SpanTag, TimeMs,
};
use schemars::schema_for;
use serde_json::{Map, Value, json};

/// What a field is allowed to be.
#[derive(Debug, Default, Clone, PartialEq)]
struct Meaning {
    is_required: bool,
    types: BTreeSet<String>,
    /// The only words it may be.
    closed_words: Option<BTreeSet<String>>,
    /// The words that have a meaning.
    known_words: BTreeSet<String>,
    pattern: Option<Value>,
    forbidden: Option<Value>,
    minimum: Option<Value>,
    maximum: Option<Value>,
}

/// Fields by path: `seq`, `producer.id`, `truncated.*`.
type Meanings = BTreeMap<String, Meaning>;

/// A schema document, to follow references in.
struct Document<'d>(&'d Value);

impl Document<'_> {
    fn object(&self, schema: &Value, path: &str, meanings: &mut Meanings) {
        let required = strings(schema.get("required"));
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.unwrap_or(&Map::new()) {
            // The type is a constant of each event, no field of a Rust type.
            if path.is_empty() && name == "type" {
                continue;
            }
            let is_required = required.contains(name);
            self.field(property, &format!("{path}{name}"), is_required, meanings);
        }
        if let Some(others) = schema.get("additionalProperties").filter(|o| *o != false) {
            self.field(others, &format!("{path}*"), false, meanings);
        }
    }

    fn field(&self, schema: &Value, path: &str, is_required: bool, meanings: &mut Meanings) {
        let schema = self.resolve(schema);
        let meaning = Meaning {
            is_required,
            ..self.meaning(schema)
        };
        meanings.insert(path.to_owned(), meaning);
        self.object(schema, &format!("{path}."), meanings);
    }

    fn resolve<'v>(&'v self, schema: &'v Value) -> &'v Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a local reference");
                self.0
                    .pointer(pointer)
                    .expect("a reference that leads somewhere")
            }
            None => schema,
        }
    }

    fn meaning(&self, schema: &Value) -> Meaning {
        let schema = self.resolve(schema);
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let branches = branches.iter().map(|branch| self.meaning(branch));
            return branches.reduce(either).unwrap_or_default();
        }
        let words = schema.get("enum").map(|words| strings(Some(words)));
        Meaning {
            is_required: false,
            types: types(schema),
            known_words: words.clone().unwrap_or_default(),
            closed_words: words,
            pattern: schema.get("pattern").cloned(),
            forbidden: schema.pointer("/not/const").cloned(),
            minimum: schema.get("minimum").cloned(),
            maximum: schema.get("maximum").cloned(),
        }
    }
}

/// No type at all means any.
fn types(schema: &Value) -> BTreeSet<String> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(several) => strings(Some(several)),
        None => BTreeSet::from(["any".to_owned()]),
    }
}

fn strings(list: Option<&Value>) -> BTreeSet<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is allowed by either of two branches: `null` beside a type, or known
/// words beside any string.
fn either(a: Meaning, b: Meaning) -> Meaning {
    let overlap = !a.types.is_disjoint(&b.types);
    let (pattern, forbidden) = (a.pattern.or(b.pattern), a.forbidden.or(b.forbidden));
    Meaning {
        is_required: false,
        types: a.types.union(&b.types).cloned().collect(),
        known_words: a.known_words.union(&b.known_words).cloned().collect(),
        closed_words: if overlap {
            None
        } else {
            a.closed_words.or(b.closed_words)
        },
        pattern,
        forbidden,
        minimum: a.minimum.or(b.minimum),
        maximum: a.maximum.or(b.maximum),
    }
}

/// An event of the contract: as the accept schema has it, with the words that
/// the emit schema allows.
fn contract(event: &str, accept: &Value, emit: &Value) -> Meanings {
    let mut meanings = of_event(event, accept);
    for (path, sent) in of_event(event, emit) {
        if let Some(meaning) = meanings.get_mut(&path) {
            meaning.known_words = sent.known_words;
        }
    }
    meanings
}

fn of_event(event: &str, schema: &Value) -> Meanings {
    let mut meanings = Meanings::new();
    let definition = schema.pointer(&format!("/$defs/{event}"));
    Document(schema).object(definition.unwrap_or(&Value::Null), "", &mut meanings);
    meanings
}

fn of_type(schema: &schemars::Schema) -> Meanings {
    let mut meanings = Meanings::new();
    Document(schema.as_value()).object(schema.as_value(), "", &mut meanings);
    meanings
}

/// One line for each field that the two sides do not agree on.
fn differences(event: &str, rust: &Meanings, contract: &Meanings) -> Vec<String> {
    let paths: BTreeSet<_> = rust.keys().chain(contract.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let difference = match (rust.get(path), contract.get(path)) {
                (Some(rust), Some(contract)) => difference(rust, contract)?,
                (Some(_), None) => "in the Rust type, not in the contract".to_owned(),
                (None, _) => "in the contract, not in the Rust type".to_owned(),
            };
            Some(format!("{event}.{path}: {difference}"))
        })
        .collect()
}

type Aspect = fn(&Meaning) -> String;

fn difference(rust: &Meaning, contract: &Meaning) -> Option<String> {
    let aspects: [(&str, Aspect); 8] = [
        ("required", |m| m.is_required.to_string()),
        ("type", |m| format!("{:?}", m.types)),
        ("only words", |m| format!("{:?}", m.closed_words)),
        ("known words", |m| format!("{:?}", m.known_words)),
        ("pattern", |m| format!("{:?}", m.pattern)),
        ("forbidden", |m| format!("{:?}", m.forbidden)),
        ("minimum", |m| format!("{:?}", m.minimum)),
        ("maximum", |m| format!("{:?}", m.maximum)),
    ];
    let found: Vec<_> = aspects
        .into_iter()
        .map(|(name, of)| (name, of(rust), of(contract)))
        .filter(|(_, rust, contract)| rust != contract)
        .map(|(name, rust, contract)| format!("{name}: {rust} in Rust, {contract} in the contract"))
        .collect();
    (!found.is_empty()).then(|| found.join("; "))
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("a schema")
}

/// The four events as Rust types.
fn rust_types() -> BTreeMap<&'static str, Meanings> {
    BTreeMap::from([
        (SpanStart::TYPE, of_type(&schema_for!(SpanStart<'_>))),
        (SpanTag::TYPE, of_type(&schema_for!(SpanTag<'_>))),
        (SpanLog::TYPE, of_type(&schema_for!(SpanLog<'_>))),
        (SpanEnd::TYPE, of_type(&schema_for!(SpanEnd<'_>))),
    ])
}

fn all_differences(accept: &Value, emit: &Value) -> Vec<String> {
    rust_types()
        .iter()
        .flat_map(|(event, rust)| differences(event, rust, &contract(event, accept, emit)))
        .collect()
}

#[test]
fn rust_types_and_contract_mean_the_same() {
    let differences = all_differences(&schema(ACCEPT_SCHEMA), &schema(EMIT_SCHEMA));
    assert!(
        differences.is_empty(),
        "the types in src/event.rs differ from the contract (cargo xtask spec):\n{}",
        differences.join("\n")
    );
}

#[test]
fn events_are_those_of_the_contract() {
    let emit = schema(EMIT_SCHEMA);
    let contract = strings(emit.pointer("/properties/type/enum"));
    let rust: BTreeSet<_> = rust_types().into_keys().map(str::to_owned).collect();
    assert_eq!(rust, contract);
}

#[test]
fn latest_time_is_that_of_the_contract() {
    let emit = schema(EMIT_SCHEMA);
    let maximum = emit.pointer("/$defs/time/maximum").and_then(Value::as_f64);
    assert_eq!(Some(TimeMs::MAX_SENT), maximum);
}

/// Changes a copy of the accept schema and expects what is said of it.
fn check_change(change: impl FnOnce(&mut Value), expected: &str) {
    let mut accept = schema(ACCEPT_SCHEMA);
    change(&mut accept);
    assert_ne!(accept, schema(ACCEPT_SCHEMA), "the change changed nothing");
    let differences = all_differences(&accept, &schema(EMIT_SCHEMA));
    assert_eq!(differences.join("\n"), expected);
}

fn fields<'v>(schema: &'v mut Value, definition: &str) -> &'v mut Map<String, Value> {
    schema
        .pointer_mut(&format!("/$defs/{definition}/properties"))
        .and_then(Value::as_object_mut)
        .expect("fields")
}

#[test]
fn renamed_field_is_named() {
    check_change(
        |accept| {
            let fields = fields(accept, "span_end");
            let field = fields.remove("error_type").expect("a field");
            fields.insert("error_class".to_owned(), field);
        },
        "span_end.error_class: in the contract, not in the Rust type\n\
         span_end.error_type: in the Rust type, not in the contract",
    );
}

#[test]
fn renamed_field_of_the_producer_is_named() {
    check_change(
        |accept| {
            let fields = fields(accept, "producer");
            let field = fields.remove("pid").expect("a field");
            fields.insert("process".to_owned(), field);
        },
        &["span_end", "span_log", "span_start", "span_tag"]
            .map(|event| {
                format!(
                    "{event}.producer.pid: in the Rust type, not in the contract\n\
                     {event}.producer.process: in the contract, not in the Rust type"
                )
            })
            .join("\n"),
    );
}

#[test]
fn other_type_is_named() {
    check_change(
        |accept| {
            fields(accept, "span_log").insert("level".to_owned(), json!({ "type": "integer" }));
        },
        "span_log.level: type: {\"string\"} in Rust, {\"integer\"} in the contract",
    );
}

#[test]
fn null_is_named() {
    check_change(
        |accept| {
            let nullable = json!({ "anyOf": [{ "$ref": "#/$defs/text" }, { "type": "null" }] });
            fields(accept, "span_log").insert("message".to_owned(), nullable);
        },
        "span_log.message: type: {\"string\"} in Rust, {\"null\", \"string\"} in the contract",
    );
}

#[test]
fn required_field_is_named() {
    check_change(
        |accept| accept["$defs"]["span_tag"]["required"] = json!(["type", "span_id", "ts_ms"]),
        "span_tag.key: required: true in Rust, false in the contract\n\
         span_tag.value: required: true in Rust, false in the contract",
    );
}

#[test]
fn other_word_is_named() {
    check_change(
        |accept| accept["$defs"]["status"]["enum"] = json!(["ok", "failed", "stopped"]),
        "span_end.status: only words: Some({\"cancelled\", \"failed\", \"ok\"}) in Rust, \
         Some({\"failed\", \"ok\", \"stopped\"}) in the contract",
    );
}

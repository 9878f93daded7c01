//! The Rust half of the contract: clauses, limits and names as constants.
//!
//! The text is formatted as rustfmt would, which a test holds.

use hero_span_contract::model::{Contract, Limit, Requirement};

use super::GENERATED;

const WIDTH: usize = 100;

/// The text of `generated.rs`.
pub(super) fn source(contract: &Contract) -> String {
    let (protocol, version) = (contract.protocol, contract.version());
    let parts = [
        format!("// {GENERATED}\n\nuse super::Requirement::{{self, Must, Should}};\n"),
        format!("/// The protocol's number.\npub const PROTOCOL: u64 = {protocol};\n"),
        documents(&version),
        clause_enum(contract),
        clause_list(contract),
        clause_rows(contract),
        limits(contract),
        environment(contract),
    ];
    parts.join("\n")
}

fn documents(version: &str) -> String {
    let documents = [
        (
            "CONTRACT_JSON",
            "contract.json",
            "The contract as JSON, for [`Contract`](super::Contract).",
        ),
        (
            "EMIT_SCHEMA",
            "emit.schema.json",
            "The JSON Schema of what an SDK may send: closed.",
        ),
        (
            "ACCEPT_SCHEMA",
            "accept.schema.json",
            "The JSON Schema of what a consumer must take: open.",
        ),
    ];
    let constants = documents.map(|(name, file, about)| {
        let path = format!("../../../../spec/{version}/{file}");
        format!("/// {about}\npub const {name}: &str = include_str!(\"{path}\");\n")
    });
    constants.join("\n")
}

fn clause_enum(contract: &Contract) -> String {
    let mut text = String::from(
        "/// The clauses of the contract, in its order.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]\n\
         pub enum Clause {\n",
    );
    for clause in contract.clauses() {
        text += &doc(&clause.id, &clause.text);
        text += &format!("    {},\n", variant(&clause.id));
    }
    text + "}\n"
}

fn clause_list(contract: &Contract) -> String {
    let mut text = String::from(
        "impl Clause {\n    /// Every clause, in the order of the contract.\n    \
         pub const ALL: &'static [Self] = &[\n",
    );
    for clause in contract.clauses() {
        text += &format!("        Self::{},\n", variant(&clause.id));
    }
    text + "    ];\n}\n"
}

fn clause_rows(contract: &Contract) -> String {
    let count = contract.clauses().count();
    let mut text = format!(
        "/// Id, requirement and text of each clause, in the order of [`Clause::ALL`].\n\
         #[rustfmt::skip]\n\
         pub(super) const ROWS: [(&str, Requirement, &str); {count}] = [\n",
    );
    for clause in contract.clauses() {
        let requirement = match clause.requirement {
            Requirement::Must => "Must",
            Requirement::Should => "Should",
        };
        text += &format!("    ({:?}, {requirement}, {:?}),\n", clause.id, clause.text);
    }
    text + "];\n"
}

fn limits(contract: &Contract) -> String {
    let constants = contract.limits.iter().map(|limit| {
        let text = contract
            .clause(&limit.clause)
            .map_or("", |clause| &clause.text);
        let value = grouped(limit.value);
        let declaration = format!("pub const {}: {} = {value};", limit.name, limit_type(limit));
        format!("{}    {declaration}\n", doc(&limit.clause, text))
    });
    let constants: Vec<String> = constants.collect();
    format!(
        "/// The limits. Sizes are bytes of UTF-8, before JSON escaping (`value.bytes`).\n\
         pub mod limit {{\n{}}}\n",
        constants.join("\n")
    )
}

/// Sizes and counts are `usize`; what a number or a clock is held against is `u64`.
fn limit_type(limit: &Limit) -> &'static str {
    if limit.name.ends_with("_MAX") || limit.name.ends_with("_MS") {
        "u64"
    } else {
        "usize"
    }
}

fn environment(contract: &Contract) -> String {
    let constants = contract.environment.iter().map(|variable| {
        let text = contract
            .clause(&variable.clause)
            .map_or("", |clause| &clause.text);
        let name = constant(&variable.clause);
        let declaration = format!("pub const {name}: &str = {:?};", variable.name);
        format!("{}    {declaration}\n", doc(&variable.clause, text))
    });
    let constants: Vec<String> = constants.collect();
    format!(
        "/// The environment variables that an SDK reads.\npub mod env {{\n{}}}\n",
        constants.join("\n")
    )
}

/// A doc comment, indented once: the clause's id and its first sentence.
fn doc(id: &str, text: &str) -> String {
    let sentence = escaped(first_sentence(text));
    wrapped("    ///", &format!("`{id}`: {sentence}"))
}

/// A text without what rustdoc would take for a link or a tag.
pub(super) fn escaped(text: &str) -> String {
    text.replace('[', "\\[").replace('<', "\\<")
}

/// A comment whose lines begin so.
pub(super) fn wrapped(start: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = start.to_owned();
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += &line;
            lines.push('\n');
            line = start.to_owned();
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

pub(super) fn first_sentence(text: &str) -> &str {
    let mut ends = text.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends.find(|end| text[end + 1..].starts_with(|c: char| c.is_uppercase()));
    end.map_or(text, |end| &text[..end])
}

/// `rule.start-first` as `RuleStartFirst`.
fn variant(id: &str) -> String {
    let capitalised = id.split(['.', '-', '_']).map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    capitalised.collect()
}

/// `env.socket` as `SOCKET`.
pub(super) fn constant(id: &str) -> String {
    let name = id.split_once('.').map_or(id, |(_, name)| name);
    name.replace('-', "_").to_uppercase()
}

/// `32768` as `32_768`.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

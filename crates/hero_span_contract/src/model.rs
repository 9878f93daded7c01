//! The contract as data: the shape of `spec/v1/contract.json`.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The whole wire contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// The protocol's number: what the wire says.
    pub protocol: u64,
    /// How often the contract was released under that number before.
    #[serde(default)]
    pub revision: u64,
    /// Every clause, by section, in the order of the docstring.
    pub sections: Vec<Section>,
    /// The environment variables that an SDK reads.
    pub environment: Vec<Variable>,
    /// What a field's value may be, by name.
    pub types: Vec<Type>,
    /// The fields that every event has, `type` among them.
    pub common_fields: Vec<Field>,
    /// The events, each with the fields of its own.
    pub events: Vec<EventType>,
    /// The named numbers.
    pub limits: Vec<Limit>,
    /// What a language may lack.
    #[serde(default)]
    pub features: Vec<Feature>,
}

impl Contract {
    /// Such as `v1`, or `v1.2` for a revision.
    pub fn version(&self) -> String {
        match self.revision {
            0 => format!("v{}", self.protocol),
            revision => format!("v{}.{revision}", self.protocol),
        }
    }

    /// Such as `1`, or `1.2` for a revision: as the heading says it.
    pub fn numbers(&self) -> String {
        self.version().split_off(1)
    }

    /// Every clause, in order.
    pub fn clauses(&self) -> impl Iterator<Item = &ClauseText> {
        self.sections.iter().flat_map(|section| &section.clauses)
    }

    /// The clause of that id.
    pub fn clause(&self, id: &str) -> Option<&ClauseText> {
        self.clauses().find(|clause| clause.id == id)
    }

    /// The value of that limit.
    pub fn limit(&self, name: &str) -> Option<u64> {
        let limit = self.limits.iter().find(|limit| limit.name == name)?;
        Some(limit.value)
    }

    /// The type of that name.
    pub fn type_named(&self, name: &str) -> Option<&Type> {
        self.types.iter().find(|declared| declared.name == name)
    }

    /// Every field of one event: the common ones, then its own.
    pub fn fields_of<'a>(&'a self, event: &'a EventType) -> impl Iterator<Item = &'a Field> {
        self.common_fields.iter().chain(&event.fields)
    }

    /// The number that a bound stands for. Whoever read the contract looked its limits up.
    pub fn number(&self, bound: &Bound) -> Number {
        match bound {
            Bound::Number(number) => number.clone(),
            Bound::Limit(name) => Number::from(self.limit(name).unwrap_or_default()),
        }
    }
}

/// Clauses on one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The heading, such as `Stream rules`.
    pub title: String,
    /// The first part of its clauses' ids, such as `rule`.
    pub area: String,
    /// What is said before the first clause: paragraphs, an empty line between.
    pub intro: String,
    /// Its clauses, in order.
    pub clauses: Vec<ClauseText>,
}

/// One clause: something that holds, under a stable id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseText {
    /// Such as `value.cut`.
    pub id: String,
    /// How binding it is.
    pub requirement: Requirement,
    /// What it says: paragraphs, an empty line between.
    pub text: String,
}

/// How binding a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Requirement {
    /// Who breaks it does not conform.
    Must,
    /// Who breaks it has a good reason.
    Should,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// The clause that declares it.
    pub clause: String,
    /// Such as `HERO_FLOW_SPAN_SOCK`.
    pub name: String,
}

/// What a field's value may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Type {
    /// The clause that declares it.
    pub clause: String,
    /// Such as `id`.
    pub name: String,
    /// Which JSON values it is made of.
    pub base: Base,
    /// For an object without fields of its own: what its members are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Entries>,
    /// What holds for SDKs and consumers alike.
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    pub rules: Rules,
    /// What an SDK keeps to besides; a consumer takes more.
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    pub sent: Rules,
    /// What a consumer reads any other string as.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "else")]
    pub otherwise: Option<String>,
    /// For an object with fields of its own: those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A kind of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// A string.
    String,
    /// A number.
    Number,
    /// A number without a fraction.
    Integer,
    /// Any value.
    Any,
    /// An object.
    Object,
}

/// The members of an object that names none itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// The type of its keys, or `string`.
    pub keys: String,
    /// The type of its values.
    pub values: String,
}

/// What narrows a kind of value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// A regular expression that a string matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The one string that it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
    /// What a number counts, such as `ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The strings that it may be, if it is one of a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Bound>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Bound>,
    /// How many decimals a number has at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u64>,
    /// How many bytes of UTF-8 it has, before JSON escaping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Range>,
    /// How many members an object has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Range>,
}

impl Rules {
    /// Whether they narrow nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What an SDK keeps to: these, and in their place what binds SDKs alone.
    pub fn merged(&self, sent: &Self) -> Self {
        let one_of = match sent.one_of.is_empty() {
            true => &self.one_of,
            false => &sent.one_of,
        };
        Self {
            pattern: sent.pattern.clone().or(self.pattern.clone()),
            not: sent.not.clone().or(self.not.clone()),
            unit: self.unit.clone(),
            one_of: one_of.clone(),
            minimum: sent.minimum.clone().or(self.minimum.clone()),
            maximum: sent.maximum.clone().or(self.maximum.clone()),
            decimals: sent.decimals.or(self.decimals),
            bytes: sent.bytes.clone().or(self.bytes.clone()),
            members: sent.members.clone().or(self.members.clone()),
        }
    }
}

/// From one number to another, both included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The least.
    pub from: Bound,
    /// The greatest.
    pub to: Bound,
}

/// A number, given as such or as a limit's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// The number itself.
    Number(Number),
    /// The name of a limit, such as `NAME_BYTES`.
    Limit(String),
}

/// One member of an event, or of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its key.
    pub name: String,
    /// The name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether it may be null instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// When it is there.
    pub presence: Presence,
    /// What it says.
    pub meaning: String,
}

/// When a field is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// A consumer rejects a line without it.
    Required,
    /// An SDK always sends it, a consumer does without.
    Expected,
    /// An SDK may leave it out.
    Optional,
    /// Expected on the first event of a connection, absent from all others.
    First,
    /// Expected when status is failed, optional otherwise.
    Failed,
    /// An SDK stops sending it; a consumer still takes it.
    Deprecated,
    /// It was removed, and its name stays free: no SDK sends it, a consumer ignores it.
    Reserved,
}

/// One of the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventType {
    /// The clause that declares it.
    pub clause: String,
    /// The value of its field `type`, such as `span_start`.
    pub name: String,
    /// The fields that it has besides the common ones.
    pub fields: Vec<Field>,
}

/// A named number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The clause that declares it.
    pub clause: String,
    /// Such as `LINE_BYTES`.
    pub name: String,
    /// In the unit that the clause names.
    pub value: u64,
}

/// What an SDK may be unable to do because its language is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// The clause that declares it.
    pub clause: String,
    /// Such as `fork`.
    pub name: String,
}

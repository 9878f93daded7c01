//! One direction: what SDKs of one contract send, and what collectors of the other make of it.

use std::collections::BTreeMap;

use hero_span_contract::model::Contract;
use hero_span_contract::{Reading, schema};
use jsonschema::Validator;
use serde_json::Value;

use crate::error::Error;
use crate::faults::{Fault, Judge};
use crate::lines::{Said, lines, said};

/// A contract with its two schemas, and whether this program's parser reads it.
pub(crate) struct Party<'a> {
    pub(crate) contract: &'a Contract,
    /// What messages call it, such as `old`.
    pub(crate) name: &'static str,
    pub(crate) is_present: bool,
    emit: Validator,
    accept: Validator,
}

impl<'a> Party<'a> {
    pub(crate) fn new(
        contract: &'a Contract,
        name: &'static str,
        is_present: bool,
    ) -> Result<Self, Error> {
        let compile = |reading| {
            let schema = serde_json::to_value(schema(contract, &[], reading));
            let schema = schema.map_err(|cause| Error::schema(&cause))?;
            jsonschema::draft202012::new(&schema).map_err(|cause| Error::schema(&cause))
        };
        Ok(Self {
            contract,
            name,
            is_present,
            emit: compile(Reading::Emit)?,
            accept: compile(Reading::Accept)?,
        })
    }

    /// What the schema of that reading says against a line; `None` if nothing.
    pub(crate) fn schema_says(&self, reading: Reading, line: &Value) -> Option<String> {
        let schema = match reading {
            Reading::Emit => &self.emit,
            Reading::Accept => &self.accept,
        };
        let error = schema.iter_errors(line).next()?;
        Some(format!("{}: {error}", error.instance_path()))
    }
}

/// A line, and what becomes of it.
pub(crate) struct Sent {
    pub(crate) line: Value,
    /// Why a consumer rejects it.
    pub(crate) refused: Vec<Fault>,
    /// Why a judge of SDKs finds it in breach.
    pub(crate) flagged: Vec<Fault>,
    /// What it means to those who sent it.
    pub(crate) meant: BTreeMap<String, Said>,
    /// What a consumer reads; `None` where it skips the line.
    pub(crate) read: Option<BTreeMap<String, Said>>,
}

impl Sent {
    pub(crate) fn event(&self) -> &str {
        self.line["type"].as_str().unwrap_or_default()
    }
}

/// Who sends, who reads, and every kind of line between them, smallest first.
pub(crate) struct Side<'a> {
    pub(crate) sender: &'a Party<'a>,
    pub(crate) reader: &'a Party<'a>,
    pub(crate) lines: Vec<Sent>,
}

impl<'a> Side<'a> {
    pub(crate) fn new(sender: &'a Party<'a>, reader: &'a Party<'a>) -> Self {
        let lines = lines(sender.contract, reader.contract);
        let [accept, emit] =
            [Reading::Accept, Reading::Emit].map(|reading| Judge::new(reader.contract, reading));
        let judged = lines.into_iter().map(|line| Sent {
            refused: accept.line(&line),
            flagged: emit.line(&line),
            meant: said(sender.contract, &line).unwrap_or_default(),
            read: said(reader.contract, &line),
            line,
        });
        let lines = judged.collect();
        Self {
            sender,
            reader,
            lines,
        }
    }
}

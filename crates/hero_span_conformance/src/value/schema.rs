//! The JSON Schemas of values. Places where the types say only `Value` are
//! narrowed here to what they mean.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{RECIPE_MARK, Recipe, Value};

/// Stands for a [`Value`] that is a text: a string, or the recipe of one.
pub(crate) struct Text;

/// Stands for a [`Value`] that is an object with string keys.
pub(crate) struct Members;

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<Self>();
        let recipe = generator.subschema_for::<Recipe>();
        json_schema!({
            "description": "Any JSON value; an object with the member `gen` is a recipe.",
            "items": value,
            "if": { "type": "object", "required": [RECIPE_MARK] },
            "then": recipe,
            "else": { "additionalProperties": value },
        })
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let recipe = generator.subschema_for::<Recipe>();
        json_schema!({
            "description": "A string, or the recipe of one.",
            "type": ["string", "object"],
            "if": { "type": "object" },
            "then": {
                "allOf": [recipe],
                "properties": { RECIPE_MARK: { "enum": ["text", "join", "surrogate"] } },
            },
        })
    }
}

impl JsonSchema for Members {
    fn schema_name() -> Cow<'static, str> {
        "Members".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        let value = generator.subschema_for::<Value>();
        json_schema!({
            "description": "An object with string keys, or the recipe of one.",
            "type": "object",
            "allOf": [value],
            "if": { "required": [RECIPE_MARK] },
            "then": {
                "properties": {
                    RECIPE_MARK: { "enum": ["members", "map"] },
                    "pairs": { "items": { "prefixItems": [text] } },
                },
            },
        })
    }
}

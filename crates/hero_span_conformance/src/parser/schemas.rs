//! The JSON Schemas of vectors and of the parser adapter's dialogue.

use schemars::{Schema, schema_for};

use super::dialogue::{Answer, Command};
use crate::vectors::VectorFile;

/// Each schema, by the name of its file in `conformance/`.
pub fn schemas() -> [(&'static str, Schema); 3] {
    [
        ("parser-answer.schema.json", schema_for!(Answer)),
        ("parser-command.schema.json", schema_for!(Command)),
        ("vector.schema.json", schema_for!(VectorFile)),
    ]
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;
    use crate::embedded::files;

    #[test]
    fn files_are_up_to_date() {
        for (name, schema) in schemas() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../conformance")
                .join(name);
            let text = format!("{:#}\n", schema.as_value());
            if env::var_os("UPDATE_SCHEMAS").is_some() {
                fs::write(&file, &text).unwrap();
            }
            let found = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                found == text,
                "{name} is out of date; run with UPDATE_SCHEMAS=1"
            );
        }
    }

    #[test]
    fn vectors_keep_their_schema() {
        let [.., (_, schema)] = schemas();
        let schema = jsonschema::validator_for(schema.as_value()).unwrap();
        for file in files("vectors") {
            let value = serde_json::from_str(file.text).unwrap();
            let error = schema.validate(&value).err().map(|error| error.to_string());
            assert_eq!(error, None, "{}", file.path);
        }
    }
}

//! The flows of a file, as its module tells them, and what they take.

use std::fmt;

use jsonschema::error::ValidationErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What JSON's readers agree on.
const INTEGER: &str = "an integer of at most 64 bits";

/// A flow that a file defines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowInfo {
    /// What it is called: its root span's name.
    pub name: String,
    /// What it does, in its author's words; may be empty.
    pub description: String,
    /// What it takes, in order: each with `name`, `type`, `required` and, if it
    /// has one, `default`, as the SDK tells them.
    pub inputs: Vec<Map<String, Value>>,
    /// The global that holds it.
    pub attribute: String,
    /// Where in the file it begins.
    pub line: u64,
    /// Whether it runs in an event loop.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Whether it takes inputs of any other name too.
    pub open_inputs: bool,
}

/// What a flow is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Values by name.
    pub values: Map<String, Value>,
    /// Texts by name, which the flow's types turn into values; they come after
    /// `values`.
    #[serde(default)]
    pub texts: Vec<(String, String)>,
}

/// What is wrong with one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFault {
    name: String,
    expected: String,
    found: String,
}

impl fmt::Display for InputFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            expected,
            found,
        } = self;
        write!(f, "input {name:?}: expected {expected}, found {found}")
    }
}

impl FlowInfo {
    /// What it takes, as a JSON Schema of an object.
    pub fn schema(&self) -> Value {
        let properties: Map<_, _> = self.inputs.iter().filter_map(property).collect();
        let required = self.inputs.iter().filter(|input| is_required(input));
        let required: Vec<_> = required.filter_map(|input| input.get("name")).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.description,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": self.open_inputs,
        })
    }

    /// The values that it is called with, or everything that is wrong with
    /// them.
    ///
    /// # Errors
    ///
    /// A text that makes no value of its input's type; a value that the schema
    /// does not allow; one that is missing or that nobody takes.
    pub fn accept(&self, input: &Input) -> Result<Map<String, Value>, Vec<InputFault>> {
        let mut faults = Vec::new();
        let mut values = input.values.clone();
        for (name, text) in &input.texts {
            match self.read(name, text) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(fault) => faults.push(fault),
            }
        }
        for (name, value) in &mut values {
            match self.whole(name, value) {
                Ok(Some(whole)) => *value = whole,
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        let told = |name: &String| faults.iter().any(|fault| fault.name == *name);
        let more = self.faults(&values);
        let more: Vec<_> = more.into_iter().filter(|f| !told(&f.name)).collect();
        faults.extend(more);
        if faults.is_empty() {
            Ok(values)
        } else {
            Err(faults)
        }
    }

    /// A text as a value of the input's type.
    fn read(&self, name: &str, text: &str) -> Result<Value, InputFault> {
        let kind = self.kind(name);
        let parsed = serde_json::from_str(text);
        match (kind, parsed) {
            ("string", _) => Ok(text.into()),
            // Read as a float, it would be another number.
            ("any", Ok(Value::Number(number))) if number.is_f64() && is_integer(text) => {
                Err(InputFault {
                    name: name.to_owned(),
                    expected: INTEGER.to_owned(),
                    found: shown(text),
                })
            }
            ("any", parsed) => Ok(parsed.unwrap_or_else(|_| text.into())),
            (_, Ok(value)) => Ok(value),
            (kind, Err(_)) => Err(InputFault {
                name: name.to_owned(),
                expected: article(kind),
                found: format!("the text {text:?}"),
            }),
        }
    }

    /// A number without a fraction as the integer that it is, where one is
    /// taken: the flow would get a float. One that was too large to be read as an
    /// integer is not that number any more.
    fn whole(&self, name: &str, value: &Value) -> Result<Option<Value>, InputFault> {
        let number = value.as_f64().filter(|_| value.is_f64());
        let number = number.filter(|number| number.fract() == 0.0);
        let Some(number) = number.filter(|_| self.kind(name) == "integer") else {
            return Ok(None);
        };
        integer(number).map(Some).ok_or_else(|| InputFault {
            name: name.to_owned(),
            expected: INTEGER.to_owned(),
            found: format!("about {number:e}"),
        })
    }

    fn kind(&self, name: &str) -> &str {
        let input = self.inputs.iter().find(|input| is_called(input, name));
        let kind = input.and_then(|input| input.get("type"));
        kind.and_then(Value::as_str).unwrap_or("any")
    }

    fn faults(&self, values: &Map<String, Value>) -> Vec<InputFault> {
        let values = Value::Object(values.clone());
        let validator = match jsonschema::validator_for(&self.schema()) {
            Ok(validator) => validator,
            Err(error) => {
                return vec![InputFault {
                    name: self.name.clone(),
                    expected: "inputs that a JSON Schema can say".to_owned(),
                    found: error.to_string(),
                }];
            }
        };
        let errors = validator.iter_errors(&values);
        errors.flat_map(|error| self.told(&error)).collect()
    }

    fn told(&self, error: &jsonschema::ValidationError<'_>) -> Vec<InputFault> {
        let fault = |name: &str, expected: String, found: &str| InputFault {
            name: name.to_owned(),
            expected,
            found: found.to_owned(),
        };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                vec![fault(name, article(self.kind(name)), "none")]
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let told = unexpected.iter();
                told.map(|name| fault(name, self.takes(), "one that it does not take"))
                    .collect()
            }
            _ => {
                let path = error.instance_path().to_string();
                let name = path.trim_start_matches('/');
                let top = name.split('/').next().unwrap_or_default();
                let expected = match error.kind() {
                    ValidationErrorKind::Type { .. } => article(self.kind(top)),
                    _ => format!("what its schema allows ({error})"),
                };
                vec![fault(name, expected, &shown(&error.instance().to_string()))]
            }
        }
    }

    fn takes(&self) -> String {
        let names = self.inputs.iter().filter_map(|input| input.get("name"));
        let names: Vec<_> = names.map(Value::to_string).collect();
        match &names[..] {
            [] => "no input".to_owned(),
            [one] => one.clone(),
            [..] => format!("one of {}", names.join(", ")),
        }
    }
}

/// The integer that a number without a fraction is, if 64 bits hold it.
fn integer(number: f64) -> Option<Value> {
    // What is read as a float at this limit was beyond it.
    const LEAST: f64 = i64::MIN as f64;
    if number < 0.0 {
        return (number > LEAST).then_some(number as i64).map(Value::from);
    }
    (number < -2.0 * LEAST)
        .then_some(number as u64)
        .map(Value::from)
}

fn is_integer(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_digit())
}

fn is_called(input: &Map<String, Value>, name: &str) -> bool {
    input.get("name").and_then(Value::as_str) == Some(name)
}

fn is_required(input: &Map<String, Value>) -> bool {
    input.get("required") == Some(&Value::Bool(true))
}

/// What a schema says of an input: all but what is said elsewhere.
fn property(input: &Map<String, Value>) -> Option<(String, Value)> {
    let name = input.get("name")?.as_str()?.to_owned();
    let mut property = input.clone();
    property.remove("name");
    property.remove("required");
    if property.get("type") == Some(&"any".into()) {
        property.remove("type");
    }
    Some((name, Value::Object(property)))
}

fn article(kind: &str) -> String {
    match kind {
        "any" => "a value".to_owned(),
        "null" => "null".to_owned(),
        "array" | "integer" | "object" => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

/// Cut to what a line of a terminal can show.
fn shown(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(inputs: Value) -> FlowInfo {
        FlowInfo {
            name: "nightly".to_owned(),
            description: "Loads a day.".to_owned(),
            inputs: serde_json::from_value(inputs).expect("inputs"),
            attribute: "nightly".to_owned(),
            line: 3,
            is_async: false,
            open_inputs: false,
        }
    }

    fn day_and_size() -> FlowInfo {
        flow(json!([
            {"name": "day", "type": "string", "required": true},
            {"name": "size", "type": "integer", "required": false, "default": 3, "minimum": 1},
            {"name": "deep", "type": "any", "required": false, "default": null},
        ]))
    }

    /// What the flow is called with, or what is wrong, a line each.
    fn accepted(flow: &FlowInfo, values: Value, texts: &[&str]) -> String {
        let texts = texts.iter().map(|text| {
            let (name, value) = text.split_once('=').expect("NAME=VALUE");
            (name.to_owned(), value.to_owned())
        });
        let input = Input {
            values: serde_json::from_value(values).expect("an object"),
            texts: texts.collect(),
        };
        match flow.accept(&input) {
            Ok(values) => Value::Object(values).to_string(),
            Err(faults) => {
                let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
                lines.join("\n")
            }
        }
    }

    #[test]
    fn texts_become_values_of_their_inputs_types() {
        let flow = day_and_size();
        let taken = accepted(&flow, json!({}), &["day=1", "size=1", "deep=[1]"]);
        assert_eq!(taken, r#"{"day":"1","deep":[1],"size":1}"#);
        let taken = accepted(&flow, json!({"day": "x"}), &["day=a=b", "deep=plain"]);
        assert_eq!(taken, r#"{"day":"a=b","deep":"plain"}"#);
    }

    #[test]
    fn an_integer_is_one_that_64_bits_hold() {
        let flow = day_and_size();
        let largest = u64::MAX;
        let taken = accepted(&flow, json!({}), &["day=x", &format!("size={largest}")]);
        assert_eq!(taken, format!(r#"{{"day":"x","size":{largest}}}"#));
        insta::assert_snapshot!(accepted(&flow, json!({}), &["day=x", "size=18446744073709551616"]), @r#"input "size": expected an integer of at most 64 bits, found about 1.8446744073709552e19"#);
        let values = r#"{"day": "x", "size": 18446744073709551616}"#;
        let values = serde_json::from_str(values).expect("JSON");
        insta::assert_snapshot!(accepted(&flow, values, &[]), @r#"input "size": expected an integer of at most 64 bits, found about 1.8446744073709552e19"#);
        insta::assert_snapshot!(accepted(&flow, json!({}), &["day=x", "deep=-9223372036854775809"]), @r#"input "deep": expected an integer of at most 64 bits, found -9223372036854775809"#);
    }

    /// To JSON Schema, a number without a fraction is an integer.
    #[test]
    fn a_whole_number_with_a_point_is_an_integer() {
        let flow = day_and_size();
        let taken = accepted(&flow, json!({}), &["day=x", "size=3.0"]);
        assert_eq!(taken, r#"{"day":"x","size":3}"#);
        let taken = accepted(&flow, json!({"day": "x", "size": 4e0, "deep": 1.0}), &[]);
        assert_eq!(taken, r#"{"day":"x","deep":1.0,"size":4}"#);
        insta::assert_snapshot!(accepted(&flow, json!({}), &["day=x", "size=3.5"]), @r#"input "size": expected an integer, found 3.5"#);
    }

    #[test]
    fn each_wrong_input_is_told() {
        let flow = day_and_size();
        insta::assert_snapshot!(accepted(&flow, json!({"deep": 1}), &["size=many", "dya=x"]), @r#"
        input "size": expected an integer, found the text "many"
        input "dya": expected one of "day", "size", "deep", found one that it does not take
        input "day": expected a string, found none
        "#);
        insta::assert_snapshot!(accepted(&flow, json!({"day": 3, "size": 0}), &[]), @r#"
        input "day": expected a string, found 3
        input "size": expected what its schema allows (0 is less than the minimum of 1), found 0
        "#);
        insta::assert_snapshot!(accepted(&self::flow(json!([])), json!({"x": 1}), &[]), @r#"input "x": expected no input, found one that it does not take"#);
    }

    #[test]
    fn a_flow_may_take_any_name() {
        let open = FlowInfo {
            open_inputs: true,
            ..day_and_size()
        };
        let taken = accepted(&open, json!({}), &["day=x", "more=1"]);
        assert_eq!(taken, r#"{"day":"x","more":1}"#);
    }

    #[test]
    fn inputs_that_make_no_schema_are_told() {
        let odd = flow(json!([{"name": "a", "type": "any", "required": true, "minimum": "x"}]));
        let told = accepted(&odd, json!({"a": 1}), &[]);
        assert!(
            told.starts_with(
                r#"input "nightly": expected inputs that a JSON Schema can say, found "#
            ),
            "{told}"
        );
    }

    #[test]
    fn the_schema_says_it_all() {
        insta::assert_snapshot!(day_and_size().schema(), @r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"description":"Loads a day.","properties":{"day":{"type":"string"},"deep":{"default":null},"size":{"default":3,"minimum":1,"type":"integer"}},"required":["day"],"title":"nightly","type":"object"}"#);
    }
}

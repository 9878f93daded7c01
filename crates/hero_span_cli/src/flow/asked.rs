//! What a person says of a run, on a command line.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hero_span_executor::Input;
use serde_json::{Map, Value};

use crate::error::Error;

/// A flow's file, and which of its flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) file: PathBuf,
    pub(super) flow: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    /// FILE or FILE:FLOW; a file that has a colon in its name comes first.
    fn from_str(text: &str) -> Result<Self, String> {
        let whole = || Self {
            file: text.into(),
            flow: None,
        };
        match text.rsplit_once(':') {
            Some((file, flow)) if !Path::new(text).exists() && !file.is_empty() => {
                if flow.is_empty() {
                    return Err("expected a flow's name behind the colon, found none".to_owned());
                }
                Ok(Self {
                    file: file.into(),
                    flow: Some(flow.to_owned()),
                })
            }
            _ => Ok(whole()),
        }
    }
}

/// A variable to set, or the name of one to inherit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variable {
    Set(OsString, OsString),
    Inherit(OsString),
}

impl Variable {
    /// NAME or NAME=VALUE.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("", _)) | None if text.is_empty() || text.starts_with('=') => {
                Err("expected NAME or NAME=VALUE, found no name".to_owned())
            }
            Some((name, value)) => Ok(Self::Set(name.into(), value.into())),
            None => Ok(Self::Inherit(text.into())),
        }
    }

    pub(super) fn name(&self) -> &OsStr {
        match self {
            Self::Set(name, _) | Self::Inherit(name) => name,
        }
    }
}

/// The variables to inherit, and those to set.
pub(super) fn variables(all: &[Variable]) -> (Vec<OsString>, Vec<(OsString, OsString)>) {
    let (mut inherit, mut set) = (Vec::new(), Vec::new());
    for variable in all {
        match variable {
            Variable::Set(name, value) => set.push((name.clone(), value.clone())),
            Variable::Inherit(name) => inherit.push(name.clone()),
        }
    }
    (inherit, set)
}

/// KEY=VALUE.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, as in day=monday".to_owned()),
    }
}

/// The input from texts, and from an object: a file's, standard input's or the
/// text itself.
pub(super) fn input(texts: &[(String, String)], json: Option<&str>) -> Result<Input, Error> {
    let values = json.map(object).transpose()?.unwrap_or_default();
    let texts = texts.to_vec();
    Ok(Input { values, texts })
}

fn object(json: &str) -> Result<Map<String, Value>, Error> {
    let (place, text) = match json {
        "-" => ("standard input", read(&mut std::io::stdin())),
        json if json.trim_start().starts_with('{') => ("--input-json", Ok(json.to_owned())),
        path => (path, std::fs::read_to_string(path)),
    };
    let text = text.map_err(|e| Error::input(place, e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| Error::input(place, e.to_string()))
}

fn read(from: &mut impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.read_to_string(&mut text).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn target(text: &str, file: &str, flow: Option<&str>) {
        let target: Target = text.parse().expect("a target");
        let found = (target.file.as_path(), target.flow.as_deref());
        assert_eq!(found, (Path::new(file), flow));
    }

    #[test]
    fn a_flow_stands_behind_its_file() {
        target("flow.py", "flow.py", None);
        target("a/flow.py:nightly", "a/flow.py", Some("nightly"));
        target("a:b.py:load data", "a:b.py", Some("load data"));
        target(":x", ":x", None);
        let refused = "flow.py:".parse::<Target>().expect_err("no name");
        insta::assert_snapshot!(refused, @"expected a flow's name behind the colon, found none");
    }

    #[test]
    fn a_file_that_is_there_is_meant_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.py:b");
        std::fs::write(&path, "").expect("written");
        let text = path.to_str().expect("text");
        target(text, text, None);
    }

    #[test]
    fn variables_are_set_or_inherited() {
        let set = |name: &str, value: &str| Variable::Set(name.into(), value.into());
        assert_eq!(Variable::parse("A=b=c"), Ok(set("A", "b=c")));
        assert_eq!(Variable::parse("A="), Ok(set("A", "")));
        assert_eq!(Variable::parse("A"), Ok(Variable::Inherit("A".into())));
        for text in ["", "=b"] {
            let refused = Variable::parse(text).expect_err("no name");
            assert_eq!(refused, "expected NAME or NAME=VALUE, found no name");
        }
    }

    #[test]
    fn inputs_come_from_an_object_and_from_texts() {
        let texts = [("day".to_owned(), "monday".to_owned())];
        let found = input(&texts, Some(r#" {"n": 1}"#)).expect("an input");
        assert_eq!(Value::Object(found.values).to_string(), r#"{"n":1}"#);
        assert_eq!(found.texts, texts);
        let error = input(&[], Some("{n: 1}")).expect_err("no JSON").to_string();
        insta::assert_snapshot!(error, @"--input-json: expected the inputs as a JSON object, found: key must be a string at line 1 column 2");
        let error = input(&[], Some("/gone.json"))
            .expect_err("no file")
            .to_string();
        insta::assert_snapshot!(error, @"/gone.json: expected the inputs as a JSON object, found: No such file or directory (os error 2)");
    }
}

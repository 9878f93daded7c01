//! What the types of a script leave open: which values are texts and members,
//! and what belongs together.

use schemars::Schema;
use serde_json::json;

use super::{Generator, Op, Raise, RaiseKind};
use crate::value::Value;

/// What is wrong with a script although its JSON has the right shape; the
/// message names the operation and what was expected.
pub(crate) fn check(script: &[Op]) -> Result<(), String> {
    for op in script {
        check_op(op)?;
        for block in op.blocks() {
            check(block)?;
        }
    }
    Ok(())
}

fn check_op(op: &Op) -> Result<(), String> {
    match op {
        Op::Flow(flow) => text("flow.name", &flow.name).and(members("flow.input", &flow.input)),
        Op::Step(stretch) | Op::Span(stretch) => {
            text("name", &stretch.name).and(members("tags", &stretch.tags))
        }
        Op::Tag { key, .. } => text("tag.key", key),
        Op::Log {
            message, fields, ..
        } => text("log.message", message).and(members("log.fields", fields)),
        Op::Fail { reason } => text("fail.reason", reason),
        Op::Raise(raise) => check_raise(raise),
        Op::Call(call) => {
            members("call.kwargs", &call.kwargs)?;
            call.raises.as_ref().map_or(Ok(()), check_raise)
        }
        Op::Generator(generator) => check_generator(generator),
        _ => Ok(()),
    }
}

fn check_raise(raise: &Raise) -> Result<(), String> {
    match raise.kind {
        RaiseKind::Error if raise.type_name.is_empty() => {
            Err("raise.type: expected the name of an error type, found none".into())
        }
        RaiseKind::Error => text("raise.message", &raise.message),
        _ => Ok(()),
    }
}

fn check_generator(generator: &Generator) -> Result<(), String> {
    for span in &generator.spans {
        text("generator.spans.name", &span.name)?;
    }
    let mut closed: Vec<usize> = generator.close.iter().map(|close| close.which).collect();
    closed.sort_unstable();
    if closed.iter().copied().eq(0..generator.spans.len()) {
        return Ok(());
    }
    Err(format!(
        "generator.close: expected each of 0 to {} once, found {closed:?}",
        generator.spans.len().saturating_sub(1)
    ))
}

fn text(place: &str, value: &Value) -> Result<(), String> {
    let found = value.to_text().map(drop);
    found.ok_or_else(|| format!("{place}: expected a text, found {value}"))
}

fn members(place: &str, value: &Value) -> Result<(), String> {
    let found = value.to_members().map(drop);
    found.ok_or_else(|| format!("{place}: expected an object with string keys, found {value}"))
}

/// Says in the schema what [`check_raise`] says: an error has a type and a
/// message, and the other kinds need neither.
pub(super) fn narrow_raise(schema: &mut Schema) {
    let kind =
        json!({ "required": ["kind"], "properties": { "kind": { "not": { "const": "error" } } } });
    schema.insert("if".into(), kind);
    schema.insert(
        "else".into(),
        json!({
            "required": ["type", "message"],
            "properties": { "type": { "minLength": 1 }, "message": { "$ref": "#/$defs/Text" } },
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Block;

    fn read(json: &str) -> Block {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_json_cannot_say_is_checked() {
        let error = |json| check(&read(json)).unwrap_err();
        assert_eq!(
            error(r#"[{"op":"catch","do":[{"op":"log","message":3}]}]"#),
            "log.message: expected a text, found 3"
        );
        assert_eq!(
            error(r#"[{"op":"generator","spans":[{"kind":"span","name":"a"}],"close":[]}]"#),
            "generator.close: expected each of 0 to 0 once, found []"
        );
        assert_eq!(
            error(r#"[{"op":"raise","message":"m"}]"#),
            "raise.type: expected the name of an error type, found none"
        );
    }
}

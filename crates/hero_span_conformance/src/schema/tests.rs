use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::case::Case;
use crate::dialogue::{read_answer, read_hello};
use crate::families::Family;

fn validator(schema: Schema) -> Validator {
    jsonschema::validator_for(&schema.document()).unwrap()
}

#[test]
fn generated_cases_and_their_commands_are_as_the_schemas_say() {
    let cases = validator(Schema::Case);
    for family in Family::ALL {
        proptest!(ProptestConfig::with_cases(60), |(case in family.cases())| {
            let file = serde_json::to_value(&case).unwrap();
            let verdict = cases.validate(&file).map_err(|error| error.to_string());
            prop_assert_eq!(verdict, Ok(()), "{}", file);
            let run = Command::Run { id: "c", socket: None, parent: Some("p"), script: &case.script };
            let verdict = check_command(&run).map_err(|kind| kind.into_fault().to_string());
            prop_assert_eq!(verdict, Ok(()));
        });
    }
}

/// Changes the value that stands at that place, counted in depth first order.
fn change(value: &mut Json, place: &mut usize, damage: &Damage) {
    if *place == 0 {
        damage.apply(value);
    }
    *place = place.wrapping_sub(1);
    match value {
        Json::Array(items) => items
            .iter_mut()
            .for_each(|item| change(item, place, damage)),
        Json::Object(members) => {
            let members = members.values_mut();
            members.for_each(|member| change(member, place, damage));
        }
        _ => {}
    }
}

fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Replace(Json),
    Add(&'static str),
    Drop(Index),
}

impl Damage {
    fn apply(&self, value: &mut Json) {
        match (self, value) {
            (Self::Replace(with), value) => *value = with.clone(),
            (Self::Add(key), Json::Object(members)) => {
                members.insert((*key).into(), 1.into());
            }
            (Self::Drop(which), Json::Object(members)) if !members.is_empty() => {
                let keys: Vec<String> = members.keys().cloned().collect();
                members.remove(which.get(&keys));
            }
            _ => {}
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let values = [
        "null",
        "true",
        "-1",
        "0",
        "3",
        "2.5",
        "70000",
        "\"\"",
        "\"x\"",
        "\"error\"",
        "\"map\"",
        "[]",
        "{}",
        r#"{"gen":"bytes","bytes":3}"#,
        r#"{"gen":"text","char":"x","bytes":3}"#,
        r#"{"gen":"members","count":3,"value":1}"#,
        r#"{"gen":"map","pairs":[[1,2]]}"#,
        r#"{"gen":"map","pairs":[["k",2]]}"#,
        r#"{"gen":"map","pairs":[[{"gen":"surrogate","unit":55296},2]]}"#,
        r#"{"gen":"integer","digits":"-07"}"#,
    ];
    let values: Vec<Json> = values
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    prop_oneof![
        8 => prop::sample::select(values).prop_map(Damage::Replace),
        1 => prop::sample::select(vec!["gen", "op", "do", "extra"]).prop_map(Damage::Add),
        2 => any::<Index>().prop_map(Damage::Drop),
    ]
}

#[test]
fn the_schema_of_a_case_and_its_types_are_of_one_mind() {
    let cases = validator(Schema::Case);
    let verdicts = [Cell::new(0), Cell::new(0)];
    for family in Family::ALL {
        proptest!(ProptestConfig::with_cases(200), |(case in family.cases(), place: Index, damage in damage())| {
            let mut file = serde_json::to_value(&case).unwrap();
            let mut place = place.index(count(&file));
            change(&mut file, &mut place, &damage);
            let types = Case::from_json(&file.to_string());
            // The one rule that no schema can say.
            if !types.as_ref().is_err_and(|why| why.starts_with("generator.close")) {
                let schema = cases.validate(&file).map_err(|error| error.to_string());
                prop_assert_eq!(types.is_ok(), schema.is_ok(), "{:?}\n{:?}\n{}", types.err(), schema, file);
                let count = &verdicts[usize::from(schema.is_ok())];
                count.set(count.get() + 1);
            }
        });
    }
    assert!(
        verdicts.iter().all(|count| count.get() > 50),
        "{verdicts:?}"
    );
}

/// What the runner makes of an answer to `run`: `ok`, or its kind of fault.
fn check_line(line: &str, expected: &str) {
    let found = match check_answer(line, read_answer) {
        Ok(_) => "ok".into(),
        Err(FaultKind::Garbage(_, why)) => format!("garbage: {why}"),
        Err(other) => other.into_fault().to_string(),
    };
    assert!(
        found.starts_with(expected),
        "{line}\nexpected {expected}\nfound    {found}"
    );
}

#[test]
fn what_is_wrong_with_an_answer_is_the_adapters_fault() {
    check_line(r#"{"id":"c","outcome":"returned","value":[]}"#, "ok");
    check_line(
        r#"{"id":"c","outcome":"raised","type":"E","message":null,"printed":"x"}"#,
        "ok",
    );
    check_line("nonsense", "garbage: expected");
    check_line("[]", "garbage: ");
    check_line("{}", "garbage: expected one of at");
    check_line(
        r#"{"id":"c","outcome":"returned","value":null}"#,
        "garbage: invalid type: null",
    );
    check_line(
        r#"{"id":"c","outcome":"returned"}"#,
        "garbage: missing field `value`",
    );
    check_line(
        r#"{"id":"c","outcome":0,"value":[]}"#,
        "garbage: invalid type: integer `0`",
    );
    check_line(
        r#"{"id":"c","outcome":"lost","value":[]}"#,
        "garbage: unknown variant `lost`",
    );
    check_line(
        r#"{"id":"c","outcome":"raised","type":"E"}"#,
        "garbage: missing field `message`",
    );
    check_line(
        r#"{"id":"c","outcome":"returned","value":[],"type":"E"}"#,
        "garbage: unknown field `type`",
    );
    check_line(
        r#"{"id":7,"at":"mid"}"#,
        "garbage: invalid type: integer `7`",
    );
    check_line(
        r#"{"id":"c","at":"mid","errored":"no"}"#,
        "garbage: unknown field `errored`",
    );
    check_line(
        r#"{"id":"c","outcome":"returned","value":[{"gen":"nothing"}]}"#,
        "garbage: unknown variant `nothing`",
    );
}

#[test]
fn what_no_schema_can_say_is_the_adapters_fault_too() {
    check_line(
        r#"{"id":"c","id":"c","at":"mid"}"#,
        "garbage: duplicate field `id`",
    );
    check_line(
        r#"{"id":"c","outcome":"returned","value":[{"gen":"bytes","bytes":3.0}]}"#,
        "garbage: invalid type: floating point",
    );
    let hello = r#"{"ok":true,"sdk":"x","version":"1","protocol":1,"features":[]}"#;
    check_line(hello, "garbage: expected one of at");
    assert!(check_answer(hello, read_hello).is_ok());
}

#[test]
fn a_refusal_is_as_little_a_hello_for_the_schema() {
    let refusal = r#"{"ok":false,"sdk":"x","version":"1","protocol":1,"features":[]}"#;
    let kind = check_answer(refusal, read_hello).unwrap_err();
    assert!(matches!(kind, FaultKind::Garbage(_, why) if why.contains("found false")));
}

#[test]
fn a_disagreement_of_schema_and_types_is_the_runners_fault() {
    let message = |types: Result<(), String>, schema| {
        let kind = agreed("{…}", types, schema, || false).unwrap_err();
        kind.into_fault().to_string()
    };
    insta::assert_snapshot!(message(Ok(()), Err("at \"/id\": 3 is no string".into())), @r#"the runner contradicts itself, and neither the adapter nor the SDK is to blame: its types accept an answer, its schema rejects it at "/id": 3 is no string; the answer: {…}; please report it"#);
    insta::assert_snapshot!(message(Err("no id".into()), Ok(())), @"the runner contradicts itself, and neither the adapter nor the SDK is to blame: its schema accepts an answer, its types reject it: no id; the answer: {…}; please report it");
}

/// Who writes an adapter, or a case, has nothing but that page.
#[test]
fn the_page_names_all_that_a_case_may_hold() {
    let page = include_str!("../../../../conformance/README.md");
    let schema = Schema::Case.document();
    for (of, tag) in [("Op", "op"), ("Recipe", "gen"), ("Schedule", "kind")] {
        let forms = schema["$defs"][of]["oneOf"].as_array().unwrap();
        assert!(forms.len() > 10, "{of}");
        for form in forms {
            let name = form["properties"][tag]["const"].as_str().unwrap();
            let entry = format!("{{\"{tag}\":\"{name}\"");
            assert!(page.contains(&entry), "conformance/README.md lacks {entry}");
        }
    }
}

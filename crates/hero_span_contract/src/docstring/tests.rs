//! Each kind of unreadable line, and that no line is read past in silence.

use insta::assert_snapshot;
use serde::Serialize;

use super::{Docstring, parse_python, parse_text};
use crate::{Contract, Error, Reading, schema};

/// The least docstring that has everything.
const MINIMAL: &str = include_str!("minimal.py");
const REAL: &str = include_str!("../../../../sdk/python/hero_tracing.py");

fn parse(text: &str) -> Result<Docstring, Error> {
    parse_python("sdk.py", text)
}

fn contract(text: &str) -> Contract {
    parse(text).unwrap().contract
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// The line and the message for the minimal docstring with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(
        MINIMAL.matches(from).count(),
        1,
        "{from:?} is not there once"
    );
    let error = parse(&MINIMAL.replace(from, to)).unwrap_err().to_string();
    let place = "sdk.py:";
    error.strip_prefix(place).unwrap().to_owned()
}

#[test]
fn a_type_keeps_what_binds_all_apart_from_what_binds_sdks() {
    assert_snapshot!(json(&contract(MINIMAL).type_named("name")),
        @r#"{"clause":"type.name","name":"name","base":"string","sent":{"bytes":{"from":1,"to":"NAME_BYTES"}}}"#);
    assert_snapshot!(json(&contract(MINIMAL).type_named("count")),
        @r#"{"clause":"type.count","name":"count","base":"integer","rules":{"minimum":0}}"#);
    assert_snapshot!(json(&contract(MINIMAL).type_named("kind")),
        @r#"{"clause":"type.kind","name":"kind","base":"string","sent":{"one_of":["step","rpc"]},"else":"step"}"#);
    assert_snapshot!(json(&contract(MINIMAL).type_named("names")),
        @r#"{"clause":"type.names","name":"names","base":"object","entries":{"keys":"string","values":"name"}}"#);
}

#[test]
fn a_table_becomes_fields_and_its_meanings_go_on() {
    assert_snapshot!(json(&contract(MINIMAL).type_named("producer").unwrap().fields),
        @r#"[{"name":"id","type":"name","presence":"required","meaning":"Its id."},{"name":"pid","type":"count","presence":"expected","meaning":"Its process, which goes on."}]"#);
}

#[test]
fn an_event_has_its_own_fields_and_the_text_its_paragraphs() {
    let contract = contract(MINIMAL);
    assert_snapshot!(json(&contract.events),
        @r#"[{"clause":"event.end","name":"end","fields":[{"name":"status","type":"name","presence":"required","meaning":"How."},{"name":"error","type":"name","nullable":true,"presence":"failed","meaning":"Why."}]}]"#);
    assert_snapshot!(json(&contract.clause("event.end")),
        @r#"{"id":"event.end","requirement":"MUST","text":"An end.\n\nIt is the last."}"#);
}

#[test]
fn the_frame() {
    assert_snapshot!(changed("r\"\"\"A tool.", "\"\"\"A tool."),
        @r#"1: expected a raw docstring, `r"""`, found `"""A tool.`"#);
    assert_snapshot!(changed("    Open.\n\"\"\"", "    Open.\n"),
        @r#"90: expected `"""` after the docstring, found the end of the file"#);
    assert_snapshot!(changed("Wire contract, protocol 1", "Wire contract"),
        @"90: expected a heading `Wire contract, protocol N`, found the end of the docstring");
    assert_snapshot!(changed("Wire contract, protocol 1", "Wire contract, protocol one"),
        @"3: expected the protocol's number, with its revision if it has one (`1`, `1.2`), found `one`");
    assert_snapshot!(changed("=====\n\nHow", "====\n\nHow"),
        @"4: expected the underline `=========================`, found `========================`");
    assert_snapshot!(changed("    One event a line.", "    One event a line. "),
        @"12: expected no space at the end, found `    One event a line. `");
    assert_snapshot!(changed("    One event a line.", "\tOne event a line."),
        @r"12: expected spaces and no other white space, found `\tOne event a line.`");
}

#[test]
fn sections_stand_in_their_order() {
    assert_snapshot!(changed("Transport\n---------", "Transports\n----------"),
        @"8: expected the heading `Transport`, underlined, between empty lines, found `Transports`");
    assert_snapshot!(changed("Transport\n---------", "Transport\n--------"),
        @"9: expected the underline `---------`, found `--------`");
    assert_snapshot!(changed("Transport\n---------\n", "Transport\n"),
        @"10: expected the heading `Transport`, underlined, between empty lines, found `[transport.line] MUST`");
    assert_snapshot!(changed("Limits\n------\n", "Limits\n"),
        @"61: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, or the heading `Limits`, underlined, between empty lines, found `Limits`");
    assert_snapshot!(changed("Limits\n------\n", "Limits\n~~~~~~\n"),
        @"61: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, or the heading `Limits`, underlined, between empty lines, found `Limits`");
    assert_snapshot!(changed("Values\n------", "Events\n------"),
        @"67: expected the heading `Values`, underlined, between empty lines, found `Events`");
    assert_snapshot!(changed("Consumers\n---------\n\n[consumer.open] MUST\n    Open.\n", ""),
        @"85: expected the heading `Consumers`, underlined, between empty lines, found the end of the docstring");
    assert_snapshot!(changed("    Open.\n", "    Open.\n\nMore\n----\n"),
        @"91: expected the end of the docstring, found `More`");
}

#[test]
fn clauses() {
    assert_snapshot!(changed("[transport.line] MUST", "[transport.line] MAY"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[transport.line] MAY`");
    assert_snapshot!(changed("[transport.line] MUST", "[transport.line]"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[transport.line]`");
    assert_snapshot!(changed("[transport.line] MUST", "[transport.line MUST"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[transport.line MUST`");
    assert_snapshot!(changed("[transport.line] MUST", "[Transport.line] MUST"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[Transport.line] MUST`");
    assert_snapshot!(changed("[transport.line] MUST", "[line] MUST"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[line] MUST`");
    assert_snapshot!(changed("[transport.line] MUST", "[transport.line-] MUST"),
        @"11: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, found `[transport.line-] MUST`");
    assert_snapshot!(changed("[transport.line] MUST", "[value.line] MUST"),
        @"11: expected an id `transport.…` in the section `Transport`, found `value.line`");
    assert_snapshot!(changed("[transport.line] MUST", "[transport.line] MUST LINE"),
        @"11: expected nothing after MUST or SHOULD, found `LINE`");
    assert_snapshot!(changed("[transport.line] MUST\n", "[transport.line] MUST\n\n"),
        @"12: expected the clause's text, indented by 4 spaces, found an empty line");
    assert_snapshot!(changed("    One event a line.", "   One event a line."),
        @"12: expected text, indented by 4 spaces, with single spaces between words, found `   One event a line.`");
    assert_snapshot!(changed("    One event a line.", "     One event a line."),
        @"12: expected text, indented by 4 spaces, with single spaces between words, found `     One event a line.`");
    assert_snapshot!(changed("    One event a line.", "    One event  a line."),
        @"12: expected text, indented by 4 spaces, with single spaces between words, found `    One event  a line.`");
    assert_snapshot!(changed("    One event a line.", "    One event a line.\n\n[transport.line] MUST\n    Again."),
        @"14: expected an id of its own, found `transport.line`, which line 11 has already");
    assert_snapshot!(changed("    Once.", "    Once.\n\nTwice."),
        @"79: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, or the heading `SDKs`, underlined, between empty lines, found `Twice.`");
}

#[test]
fn row_shapes() {
    assert_snapshot!(changed("    id   name   required  Its id.", "    id   name   required"),
        @"38: expected a row of four cells (name, type, presence, meaning), indented by 4 spaces, two or more spaces between cells, found `    id   name   required`");
    assert_snapshot!(changed("    id   name   required  Its id.", "    id   name   required Its id."),
        @"38: expected a row of four cells (name, type, presence, meaning), indented by 4 spaces, two or more spaces between cells, found `    id   name   required Its id.`");
    assert_snapshot!(changed("    id   name   required  Its id.", "   id   name   required  Its id."),
        @"38: expected a row of four cells (name, type, presence, meaning), indented by 4 spaces, two or more spaces between cells, found `   id   name   required  Its id.`");
}

#[test]
fn cells() {
    assert_snapshot!(changed("    id   name   required", "    Id   name   required"),
        @"38: expected a field's name in lower case, with digits and underscores, found `Id`");
    assert_snapshot!(changed("    id   name   required", "    id   nome   required"),
        @"38: expected a type that the section `Types` declares, found `nome`");
    assert_snapshot!(changed("    id   name   required", "    id   name   mandated"),
        @"38: expected a presence, one of `required`, `expected`, `optional`, `first`, `failed`, `deprecated`, `reserved`, found `mandated`");
    assert_snapshot!(changed("    id   name   required", "    id   name   failed  "),
        @"38: expected `required`, `expected` or `optional` within an object, found `failed`");
}

#[test]
fn rows_and_continuations() {
    assert_snapshot!(changed("    pid  count  expected", "    id   count  expected"),
        @"39: expected each field once, found `id`");
    assert_snapshot!(changed("    pid  count  expected", "    pid   count  expected"),
        @"39: expected cells in the columns 5, 10, 17, 27 of the table's first row, found columns 5, 11, 18, 28");
    assert_snapshot!(changed("                          goes on.", "                         goes on."),
        @"40: expected the meaning of `pid` to go on in column 27, found text in column 26");
    assert_snapshot!(changed("                          goes on.", "                          goes  on."),
        @"40: expected a meaning with single spaces between words, found `goes  on.`");
    assert_snapshot!(changed("                          goes on.", "                          goes on.\n\n    More."),
        @"42: expected a clause, `[area.name] MUST` or `[area.name] SHOULD`, after a table, found `    More.`");
}

#[test]
fn fields_where_they_belong() {
    assert_snapshot!(changed("One event a line.", "One event a line.\n\n    id  name  required  Its id."),
        @"14: expected no table in `transport.line`, found a row for `id`");
    assert_snapshot!(changed("    status  name        required  How.\n", ""),
        @"58: expected a field `status` beside one that is there when status is failed, found a table without it");
    assert_snapshot!(changed("    status  name        required", "    type    name        required"),
        @"58: expected a field that `event.any` does not have, found `type`");
    assert_snapshot!(changed("    status  name        required", "    status  name        first   "),
        @"58: expected `first` in the table of `event.any` only, found `first`");
    assert_snapshot!(changed("    type      name      required", "    type      name      optional"),
        @"47: expected a required field `type` that every event has, found a table without it");
}

#[test]
fn bases_and_names() {
    let count = "count = integer, minimum 0";
    assert_snapshot!(changed(count, "cuont = integer, minimum 0"),
        @"26: expected `count = BASE, constraints` after MUST or SHOULD, found `cuont = integer, minimum 0`");
    assert_snapshot!(changed(count, "count: integer, minimum 0"),
        @"26: expected `count = BASE, constraints` after MUST or SHOULD, found `count: integer, minimum 0`");
    assert_snapshot!(changed(count, "count = int, minimum 0"),
        @"26: expected a base: `string`, `number`, `integer`, `any`, `object` or `object of T to T`, found `int`");
    assert_snapshot!(changed(count, "count = object"),
        @"26: expected a table of fields in `type.count`, found text alone");
    assert_snapshot!(changed("object of string to name", "object of string to nome"),
        @"32: expected a type that the section `Types` declares, found `nome`");
    assert_snapshot!(changed("object of string to name", "object of id to name"),
        @"32: expected a type that the section `Types` declares, found `id`");
}

#[test]
fn constraints() {
    let count = "count = integer, minimum 0";
    assert_snapshot!(changed(count, "count = integer, least 0"),
        @"26: expected a constraint: `pattern RE`, `not TEXT`, `unit UNIT`, `one of WORDS`, `minimum N`, `maximum N`, `decimals N`, `bytes N to N` or `members N to N`, found `least 0`");
    assert_snapshot!(changed(count, "count = integer, minimum none"),
        @"26: expected a number or the name of a limit, found `none`");
    assert_snapshot!(changed(count, "count = integer, minimum COUNT_MAX"),
        @"26: expected a limit that the section `Limits` declares, found `COUNT_MAX`");
    assert_snapshot!(changed(count, "count = integer, minimum 0, minimum 1"),
        @"26: expected each constraint once, found `minimum 1`");
    assert_snapshot!(changed(count, "count = integer, bytes 0 to 1"),
        @"26: expected a constraint that fits `integer`, found `bytes 0 to 1`");
    assert_snapshot!(changed(count, "count = integer, decimals 1"),
        @"26: expected a constraint that fits `integer`, found `decimals 1`");
    assert_snapshot!(changed("bytes 1 to NAME_BYTES", "bytes NAME_BYTES"),
        @"23: expected `N to N`, found `NAME_BYTES`");
    assert_snapshot!(changed("bytes 1 to NAME_BYTES", "bytes 1 to NOME_BYTES"),
        @"23: expected a limit that the section `Limits` declares, found `NOME_BYTES`");
    assert_snapshot!(changed("; sent: bytes", "; send: bytes"),
        @"23: expected after `;` first `sent: constraints`, then `else WORD`, each at most once, found `send: bytes 1 to NAME_BYTES`");
    assert_snapshot!(changed("; else step", "; else flow"),
        @"29: expected after `else` one of the words `step rpc`, found `flow`");
    assert_snapshot!(changed("; else step", "; else step; else rpc"),
        @"29: expected after `;` first `sent: constraints`, then `else WORD`, each at most once, found `else rpc`");
}

#[test]
fn declarations_of_other_kinds() {
    assert_snapshot!(changed("[event.end] MUST end", "[event.end] MUST stop"),
        @"53: expected `end` after MUST or SHOULD, found `stop`");
    assert_snapshot!(changed("MUST SOCK", "MUST socket"),
        @"17: expected an environment variable in upper case after MUST or SHOULD, found `socket`");
    assert_snapshot!(changed("NAME_BYTES = 256", "NAME_BYTES = many"),
        @"64: expected `LIMIT = N`, N a whole number after MUST or SHOULD, found `NAME_BYTES = many`");
    assert_snapshot!(changed("NAME_BYTES = 256", "name_bytes = 256"),
        @"64: expected `LIMIT = N` after MUST or SHOULD, found `name_bytes = 256`");
}

#[test]
fn names_are_declared_once_and_known() {
    assert_snapshot!(changed("    Bytes of a name.", "    Bytes of a name.\n\n[limit.more] MUST NAME_BYTES = 2\n    Bytes."),
        @"67: expected a name of its own, found `NAME_BYTES`, which `limit.name` declares already");
    assert_snapshot!(changed("as transport.line says", "as transport.lines says"),
        @"47: expected the id of a clause in the text, found `transport.lines`");
}

/// The lines that hold the contract: from the first section to the last clause.
fn contract_lines() -> std::ops::Range<usize> {
    let lines: Vec<&str> = REAL.lines().collect();
    let first = lines.iter().position(|line| *line == "Transport").unwrap();
    let last = lines.iter().position(|line| *line == "\"\"\"").unwrap();
    first..last
}

/// The docstring with one line replaced, or removed.
fn with_line(number: usize, change: impl Fn(&str) -> Option<String>) -> String {
    let docstring_end = contract_lines().end + 1;
    let lines = REAL.lines().take(docstring_end).enumerate();
    let lines = lines.filter_map(|(index, line)| match index == number {
        true => change(line),
        false => Some(line.to_owned()),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_line_of_the_real_docstring_is_read_past() {
    let contract = contract(REAL);
    let blank = |number: &usize| REAL.lines().nth(*number).unwrap().is_empty();
    for number in contract_lines().filter(|number| !blank(number)) {
        let removed = with_line(number, |_| None);
        let indented = with_line(number, |line| Some(format!(" {line}")));
        for text in [removed, indented] {
            let unnoticed = parse(&text).is_ok_and(|read| read.contract == contract);
            assert!(!unnoticed, "line {} changes nothing", number + 1);
        }
    }
}

#[test]
fn no_text_makes_the_parser_or_the_schemas_panic() {
    let end = REAL.match_indices("\"\"\"").nth(1).unwrap().0;
    for (at, _) in REAL[..end].char_indices().step_by(7) {
        for inserted in ["é", "  ", "\n", "\n    ", "]", "-", "\"\"\""] {
            let text = format!("{}{inserted}{}", &REAL[..at], &REAL[at..end + 3]);
            if let Ok(read) = parse(&text) {
                schema(&read.contract, &[], Reading::Emit);
            }
        }
    }
}

#[test]
fn a_copy_of_the_text_says_the_same_as_the_docstring() {
    let real = parse(REAL).unwrap();
    let copy = format!("Of a file.\n\n{}", real.text);
    assert_eq!(
        parse_text("contract.txt", &copy).unwrap().contract,
        real.contract
    );
    assert_snapshot!(parse_text("contract.txt", "A text.\n").unwrap_err(), @"contract.txt:2: expected a heading `Wire contract, protocol N`, found the end of the docstring");
}

#[test]
fn a_revision_stands_behind_the_number() {
    let revised = |number: &str| {
        let heading = format!("Wire contract, protocol {number}\n");
        let underline = "=".repeat(heading.len() - 1);
        let text = format!("{heading}{underline}");
        let old = "Wire contract, protocol 1\n=========================";
        parse(&MINIMAL.replace(old, &text)).map(|read| read.contract.version())
    };
    assert_eq!(revised("1").unwrap(), "v1");
    assert_eq!(revised("2.13").unwrap(), "v2.13");
    assert_snapshot!(revised("1.0").unwrap_err(), @"sdk.py:3: expected the protocol's number, with its revision if it has one (`1`, `1.2`), found `1.0`");
}

#[test]
fn a_unit_is_one_of_time_and_holds_for_all() {
    let declared = "count = integer, minimum 0";
    assert_snapshot!(
        json(&parse(&MINIMAL.replace(declared, "count = integer, unit us")).unwrap().contract.type_named("count")),
        @r#"{"clause":"type.count","name":"count","base":"integer","rules":{"unit":"us"}}"#);
    assert_snapshot!(changed(declared, "count = integer, unit days"), @"26: expected a unit of time, one of `s ms us ns`, found `days`");
    assert_snapshot!(changed(declared, "count = integer; sent: unit ms"), @"26: expected a unit before `;`, for all alike, found `unit ms`");
}

#[test]
fn features_are_words_of_their_own() {
    let clause = "SDKs\n----\n";
    let features = |words: &str| {
        let more = format!("{clause}\n[sdk.features] MUST{words}\n    Some.\n");
        parse(&MINIMAL.replace(clause, &more)).map(|read| json(&read.contract.features))
    };
    assert_snapshot!(features(" fork threads").unwrap(), @r#"[{"clause":"sdk.features","name":"fork"},{"clause":"sdk.features","name":"threads"}]"#);
    assert_snapshot!(features(" fork fork").unwrap_err(), @"sdk.py:82: expected features in lower case, each once after MUST or SHOULD, found `fork fork`");
    assert_snapshot!(features("").unwrap_err(), @"sdk.py:82: expected features in lower case, each once after MUST or SHOULD, found ``");
}

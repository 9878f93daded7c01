//! What random pairs of contracts found, as edits of the contract's text.

use super::{edited, shown};
use crate::compare;

type Texts = [(&'static str, &'static str)];

/// What is found about an edit of a contract that is an edit of the present one; whatever is
/// refused must be so for a change that is named, and shown.
fn between(base: &Texts, edits: &Texts) -> String {
    let owned = |texts: &Texts| -> Vec<(String, String)> {
        let texts = texts.iter();
        texts
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect()
    };
    let (base, edits) = (owned(base), owned(edits));
    let (old, new) = (edited(&base), edited(base.iter().chain(&edits)));
    let comparison = compare(&old, &new).unwrap();
    assert!(
        comparison.unexplained.is_empty(),
        "{:?}",
        comparison.unexplained
    );
    for outcome in comparison
        .findings
        .iter()
        .flat_map(|finding| &finding.outcomes)
    {
        if let Some(witness) = &outcome.witness {
            assert!(
                witness.tried.iter().all(|trial| trial.agrees),
                "{witness:?}"
            );
        }
    }
    shown(&comparison)
}

const NAME: &str = "name = string; sent: bytes 1 to NAME_BYTES";
const TEXT: &str = "text = string; sent: bytes 0 to VALUE_BYTES";
const SIZES: &str = "sizes = object of string to count";
const LINES: (&str, &str) = ("LINE_BYTES = 32768", "LINE_BYTES = 65536");

#[test]
fn the_field_that_names_the_event_is_never_stretched() {
    let found = between(&[(NAME, "name = string")], &[LINES]);
    assert_eq!(found, "line-limit-raised limit.line: fine / refused");
}

#[test]
fn a_line_is_long_by_what_json_escapes_too() {
    let short = [
        ("VALUE_BYTES = 4096", "VALUE_BYTES = 64"),
        ("] MUST ERROR_BYTES = 16384", "] MUST ERROR_BYTES = 64"),
        ("MEMBERS = 64", "MEMBERS = 1"),
        ("LINE_BYTES = 32768", "LINE_BYTES = 1100"),
        (SIZES, "sizes = object of id to count, members 0 to 1"),
    ];
    let found = between(&short, &[("LINE_BYTES = 1100", "LINE_BYTES = 1500")]);
    assert_eq!(found, "line-limit-raised limit.line: fine / refused");
}

#[test]
fn a_line_is_long_by_members_of_which_some_must_be() {
    let few = [
        ("VALUE_BYTES = 4096", "VALUE_BYTES = 64"),
        (SIZES, "sizes = object of string to text, members 2 to 400"),
    ];
    let found = between(&few, &[LINES]);
    assert_eq!(found, "line-limit-raised limit.line: fine / refused");
}

/// A contract whose lines are long by a tree alone.
fn tree(shape: &'static str, depth: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("Events\n------", shape),
        ("] MUST DEPTH = 32", depth),
        (
            "    result      json    optional",
            "    result      tree    optional",
        ),
        (
            "    error       error   failed  ",
            "    error       status  failed  ",
        ),
        (
            "    error_type  name    optional",
            "    error_type  id      optional",
        ),
        (
            "    truncated  sizes     optional  Which fields were cut.\n",
            "",
        ),
        ("    producer   producer  first     Who writes.\n", ""),
        (
            "    params          json     optional  ",
            "    params          id       optional  ",
        ),
        (
            "    tags            members  optional",
            "    tags            id       optional",
        ),
        (
            "    fields   members  optional",
            "    fields   id       optional",
        ),
        (
            "    message  text     required",
            "    message  id       required",
        ),
        ("    value  json  required", "    value  id    required"),
        ("NAME_BYTES = 256", "NAME_BYTES = 2"),
        ("LINE_BYTES = 32768", "LINE_BYTES = 300"),
    ]
}

#[test]
fn a_line_is_long_by_objects_within_one_another() {
    let bare = "[type.tree] MUST tree = object\n    A tree.\n\n    a  tree  optional  One.\n\n\
                Events\n------";
    let full = "[type.tree] MUST tree = object\n    A tree.\n\n    a  tree  optional  One.\n    \
                b  id    optional  Which.\n\nEvents\n------";
    for (shape, depth) in [(bare, "] MUST DEPTH = 32"), (full, "] MUST DEPTH = 6")] {
        let found = between(
            &tree(shape, depth),
            &[("LINE_BYTES = 300", "LINE_BYTES = 340")],
        );
        assert_eq!(found, "line-limit-raised limit.line: fine / refused");
    }
}

#[test]
fn a_line_is_deep_within_objects() {
    let inner = [
        (
            "params          json     optional",
            "params          members  optional",
        ),
        (
            "result      json    optional",
            "result      text    optional",
        ),
        ("    value  json  required", "    value  text  required"),
    ];
    let found = between(&inner, &[("] MUST DEPTH = 32", "] MUST DEPTH = 40")]);
    assert_eq!(found, "depth-limit-raised limit.depth: fine / refused");
}

#[test]
fn a_limit_of_the_least_narrows_when_it_is_raised() {
    let least = [
        (
            "[limit.wait] MUST",
            "[limit.least] MUST LEAST = 0\n    The least there is.\n\n[limit.wait] MUST",
        ),
        (TEXT, "text = string, bytes LEAST to VALUE_BYTES"),
    ];
    let found = between(&least, &[("LEAST = 0", "LEAST = 1")]);
    assert_eq!(found, "least-raised-for-all limit.least: refused / fine");
}

#[test]
fn a_limit_of_lines_bounds_values_too() {
    let found = between(
        &[(TEXT, "text = string, bytes 0 to DEPTH")],
        &[("] MUST DEPTH = 32", "] MUST DEPTH = 31")],
    );
    let expected = [
        "depth-limit-lowered limit.depth: refused / fine",
        "limit-lowered-for-all limit.depth: refused / fine",
    ];
    assert_eq!(found, expected.join("\n"));
}

#[test]
fn a_reserved_name_that_is_required_is_refused_besides() {
    let reserved = (
        "    error_type  name    optional  The",
        "    error_type  name    reserved  The",
    );
    let found = between(
        &[reserved],
        &[(
            "error_type  name    reserved  The",
            "error_type  name    required  The",
        )],
    );
    let expected = [
        "reserved-reused span_end.error_type: fine, not misread / ignored",
        "field-added-required span_end.error_type: refused / ignored",
    ];
    assert_eq!(found, expected.join("\n"));
}

#[test]
fn an_object_is_larger_than_any_value_may_be() {
    let found = between(
        &[(
            "json = any; sent: bytes 0 to VALUE_BYTES",
            "json = any, bytes 0 to 100",
        )],
        &[(
            "tags            members  optional",
            "tags            json     optional",
        )],
    );
    assert_eq!(
        found,
        "field-type-replaced span_start.tags: refused / refused"
    );
}

#[test]
fn the_one_string_beside_an_excluded_one_is_found() {
    let found = between(
        &[(TEXT, "text = string, pattern ^[ab]$, not a")],
        &[("pattern ^[ab]$, not a", "pattern ^a$")],
    );
    let expected = [
        "pattern-narrowed type.text: refused / fine",
        "excluded-removed type.text: fine / refused",
    ];
    assert_eq!(found, expected.join("\n"));
}

#[test]
fn digits_are_those_of_ascii() {
    let found = between(
        &[(TEXT, "text = string, pattern ^[0-9]+$")],
        &[("pattern ^[0-9]+$", r"pattern ^\d+$")],
    );
    assert_eq!(found, "pattern-rewritten type.text: fine / fine");
}

#[test]
fn a_number_keeps_all_its_digits() {
    let one = (
        "time = number, unit ms; sent: minimum 0, maximum 9007199254740, decimals 3",
        "time = number, unit ms, minimum 9007199254740991, maximum 9007199254740991",
    );
    let found = between(
        &[one],
        &[(
            "unit ms, minimum 9007199254740991,",
            "unit ms, minimum 9007199254740992,",
        )],
    );
    assert_eq!(found, "number-range-narrowed type.time: refused / fine");
}

#[test]
fn an_object_of_fields_has_as_many_as_it_must() {
    let found = between(
        &[
            ("producer = object\n", "producer = object, members 2 to 3\n"),
            ("sdk       name   expected", "sdk       name   optional"),
            ("version   name   expected", "version   name   optional"),
            ("protocol  count  expected", "protocol  count  optional"),
            ("pid       count  expected", "pid       count  optional"),
        ],
        &[("members 2 to 3", "members 2 to 2")],
    );
    assert_eq!(found, "member-range-narrowed type.producer: refused / fine");
}

/// A tag's value is many things, each with a level and a time.
const THINGS: [(&str, &str); 2] = [
    (
        "Events\n------",
        "[type.thing] MUST thing = object\n    A thing.\n\n    id     id     required  Which.\n    \
         much   level  optional  How much.\n    since  time   optional  When.\n\n[type.things] MUST \
         things = object of string to thing\n    Things.\n\nEvents\n------",
    ),
    (
        "    key    name  required  The tag.\n    value  json  required  Its value.",
        "    key    name    required  The tag.\n    value  things  required  Its value.",
    ),
];

#[test]
fn what_is_lost_or_misread_among_members_is_seen() {
    for (from, to, expected) in [
        (
            "    since  time   optional  When.\n",
            "",
            "field-removed thing.since: lost / fine",
        ),
        (
            "    much   level  optional  How",
            "    many   level  optional  How",
            "field-renamed thing.much: lost / lost",
        ),
        (
            "unit ms;",
            "unit s;",
            "unit-changed type.time: misread / misread",
        ),
        (
            "one of debug info warn error;",
            "one of info warn error;",
            "sent-word-removed type.level: misread / fine",
        ),
        (
            "    id     id     required  Which.",
            "    id     id     required  Which.\n    of     id     required  Whose.",
            "field-added-required thing.of: refused / ignored",
        ),
        (
            "things = object of string to thing",
            "things = object of string to sizes",
            "entries-replaced type.things: refused / refused",
        ),
    ] {
        assert_eq!(between(&THINGS, &[(from, to)]), expected);
    }
}

#[test]
fn types_may_name_each_other_in_a_circle() {
    let circle = [
        (
            "Events\n------",
            "[type.tree] MUST tree = object\n    A tree.\n\n    left   tree    optional  Less.\n    right  tree    optional  More.\n    many   forest  optional  Others.\n    value  count   required  Its own.\n\n[type.forest] MUST forest = object of name to tree\n    Trees.\n\nEvents\n------",
        ),
        (
            "    result      json    optional",
            "    result      tree    optional",
        ),
    ];
    let found = between(
        &circle,
        &[("left   tree    optional", "left   tree    required")],
    );
    assert_eq!(found, "field-now-required tree.left: refused / fine");
    let found = between(
        &circle,
        &[("] MUST DEPTH = 32", "] MUST DEPTH = 16"), LINES],
    );
    let expected = [
        "line-limit-raised limit.line: fine / refused",
        "depth-limit-lowered limit.depth: refused / fine",
    ];
    assert_eq!(found, expected.join("\n"));
}

#[test]
fn types_that_name_themselves_often_are_compared_too() {
    let circle = [
        (
            "Events\n------",
            "[type.tree] MUST tree = object\n    A tree.\n\n    a      tree   optional  One.\n    \
             b      tree   optional  Another.\n    c      tree   optional  Another.\n    \
             d      tree   optional  Another.\n    value  count  required  Its own.\n\n\
             Events\n------",
        ),
        (
            "    result      json    optional",
            "    result      tree    optional",
        ),
    ];
    let found = between(
        &circle,
        &[("    d      tree   optional", "    d      id     optional")],
    );
    assert_eq!(found, "field-type-replaced tree.d: refused / refused");
    let found = between(&circle, &[LINES]);
    assert_eq!(found, "line-limit-raised limit.line: fine / refused");
    // Where nothing but the tree is long.
    let shape = circle[0].1;
    let found = between(
        &tree(shape, "] MUST DEPTH = 31"),
        &[("LINE_BYTES = 300", "LINE_BYTES = 9000")],
    );
    assert_eq!(found, "line-limit-raised limit.line: fine / refused");
}

#[test]
fn two_types_in_a_circle_may_become_anything() {
    let circle = [
        (
            "Events\n------",
            "[type.tree] MUST tree = object\n    A tree.\n\n    a  wood  optional  One.\n\n\
             [type.wood] MUST wood = object\n    Trees.\n\n    b  tree  optional  One.\n\n\
             Events\n------",
        ),
        (
            "    result      json    optional",
            "    result      tree    optional",
        ),
    ];
    let anything = [
        (
            "tree = object\n    A tree.\n\n    a  wood  optional  One.\n",
            "tree = any, bytes 0 to 9\n    A tree.\n",
        ),
        (
            "wood = object\n    Trees.\n\n    b  tree  optional  One.\n",
            "wood = any, bytes 0 to 9\n    Trees.\n",
        ),
    ];
    let expected = [
        "type-base-replaced type.tree: refused / refused",
        // What is too large is so in a tree already, whatever its wood is.
        "type-base-replaced type.wood: fine, not refused / refused",
    ];
    assert_eq!(between(&circle, &anything), expected.join("\n"));
}

#[test]
fn a_line_is_deep_by_a_tree_that_ends_in_null() {
    let shape = "[type.tree] MUST tree = object; sent: members 1 to 1\n    A tree.\n\n    \
                 a  tree|null  optional  One.\n\nEvents\n------";
    let base = tree(shape, "] MUST DEPTH = 5");
    let found = between(&base, &[("] MUST DEPTH = 5", "] MUST DEPTH = 6")]);
    assert_eq!(found, "depth-limit-raised limit.depth: fine / refused");
}

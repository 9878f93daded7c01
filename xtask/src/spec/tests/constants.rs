//! The SDK's own constants agree with its docstring.

use insta::assert_snapshot;

use hero_span_contract::parse_python;

use super::super::{SDK_PATH, sdk_constants};

const DOCSTRING: &str =
    include_str!("../../../../crates/hero_span_contract/src/docstring/minimal.py");
const CODE: &str = "
_PROTOCOL = 1
_ENV_SOCKET: str = \"SOCK\"
_KINDS = (\"step\", \"rpc\")
_NAME_BYTES: Final = 2_56  # more than anybody types
_ITEM_BYTES = 7


def flow():
    _LOCAL = 1
";

/// What is said of the code with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(CODE.matches(from).count(), 1, "{from:?} is not there once");
    said(&CODE.replace(from, to))
}

fn said(code: &str) -> String {
    let file = format!("{DOCSTRING}{code}");
    let problems = sdk_constants::problems(&file, &parse_python(SDK_PATH, &file).unwrap());
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn constants_that_agree() {
    assert_snapshot!(said(CODE), @"");
}

#[test]
fn a_number_that_differs() {
    assert_snapshot!(changed("2_56", "257"),
        @"sdk/python/hero_tracing.py:95: expected `_NAME_BYTES = 256` as limit.name says in line 64, found `_NAME_BYTES = 257`: mend the code or the docstring");
    assert_snapshot!(changed("2_56", "2 ** 8"),
        @"sdk/python/hero_tracing.py:95: expected `_NAME_BYTES = 256` as limit.name says in line 64, found `_NAME_BYTES = 2 ** 8`: mend the code or the docstring");
    assert_snapshot!(changed("_PROTOCOL = 1", "_PROTOCOL = 2"),
        @"sdk/python/hero_tracing.py:92: expected `_PROTOCOL = 1` as the docstring's heading says, found `_PROTOCOL = 2`: mend the code or the docstring");
}

#[test]
fn a_name_that_differs() {
    assert_snapshot!(changed("\"SOCK\"", "\"SOCKET\""),
        @r#"sdk/python/hero_tracing.py:93: expected `_ENV_SOCKET = "SOCK"` as env.socket says in line 17, found `_ENV_SOCKET = "SOCKET"`: mend the code or the docstring"#);
    assert_snapshot!(changed("\"SOCK\"", "'SOCK'"),
        @r#"sdk/python/hero_tracing.py:93: expected `_ENV_SOCKET = "SOCK"` as env.socket says in line 17, found `_ENV_SOCKET = 'SOCK'`: mend the code or the docstring"#);
}

#[test]
fn words_that_differ() {
    assert_snapshot!(changed(", \"rpc\"", ""),
        @r#"sdk/python/hero_tracing.py:94: expected `_KINDS = ("step", "rpc")` as type.kind says in line 29, found `_KINDS = ("step")`: mend the code or the docstring"#);
    assert_snapshot!(changed("\"step\", \"rpc\"", "\"rpc\", \"step\""),
        @r#"sdk/python/hero_tracing.py:94: expected `_KINDS = ("step", "rpc")` as type.kind says in line 29, found `_KINDS = ("rpc", "step")`: mend the code or the docstring"#);
}

#[test]
fn constants_that_are_missing_or_doubled() {
    assert_snapshot!(changed("_NAME_BYTES:", "_NAMES_BYTES:"),
        @"sdk/python/hero_tracing.py:90: expected `_NAME_BYTES = 256` as limit.name says in line 64, found no such line at module level: mend the code or the docstring");
    assert_snapshot!(changed("_NAME_BYTES:", "    _NAME_BYTES:"),
        @"sdk/python/hero_tracing.py:90: expected `_NAME_BYTES = 256` as limit.name says in line 64, found no such line at module level: mend the code or the docstring");
    assert_snapshot!(changed("_ITEM_BYTES", "_NAME_BYTES"),
        @"sdk/python/hero_tracing.py:96: expected `_NAME_BYTES = 256` as limit.name says in line 64, found it again after line 95: mend the code or the docstring");
    assert_snapshot!(said(""), @r#"
    sdk/python/hero_tracing.py:90: expected `_PROTOCOL = 1` as the docstring's heading says, found no such line at module level: mend the code or the docstring
    sdk/python/hero_tracing.py:90: expected `_ENV_SOCKET = "SOCK"` as env.socket says in line 17, found no such line at module level: mend the code or the docstring
    sdk/python/hero_tracing.py:90: expected `_NAME_BYTES = 256` as limit.name says in line 64, found no such line at module level: mend the code or the docstring
    sdk/python/hero_tracing.py:90: expected `_KINDS = ("step", "rpc")` as type.kind says in line 29, found no such line at module level: mend the code or the docstring
    "#);
}

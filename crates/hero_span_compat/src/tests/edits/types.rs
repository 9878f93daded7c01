//! What values may be: units, patterns, bounds, sizes, kinds.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "milliseconds become seconds",
        edit: &[("time = number, unit ms;", "time = number, unit s;")],
        found: &["unit-changed type.time: misread / misread"],
    },
    Edit {
        what: "a unit is no longer declared",
        edit: &[("time = number, unit ms;", "time = number;")],
        found: &["unit-declared type.time: fine / fine"],
    },
    Edit {
        what: "a pattern takes fewer strings",
        edit: &[("pattern ^[0-9a-f]{16}$", "pattern ^[0-7][0-9a-f]{15}$")],
        found: &["pattern-narrowed type.id: refused / fine"],
    },
    Edit {
        what: "a pattern takes longer strings",
        edit: &[("pattern ^[0-9a-f]{16}$", "pattern ^[0-9a-f]{16,32}$")],
        found: &["pattern-widened type.id: fine / refused"],
    },
    Edit {
        what: "a pattern asks for upper case",
        edit: &[("pattern ^[0-9a-f]{16}$", "pattern ^[0-9A-F]{16}$")],
        found: &["pattern-replaced type.id: refused / refused"],
    },
    Edit {
        what: "a pattern is written in another way",
        edit: &[("pattern ^[0-9a-f]{16}$", "pattern ^[a-f0-9]{8}[a-f0-9]{8}$")],
        found: &["pattern-rewritten type.id: fine / fine"],
    },
    Edit {
        what: "a pattern is added",
        edit: &[(
            "name = string; sent:",
            "name = string, pattern ^[a-z]*$; sent:",
        )],
        found: &["pattern-narrowed type.name: refused / fine"],
    },
    Edit {
        what: "a pattern binds SDKs alone",
        edit: &[(
            "id = string, pattern ^[0-9a-f]{16}$, not 0000000000000000",
            "id = string; sent: pattern ^[0-9a-f]{16}$, not 0000000000000000",
        )],
        found: &["binds-sdks-alone type.id: fine / fine"],
    },
    Edit {
        what: "a string is excluded",
        edit: &[("text = string; sent:", "text = string, not none; sent:")],
        found: &["excluded-added type.text: refused / fine"],
    },
    Edit {
        what: "a string is no longer excluded",
        edit: &[(", not 0000000000000000", "")],
        found: &["excluded-removed type.id: fine / refused"],
    },
    Edit {
        what: "another string is excluded",
        edit: &[(", not 0000000000000000", ", not ffffffffffffffff")],
        found: &[
            "excluded-added type.id: refused / fine",
            "excluded-removed type.id: fine / refused",
        ],
    },
    Edit {
        what: "the least number is greater",
        edit: &[(
            "integer, minimum 0, maximum INTEGER_MAX",
            "integer, minimum 1, maximum INTEGER_MAX",
        )],
        found: &["number-range-narrowed type.count: refused / fine"],
    },
    Edit {
        what: "the least number is smaller",
        edit: &[(
            "integer, minimum 0, maximum INTEGER_MAX",
            "integer, minimum -1, maximum INTEGER_MAX",
        )],
        found: &["number-range-widened type.count: fine / refused"],
    },
    Edit {
        what: "the bounds are others",
        edit: &[(
            "integer, minimum 0, maximum INTEGER_MAX",
            "integer, minimum -1, maximum 1000",
        )],
        found: &["number-range-moved type.count: refused / refused"],
    },
    Edit {
        what: "a bound binds SDKs alone",
        edit: &[(
            "integer, minimum 0, maximum INTEGER_MAX",
            "integer, minimum 0; sent: maximum INTEGER_MAX",
        )],
        found: &["binds-sdks-alone type.count: fine / fine"],
    },
    Edit {
        what: "SDKs send fewer decimals",
        edit: &[(
            "maximum 9007199254740, decimals 3",
            "maximum 9007199254740, decimals 2",
        )],
        found: &["sent-narrowed type.time: flagged / fine"],
    },
    Edit {
        what: "SDKs send more decimals",
        edit: &[(
            "maximum 9007199254740, decimals 3",
            "maximum 9007199254740, decimals 6",
        )],
        found: &["sent-widened type.time: fine / flagged"],
    },
    Edit {
        what: "decimals bind collectors too",
        edit: &[(
            "time = number, unit ms; sent: minimum 0, maximum 9007199254740, decimals 3",
            "time = number, unit ms, decimals 2; sent: minimum 0, maximum 9007199254740",
        )],
        found: &["decimals-fewer type.time: refused / fine"],
    },
    Edit {
        what: "a fraction becomes a whole number",
        edit: &[(
            "time = number, unit ms; sent: minimum 0, maximum 9007199254740, decimals 3",
            "time = integer, unit ms; sent: minimum 0, maximum 9007199254740",
        )],
        found: &["type-base-narrowed type.time: refused / fine"],
    },
    Edit {
        what: "a whole number becomes a fraction",
        edit: &[("count = integer, minimum", "count = number, minimum")],
        found: &["type-base-widened type.count: fine / refused"],
    },
    Edit {
        what: "a text becomes a number",
        edit: &[(
            "text = string; sent: bytes 0 to VALUE_BYTES",
            "text = number",
        )],
        found: &["type-base-replaced type.text: refused / refused"],
    },
    Edit {
        what: "a text becomes anything",
        edit: &[("text = string; sent:", "text = any; sent:")],
        found: &["type-base-widened type.text: fine / refused"],
    },
    Edit {
        what: "SDKs send shorter texts",
        edit: &[(
            "text = string; sent: bytes 0 to VALUE_BYTES",
            "text = string; sent: bytes 0 to 100",
        )],
        found: &["sent-narrowed type.text: flagged / fine"],
    },
    Edit {
        what: "SDKs send longer texts",
        edit: &[(
            "text = string; sent: bytes 0 to VALUE_BYTES",
            "text = string; sent: bytes 0 to ERROR_BYTES",
        )],
        found: &["sent-widened type.text: fine / flagged"],
    },
    Edit {
        what: "collectors take shorter texts",
        edit: &[(
            "text = string; sent: bytes 0 to VALUE_BYTES",
            "text = string, bytes 0 to 100",
        )],
        found: &["byte-range-narrowed type.text: refused / fine"],
    },
    Edit {
        what: "what SDKs send binds collectors",
        edit: &[(
            "text = string; sent: bytes 0 to VALUE_BYTES",
            "text = string, bytes 0 to VALUE_BYTES",
        )],
        found: &["binds-consumers type.text: fine / fine"],
    },
    Edit {
        what: "collectors take fewer members",
        edit: &[("json; sent: members 0 to MEMBERS", "json, members 0 to 8")],
        found: &["member-range-narrowed type.members: refused / fine"],
    },
    Edit {
        what: "SDKs send fewer members",
        edit: &[(
            "json; sent: members 0 to MEMBERS",
            "json; sent: members 0 to 8",
        )],
        found: &["sent-narrowed type.members: flagged / fine"],
    },
    Edit {
        what: "members hold less",
        edit: &[("object of name to json;", "object of name to text;")],
        found: &["entries-narrowed type.members: refused / fine"],
    },
    Edit {
        what: "members hold more",
        edit: &[(
            "sizes = object of string to count",
            "sizes = object of string to json",
        )],
        found: &["entries-widened type.sizes: fine / refused"],
    },
    Edit {
        what: "keys are narrowed",
        edit: &[(
            "sizes = object of string to count",
            "sizes = object of id to count",
        )],
        found: &["entries-narrowed type.sizes: refused / fine"],
    },
    Edit {
        what: "a type is added",
        edit: &[(
            "[type.json] MUST",
            "[type.flag] MUST flag = string, one of yes no\n    Yes or no.\n\n[type.json] MUST",
        )],
        found: &["type-added type.flag: fine / fine"],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

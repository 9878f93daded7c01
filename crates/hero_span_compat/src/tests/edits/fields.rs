//! Fields that come, go, and change their names and types.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "an optional field is added",
        edit: &[(
            "    fields   members  optional  Data that goes with the message.",
            "    fields   members  optional  Data that goes with the message.\n    code     count    optional  A number for the message.",
        )],
        found: &["field-added span_log.code: fine / ignored"],
    },
    Edit {
        what: "an expected field is added",
        edit: &[(
            "    fields   members  optional  Data that goes with the message.",
            "    fields   members  optional  Data that goes with the message.\n    code     count    expected  A number for the message.",
        )],
        found: &["field-added-expected span_log.code: flagged / ignored"],
    },
    Edit {
        what: "a required field is added",
        edit: &[(
            "    fields   members  optional  Data that goes with the message.",
            "    fields   members  optional  Data that goes with the message.\n    code     count    required  A number for the message.",
        )],
        found: &["field-added-required span_log.code: refused / ignored"],
    },
    Edit {
        what: "a nullable field is added",
        edit: &[(
            "    fields   members  optional  Data that goes with the message.",
            "    fields   members  optional  Data that goes with the message.\n    code     id|null  optional  A number for the message.",
        )],
        found: &["field-added span_log.code: fine / ignored"],
    },
    Edit {
        what: "an optional field is added to every event",
        edit: &[(
            "    truncated  sizes     optional  Which fields were cut.",
            "    truncated  sizes     optional  Which fields were cut.\n    host       name      optional  Where it runs.",
        )],
        found: &["field-added event.any.host: fine / ignored"],
    },
    Edit {
        what: "a required field is added to every event",
        edit: &[(
            "    truncated  sizes     optional  Which fields were cut.",
            "    truncated  sizes     optional  Which fields were cut.\n    host       name      required  Where it runs.",
        )],
        found: &["field-added-required event.any.host: refused / ignored"],
    },
    Edit {
        what: "an optional field is added to an object",
        edit: &[(
            "    pid       count  expected  The process id.",
            "    pid       count  expected  The process id.\n    host      name   optional  Where it runs.",
        )],
        found: &["field-added producer.host: fine / ignored"],
    },
    Edit {
        what: "a required field is added to an object",
        edit: &[(
            "    pid       count  expected  The process id.",
            "    pid       count  expected  The process id.\n    host      name   required  Where it runs.",
        )],
        found: &["field-added-required producer.host: refused / ignored"],
    },
    Edit {
        what: "an optional field is removed",
        edit: &[(
            "    error_type  name    optional  The exception's type.\n",
            "",
        )],
        found: &["field-removed span_end.error_type: lost / fine"],
    },
    Edit {
        what: "a required field is removed",
        edit: &[("    key    name  required  The tag.\n", "")],
        found: &["field-removed-required span_tag.key: lost / refused"],
    },
    Edit {
        what: "an expected field is removed from an object",
        edit: &[("    pid       count  expected  The process id.\n", "")],
        found: &["field-removed producer.pid: lost / fine"],
    },
    Edit {
        what: "an optional field is renamed",
        edit: &[(
            "    level    level    optional",
            "    urgency  level    optional",
        )],
        found: &["field-renamed span_log.level: lost / lost"],
    },
    Edit {
        what: "a required field is renamed",
        edit: &[(
            "    message  text     required",
            "    text     text     required",
        )],
        found: &["field-renamed-required span_log.message: refused / refused"],
    },
    Edit {
        what: "an expected field of every event is renamed",
        edit: &[(
            "    seq        count     expected",
            "    number     count     expected",
        )],
        found: &["field-renamed event.any.seq: lost / lost"],
    },
    Edit {
        what: "a required field of every event is renamed",
        edit: &[(
            "    ts_ms      time      required",
            "    at_ms      time      required",
        )],
        found: &["field-renamed-required event.any.ts_ms: refused / refused"],
    },
    Edit {
        what: "a field of an object is renamed",
        edit: &[(
            "    sdk       name   expected",
            "    language  name   expected",
        )],
        found: &["field-renamed producer.sdk: lost / lost"],
    },
    Edit {
        what: "a field takes less",
        edit: &[(
            "    result      json    optional",
            "    result      text    optional",
        )],
        found: &["field-type-narrowed span_end.result: refused / fine"],
    },
    Edit {
        what: "a field holds more",
        edit: &[(
            "    message  text     required",
            "    message  json     required",
        )],
        found: &["field-type-widened span_log.message: fine / refused"],
    },
    Edit {
        what: "a field holds something else",
        edit: &[(
            "    message  text     required",
            "    message  count    required",
        )],
        found: &["field-type-replaced span_log.message: refused / refused"],
    },
    Edit {
        what: "a field is of another type with other limits alone",
        edit: &[(
            "    error_type  name    optional",
            "    error_type  text    optional",
        )],
        found: &["field-type-same span_end.error_type: fine, not flagged / flagged"],
    },
    Edit {
        what: "a field of an object holds something else",
        edit: &[(
            "    pid       count  expected",
            "    pid       name   expected",
        )],
        found: &["field-type-replaced producer.pid: refused / refused"],
    },
    Edit {
        what: "a field may be null",
        edit: &[(
            "    span_id    id        required",
            "    span_id    id|null   required",
        )],
        found: &["field-nullable event.any.span_id: fine / refused"],
    },
    Edit {
        what: "a field may no longer be null",
        edit: &[(
            "    parent_span_id  id|null  expected",
            "    parent_span_id  id       expected",
        )],
        found: &["field-not-nullable span_start.parent_span_id: refused / fine"],
    },
    Edit {
        what: "a field means something else",
        edit: &[(
            "    name            name     required  What it is called.",
            "    name            name     required  Its title.",
        )],
        found: &["field-meaning-changed span_start.name: fine / fine"],
    },
    Edit {
        what: "a field of one event is every event's",
        edit: &[
            (
                "    level    level    optional  How much it matters; absent means info.\n",
                "",
            ),
            (
                "    truncated  sizes     optional  Which fields were cut.",
                "    truncated  sizes     optional  Which fields were cut.\n    level      level     optional  How much it matters; absent means info.",
            ),
        ],
        found: &[
            "field-added span_start.level: fine / ignored",
            "field-added span_tag.level: fine / ignored",
            "field-added span_end.level: fine / ignored",
        ],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

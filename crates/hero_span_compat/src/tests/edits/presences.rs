//! Every step from one presence to another.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "optional to expected",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     required  What was said.\n    level    level    expected  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-now-expected span_log.level: flagged / fine"],
    },
    Edit {
        what: "optional to required",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     required  What was said.\n    level    level    required  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-now-required span_log.level: refused / fine"],
    },
    Edit {
        what: "optional to deprecated",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     required    What was said.\n    level    level    deprecated  How much it matters; absent means info.\n    fields   members  optional    Data that goes with the message.",
        )],
        found: &["field-deprecated span_log.level: fine / fine, not flagged"],
    },
    Edit {
        what: "optional to reserved",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     required  What was said.\n    level    level    reserved  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-reserved span_log.level: lost / fine"],
    },
    Edit {
        what: "required to expected",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     expected  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-no-longer-required span_log.message: fine / fine"],
    },
    Edit {
        what: "required to optional",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     optional  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-required-dropped span_log.message: fine / refused"],
    },
    Edit {
        what: "required to deprecated",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     deprecated  What was said.\n    level    level    optional    How much it matters; absent means info.\n    fields   members  optional    Data that goes with the message.",
        )],
        found: &["field-required-dropped span_log.message: fine / refused"],
    },
    Edit {
        what: "required to reserved",
        edit: &[(
            "    message  text     required  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
            "    message  text     reserved  What was said.\n    level    level    optional  How much it matters; absent means info.\n    fields   members  optional  Data that goes with the message.",
        )],
        found: &["field-removed-required span_log.message: lost / refused"],
    },
    Edit {
        what: "expected to required",
        edit: &[(
            "    kind            kind     expected",
            "    kind            kind     required",
        )],
        found: &["field-required-as-sent span_start.kind: fine / fine"],
    },
    Edit {
        what: "expected to optional",
        edit: &[(
            "    kind            kind     expected",
            "    kind            kind     optional",
        )],
        found: &["field-now-optional span_start.kind: fine / flagged"],
    },
    Edit {
        what: "expected to reserved",
        edit: &[(
            "    kind            kind     expected",
            "    kind            kind     reserved",
        )],
        found: &["field-reserved span_start.kind: lost / fine"],
    },
    Edit {
        what: "first to expected",
        edit: &[(
            "    producer   producer  first     Who",
            "    producer   producer  expected  Who",
        )],
        found: &["field-condition-changed event.any.producer: flagged / fine, not flagged"],
    },
    Edit {
        what: "first to optional",
        edit: &[(
            "    producer   producer  first     Who",
            "    producer   producer  optional  Who",
        )],
        found: &[
            "field-condition-changed event.any.producer: fine, not flagged / fine, not flagged",
        ],
    },
    Edit {
        what: "first to required",
        edit: &[(
            "    producer   producer  first     Who",
            "    producer   producer  required  Who",
        )],
        found: &["field-now-required event.any.producer: refused / fine"],
    },
    Edit {
        what: "first to reserved",
        edit: &[(
            "    producer   producer  first     Who",
            "    producer   producer  reserved  Who",
        )],
        found: &["field-reserved event.any.producer: lost / fine"],
    },
    Edit {
        what: "failed to optional",
        edit: &[(
            "    error       error   failed  ",
            "    error       error   optional",
        )],
        found: &["field-condition-changed span_end.error: fine, not flagged / flagged"],
    },
    Edit {
        what: "failed to expected",
        edit: &[(
            "    error       error   failed  ",
            "    error       error   expected",
        )],
        found: &["field-condition-changed span_end.error: flagged / fine, not flagged"],
    },
    Edit {
        what: "failed to required",
        edit: &[(
            "    error       error   failed  ",
            "    error       error   required",
        )],
        found: &["field-now-required span_end.error: refused / fine"],
    },
    Edit {
        what: "optional to failed",
        edit: &[(
            "    error_type  name    optional",
            "    error_type  name    failed  ",
        )],
        found: &["field-condition-changed span_end.error_type: flagged / fine, not flagged"],
    },
    Edit {
        what: "expected to optional in an object",
        edit: &[(
            "    pid       count  expected",
            "    pid       count  optional",
        )],
        found: &["field-now-optional producer.pid: fine / flagged"],
    },
    Edit {
        what: "required to expected in an object",
        edit: &[(
            "    id        id     required  The producer",
            "    id        id     expected  The producer",
        )],
        found: &["field-no-longer-required producer.id: fine / fine"],
    },
    Edit {
        what: "expected to required in an object",
        edit: &[(
            "    pid       count  expected",
            "    pid       count  required",
        )],
        found: &["field-required-as-sent producer.pid: fine / fine"],
    },
    Edit {
        what: "optional to required for every event",
        edit: &[(
            "    truncated  sizes     optional",
            "    truncated  sizes     required",
        )],
        found: &["field-now-required event.any.truncated: refused / fine"],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

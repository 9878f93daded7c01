//! Events that come, go, and change their names.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "an event is added",
        edit: &[(
            "[event.span_end] MUST span_end\n",
            "[event.span_link] MUST span_link\n    A span belongs with another.\n\n    other  id  required  Which.\n\n[event.span_end] MUST span_end\n",
        )],
        found: &["event-added span_link: fine / ignored"],
    },
    Edit {
        what: "an event is removed",
        edit: &[(
            "[event.span_tag] MUST span_tag\n    A tag is set on an open span. The last value of a key wins.\n\n    key    name  required  The tag.\n    value  json  required  Its value.\n\n",
            "",
        )],
        found: &["event-removed span_tag: lost / fine"],
    },
    Edit {
        what: "an event is renamed",
        edit: &[(
            "[event.span_log] MUST span_log",
            "[event.span_note] MUST span_note",
        )],
        found: &["event-renamed span_log: lost / lost"],
    },
    Edit {
        what: "an event is renamed and changed",
        edit: &[(
            "[event.span_tag] MUST span_tag\n    A tag is set on an open span. The last value of a key wins.\n\n    key    name  required  The tag.\n    value  json  required  Its value.\n\n",
            "[event.span_mark] MUST span_mark\n    A tag is set on an open span. The last value of a key wins.\n\n    mark   name  required  The tag.\n    value  json  required  Its value.\n\n",
        )],
        found: &[
            "event-removed span_tag: lost / fine",
            "event-added span_mark: fine / ignored",
        ],
    },
    Edit {
        what: "a required field of one event is every event's",
        edit: &[
            ("    key    name  required  The tag.\n", ""),
            (
                "    truncated  sizes     optional  Which fields were cut.",
                "    truncated  sizes     optional  Which fields were cut.\n    key        name      required  The tag.",
            ),
        ],
        found: &[
            "field-added-required span_start.key: refused / ignored",
            "field-added-required span_log.key: refused / ignored",
            "field-added-required span_end.key: refused / ignored",
        ],
    },
    Edit {
        what: "a field of every event is one event's",
        edit: &[
            (
                "    truncated  sizes     optional  Which fields were cut.\n",
                "",
            ),
            (
                "    fields   members  optional  Data that goes with the message.",
                "    fields     members  optional  Data that goes with the message.\n    truncated  sizes    optional  Which fields were cut.",
            ),
            (
                "    message  text     required  What",
                "    message    text     required  What",
            ),
            (
                "    level    level    optional  How",
                "    level      level    optional  How",
            ),
        ],
        found: &[
            "field-removed span_start.truncated: lost / fine",
            "field-removed span_tag.truncated: lost / fine",
            "field-removed span_end.truncated: lost / fine",
        ],
    },
    Edit {
        what: "a tag's key and value are one field",
        edit: &[(
            "    key    name  required  The tag.\n    value  json  required  Its value.",
            "    tags  members  required  The tags.",
        )],
        found: &[
            "field-removed-required span_tag.key: fine, not lost / refused",
            "field-removed-required span_tag.value: fine, not lost / refused",
            "field-added-required span_tag.tags: refused / ignored",
        ],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

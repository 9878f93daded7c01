//! What clauses ask, stream rules among them, and what a language may lack.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "rule.start-first is removed",
        edit: &[(
            "[rule.start-first] MUST\n    The first event of a span is its span_start.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.start-first: fine / flagged"],
    },
    Edit {
        what: "rule.start-once is removed",
        edit: &[(
            "[rule.start-once] MUST\n    A span starts once; its id is never used again.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.start-once: fine / flagged"],
    },
    Edit {
        what: "rule.end-last is removed",
        edit: &[(
            "[rule.end-last] MUST\n    No tag or log comes after the end of its span.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.end-last: fine / flagged"],
    },
    Edit {
        what: "rule.end-once is removed",
        edit: &[(
            "[rule.end-once] MUST\n    A span ends at most once.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.end-once: fine / flagged"],
    },
    Edit {
        what: "rule.parent-started is removed",
        edit: &[(
            "[rule.parent-started] MUST\n    A parent has started before its child, unless it belongs to another\n    producer. A child may outlive its parent.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.parent-started: fine / flagged"],
    },
    Edit {
        what: "rule.time-order is removed",
        edit: &[(
            "[rule.time-order] MUST\n    Within one span ts_ms never goes back.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.time-order: fine / flagged"],
    },
    Edit {
        what: "rule.seq-rises is removed",
        edit: &[(
            "[rule.seq-rises] MUST\n    On a connection seq rises strictly, in the order of the lines.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.seq-rises: fine / flagged"],
    },
    Edit {
        what: "rule.producer-first is removed",
        edit: &[(
            "[rule.producer-first] MUST\n    The first event of a connection carries producer, and no other does.\n\n",
            "",
        )],
        found: &["stream-rule-removed rule.producer-first: fine / flagged"],
    },
    Edit {
        what: "a stream rule is added",
        edit: &[(
            "[rule.parent-started] MUST",
            "[rule.short] MUST\n    A span is short.\n\n[rule.parent-started] MUST",
        )],
        found: &["stream-rule-added rule.short: fine, not flagged / fine"],
    },
    Edit {
        what: "a stream rule is weakened",
        edit: &[("[rule.end-once] MUST", "[rule.end-once] SHOULD")],
        found: &["requirement-lowered rule.end-once: fine / fine"],
    },
    Edit {
        what: "a MUST becomes a SHOULD",
        edit: &[("[sdk.clock] MUST", "[sdk.clock] SHOULD")],
        found: &["requirement-lowered sdk.clock: fine / fine"],
    },
    Edit {
        what: "a SHOULD becomes a MUST",
        edit: &[("[limit.buffer] SHOULD", "[limit.buffer] MUST")],
        found: &["requirement-raised limit.buffer: fine / fine"],
    },
    Edit {
        what: "a clause is worded anew",
        edit: &[(
            "    The wall clock is read once; a monotonic clock is added to it.",
            "    A monotonic clock is added to the wall clock, which is read once.",
        )],
        found: &["clause-reworded sdk.clock: fine / fine"],
    },
    Edit {
        what: "the words name another unit",
        edit: &[(
            "    Milliseconds since the Unix epoch,",
            "    Seconds since the Unix epoch,",
        )],
        found: &["unit-reworded type.time: fine, not misread / fine, not misread"],
    },
    Edit {
        what: "a clause is added",
        edit: &[(
            "[sdk.silent] MUST",
            "[sdk.quick] MUST\n    A call takes no longer than a microsecond.\n\n[sdk.silent] MUST",
        )],
        found: &["clause-added sdk.quick: fine / fine"],
    },
    Edit {
        what: "a clause is removed",
        edit: &[(
            "[sdk.clock] MUST\n    The wall clock is read once; a monotonic clock is added to it.\n\n",
            "",
        )],
        found: &["clause-removed sdk.clock: fine / fine"],
    },
    Edit {
        what: "a clause has another id",
        edit: &[("[sdk.clock] MUST", "[sdk.clocks] MUST")],
        found: &["clause-renamed sdk.clock: fine / fine"],
    },
    Edit {
        what: "a feature is added",
        edit: &[(
            "instrument generator decorator\n",
            "instrument generator decorator signals\n",
        )],
        found: &["feature-added sdk.features.signals: fine / fine"],
    },
    Edit {
        what: "a feature is removed",
        edit: &[("instrument generator decorator\n", "instrument generator\n")],
        found: &["feature-removed sdk.features.decorator: fine / fine"],
    },
    Edit {
        what: "an introduction is worded anew",
        edit: &[(
            "A field is required (a consumer rejects a line without it)",
            "A field is required (no consumer takes a line without it)",
        )],
        found: &["clause-reworded Events: fine / fine"],
    },
    Edit {
        what: "a cut ends on a byte, no longer on a code point",
        edit: &[(
            "    a code point.\n\n[value.structured]",
            "    a byte.\n\n[value.structured]",
        )],
        found: &["unit-reworded value.cut: fine, not misread / fine, not misread"],
    },
    Edit {
        what: "a code that is no unit is worded anew",
        edit: &[("with the code as error", "with its number as error")],
        found: &["clause-reworded sdk.status: fine / fine"],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

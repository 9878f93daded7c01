//! Limits, the variables of the environment, and the protocol's numbers.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "values are shorter",
        edit: &[("VALUE_BYTES = 4096", "VALUE_BYTES = 2048")],
        found: &["limit-lowered limit.value: flagged / fine"],
    },
    Edit {
        what: "values are longer",
        edit: &[("VALUE_BYTES = 4096", "VALUE_BYTES = 8192")],
        found: &["limit-raised limit.value: fine / flagged"],
    },
    Edit {
        what: "lines are shorter",
        edit: &[("LINE_BYTES = 32768", "LINE_BYTES = 16384")],
        found: &["line-limit-lowered limit.line: refused / fine"],
    },
    Edit {
        what: "lines are longer",
        edit: &[("LINE_BYTES = 32768", "LINE_BYTES = 65536")],
        found: &["line-limit-raised limit.line: fine / refused"],
    },
    Edit {
        what: "lines are one byte longer",
        edit: &[("LINE_BYTES = 32768", "LINE_BYTES = 32769")],
        found: &["line-limit-raised limit.line: fine / refused"],
    },
    Edit {
        what: "values are less deep",
        edit: &[("] MUST DEPTH = 32", "] MUST DEPTH = 16")],
        found: &["depth-limit-lowered limit.depth: refused / fine"],
    },
    Edit {
        what: "values are deeper",
        edit: &[("] MUST DEPTH = 32", "] MUST DEPTH = 64")],
        found: &["depth-limit-raised limit.depth: fine / refused"],
    },
    Edit {
        what: "the largest integer is smaller",
        edit: &[("INTEGER_MAX = 9007199254740991", "INTEGER_MAX = 4294967295")],
        found: &["limit-lowered-for-all limit.integer: refused / fine"],
    },
    Edit {
        what: "the limit of lines has another name",
        edit: &[(
            "[limit.line] MUST LINE_BYTES = 32768\n    Bytes",
            "[limit.line] MUST MESSAGE_BYTES = 32768\n    Bytes",
        )],
        found: &["limit-renamed limit.line: fine / fine"],
    },
    Edit {
        what: "lines have no limit",
        edit: &[(
            "[limit.line] MUST LINE_BYTES = 32768\n    Bytes of a line, its LF included. A consumer rejects a longer one.\n\n",
            "",
        )],
        found: &[
            "line-limit-raised limit.line: fine / refused",
            "limit-removed limit.line: fine / fine",
        ],
    },
    Edit {
        what: "values have no depth",
        edit: &[(
            "[limit.depth] MUST DEPTH = 32\n    Objects and arrays within one another in a line; the event's own object is\n    the first. A consumer rejects a deeper line.\n\n",
            "",
        )],
        found: &[
            "depth-limit-raised limit.depth: fine / refused",
            "limit-removed limit.depth: fine / fine",
        ],
    },
    Edit {
        what: "the limit of lines is declared by another clause",
        edit: &[("[limit.line] MUST", "[limit.event] MUST")],
        found: &[
            "line-limit-raised limit.line: fine / refused",
            "clause-renamed limit.line: fine / fine",
        ],
    },
    Edit {
        what: "SDKs wait less",
        edit: &[("WAIT_MS = 250", "WAIT_MS = 100")],
        found: &["behaviour-limit-changed limit.wait: fine / fine"],
    },
    Edit {
        what: "a limit is added",
        edit: &[(
            "[limit.wait] MUST",
            "[limit.words] MUST WORDS = 7\n    Words of a name.\n\n[limit.wait] MUST",
        )],
        found: &["limit-added limit.words: fine / fine"],
    },
    Edit {
        what: "the socket's variable is renamed",
        edit: &[("HERO_FLOW_SPAN_SOCK", "HERO_SPAN_SOCKET")],
        found: &["variable-renamed env.socket: lost / lost"],
    },
    Edit {
        what: "the parent's variable is renamed",
        edit: &[("HERO_FLOW_PARENT_SPAN", "HERO_PARENT_SPAN")],
        found: &["variable-renamed env.parent: lost / lost"],
    },
    Edit {
        what: "the parent's variable is removed",
        edit: &[(
            "[env.parent] MUST HERO_FLOW_PARENT_SPAN\n    The span id under which the process's root spans hang (a sub-flow). Unset,\n    empty or not an id: they are roots.\n\n",
            "",
        )],
        found: &["variable-removed env.parent: lost / lost"],
    },
    Edit {
        what: "the parent's variable is read under another clause",
        edit: &[("[env.parent] MUST", "[env.above] MUST")],
        found: &["clause-renamed env.parent: fine / fine"],
    },
    Edit {
        what: "a variable is added",
        edit: &[(
            "[env.parent] MUST",
            "[env.level] MUST HERO_FLOW_LEVEL\n    The least level that is sent.\n\n[env.parent] MUST",
        )],
        found: &["variable-added env.level: fine / fine"],
    },
    Edit {
        what: "the protocol's number is raised",
        edit: &[(
            "protocol 1\n=========================",
            "protocol 2\n=========================",
        )],
        found: &["protocol-changed protocol: fine / fine"],
    },
    Edit {
        what: "the revision is raised",
        edit: &[(
            "protocol 1\n=========================",
            "protocol 1.1\n===========================",
        )],
        found: &[],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

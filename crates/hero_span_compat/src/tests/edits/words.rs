//! Lists of words, closed and open.

use super::{Edit, check};

pub(super) const EDITS: &[Edit] = &[
    Edit {
        what: "a word is added to a closed list",
        edit: &[(
            "one of ok failed cancelled",
            "one of ok failed cancelled skipped",
        )],
        found: &["word-added type.status: fine / refused"],
    },
    Edit {
        what: "a word is removed from a closed list",
        edit: &[("one of ok failed cancelled", "one of ok failed")],
        found: &["word-removed type.status: refused / fine"],
    },
    Edit {
        what: "a word is exchanged in a closed list",
        edit: &[("one of ok failed cancelled", "one of ok failed stopped")],
        found: &[
            "word-added type.status: fine / refused",
            "word-removed type.status: refused / fine",
        ],
    },
    Edit {
        what: "a closed list is in another order",
        edit: &[("one of ok failed cancelled", "one of failed ok cancelled")],
        found: &[],
    },
    Edit {
        what: "a closed list becomes any string",
        edit: &[(
            "status = string, one of ok failed cancelled",
            "status = string",
        )],
        found: &["words-unlisted type.status: fine / refused"],
    },
    Edit {
        what: "a closed list becomes an open one",
        edit: &[(
            "status = string, one of ok failed cancelled",
            "status = string; sent: one of ok failed cancelled; else failed",
        )],
        found: &["words-opened type.status: fine / fine"],
    },
    Edit {
        what: "a closed list becomes an open one with a further word",
        edit: &[(
            "status = string, one of ok failed cancelled",
            "status = string; sent: one of ok failed cancelled skipped; else failed",
        )],
        found: &[
            "words-opened type.status: fine / fine",
            "word-added type.status: fine / refused",
        ],
    },
    Edit {
        what: "SDKs send fewer words of a closed list",
        edit: &[(
            "status = string, one of ok failed cancelled",
            "status = string, one of ok failed cancelled; sent: one of ok failed",
        )],
        found: &["sent-word-removed type.status: fine, not misread / fine"],
    },
    Edit {
        what: "a word is added to an open list",
        edit: &[(
            "one of debug info warn error;",
            "one of debug info warn error fatal;",
        )],
        found: &["sent-word-added type.level: fine / ignored"],
    },
    Edit {
        what: "a word is removed from an open list",
        edit: &[("one of debug info warn error;", "one of info warn error;")],
        found: &["sent-word-removed type.level: misread / fine"],
    },
    Edit {
        what: "an open list is closed",
        edit: &[(
            "level = string; sent: one of debug info warn error; else info",
            "level = string, one of debug info warn error",
        )],
        found: &["words-closed type.level: fine / fine"],
    },
    Edit {
        what: "an open list is closed without a word",
        edit: &[(
            "level = string; sent: one of debug info warn error; else info",
            "level = string, one of info warn error",
        )],
        found: &[
            "words-closed type.level: fine / fine",
            "word-removed type.level: refused / fine",
        ],
    },
    Edit {
        what: "other words are read as another",
        edit: &[("warn error; else info", "warn error; else debug")],
        found: &["else-changed type.level: fine / fine"],
    },
    Edit {
        what: "strings become a closed list",
        edit: &[(
            "error = string; sent: bytes 0 to ERROR_BYTES",
            "error = string, one of bad worse",
        )],
        found: &["words-listed type.error: refused / fine"],
    },
    Edit {
        what: "strings become an open list",
        edit: &[(
            "error = string; sent: bytes 0 to ERROR_BYTES",
            "error = string; sent: one of bad worse; else bad",
        )],
        found: &["sent-narrowed type.error: flagged / fine"],
    },
];

#[test]
fn each_is_found() {
    check(EDITS);
}

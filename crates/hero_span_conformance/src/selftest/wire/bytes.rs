//! Faults of bytes and of JSON.

use hero_span_protocol::contract::limit;

use super::Wire;

pub(super) const FAULTS: &[Wire] = &[
    Wire {
        id: "crlf",
        about: "Lines end with CR LF.",
        killed_by: "transport.line",
        edit: |s| s.every(|line| line.put("\n", "\r\n")),
    },
    Wire {
        id: "white-space-before",
        about: "A blank stands before each object.",
        killed_by: "transport.line",
        edit: |s| s.every(|line| line.prefix(" ")),
    },
    Wire {
        id: "empty-line",
        about: "An empty line stands between two others.",
        killed_by: "transport.line",
        edit: |s| s.insert(1, "\n"),
    },
    Wire {
        id: "two-objects-on-a-line",
        about: "The first two events stand on one line.",
        killed_by: "transport.line",
        edit: |s| s.first("*", &[], |line| line.put("\n", "")),
    },
    Wire {
        id: "not-an-object",
        about: "A line is an array.",
        killed_by: "transport.line",
        edit: |s| {
            s.first("*", &[], |line| {
                line.prefix("[");
                line.put("\n", "]\n");
            });
        },
    },
    Wire {
        id: "torn-last-line",
        about: "The last line has no LF.",
        killed_by: "transport.line",
        edit: |s| s.last(|line| line.put("\n", "")),
    },
    Wire {
        id: "byte-order-mark",
        about: "A byte order mark comes first.",
        killed_by: "transport.utf8",
        edit: |s| s.first("*", &[], |line| line.prefix("\u{FEFF}")),
    },
    Wire {
        id: "latin-1",
        about: "A name is in Latin-1.",
        killed_by: "transport.utf8",
        edit: |s| {
            s.first("span_start", &["name"], |line| {
                line.set_bytes("name", b"\"caf\xE9\"");
            });
        },
    },
    Wire {
        id: "surrogate-in-utf8",
        about: "A lone surrogate is encoded as if it were a character.",
        killed_by: "transport.utf8",
        edit: |s| {
            s.first("span_start", &["name"], |line| {
                line.set_bytes("name", b"\"\xED\xA0\x80\"");
            });
        },
    },
    Wire {
        id: "surrogate-escape",
        about: "A lone surrogate is escaped.",
        killed_by: "transport.i-json",
        edit: |s| {
            s.first("span_start", &["name"], |line| {
                line.set("name", r#""\uD800""#);
            });
        },
    },
    Wire {
        id: "nan",
        about: "A tag is NaN.",
        killed_by: "transport.i-json",
        edit: |s| s.first("span_tag", &["value"], |line| line.set("value", "NaN")),
    },
    Wire {
        id: "beyond-a-double",
        about: "A number is beyond a double.",
        killed_by: "transport.i-json",
        edit: |s| s.first("span_tag", &["value"], |line| line.set("value", "1e400")),
    },
    Wire {
        id: "key-twice",
        about: "A field is there twice.",
        killed_by: "transport.i-json",
        edit: |s| s.first("*", &["seq"], |line| line.add("seq", "0")),
    },
    Wire {
        id: "key-twice-within",
        about: "A key of the tags is there twice.",
        killed_by: "transport.i-json",
        edit: |s| {
            s.first("span_start", &["tags"], |line| {
                line.set("tags", r#"{"a":1,"a":2}"#);
            });
        },
    },
    Wire {
        id: "single-quotes",
        about: "A text has single quotes.",
        killed_by: "transport.i-json",
        edit: |s| s.first("span_start", &["name"], |line| line.set("name", "'n'")),
    },
    Wire {
        id: "trailing-comma",
        about: "A comma stands after the last field.",
        killed_by: "transport.i-json",
        edit: |s| s.first("*", &[], |line| line.put("}\n", ",}\n")),
    },
    Wire {
        id: "control-character",
        about: "A tab stands unescaped in a name.",
        killed_by: "transport.i-json",
        edit: |s| s.first("span_start", &["name"], |line| line.set("name", "\"a\tb\"")),
    },
    Wire {
        id: "line-too-long",
        about: "A line is longer than a consumer reads.",
        killed_by: "limit.line",
        edit: |s| {
            s.first("*", &[], |line| {
                line.put("}\n", &format!("{}}}\n", " ".repeat(limit::LINE_BYTES)));
            });
        },
    },
];

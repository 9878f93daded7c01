//! Faults of values, limits and cuts.

use hero_span_protocol::contract::limit;

use super::Wire;
use super::stream::Line;

pub(super) const FAULTS: &[Wire] = &[
    Wire {
        id: "value-too-long",
        about: "A tag is one byte too long.",
        killed_by: "limit.value",
        edit: |s| {
            s.first("span_tag", &[], |line| {
                line.set("value", &text(limit::VALUE_BYTES + 1));
            });
        },
    },
    Wire {
        id: "member-too-long",
        about: "A tag of a start is one byte too long.",
        killed_by: "limit.value",
        edit: |s| {
            s.first("span_start", &["tags"], |line| {
                line.set(
                    "tags",
                    &format!("{{\"a\":{}}}", text(limit::VALUE_BYTES + 1)),
                );
            });
        },
    },
    Wire {
        id: "structure-too-long",
        about: "An array is longer than a value may be.",
        killed_by: "limit.value",
        edit: |s| {
            s.first("span_tag", &[], |line| {
                line.set("value", &format!("[{}]", text(limit::VALUE_BYTES)));
            });
        },
    },
    Wire {
        id: "error-too-long",
        about: "An error is one byte too long.",
        killed_by: "limit.error",
        edit: |s| {
            s.first("span_end", &["error"], |line| {
                line.set("error", &text(limit::ERROR_BYTES + 1));
            });
        },
    },
    Wire {
        id: "name-too-long",
        about: "A name is one byte too long.",
        killed_by: "limit.name",
        edit: |s| {
            s.first("span_start", &[], |line| {
                line.set("name", &text(limit::NAME_BYTES + 1));
            });
        },
    },
    Wire {
        id: "key-too-long",
        about: "A tag's key is one byte too long.",
        killed_by: "limit.name",
        edit: |s| {
            s.first("span_tag", &[], |line| {
                line.set("key", &text(limit::NAME_BYTES + 1));
            });
        },
    },
    Wire {
        id: "too-many-members",
        about: "A start has one tag too many.",
        killed_by: "limit.members",
        edit: |s| {
            s.first("span_start", &["tags"], |line| {
                line.set("tags", &members(limit::MEMBERS + 1));
            });
        },
    },
    Wire {
        id: "too-deep",
        about: "A value lies one level too deep.",
        killed_by: "limit.depth",
        edit: |s| {
            s.first("span_tag", &[], |line| {
                line.set("value", &deep(limit::DEPTH));
            });
        },
    },
    Wire {
        id: "size-not-measured-so-far",
        about: "A size is larger than sizes are measured.",
        killed_by: "limit.measured",
        edit: |s| {
            s.first("*", &["truncated"], |line| {
                resize(line, |_| limit::MEASURED_BYTES as u64 + 1);
            });
        },
    },
    Wire {
        id: "size-too-small",
        about: "A size before the cut is not larger than what is left.",
        killed_by: "value.announced",
        edit: |s| s.first("*", &["truncated"], |line| resize(line, |_| 1)),
    },
    Wire {
        id: "size-by-one",
        about: "A size before the cut is one byte too large.",
        killed_by: "value.announced",
        edit: |s| s.first("*", &["truncated"], |line| resize(line, |size| size + 1)),
    },
    Wire {
        id: "announcement-missing",
        about: "A cut is not announced.",
        killed_by: "value.announced",
        edit: |s| s.first("*", &["truncated"], |line| line.remove("truncated")),
    },
    Wire {
        id: "cut-announced-elsewhere",
        about: "A cut is announced of a field that is not there.",
        killed_by: "value.announced",
        edit: |s| s.first("span_tag", &[], |line| announce(line, "result", 9000)),
    },
    Wire {
        id: "cut-that-was-none",
        about: "A cut is announced of what is whole.",
        killed_by: "value.announced",
        edit: |s| {
            s.first_with("span_log", "level", r#""info""#, |line| {
                announce(line, "level", 9000);
            });
        },
    },
    Wire {
        id: "cut-far-too-short",
        about: "A cut text is much shorter than it may be.",
        killed_by: "value.cut",
        edit: |s| {
            s.first("span_tag", &["truncated"], |line| {
                line.set("value", &text(100));
            });
        },
    },
    Wire {
        id: "cut-structure-stays",
        about: "A structure that was cut is no text.",
        killed_by: "value.structured",
        edit: |s| {
            s.first("span_tag", &["truncated"], |line| {
                line.set("value", "[1,2,3]");
            });
        },
    },
    Wire {
        id: "error-without-dots",
        about: "A cut error has no dots in its middle.",
        killed_by: "value.error",
        edit: |s| {
            s.first("span_end", &["truncated", "error"], |line| {
                line.put(r"\n...\n", ".:.:.");
            });
        },
    },
    Wire {
        id: "integer-too-large",
        about: "An integer is larger than a double holds.",
        killed_by: "value.numbers",
        edit: |s| {
            s.first("span_tag", &[], |line| {
                line.set("value", "9007199254740993");
            });
        },
    },
];

/// A JSON text of so many bytes.
fn text(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes))
}

/// An object of so many members.
fn members(count: usize) -> String {
    let members: Vec<String> = (0..count)
        .map(|number| format!("\"k{number}\":1"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// So many arrays within each other.
fn deep(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// Announces one cut, and no other.
fn announce(line: &mut Line, field: &str, size: u64) {
    line.remove("truncated");
    line.add("truncated", &format!("{{\"{field}\":{size}}}"));
}

/// Announces other sizes.
fn resize(line: &mut Line, size: impl Fn(u64) -> u64) {
    line.within("truncated", |sizes| {
        for field in sizes.fields() {
            sizes.change(&field, |before| {
                size(before.parse().unwrap_or_default()).to_string()
            });
        }
    });
}

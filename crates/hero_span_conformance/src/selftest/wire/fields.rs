//! Faults of fields: missing, foreign, or of another type.

use super::Wire;

pub(super) const FAULTS: &[Wire] = &[
    Wire {
        id: "field-extra",
        about: "An event has a field that the contract does not name.",
        killed_by: "event.any",
        edit: |s| s.first("*", &[], |line| line.add("colour", "1")),
    },
    Wire {
        id: "field-of-another-event",
        about: "A tag has the level of a log.",
        killed_by: "event.any",
        edit: |s| s.first("span_tag", &[], |line| line.add("level", r#""info""#)),
    },
    Wire {
        id: "type-unknown",
        about: "An event is of a type that the contract does not know.",
        killed_by: "event.any",
        edit: |s| s.first("span_log", &[], |line| line.set("type", r#""span_pause""#)),
    },
    Wire {
        id: "time-missing",
        about: "An event has no time.",
        killed_by: "event.any",
        edit: |s| s.first("*", &[], |line| line.remove("ts_ms")),
    },
    Wire {
        id: "seq-missing",
        about: "Events are not numbered.",
        killed_by: "event.any",
        edit: |s| s.every(|line| line.remove("seq")),
    },
    Wire {
        id: "span-id-missing",
        about: "An event has no span.",
        killed_by: "event.any",
        edit: |s| s.first("span_end", &[], |line| line.remove("span_id")),
    },
    Wire {
        id: "seq-gap",
        about: "A number is left out although nothing was lost.",
        killed_by: "event.any",
        edit: |s| s.last(|line| line.change("seq", |seq| format!("9{seq}"))),
    },
    Wire {
        id: "parent-missing",
        about: "A root has no parent_span_id.",
        killed_by: "event.span_start",
        edit: |s| s.first("span_start", &[], |line| line.remove("parent_span_id")),
    },
    Wire {
        id: "name-missing",
        about: "A span has no name.",
        killed_by: "event.span_start",
        edit: |s| s.first("span_start", &[], |line| line.remove("name")),
    },
    Wire {
        id: "kind-missing",
        about: "A span has no kind.",
        killed_by: "event.span_start",
        edit: |s| s.first("span_start", &[], |line| line.remove("kind")),
    },
    Wire {
        id: "tags-missing",
        about: "The tags of a start are not sent.",
        killed_by: "event.span_start",
        edit: |s| s.first("span_start", &["tags"], |line| line.remove("tags")),
    },
    Wire {
        id: "params-not-sent",
        about: "The params of a start are not sent.",
        killed_by: "event.span_start",
        edit: |s| s.first("span_start", &["params"], |line| line.remove("params")),
    },
    Wire {
        id: "name-of-another",
        about: "A span has another name.",
        killed_by: "event.span_start",
        edit: |s| {
            s.first("span_start", &["name"], |line| {
                line.set("name", r#""another""#);
            });
        },
    },
    Wire {
        id: "kind-of-another",
        about: "A step says that it is an rpc.",
        killed_by: "type.kind",
        edit: |s| {
            s.first_with("span_start", "kind", r#""step""#, |line| {
                line.set("kind", r#""rpc""#);
            });
        },
    },
    Wire {
        id: "key-missing",
        about: "A tag has no key.",
        killed_by: "event.span_tag",
        edit: |s| s.first("span_tag", &[], |line| line.remove("key")),
    },
    Wire {
        id: "value-missing",
        about: "A tag has no value.",
        killed_by: "event.span_tag",
        edit: |s| s.first("span_tag", &[], |line| line.remove("value")),
    },
    Wire {
        id: "value-of-another",
        about: "A tag has another value.",
        killed_by: "event.span_tag",
        edit: |s| s.first("span_tag", &["value"], |line| line.set("value", "false")),
    },
    Wire {
        id: "message-missing",
        about: "A log has no message.",
        killed_by: "event.span_log",
        edit: |s| s.first("span_log", &[], |line| line.remove("message")),
    },
    Wire {
        id: "fields-missing",
        about: "The fields of a log are not sent.",
        killed_by: "event.span_log",
        edit: |s| s.first("span_log", &["fields"], |line| line.remove("fields")),
    },
    Wire {
        id: "level-missing",
        about: "A level other than info is not sent.",
        killed_by: "event.span_log",
        edit: |s| {
            s.first_with("span_log", "level", r#""error""#, |line| {
                line.remove("level");
            });
        },
    },
    Wire {
        id: "status-missing",
        about: "An end has no status.",
        killed_by: "event.span_end",
        edit: |s| s.first("span_end", &[], |line| line.remove("status")),
    },
    Wire {
        id: "error-missing",
        about: "A failed span has no error.",
        killed_by: "event.span_end",
        edit: |s| {
            s.first_with("span_end", "status", r#""failed""#, |line| {
                line.remove("error");
            });
        },
    },
    Wire {
        id: "result-missing",
        about: "The result of a span is not sent.",
        killed_by: "event.span_end",
        edit: |s| s.first("span_end", &["result"], |line| line.remove("result")),
    },
    Wire {
        id: "id-upper-case",
        about: "An id is in upper case.",
        killed_by: "type.id",
        edit: |s| {
            s.first("*", &[], |line| {
                line.set("span_id", r#""00000000000000AB""#);
            });
        },
    },
    Wire {
        id: "id-zero",
        about: "An id is zero.",
        killed_by: "type.id",
        edit: |s| {
            s.first("*", &[], |line| {
                line.set("span_id", r#""0000000000000000""#);
            });
        },
    },
    Wire {
        id: "id-short",
        about: "An id has 15 digits.",
        killed_by: "type.id",
        edit: |s| s.first("*", &[], |line| line.set("span_id", r#""00000000000000a""#)),
    },
    Wire {
        id: "id-number",
        about: "An id is a number.",
        killed_by: "type.id",
        edit: |s| s.first("*", &[], |line| line.set("span_id", "7")),
    },
    Wire {
        id: "parent-empty",
        about: "The parent of a root is an empty text.",
        killed_by: "type.id",
        edit: |s| s.first("span_start", &[], |line| line.set("parent_span_id", "\"\"")),
    },
    Wire {
        id: "producer-id-bad",
        about: "The producer's id is a UUID.",
        killed_by: "type.id",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.within("producer", |producer| {
                    producer.set("id", r#""f81d4fae-7dec-11d0""#);
                });
            });
        },
    },
    Wire {
        id: "time-negative",
        about: "A time is negative.",
        killed_by: "type.time",
        edit: |s| s.first("*", &[], |line| line.set("ts_ms", "-1")),
    },
    Wire {
        id: "time-text",
        about: "A time is a text.",
        killed_by: "type.time",
        edit: |s| s.first("*", &[], |line| line.set("ts_ms", r#""2026-01-01""#)),
    },
    Wire {
        id: "time-too-precise",
        about: "Times have four decimals.",
        killed_by: "type.time",
        edit: |s| s.every(|line| line.change("ts_ms", |ms| format!("{ms}0"))),
    },
    Wire {
        id: "time-with-exponent",
        about: "A time has an exponent.",
        killed_by: "type.time",
        edit: |s| s.first("*", &[], |line| line.set("ts_ms", "1.7e12")),
    },
    Wire {
        id: "time-in-seconds",
        about: "Times are in seconds.",
        killed_by: "type.time",
        edit: |s| s.every(|line| line.change_time(|micros| micros / 1000)),
    },
    Wire {
        id: "time-in-microseconds",
        about: "Times are in microseconds.",
        killed_by: "type.time",
        edit: |s| s.every(|line| line.change_time(|micros| micros * 1000)),
    },
    Wire {
        id: "time-from-start",
        about: "Times count from the start of the process.",
        killed_by: "type.time",
        edit: |s| s.every(|line| line.set("ts_ms", "5")),
    },
    Wire {
        id: "seq-negative",
        about: "A number is negative.",
        killed_by: "type.count",
        edit: |s| s.first("*", &[], |line| line.set("seq", "-1")),
    },
    Wire {
        id: "seq-text",
        about: "Numbers are texts.",
        killed_by: "type.count",
        edit: |s| s.first("*", &[], |line| line.set("seq", r#""0""#)),
    },
    Wire {
        id: "pid-fraction",
        about: "The process id is a fraction.",
        killed_by: "type.count",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.within("producer", |producer| producer.set("pid", "0.5"));
            });
        },
    },
    Wire {
        id: "name-empty",
        about: "A span's name is empty.",
        killed_by: "type.name",
        edit: |s| s.first("span_start", &[], |line| line.set("name", r#""""#)),
    },
    Wire {
        id: "name-null",
        about: "A span's name is null.",
        killed_by: "type.name",
        edit: |s| s.first("span_start", &[], |line| line.set("name", "null")),
    },
    Wire {
        id: "key-number",
        about: "A tag's key is a number.",
        killed_by: "type.name",
        edit: |s| s.first("span_tag", &[], |line| line.set("key", "1")),
    },
    Wire {
        id: "message-object",
        about: "A message is an object.",
        killed_by: "type.text",
        edit: |s| s.first("span_log", &[], |line| line.set("message", "{}")),
    },
    Wire {
        id: "error-object",
        about: "An error is an object.",
        killed_by: "type.error",
        edit: |s| {
            s.first("span_end", &["error"], |line| {
                line.set("error", r#"{"message":"m"}"#);
            });
        },
    },
    Wire {
        id: "tags-array",
        about: "Tags are an array of pairs.",
        killed_by: "type.members",
        edit: |s| {
            s.first("span_start", &["tags"], |line| {
                line.set("tags", r#"[["a",1]]"#);
            });
        },
    },
    Wire {
        id: "fields-null",
        about: "Fields are null.",
        killed_by: "type.members",
        edit: |s| s.first("span_log", &["fields"], |line| line.set("fields", "null")),
    },
    Wire {
        id: "truncated-array",
        about: "What was cut is an array.",
        killed_by: "type.sizes",
        edit: |s| {
            s.first("*", &["truncated"], |line| {
                line.set("truncated", r#"["value"]"#);
            });
        },
    },
    Wire {
        id: "truncated-text",
        about: "A size is a text.",
        killed_by: "type.count",
        edit: |s| {
            s.first("span_tag", &["truncated"], |line| {
                line.set("truncated", r#"{"value":"9000"}"#);
            });
        },
    },
    Wire {
        id: "kind-unknown",
        about: "A kind is unknown.",
        killed_by: "type.kind",
        edit: |s| s.first("span_start", &[], |line| line.set("kind", r#""task""#)),
    },
    Wire {
        id: "level-unknown",
        about: "A level is called warning.",
        killed_by: "type.level",
        edit: |s| {
            s.first("span_log", &[], |line| {
                line.remove("level");
                line.add("level", r#""warning""#);
            });
        },
    },
    Wire {
        id: "level-number",
        about: "A level is a number.",
        killed_by: "type.level",
        edit: |s| {
            s.first("span_log", &[], |line| {
                line.remove("level");
                line.add("level", "30");
            });
        },
    },
    Wire {
        id: "status-unknown",
        about: "A status is called error.",
        killed_by: "type.status",
        edit: |s| s.first("span_end", &[], |line| line.set("status", r#""error""#)),
    },
    Wire {
        id: "producer-text",
        about: "The producer is a text.",
        killed_by: "type.producer",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.set("producer", r#""python""#);
            });
        },
    },
    Wire {
        id: "producer-field-extra",
        about: "The producer names its host.",
        killed_by: "type.producer",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.within("producer", |producer| producer.add("host", r#""h""#));
            });
        },
    },
    Wire {
        id: "producer-without-sdk",
        about: "The producer does not say which SDK it is.",
        killed_by: "type.producer",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.within("producer", |producer| producer.remove("sdk"));
            });
        },
    },
    Wire {
        id: "protocol-of-tomorrow",
        about: "The producer speaks another protocol.",
        killed_by: "type.producer",
        edit: |s| {
            s.first("*", &["producer"], |line| {
                line.within("producer", |producer| producer.set("protocol", "2"));
            });
        },
    },
];

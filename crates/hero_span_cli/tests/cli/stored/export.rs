//! `hero-span export`.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::outside::{example, python};
use super::{Home, line, three_runs};
use crate::common::{Finished, end, hero_span, run, start};

/// Pipes what is exported to `hero-span check -`.
fn checked(home: &Home, args: &[&str]) -> Finished {
    let exported = home.shown(&[&["export"], args].concat());
    let mut check = hero_span();
    check
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut check = check.spawn().expect("it runs");
    let mut stdin = check.stdin.take().expect("piped");
    stdin.write_all(exported.as_bytes()).expect("read");
    drop(stdin);
    let output = check.wait_with_output().expect("ended");
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::new(),
    }
}

/// An example of the SDK, kept as a run.
fn example_run(name: &str) -> Home {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    run(&mut example(name, &collector.path));
    home.wait(|runs| runs.len() == 1 && runs[0]["connected"] == 0);
    home.stop(collector);
    home
}

#[test]
fn lines_are_exported_as_they_came() {
    let lines = vec![
        start(1, None),
        line(
            r#"{ "type" : "span_log", "span_id":"0000000000000001", "ts_ms":2.50, "message":"caf\u00e9 日本", "new":[1, 2] }"#,
        ),
        line(r#"{"ts_ms":1e3,"status":"ok","span_id":"0000000000000001","type":"span_end"}"#),
    ];
    let home = Home::with(&[lines.clone(), vec![start(7, None), end(7, "ok")]]);
    assert_eq!(home.shown(&["export", "1"]), lines.concat());
    assert_eq!(
        home.shown(&["export", "1", "--format", "jsonl"]),
        lines.concat()
    );
    assert_eq!(home.shown(&["export"]), start(7, None) + &end(7, "ok"));
}

#[test]
fn what_the_sdk_sends_still_conforms_when_it_is_exported() {
    for name in ["sqlite_report", "failing", "killed", "thread_pool"] {
        let home = example_run(name);
        let judged = checked(&home, &["last"]);
        assert_eq!(judged.code, Some(0), "{name}: {}", judged.stdout);
    }
}

#[test]
fn one_of_several_connections_can_be_exported() {
    let home = example_run("subflow");
    let together = checked(&home, &["last"]);
    assert_eq!(together.code, Some(1));
    assert!(
        together.stdout.contains("rule.producer-first"),
        "{}",
        together.stdout
    );
    let mut lines = 0;
    for session in ["1", "2", "3"] {
        let args = ["1", "--session", session];
        let judged = checked(&home, &args);
        assert_eq!(judged.code, Some(0), "{session}: {}", judged.stdout);
        lines += home
            .shown(&[&["export"], &args[..]].concat())
            .lines()
            .count();
    }
    assert_eq!(lines, home.shown(&["export", "1"]).lines().count());
    let unknown = home.run(&["export", "--session", "9"]);
    assert_eq!(unknown.code, Some(2));
    insta::assert_snapshot!(unknown.stderr, @"hero-span: run 1: expected one of its connections, found 9: it has 1, 2, 3");
}

/// A run of one process with all that a span can say, and an open end.
fn rich_run() -> Home {
    Home::with(&[vec![
        line(
            r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1000,"seq":0,"producer":{"id":"00000000000000ff","sdk":"python","version":"1.2.3","protocol":1,"pid":42},"parent_span_id":null,"name":"nightly","kind":"flow","params":{"day":"2026-01-01","n":[1,2.5,true,null]}}"#,
        ),
        line(
            r#"{"type":"span_start","span_id":"00000000000000a2","ts_ms":1000.25,"seq":1,"parent_span_id":"00000000000000a1","name":"rpc:Api.get","kind":"rpc","tags":{"rows":1,"hero_span.open":"no"}}"#,
        ),
        line(
            r#"{"type":"span_log","span_id":"00000000000000a2","ts_ms":1001,"seq":2,"message":"slow","level":"warn","fields":{"attempt":1}}"#,
        ),
        line(
            r#"{"type":"span_tag","span_id":"00000000000000a2","ts_ms":1001.5,"seq":3,"key":"rows","value":2}"#,
        ),
        line(
            r#"{"type":"span_start","span_id":"00000000000000a3","ts_ms":1001.75,"seq":4,"parent_span_id":"00000000000000a1","name":"beside","kind":"step"}"#,
        ),
        line(
            r#"{"type":"span_end","span_id":"00000000000000a2","ts_ms":1002,"seq":7,"status":"failed","error":"Traceback:\n  x\nKeyError: 'id'\n","error_type":"KeyError"}"#,
        ),
        line(
            r#"{"type":"span_end","span_id":"00000000000000a3","ts_ms":1002.125,"seq":8,"status":"ok","result":{"rows":2}}"#,
        ),
        line(
            r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":1003,"seq":9,"message":"still here"}"#,
        ),
    ]])
}

/// Events as text, one a line.
fn compact(events: &[Value]) -> String {
    let lines: Vec<_> = events.iter().map(Value::to_string).collect();
    lines.join("\n")
}

#[test]
fn a_trace_of_chrome() {
    let home = rich_run();
    let trace = home.json(&["export", "--format", "chrome"]);
    let events = trace["traceEvents"].as_array().expect("a list");
    insta::assert_snapshot!(compact(events), @r#"
    {"args":{"name":"nightly"},"name":"process_name","ph":"M","pid":42,"tid":1}
    {"args":{"name":"lane 1"},"name":"thread_name","ph":"M","pid":42,"tid":1}
    {"args":{"name":"lane 2"},"name":"thread_name","ph":"M","pid":42,"tid":2}
    {"args":{"params":{"day":"2026-01-01","n":[1,2.5,true,null]},"span_id":"00000000000000a1","state":"open"},"cat":"flow","name":"nightly","ph":"B","pid":42,"tid":1,"ts":1000000}
    {"args":{"fields":{},"level":"info"},"cat":"log","name":"still here","ph":"i","pid":42,"s":"t","tid":1,"ts":1003000}
    {"args":{"error":"Traceback:\n  x\nKeyError: 'id'\n","error_type":"KeyError","parent_span_id":"00000000000000a1","span_id":"00000000000000a2","state":"failed","tags":{"hero_span.open":"no","rows":2}},"cat":"rpc","cname":"terrible","dur":1750,"name":"rpc:Api.get","ph":"X","pid":42,"tid":1,"ts":1000250}
    {"args":{"fields":{"attempt":1},"level":"warn"},"cat":"log","name":"slow","ph":"i","pid":42,"s":"t","tid":1,"ts":1001000}
    {"args":{"parent_span_id":"00000000000000a1","result":{"rows":2},"span_id":"00000000000000a3","state":"ok"},"cat":"step","dur":375,"name":"beside","ph":"X","pid":42,"tid":2,"ts":1001750}
    "#);
    assert_eq!(trace["displayTimeUnit"], "ms");
}

/// What a reader of trace events relies on: on a thread, events lie within
/// each other or side by side; what begins and does not end is last.
#[track_caller]
fn check_lanes(trace: &Value) -> usize {
    let mut lanes: HashMap<(u64, u64), Vec<(u64, u64)>> = HashMap::new();
    let number = |event: &Value, name: &str| event[name].as_u64().expect("a number");
    for event in trace["traceEvents"].as_array().expect("a list") {
        let place = (number(event, "pid"), number(event, "tid"));
        match event["ph"].as_str() {
            Some("X") => {
                let begin = number(event, "ts");
                let end = begin + number(event, "dur");
                lanes.entry(place).or_default().push((begin, end));
            }
            Some("B") => {
                let begin = number(event, "ts");
                lanes.entry(place).or_default().push((begin, u64::MAX));
            }
            Some("M" | "i") => {}
            other => panic!("{other:?}"),
        }
    }
    for spans in lanes.values_mut() {
        spans.sort_by_key(|&(begin, end)| (begin, std::cmp::Reverse(end)));
        let mut open: Vec<u64> = Vec::new();
        for &(begin, end) in spans.iter() {
            while open.pop_if(|until| *until <= begin).is_some() {}
            assert!(
                open.last().is_none_or(|until| end <= *until),
                "across: {spans:?}"
            );
            open.push(end);
        }
    }
    lanes.len()
}

#[test]
fn what_ran_at_once_has_lanes_of_its_own() {
    for (name, least) in [
        ("thread_pool", 1),
        ("async_fanout", 2),
        ("fork_workers", 5),
        ("killed", 1),
    ] {
        let home = example_run(name);
        let trace = home.json(&["export", "--format", "chrome"]);
        let lanes = check_lanes(&trace);
        assert!(lanes >= least, "{name}: {lanes}");
    }
    check_lanes(&rich_run().json(&["export", "--format", "chrome"]));
}

/// Reads what we wrote with OpenTelemetry's own types. In OTLP's JSON ids are
/// hex, where protobuf's has base64.
const READ: &str = "
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

def walk(spans):
    for span in spans:
        for key, size in ('traceId', 16), ('spanId', 8), ('parentSpanId', 8):
            if key in span:
                raw = bytes.fromhex(span[key])
                assert len(raw) == size, span
                span[key] = base64.b64encode(raw).decode()

def value(any):
    kind = any.WhichOneof('value')
    if kind == 'array_value':
        return [value(v) for v in any.array_value.values]
    if kind == 'kvlist_value':
        return {pair.key: value(pair.value) for pair in any.kvlist_value.values}
    return getattr(any, kind) if kind else None

def attributes(pairs):
    keys = [pair.key for pair in pairs]
    assert len(keys) == len(set(keys)), keys
    return {pair.key: value(pair.value) for pair in pairs}

document = json.load(sys.stdin)
for resource in document['resourceSpans']:
    for scope in resource['scopeSpans']:
        walk(scope['spans'])
request = json_format.ParseDict(document, ExportTraceServiceRequest())
for resource in request.resource_spans:
    print('resource', attributes(resource.resource.attributes))
    for scope in resource.scope_spans:
        print('scope', scope.scope.name, scope.scope.version)
        for span in scope.spans:
            assert span.start_time_unix_nano <= span.end_time_unix_nano
            print(span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex() or '-',
                  Span.SpanKind.Name(span.kind), Status.StatusCode.Name(span.status.code), repr(span.status.message))
            print(' ', span.start_time_unix_nano, span.end_time_unix_nano, 'dropped', span.dropped_events_count)
            print(' ', attributes(span.attributes))
            for event in span.events:
                print('  *', event.time_unix_nano, event.name, attributes(event.attributes))
";

#[test]
fn opentelemetry_reads_what_is_exported() {
    let home = rich_run();
    let exported = home.shown(&["export", "--format", "otlp-json"]);
    if let Some(read) = python("opentelemetry.proto.trace", READ, &exported) {
        insta::assert_snapshot!(read, @r#"
        resource {'service.name': 'nightly', 'hero_span.run': 1, 'hero_span.session': 1, 'telemetry.sdk.name': 'hero_span', 'service.instance.id': '00000000000000ff', 'process.pid': 42, 'telemetry.sdk.language': 'python', 'telemetry.sdk.version': '1.2.3'}
        scope hero_span 1.2.3
        nightly 000000000000000000000000000000ff 00000000000000a1 - SPAN_KIND_INTERNAL STATUS_CODE_UNSET ''
          1000000000 1003000000 dropped 0
          {'hero_span.kind': 'flow', 'hero_span.params': {'day': '2026-01-01', 'n': [1, 2.5, True, None]}, 'hero_span.open': True}
          * 1003000000 still here {'hero_span.level': 'info'}
        rpc:Api.get 000000000000000000000000000000ff 00000000000000a2 00000000000000a1 SPAN_KIND_CLIENT STATUS_CODE_ERROR "KeyError: 'id'"
          1000250000 1002000000 dropped 0
          {'hero_span.tag.hero_span.open': 'no', 'rows': 2, 'hero_span.kind': 'rpc', 'hero_span.status': 'failed'}
          * 1001000000 slow {'hero_span.level': 'warn', 'attempt': 1}
          * 1002000000 exception {'exception.type': 'KeyError', 'exception.message': "KeyError: 'id'", 'exception.stacktrace': "Traceback:\n  x\nKeyError: 'id'\n"}
        beside 000000000000000000000000000000ff 00000000000000a3 00000000000000a1 SPAN_KIND_INTERNAL STATUS_CODE_OK ''
          1001750000 1002125000 dropped 0
          {'hero_span.kind': 'step', 'hero_span.status': 'ok', 'hero_span.result': {'rows': 2}}
        "#);
    }
}

#[test]
fn opentelemetry_reads_what_the_sdk_sends() {
    for (name, spans) in [("subflow", 6), ("killed", 6), ("sqlite_report", 8)] {
        let home = example_run(name);
        let exported = home.shown(&["export", "--format", "otlp-json"]);
        let Some(read) = python("opentelemetry.proto.trace", READ, &exported) else {
            return;
        };
        let kept = home.json(&["runs", "--json"]);
        assert_eq!(kept[0]["spans"], spans, "{name}");
        assert_eq!(read.matches("SPAN_KIND_").count() as u64, spans, "{read}");
        let ids = |line: &str| {
            line.split(' ')
                .find(|word| word.len() == 32)
                .map(str::to_owned)
        };
        let traces: std::collections::HashSet<_> = read.lines().filter_map(ids).collect();
        assert_eq!(traces.len(), 1, "{read}");
    }
}

#[test]
fn a_file_is_written_for_its_owner() {
    let home = three_runs();
    let file = home.path().join("run.jsonl");
    let name = file.to_str().expect("text");
    for run in ["2", "1"] {
        assert_eq!(home.shown(&["export", run, "-o", name]), "");
        let written = fs::read_to_string(&file).expect("written");
        assert_eq!(written, home.shown(&["export", run]));
    }
    let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn what_cannot_be_written_is_said() {
    let home = three_runs();
    let said = |output: &str| {
        let refused = home.run(&["export", "--output", output]);
        assert_eq!((refused.code, &*refused.stdout), (Some(2), ""));
        let place = home.path().display().to_string();
        refused.stderr.replace(&place, "HOME")
    };
    insta::assert_snapshot!(said("/no/such/place"), @"hero-span: /no/such/place: expected a file to write to, found: No such file or directory (os error 2): choose another place");
    let store = home.store();
    insta::assert_snapshot!(said(store.to_str().expect("text")), @"hero-span: HOME/var/hero-span/spans.db: expected a file to write to, found the store itself: choose another place");
    for end in ["-wal", "-shm", ".lock"] {
        let own = format!("{}{end}", store.display());
        let expected = format!(
            "hero-span: HOME/var/hero-span/spans.db{end}: expected a file to write to, found the store itself: choose another place\n"
        );
        assert_eq!(said(&own), expected);
    }
    assert_eq!(
        home.json(&["runs", "--json"]).as_array().map(Vec::len),
        Some(3)
    );
    insta::assert_snapshot!(said("/dev/full"), @"hero-span: /dev/full: expected a file to write to, found: No space left on device (os error 28): choose another place");
}

#[test]
fn it_ends_when_nobody_reads_on() {
    let home = example_run("sqlite_report");
    let script = "\"$0\" export --format \"$1\" | true; echo ${PIPESTATUS[0]}";
    for format in ["jsonl", "chrome", "otlp-json"] {
        let mut shell = Command::new("bash");
        shell
            .args(["-c", script])
            .arg(hero_span().get_program())
            .arg(format);
        let finished = run(shell.env("HERO_HOME", home.path()));
        assert_eq!((&*finished.stdout, &*finished.stderr), ("0\n", ""));
    }
}

#[test]
fn a_run_that_goes_on_is_exported_as_far_as_it_is_kept() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["events"] == 1));
    assert_eq!(home.shown(&["export"]), start(1, None));
    for format in ["chrome", "otlp-json"] {
        let exported = home.json(&["export", "--format", format]).to_string();
        assert!(exported.contains("n1"), "{exported}");
    }
    stream.write_all(end(1, "ok").as_bytes()).expect("sent");
    drop(stream);
    home.stop(collector);
    assert_eq!(home.shown(&["export"]), start(1, None) + &end(1, "ok"));
}

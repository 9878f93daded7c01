//! Real connections to a real socket.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::{Collected, collected, end, start};

/// Bodies in the manner of JSONTestSuite and of this contract: each one a
/// line that a consumer rejects.
const BAD: &[&[u8]] = &[
    // Not JSON at all.
    b"",
    b" ",
    b"\t",
    b"nonsense",
    b"\xff",
    b"\xef\xbb\xbf{}",
    b"{\"a\":\"\xc3\x28\"}",
    b"{\"a\":\"\xed\xa0\x80\"}",
    b"\x00",
    b"\x1b[2J",
    // Structure.
    b"{",
    b"}",
    b"{}}",
    b"{\"a\"}",
    b"{\"a\":}",
    b"{\"a\":1,}",
    b"{,\"a\":1}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1}{\"b\":2}",
    b"{\"a\":1} x",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{\"a\":[1,]}",
    b"{\"a\":[,1]}",
    b"{\"a\":[1 2]}",
    b"{\"a\":[1}",
    b"{\"a\":[}]",
    b"{\"a\":1/*comment*/}",
    b"{\"a\":1} // comment",
    // No object.
    b"null",
    b"true",
    b"1",
    b"\"text\"",
    b"[]",
    b"[{\"type\":\"span_start\"}]",
    // Numbers.
    b"{\"a\":NaN}",
    b"{\"a\":Infinity}",
    b"{\"a\":-Infinity}",
    b"{\"a\":01}",
    b"{\"a\":+1}",
    b"{\"a\":.5}",
    b"{\"a\":1.}",
    b"{\"a\":1e}",
    b"{\"a\":0x1F}",
    b"{\"a\":1e999}",
    b"{\"a\":- 1}",
    b"{\"a\":1_000}",
    // Strings and words.
    b"{\"a\":\"\\x41\"}",
    b"{\"a\":\"\\u12\"}",
    b"{\"a\":\"\\ud800\"}",
    b"{\"a\":\"\\udc00\\ud800\"}",
    b"{\"a\":\"tab\there\"}",
    b"{\"a\":\"open}",
    b"{\"a\":True}",
    b"{\"a\":nul}",
    b"{\"a\":undefined}",
    // I-JSON.
    b"{\"type\":\"later\",\"type\":\"later\"}",
    b"{\"type\":\"later\",\"a\":{\"b\":1,\"b\":2}}",
    b"{\"type\":\"later\",\"\\u0061\":1,\"a\":2}",
    // Events that are none.
    b"{}",
    b"{\"type\":null}",
    b"{\"type\":1}",
    b"{\"type\":\"span_end\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1}",
    b"{\"type\":\"span_end\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1,\"status\":\"fine\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"00000000000000a1\",\"ts_ms\":\"1\",\"status\":\"ok\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"00000000000000a1\",\"ts_ms\":null,\"status\":\"ok\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"00000000000000A1\",\"ts_ms\":1,\"status\":\"ok\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"0000000000000000\",\"ts_ms\":1,\"status\":\"ok\"}",
    b"{\"type\":\"span_end\",\"span_id\":\"a1\",\"ts_ms\":1,\"status\":\"ok\"}",
    b"{\"type\":\"span_end\",\"span_id\":161,\"ts_ms\":1,\"status\":\"ok\"}",
    b"{\"type\":\"span_log\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1,\"message\":[]}",
    b"{\"type\":\"span_tag\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1,\"key\":\"k\"}",
    b"{\"type\":\"span_start\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1,\"name\":\"n\",\"tags\":[]}",
];

#[test]
fn there_are_enough_bad_lines() {
    assert!(BAD.len() >= 60, "{}", BAD.len());
}

#[test]
fn each_bad_line_stays_alone() {
    for bad in BAD {
        let found = collected(|connect| {
            let mut stream = connect();
            stream.write_all(&start(1, None)).expect("written");
            stream.write_all(bad).expect("written");
            stream.write_all(b"\n").expect("written");
            stream.write_all(&end(1, "ok")).expect("written");
        });
        let bad = String::from_utf8_lossy(bad);
        assert_eq!(found.outline(), "run\n  1 ok\n", "{bad}");
        let counts = found.totals.counts;
        assert_eq!((counts.events, counts.rejected), (2, 1), "{bad}");
        assert_eq!(found.totals.rejected.values().sum::<u64>(), 1, "{bad}");
    }
}

#[test]
fn all_bad_lines_at_once_cost_no_good_one() {
    let found = collected(|connect| {
        let mut stream = connect();
        for (number, bad) in BAD.iter().enumerate() {
            stream
                .write_all(&start(number as u64 + 1, None))
                .expect("written");
            stream.write_all(bad).expect("written");
            stream.write_all(b"\n").expect("written");
        }
    });
    let counts = found.totals.counts;
    let all = BAD.len() as u64;
    assert_eq!((counts.events, counts.rejected), (all, all));
    assert_eq!(found.totals.rejected.values().sum::<u64>(), all);
}

#[test]
fn a_line_of_unknown_type_and_unknown_fields_are_no_fault() {
    let found = collected(|connect| {
        let mut stream = connect();
        stream
            .write_all(b"{\"type\":\"span_link\",\"to\":[1]}\r\n")
            .expect("written");
        let line = br#"{"type":"span_start","new":{"x":1},"span_id":"0000000000000001","ts_ms":1,"parent_span_id":null,"name":"1"}"#;
        stream.write_all(line).expect("written");
        stream.write_all(b"\r\n").expect("written");
    });
    assert_eq!(found.outline(), "run\n  1 open, gone\n");
    let counts = found.totals.counts;
    assert_eq!((counts.events, counts.skipped, counts.rejected), (1, 1, 0));
}

#[test]
fn a_torn_line_is_discarded_even_if_it_would_parse() {
    let found = collected(|connect| {
        let mut stream = connect();
        stream.write_all(&start(1, None)).expect("written");
        let end = end(1, "ok");
        stream.write_all(&end[..end.len() - 1]).expect("written");
    });
    assert_eq!(found.outline(), "run\n  1 open, gone\n");
    let counts = found.totals.counts;
    assert_eq!((counts.events, counts.torn), (1, 1));
}

#[test]
fn an_endless_line_is_one_bad_line() {
    let found = collected(|connect| {
        let mut stream = connect();
        stream.write_all(&start(1, None)).expect("written");
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..16 {
            stream.write_all(&chunk).expect("written");
        }
        stream.write_all(b"\n").expect("written");
        stream.write_all(&end(1, "ok")).expect("written");
    });
    assert_eq!(found.outline(), "run\n  1 ok\n");
    assert_eq!(found.totals.counts.rejected, 1);
}

#[test]
fn many_connections_lose_nothing() {
    const CONNECTIONS: u64 = 100;
    const SPANS: u64 = 100;
    let found = collected(|connect| {
        thread::scope(|scope| {
            for connection in 0..CONNECTIONS {
                scope.spawn(move || {
                    let mut stream = connect();
                    for span in 0..SPANS {
                        let id = connection * SPANS + span + 1;
                        stream.write_all(&start(id, None)).expect("written");
                        stream.write_all(&end(id, "ok")).expect("written");
                    }
                });
            }
        });
    });
    let totals = &found.totals;
    assert_eq!(totals.counts.events, 2 * CONNECTIONS * SPANS);
    assert_eq!((totals.runs, totals.sessions), (CONNECTIONS, CONNECTIONS));
    assert_eq!(totals.spans, CONNECTIONS * SPANS);
}

/// A parent and its sub-flow, the lines of either first.
fn family(parent_first: bool) -> Collected {
    collected(|connect| {
        let (mut parent, mut child) = (connect(), connect());
        let say_parent = |stream: &mut std::os::unix::net::UnixStream| {
            stream.write_all(&start(1, None)).expect("written");
            stream.write_all(&start(2, Some(1))).expect("written");
        };
        if parent_first {
            say_parent(&mut parent);
        }
        child.write_all(&start(3, Some(2))).expect("written");
        child.write_all(&end(3, "failed")).expect("written");
        drop(child);
        if !parent_first {
            // Time to read the child; either way the tree is the same.
            thread::sleep(Duration::from_millis(50));
            say_parent(&mut parent);
        }
        parent.write_all(&end(2, "ok")).expect("written");
        parent.write_all(&end(1, "ok")).expect("written");
    })
}

#[test]
fn processes_join_one_run_whoever_speaks_first() {
    for parent_first in [true, false] {
        let found = family(parent_first);
        assert_eq!(found.outline(), "run\n  1 ok\n    2 ok\n      3 failed\n");
        assert_eq!((found.totals.runs, found.totals.sessions), (1, 2));
    }
}

#[test]
fn what_a_dead_process_sent_is_all_there() {
    let found = collected(|connect| {
        let mut stream = connect();
        for id in 1..=100 {
            stream
                .write_all(&start(id, (id > 1).then(|| id - 1)))
                .expect("written");
        }
        // Dropped without an end, as by SIGKILL.
    });
    assert_eq!(found.totals.counts.events, 100);
    assert_eq!(found.outline().matches("open, gone").count(), 100);
}

#[test]
fn lost_and_received_make_what_was_emitted() {
    let with = |line: Vec<u8>, seq: u64| {
        let line = String::from_utf8(line).expect("text");
        line.replace("\"ts_ms\"", &format!("\"seq\":{seq},\"ts_ms\""))
    };
    let found = collected(|connect| {
        let mut stream = connect();
        let lines = [
            with(start(1, None), 0),
            with(start(2, Some(1)), 3),
            "not an event\n".to_owned(),
            with(end(2, "ok"), 7),
            with(end(1, "ok"), 8),
        ];
        stream
            .write_all(lines.concat().as_bytes())
            .expect("written");
    });
    let counts = found.totals.counts;
    assert_eq!((counts.lines(), counts.lost), (5, 4));
    assert_eq!(counts.lines() + counts.lost, 9, "seq 0 to 8");
}

/// Connects, says that a span starts, and is closed in its turn.
const CLIENT: &str = "\
import socket, sys
stream = socket.socket(socket.AF_UNIX)
stream.connect(sys.argv[1])
try:
    stream.send(sys.argv[2].encode())
    stream.settimeout(float(sys.argv[3]))
    sys.exit(stream.recv(1) != b'')
except TimeoutError:
    sys.exit(3)
except OSError:
    sys.exit(0)
";

/// Runs a client as this user, who has `patience`; says how it ended, and how
/// many connections and events there were.
fn client_of(user: u32, patience: &str) -> (Option<i32>, u64, u64) {
    let mut code = None;
    let found = collected(|connect| {
        let probe = connect();
        let address = probe.peer_addr().expect("an address");
        let path = address.as_pathname().expect("a path");
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
        };
        // As open as can be: it is the collector who says no.
        set(path.parent().expect("a directory"), 0o755);
        set(path, 0o777);
        let mut client = Command::new("python3");
        client.args(["-c", CLIENT]).arg(path);
        client.arg(String::from_utf8_lossy(&start(1, None)).as_ref());
        client.arg(patience).current_dir("/").uid(user);
        code = client.status().expect("it runs").code();
    });
    (code, found.totals.sessions, found.totals.counts.events)
}

#[test]
fn only_its_owner_and_root_are_heard() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root can be somebody else");
        return;
    }
    assert_eq!(client_of(65_534, "20"), (Some(0), 1, 0), "closed at once");
    assert_eq!(client_of(0, "0.2"), (Some(3), 2, 1), "heard");
}

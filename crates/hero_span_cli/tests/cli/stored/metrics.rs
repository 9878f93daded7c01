//! `hero-span collect --metrics`.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;

use super::outside::python;
use crate::common::{Collector, end, hero_span, run, start};

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

/// Somebody else's parser, and the sums of some families.
const READ: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = {family.name: family for family in parse(sys.stdin.read())}
for name in sorted(families):
    family = families[name]
    values = sum(s.value for s in family.samples if s.name.endswith(('_total', '_count')) or s.name == name)
    is_steady = family.type == 'counter' and 'bytes' not in name
    print(name, family.type, int(values) if is_steady else '-')
";

#[test]
fn its_figures_can_be_read() {
    let mut collector = Collector::start(&["--view", "none", "--metrics", "127.0.0.1:0"]);
    let mut said = String::new();
    collector.stderr.read_line(&mut said).expect("a line");
    let address = said.trim().strip_prefix("metrics at http://");
    let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
    let address = address.expect("an address").to_owned();
    collector.send(&[start(1, None), "nonsense\n".to_owned(), end(1, "ok")]);
    let begun = std::time::Instant::now();
    let answer = loop {
        let answer = get(&address);
        if answer.contains("hero_span_stored_events_total 2") || begun.elapsed() > super::PATIENCE {
            break answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        head.to_lowercase()
            .contains("content-type: application/openmetrics-text"),
        "{head}"
    );
    assert!(
        body.contains("\nhero_span_stored_events_total 2\n"),
        "{body}"
    );
    if let Some(families) = python("prometheus_client", READ, body) {
        insta::assert_snapshot!(families, @"
        hero_span_connected gauge -
        hero_span_connections counter 1
        hero_span_events counter 2
        hero_span_held_spans gauge -
        hero_span_lost_events counter 0
        hero_span_open_spans gauge -
        hero_span_queue_bytes gauge -
        hero_span_read_bytes counter -
        hero_span_rejected_lines counter 1
        hero_span_skipped_lines counter 0
        hero_span_store_commit_seconds histogram -
        hero_span_store_failures counter 0
        hero_span_stored_events counter 2
        hero_span_torn_lines counter 0
        hero_span_unstored_events counter 0
        ");
    }
    collector.signal(rustix::process::Signal::INT);
    collector.finish();
}

#[test]
fn they_are_for_this_machine_only() {
    let directory = tempfile::tempdir().expect("a directory");
    let refused = |address: &str| {
        let mut command = hero_span();
        command.args([
            "collect",
            "--store",
            "none",
            "--metrics",
            address,
            "--listen",
        ]);
        let refused = run(command.arg(directory.path().join("s")));
        assert_eq!(refused.code, Some(2));
        refused.stderr
    };
    insta::assert_snapshot!(refused("0.0.0.0:0"), @"hero-span: 0.0.0.0:0: expected an address of this machine alone, found one that others reach: use 127.0.0.1");
    insta::assert_snapshot!(refused("[::]:9100"), @"hero-span: [::]:9100: expected an address of this machine alone, found one that others reach: use 127.0.0.1");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = refused(&address).replace(&address, "ADDRESS");
    insta::assert_snapshot!(said, @"hero-span: ADDRESS: cannot show figures there: Address already in use (os error 98): choose another port");
}

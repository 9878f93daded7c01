//! The Python SDK's examples, run as a flow author runs them and as an
//! executor does, with the trees that `hero-span collect` draws of them; and a
//! Rust service, which speaks `tracing`.
//!
//! [`story`] holds what is true of every example; a snapshot holds the rest.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod capture;
mod collector;
mod process;
mod story;

use insta::assert_snapshot;

use collector::Collector;
use story::{Order, calls, story, story_if_possible};

#[test]
fn sqlite_report() {
    assert_snapshot!(story("sqlite_report", Order::Told), @r#"
    exit 0, printed:
      north    165.25
      south     80.50
    run 1  9 spans, 1 failed
    ✓ sqlite_report  flow
    ├─ ✓ load  step  rows=4
    │  ├─ ✓ rpc:Connection.execute  rpc
    │  └─ ✓ rpc:Connection.executemany  rpc
    ├─ ✓ load late sales  step  rows=2
    │  │  · warn: batch turned down  reason="CHECK constraint failed: is_income"
    │  └─ ✗ rpc:Connection.executemany  rpc  failed
    │        ! sqlite3.IntegrityError: CHECK constraint failed: is_income
    ├─ ✓ report  step  month="2024-03"  regions=2
    │  └─ ✓ rpc:Connection.execute  rpc
    └─ ✓ rpc:Connection.close  rpc
    1 run, 9 spans, 20 lines, 0 lost
    "#);
}

#[test]
fn xmlrpc_inventory() {
    assert_snapshot!(story("xmlrpc_inventory", Order::Told), @r#"
    exit 0, printed:
      bolt: 7
      nut: 10
    run 1  7 spans, 1 failed
    ✓ xmlrpc_inventory  flow
    ├─ ✓ rpc:ServerProxy.items  rpc
    ├─ ✓ take  step  item="bolt"  wanted=10
    │  │  · warn: <class 'ValueError'>:only 7 of bolt
    │  ├─ ✗ rpc:ServerProxy.stock.take  rpc  failed
    │  │     ! xmlrpc.client.Fault: <Fault 1: "<class 'ValueError'>:only 7 of bolt">
    │  └─ ✓ rpc:ServerProxy.stock.count  rpc
    └─ ✓ take  step  item="nut"  wanted=10  left=240
       └─ ✓ rpc:ServerProxy.stock.take  rpc
    1 run, 7 spans, 16 lines, 0 lost
    "#);
}

/// What the trees leave out: the arguments that went over the wire to another
/// program, and what came back.
#[test]
fn calls_carry_what_was_given_and_what_came() {
    assert_snapshot!(calls("xmlrpc_inventory"), @r#"
    rpc:ServerProxy.items {} -> ok ["bolt","nut"]
    rpc:ServerProxy.stock.take {"args":["bolt",10]} -> failed Fault
    rpc:ServerProxy.stock.count {"args":["bolt"]} -> ok 7
    rpc:ServerProxy.stock.take {"args":["nut",10]} -> ok 240
    "#);
}

#[test]
fn thread_pool() {
    assert_snapshot!(story("thread_pool", Order::Any), @r#"
    exit 0, printed:
      a.txt = copy of a.txt
    run 1  6 spans
    ✓ thread_pool  flow
    ├─ ✓ digests  step  workers=3
       ├─ ✓ digest  span  file="a.txt"  bytes=6
       ├─ ✓ digest  span  file="b.txt"  bytes=5
       ├─ ✓ digest  span  file="copy of a.txt"  bytes=6
       ├─ ✓ digest  span  file="d.txt"  bytes=5
    1 run, 6 spans, 16 lines, 0 lost
    "#);
}

#[test]
fn async_fanout() {
    assert_snapshot!(story("async_fanout", Order::Told), @r#"
    exit 0, printed:
      oslo: noon
      lima: noon
      perth: ?
    run 1  5 spans, 1 cancelled
    ✓ async_fanout  flow
    └─ ✓ fan out  step  cities=3  cancelled=1
       ├─ ✓ ask  step  city="lima"
       │     · info: answered  bytes=5
       ├─ ✓ ask  step  city="oslo"
       │     · info: answered  bytes=5
       └─ ⊘ ask  step  cancelled  city="perth"
             ! CancelledError
    1 run, 5 spans, 13 lines, 0 lost
    "#);
}

#[test]
fn subflow() {
    assert_snapshot!(story("subflow", Order::Told), @r#"
    exit 0, printed:
      kayak: palindrome
      canoe: plain
    run 1  7 spans, 3 processes
    ✓ subflow  flow
    ├─ ✓ judge  step  word="kayak"
    │  ├─ ✓ reverse  step  word="kayak"  backwards="kayak"  [another process]
    │  └─ ✓ compare  step  [another process]
    └─ ✓ judge  step  word="canoe"
       ├─ ✓ reverse  step  word="canoe"  backwards="eonac"  [another process]
       └─ ✓ compare  step  [another process]
    1 run, 7 spans, 16 lines, 0 lost
    "#);
}

#[test]
fn fork_workers() {
    assert_snapshot!(story("fork_workers", Order::Any), @r#"
    exit 0, printed:
      550 primes
    run 1  6 spans, 5 processes
    ✓ fork_workers  flow
    ├─ ✓ share out  step  parts=4
       ├─ ✓ count  step  first=0  last=999  primes=168  [another process]
       ├─ ✓ count  step  first=1000  last=1999  primes=135  [another process]
       ├─ ✓ count  step  first=2000  last=2999  primes=127  [another process]
       ├─ ✓ count  step  first=3000  last=3999  primes=120  [another process]
    1 run, 6 spans, 16 lines, 0 lost
    "#);
}

#[test]
fn failing() {
    assert_snapshot!(story("failing", Order::Told), @r#"
    exit 1, printed:
      failed: invalid literal for int() with base 10: 'twenty-five'
    run 1  3 spans, 3 failed
    ✗ failing  flow  failed
    │  · warn: no spool  reason="the settings have no section [spool]"
    ├─ ✗ read settings  step  failed
    │     ! Failed: the settings have no section [spool]
    └─ ✗ read port  step  failed  given="twenty-five"
          ! ValueError: invalid literal for int() with base 10: 'twenty-five'
    1 run, 3 spans, 8 lines, 0 lost
    "#);
}

#[test]
fn killed() {
    assert_snapshot!(story("killed", Order::Told), @r#"
    signal 9, printed:
      killed in block 3
    run 1  7 spans, 3 left open
    ○ killed  flow  open, producer gone; last heard its start
    ├─ ✓ prepare  step
    └─ ○ compress  step  open, producer gone; last heard a log  blocks=50
       │  · error: about to die  block=3
       ├─ ✓ block  span  number=0  bytes=2
       ├─ ✓ block  span  number=1  bytes=0
       ├─ ✓ block  span  number=2  bytes=0
       └─ ○ block  span  open, producer gone; last heard a tag  number=3  bytes=0
    1 run, 7 spans, 16 lines, 0 lost
    "#);
}

#[test]
fn redis_queue() {
    if let Some(story) = story_if_possible("redis_queue", Order::Told) {
        assert_snapshot!(story, @r#"
        exit 0, printed:
          tea: 8
          coffee: 9
          refused: many x cake
        run 1  23 spans, 1 failed
        ✓ redis_queue  flow
        ├─ ✓ fill  step
        │  ├─ ✓ rpc:Redis.mset  rpc
        │  └─ ✓ rpc:Redis.rpush  rpc
        ├─ ✓ rpc:Redis.lmove  rpc
        ├─ ✓ order  step  order="2 x tea"  left=8
        │  ├─ ✓ rpc:Redis.pipeline  rpc
        │  ├─ ✓ rpc:Pipeline.decrby  rpc
        │  ├─ ✓ rpc:Pipeline.lrem  rpc
        │  └─ ✓ rpc:Pipeline.execute  rpc
        ├─ ✓ rpc:Redis.lmove  rpc
        ├─ ✓ order  step  order="1 x coffee"  left=9
        │  ├─ ✓ rpc:Redis.pipeline  rpc
        │  ├─ ✓ rpc:Pipeline.decrby  rpc
        │  ├─ ✓ rpc:Pipeline.lrem  rpc
        │  └─ ✓ rpc:Pipeline.execute  rpc
        ├─ ✓ rpc:Redis.lmove  rpc
        ├─ ✗ order  step  failed  order="many x cake"
        │  │  ! Failed: 'many' is not a number
        │  └─ ✓ rpc:Redis.rpush  rpc
        ├─ ✓ rpc:Redis.lmove  rpc
        ├─ ✓ rpc:Redis.get  rpc
        ├─ ✓ rpc:Redis.get  rpc
        └─ ✓ rpc:Redis.lindex  rpc
        1 run, 23 spans, 48 lines, 0 lost
        "#);
    }
}

/// A service that was written for `tracing`, with the two lines that the Rust
/// SDK asks for.
#[test]
fn web_service() {
    let mut service = process::rust_example("web_service");
    let off = process::run(&mut service);
    let collector = Collector::start();
    let on = process::run(service.env(hero_span_protocol::env::SOCKET, collector.socket()));
    let drawn = collector.finish();
    assert!(off.status.success(), "{}", off.stderr);
    assert_eq!(on.stdout, off.stdout);
    assert_snapshot!(format!("{}{}{}", on.stdout, drawn.tree, drawn.sums), @r#"
    POST /notes: 200 OK 0
    GET /notes/0: 200 OK "buy pears"
    GET /notes/7: 404 Not Found 
    run 1  8 spans, 1 failed
    ✓ request  span  method="POST"  path="/notes"  status=200
    └─ ✓ add  span  text="\"buy pears\""
          · info: added  id=0
    ✓ request  span  method="GET"  path="/notes/0"  status=200
    └─ ✓ read  span  id="0"
       └─ ✓ look_up  span  id=0
    ✓ request  span  method="GET"  path="/notes/7"  status=404
    └─ ✗ read  span  failed  id="7"
       │  · error: 404  error="404"
       │  ! 404
       └─ ✓ look_up  span  id=7
             · warn: no such note
    1 run, 8 spans, 22 lines, 0 lost
    "#);
}

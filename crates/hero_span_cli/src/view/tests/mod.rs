//! What trees look like.

mod choice;
pub(crate) mod grow;

use hero_span_collector::Forest;

use super::{Look, Paint, duration, run_lines};
use grow::grow;

fn text(forest: &Forest, look: Look) -> String {
    let runs = forest.runs();
    let lines = runs.flat_map(|(run, _)| run_lines(forest, run, look));
    lines.map(|line| line + "\n").collect()
}

fn timed(script: &str) -> String {
    text(&grow(script), Look::default())
}

fn stable(script: &str) -> String {
    let look = Look {
        stable: true,
        ..Look::default()
    };
    text(&grow(script), look)
}

const NIGHTLY: &str = "
    1 start flow nightly at 0 pid 41
    1 start step load under nightly at 1 table=orders
    1 log load info loaded at 2 rows=3
    1 tag load rows 3 at 2.5
    1 start rpc rpc:Client.fetch under load at 3
    1 end rpc:Client.fetch ok at 3.4125
    1 end load ok at 13
    2 start span child under nightly at 14 pid 42
    2 end child cancelled at 1500
    2 close
    1 start step store under nightly at 1501
    1 log store warn no_space at 1502
    1 end store failed at 2000 error Traceback\\n  ...\\nValueError: no rows
    1 end nightly failed at 2001 error Traceback\\n  ...\\nValueError: no rows
    1 close";

#[test]
fn a_run_with_everything() {
    insta::assert_snapshot!(timed(NIGHTLY), @r#"
    run 1  5 spans, 2 processes, 2 failed, 1 cancelled, 2.00 s
    ✗ nightly  flow  failed  2.00 s
    ├─ ✓ load  step  12.0 ms  table="orders"  rows="3"
    │  │  · info: loaded  rows=3
    │  └─ ✓ rpc:Client.fetch  rpc  413 µs
    ├─ ⊘ child  span  cancelled  1.49 s  [process 42]
    └─ ✗ store  step  failed  499 ms
          · warn: no space
          ! ValueError: no rows
    "#);
}

#[test]
fn the_same_without_what_differs_from_run_to_run() {
    insta::assert_snapshot!(stable(NIGHTLY), @r#"
    run 1  5 spans, 2 processes, 2 failed, 1 cancelled
    ✗ nightly  flow  failed
    ├─ ✓ load  step  table="orders"  rows="3"
    │  │  · info: loaded  rows=3
    │  └─ ✓ rpc:Client.fetch  rpc
    ├─ ⊘ child  span  cancelled  [another process]
    └─ ✗ store  step  failed
          · warn: no space
          ! ValueError: no rows
    "#);
}

#[test]
fn a_killed_process_leaves_its_spans_open() {
    let script = "
        1 start flow run at 0
        1 start step load under run at 5
        1 log load info working at 90
        1 close";
    insta::assert_snapshot!(timed(script), @"
    run 1  2 spans, 2 left open, 90.0 ms
    ○ run  flow  open, producer gone; last heard its start
    └─ ○ load  step  open, producer gone; last heard a log after 85.0 ms
          · info: working
    ");
    insta::assert_snapshot!(stable(script), @"
    run 1  2 spans, 2 left open
    ○ run  flow  open, producer gone; last heard its start
    └─ ○ load  step  open, producer gone; last heard a log
          · info: working
    ");
}

#[test]
fn a_stopped_collector_says_so() {
    insta::assert_snapshot!(timed("1 start flow run at 0\n1 stop"), @"
    run 1  1 span, 1 left open, 0 µs
    ○ run  flow  open, collector stopped; last heard its start
    ");
}

#[test]
fn a_connection_that_was_silent_too_long_says_so() {
    insta::assert_snapshot!(timed("1 start flow run at 0\n1 idle"), @"
    run 1  1 span, 1 left open, 0 µs
    ○ run  flow  open, silent too long; last heard its start
    ");
}

#[test]
fn what_runs_shows_how_long_it_has() {
    let look = Look {
        now_ms: Some(1_700_049_600_000.0 + 65_000.0),
        ..Look::default()
    };
    let script = "
        1 start flow run at 0
        1 start step load under run at 5000
        1 end load ok at 6000";
    insta::assert_snapshot!(text(&grow(script), look), @"
    run 1  2 spans, 1 running, 1 min 5 s
    ● run  flow  running  1 min 5 s
    └─ ✓ load  step  1.00 s
    ");
}

#[test]
fn what_is_amiss_is_marked() {
    let script = "
        1 start flow run at 0
        1 start step twice under run at 1
        1 start step twice under run at 2 flag rule.start-once
        1 end twice ok at 3
        1 end twice failed at 4 flag rule.end-once
        1 tag twice k v at 5 flag rule.end-last
        1 start step orphan under nobody at 6
        1 start step circle under round at 7
        1 start step round under circle at 8
        1 tag unseen k v at 9
        1 end ended ok at 10
        1 start step lossy under run at 11
        1 tag lossy k v at 12 lost 3
        1 reject
        1 skip
        1 tear
        1 close";
    let shown = stable(script);
    insta::assert_snapshot!(shown, @r#"
    run 1  8 spans, 5 left open, 1 never seen to start, lost 3 of 19 events, 2 lines rejected, 1 line of unknown type, 1 torn
    ? (unnamed)  start and end not seen, producer gone; last heard a tag  k="v"
    ✓ (unnamed)  [start not seen]
    ○ circle  step  open, producer gone; last heard its start  [hangs under itself]
    └─ ○ round  step  open, producer gone; last heard its start
    ○ orphan  step  open, producer gone; last heard its start  [parent not seen]
    ○ run  flow  open, producer gone; last heard its start
    ├─ ✓ twice  step  k="v"  [started twice, spoke after its end, ended twice]
    └─ ○ lossy  step  open, producer gone; last heard a tag  k="v"  [3 events lost here]
    "#);
}

#[test]
fn nothing_from_outside_steers_the_terminal() {
    let script = "
        1 start flow evil\u{1b}[2Jname at 0 k\u{7}ey=va\u{9b}lue
        1 log evil\u{1b}[2Jname info say\u{202e}gnp at 1 fi\reld=\u{8}x
        1 end evil\u{1b}[2Jname failed at 2 error one\\nbad\u{1b}]0;title\u{7}";
    let shown = stable(script);
    let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!shown.contains(steers), "{shown:?}");
    insta::assert_snapshot!(shown, @r#"
    run 1  1 span, 1 failed
    ✗ evil\u{1b}[2Jname  flow  failed  k\u{7}ey="va\u{9b}lue"
       · info: say\u{202e}gnp  fi\reld="\bx"
       ! bad\u{1b}]0;title\u{7}
    "#);
}

#[test]
fn siblings_that_ran_at_once_stand_by_name_when_stable() {
    let script = "
        1 start flow run at 0
        1 start step second under run at 1
        1 end second ok at 2
        1 start step next under run at 2
        1 end next ok at 3
        1 start step c under run at 3 n=2
        1 start step c under run at 4
        1 start step b under run at 5
        1 end b ok at 6
        1 end c ok at 7
        1 start step a under run at 8
        1 end a ok at 9";
    insta::assert_snapshot!(stable(script), @"
    run 1  6 spans, 1 running
    ● run  flow  running
    ├─ ✓ second  step
    ├─ ✓ next  step
    ├─ ✓ b  step
    ├─ ✓ c  step  n=2
    └─ ✓ a  step
    ");
}

#[test]
fn a_deep_chain_does_not_run_off_the_screen() {
    let links = (1..60).map(|n| format!("1 start span s{n} under s{} at {n}\n", n - 1));
    let script: String = std::iter::once("1 start flow s0 at 0\n".to_owned())
        .chain(links)
        .collect();
    let shown = stable(&script);
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest < Some(120), "{shown}");
    let last = shown.lines().last().expect("lines");
    insta::assert_snapshot!(last.trim(), @"[59]                                                                         └─ ● s59  span  running");
}

#[test]
fn a_chain_a_hundred_thousand_deep_is_shown() {
    let mut forest = Forest::new();
    for number in 0..100_000_u64 {
        let parent = if number == 0 {
            "null".to_owned()
        } else {
            format!("\"{number:016x}\"")
        };
        let line = format!(
            r#"{{"type":"span_start","span_id":"{:016x}","ts_ms":1,"parent_span_id":{parent},"name":"n"}}"#,
            number + 1
        );
        let Ok(hero_span_protocol::Parsed::Event(event)) =
            hero_span_protocol::parse(line.as_bytes())
        else {
            panic!("no event")
        };
        forest.hear(hero_span_collector::tree::SessionId(1), &event, &[], 0);
    }
    let (run, _) = forest.runs().next().expect("a run");
    assert_eq!(run_lines(&forest, run, Look::default()).count(), 100_001);
}

#[test]
fn colours_stand_around_the_same_text() {
    let look = Look {
        paint: Paint { colour: true },
        ..Look::default()
    };
    let coloured = text(&grow(NIGHTLY), look);
    assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, timed(NIGHTLY));
}

#[test]
fn durations_have_about_three_digits() {
    let given = [
        0.0,
        0.0004,
        0.412,
        0.9996,
        1.0,
        9.99,
        10.0,
        99.94,
        99.96,
        999.4,
        999.6,
        1234.0,
        9_994.0,
        9_996.0,
        59_949.0,
        59_951.0,
        60_000.0,
        3_599_400.0,
        3_600_000.0,
        86_399_000.0,
        90_000_000.0,
        1e13,
        -1.0,
        f64::NAN,
        f64::INFINITY,
    ];
    let shown: Vec<_> = given
        .into_iter()
        .map(|ms| format!("{ms} {}", duration(ms)))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    0 0 µs
    0.0004 0 µs
    0.412 412 µs
    0.9996 1.00 ms
    1 1.00 ms
    9.99 9.99 ms
    10 10.0 ms
    99.94 99.9 ms
    99.96 100 ms
    999.4 999 ms
    999.6 1.00 s
    1234 1.23 s
    9994 9.99 s
    9996 10.0 s
    59949 59.9 s
    59951 1 min 0 s
    60000 1 min 0 s
    3599400 59 min 59 s
    3600000 1 h 0 min
    86399000 23 h 59 min
    90000000 1 d 1 h
    10000000000000 ? s
    -1 ? s
    NaN ? s
    inf ? s
    ");
}

//! What the screen looks like.

use super::*;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

const NIGHTLY: &str = "
    1 start flow nightly at 0 pid 41
    1 start step load under nightly at 1 table=orders
    1 log load info loaded at 2 rows=3
    1 end load ok at 1200
    1 start step check under nightly at 1200
    1 log check warn slow at 1500 ms=300
    1 end check ok at 2100
    1 start rpc send under nightly at 2100
    1 start rpc post under send at 2200 host=mail
    1 end post failed at 2900 error Traceback:\\nConnectionError: refused
    1 end send failed at 2950 error Traceback:\\nConnectionError: refused
    1 end nightly failed at 3000 error Traceback:\\nConnectionError: refused
    1 close";

const RUNNING: &str = "
    1 start flow nightly at 0 pid 41
    1 start step load under nightly at 0 table=orders
    1 end load ok at 2000
    1 start step send under nightly at 2000
    2 start span worker under send at 2500 pid 42
    2 close
    1 start span part under send at 3000";

fn with_old_runs(script: &str) -> State {
    let forest = grow_on(Forest::with_first_numbers(17, 1), script);
    let runs = [
        run_line(&forest),
        old_run(16, "nightly", "ok"),
        old_run(15, "import of all orders", "cancelled"),
        old_run(9, "nightly", "open"),
    ];
    let mut state = shown(forest);
    update(&mut state, news(runs.to_vec(), None));
    state
}

#[test]
fn a_run_that_grows_small() {
    let mut state = with_old_runs(RUNNING);
    insta::assert_snapshot!(screen(&mut state, SMALL), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db        follows
    runs                    │run 17 ● nightly  5 spans, 4 running, 2 processes
    17 ● nightly      5.00 s│ ● nightly  flow  running          5.00 s █████████████
    16 ✓ nightly      1.50 s│ ├ ✓ load  step  table="orders"    2.00 s █████
    15 ⊘ import of a… 1.50 s│ └ ● send  step  running           3.00 s      ████████
     9 ○ nightly      1.50 s│   ├ ○ worker  span  open, produ…  2.50 s       ▐
                            │   └ ● part  span  running         2.00 s        ▐█████
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │── details ────────────────────────────────────────────
                            │● part  span  running  2.00 s  at +3.00 s
                            │by      process 41  connection 1
                            │ids     span 3b0ce9d373f0f7b8  producer
                            │        0000000000000029
                            │
                            │
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-23 dim, 6:25-79
    "#);
}

#[test]
fn a_run_that_grows_large() {
    let mut state = with_old_runs(RUNNING);
    insta::assert_snapshot!(screen(&mut state, LARGE), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db                                                follows
    runs              spans      took    age│run 17 ● nightly  5 spans, 4 running, 2 processes
    17 ● nightly        5      5.00 s    5 s│ ● nightly  flow  running                            5.00 s ███████████████████
    16 ✓ nightly        3      1.50 s    4 h│ ├ ✓ load  step  table="orders"                      2.00 s ███████▌
    15 ⊘ import o…      3      1.50 s    5 h│ └ ● send  step  running                             3.00 s        ▐███████████
     9 ○ nightly        3      1.50 s   11 h│   ├ ○ worker  span  open, producer gone; last hea…  2.50 s          ▐
                                            │   └ ● part  span  running                           2.00 s            ████████
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │── details ────────────────────────────────────────────────────────────────────
                                            │● part  span  running  2.00 s  at +3.00 s
                                            │by      process 41  connection 1
                                            │ids     span 3b0ce9d373f0f7b8  producer 0000000000000029
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-39 dim, 6:41-119
    "#);
}

#[test]
fn a_failed_run_with_its_details() {
    let mut state = script(NIGHTLY);
    press(&mut state, "n");
    let wanted = state.wants().error.expect("the whole error");
    let text =
        "Traceback (most recent call last):\n  File \"flow.py\", line 3\nConnectionError: refused";
    update(&mut state, Input::Error(wanted, Some(text.to_owned())));
    insta::assert_snapshot!(screen(&mut state, SMALL), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs                    │run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly       3.00 s│ ✗ nightly  flow                   3.00 s █████████████
                            │ ├ ✓ load  step  table="orders"    1.20 s █████
                            │ ├ ✓ check  step                   900 ms      ████
                            │ └ ✗ send  rpc                     850 ms          ████
                            │   └ ✗ post  rpc  ConnectionErro…  700 ms          ▐██▌
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │── details ───────────────────────────── 4 lines below
                            │✗ post  rpc  failed  700 ms  at +2.20 s
                            │error   ConnectionError: refused
                            │tags    host="mail"
                            │in full
                            │Traceback (most recent call last):
                            │  File "flow.py", line 3
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-23 dim, 6:25-79
    "#);
    press(&mut state, "tab");
    insta::assert_snapshot!(screen(&mut state, LARGE), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs              spans      took    age│run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly         5      3.00 s    5 s│ ✗ nightly  flow                                     3.00 s ███████████████████
                                            │ ├ ✓ load  step  table="orders"                      1.20 s ███████▌
                                            │ ├ ✓ check  step                                     900 ms        ▐█████▌
                                            │ └ ✗ send  rpc                                       850 ms              █████▌
                                            │   └ ✗ post  rpc  ConnectionError: refused  host="…  700 ms              ▐████▌
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │── details ────────────────────────────────────────────────────────────────────
                                            │✗ post  rpc  failed  700 ms  at +2.20 s
                                            │error   ConnectionError: refused
                                            │tags    host="mail"
                                            │in full
                                            │Traceback (most recent call last):
                                            │  File "flow.py", line 3
                                            │ConnectionError: refused
                                            │by      process 41  connection 1
                                            │ids     span efcf1cc624ffe57f  producer 0000000000000029
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
                                            │
    ? help  q quit  ↑↓ scroll  ← back to the tree  z zoom
    selected 2:0-39 dim, 6:41-119 dim
    "#);
}

#[test]
fn a_filter_shows_what_fits_and_what_is_above_it() {
    let mut state = script(NIGHTLY);
    press(&mut state, "/");
    type_in(&mut state, "mail");
    insta::assert_snapshot!(screen(&mut state, (80, 8)), @"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs                    │run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly       3.00 s│ ✗ nightly  flow                   3.00 s █████████████
                            │ └ ✗ send  rpc                     850 ms          ████
                            │   └ ✗ post  rpc  ConnectionErro…  700 ms          ▐██▌
                            │
                            │
    /mail▏  1 span fits  Enter keeps it, Esc clears it
    selected 2:0-23 dim, 4:25-79
    ");
    for _ in 0..4 {
        press(&mut state, "backspace");
    }
    type_in(&mut state, "host=m");
    press(&mut state, "enter");
    insta::assert_snapshot!(screen(&mut state, SMALL), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs                    │run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly       3.00 s│ ✗ nightly  flow                   3.00 s █████████████
                            │ └ ✗ send  rpc                     850 ms          ████
                            │   └ ✗ post  rpc  ConnectionErro…  700 ms          ▐██▌
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │── details ────────────────────────────────────────────
                            │✗ post  rpc  failed  700 ms  at +2.20 s
                            │error   ConnectionError: refused
                            │tags    host="mail"
                            │by      process 41  connection 1
                            │ids     span efcf1cc624ffe57f  producer
                            │        0000000000000029
    /host=m  1 span fits  Esc clears it  n next error  ? help  q quit
    selected 2:0-23 dim, 4:25-79
    "#);
}

#[test]
fn what_is_folded_says_how_much_it_hides() {
    let mut state = script(NIGHTLY);
    press(&mut state, "G left left");
    insta::assert_snapshot!(screen(&mut state, (80, 12)), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs                    │run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly       3.00 s│ ✗ nightly  flow                   3.00 s █████████████
                            │ ├ ✓ load  step  table="orders"    1.20 s █████
                            │ ├ ✓ check  step                   900 ms      ████
                            │ └▸✗ send  rpc  (1 span)           850 ms          ████
                            │── details ────────────────────────────── 1 line below
                            │✗ send  rpc  failed  850 ms  at +2.10 s
                            │error   ConnectionError: refused
                            │by      process 41  connection 1
                            │ids     span 1772c20daf0ed137  producer
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-23 dim, 5:25-79
    "#);
}

#[test]
fn help() {
    let mut state = script(NIGHTLY);
    press(&mut state, "?");
    insta::assert_snapshot!(screen(&mut state, SMALL), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db        follows
    runs                    │run 1 ✗ nightly  5 spans, 3 failed
    1 ✗ nightly       3.00 s│ ✗ nightly  flow                   3.00 s █████████████
                            │ ├ ✓ load  step  table="orders"    1.20 s █████
    ┌──────────────────────────────────────────────────────────────────────────────┐
    │  ↑ ↓  j k      move                 Tab Enter    to the next pane            │
    │  ← →  h l      fold, unfold         z            zoom this pane              │
    │  space         fold or unfold       f            follow what is heard last   │
    │  g G           first, last          n N          next, previous error        │
    │  PgUp PgDn     a page               /            show only spans with these  │
    │  Ctrl-L        draw all again                    letters; Esc shows all      │
    │  q Ctrl-C      quit                 ?            this help                   │
    │                                                                              │
    │  ✓ ok  ✗ failed  ⊘ cancelled  ● running  ? start not seen                    │
    │  ○ open, but its producer is gone: no end will come                          │
    │  ! something was odd: the details tell  ▸ folded                             │
    │  Bars show when in the run a span ran.                                       │
    │                                                                              │
    │  Any key closes this.                                                        │
    └──────────────────────────────────────────────────────────────────────────────┘
                            │ids     span 78719c201c752127  producer
                            │        0000000000000029
                            │
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-79
    "#);
}

#[test]
fn a_narrow_screen_shows_one_pane_beside_the_other() {
    let mut state = with_old_runs(NIGHTLY);
    insta::assert_snapshot!(screen(&mut state, (40, 12)), @r#"
    hero-span top  ● collecting  /…  follows
    run 17 ✗ nightly  5 spans, 3 failed
     ✗ nightly  flow                  3.00 s
     ├ ✓ load  step  table="orders"   1.20 s
     ├ ✓ check  step                  900 ms
     └ ✗ send  rpc                    850 ms
    ── details ────────────── 2 lines below
    ✗ nightly  flow  failed  3.00 s  at +0
    µs
    error   ConnectionError: refused
    by      process 41  connection 1
    ? help  q quit  ↑↓ move  ←→ fold  n nex…
    selected 2:0-39
    "#);
    press(&mut state, "backtab");
    insta::assert_snapshot!(screen(&mut state, (40, 8)), @"
    hero-span top  ● collecting  /…  follows
    runs              spans      took    age
    17 ✗ nightly        5      3.00 s    5 s
    16 ✓ nightly        3      1.50 s    4 h
    15 ⊘ import o…      3      1.50 s    5 h
     9 ○ nightly        3      1.50 s   11 h

    ? help  q quit  ↑↓ choose a run  Enter …
    selected 2:0-39
    ");
}

#[test]
fn a_zoomed_pane_has_all_the_room() {
    let mut state = with_old_runs(NIGHTLY);
    press(&mut state, "z");
    insta::assert_snapshot!(screen(&mut state, (80, 10)), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db        follows
    run 17 ✗ nightly  5 spans, 3 failed
     ✗ nightly  flow                                     3.00 s ████████████████████
     ├ ✓ load  step  table="orders"                      1.20 s ████████
     ├ ✓ check  step                                     900 ms         ██████
     └ ✗ send  rpc                                       850 ms               █████▌
       └ ✗ post  rpc  ConnectionError: refused  host="…  700 ms               ▐████▌


    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-79
    "#);
}

#[test]
fn an_empty_store_says_how_to_fill_it() {
    let mut state = State::new("/home/u/.hero/var/hero-span/spans.db".to_owned(), None);
    insta::assert_snapshot!(screen(&mut state, (80, 14)), @r#"
    hero-span top  no store yet  /home/u/.hero/var/hero-span/spans.db        follows

      Waiting for a collector to keep spans in /home/u/.hero/var/hero-span/spans.db

      Start one in another terminal, or as a service:

          hero-span collect

      and run a flow in a shell that knows of it:

          eval "$(hero-span collect --print-env)"
          python3 flow.py

    ? help  q quit
    selected
    "#);
    update(
        &mut state,
        Input::News(News {
            store: Store::Quiet,
            runs: Vec::new(),
            instead: None,
            tree: None,
        }),
    );
    insta::assert_snapshot!(screen(&mut state, (80, 8)), @r#"
    hero-span top  nobody collects  /home/u/.hero/var/hero-span/spans.db     follows

      No run yet. Run a flow in a shell that knows of the collector:

          eval "$(hero-span collect --print-env)"
          python3 flow.py

    ? help  q quit
    selected
    "#);
}

#[test]
fn what_strangers_send_steers_nothing() {
    let hostile = "a\u{1b}[2J\u{9b}31m\u{202e}txt.exe\u{200b}\r\nnext\tline\u{7}日本語";
    let forest = from_lines([
        start(1, None, hostile),
        start(2, Some(1), &format!("e{}", "\u{301}".repeat(3))),
        serde_json::json!({
            "type": "span_tag", "span_id": format!("{:016x}", 1), "ts_ms": NOON_MS,
            "key": hostile, "value": hostile,
        })
        .to_string(),
        serde_json::json!({
            "type": "span_log", "span_id": format!("{:016x}", 1), "ts_ms": NOON_MS,
            "level": "info", "message": hostile, "fields": {},
        })
        .to_string(),
        serde_json::json!({
            "type": "span_end", "span_id": format!("{:016x}", 1), "ts_ms": NOON_MS + 9.0,
            "status": "failed", "error": hostile,
        })
        .to_string(),
    ]);
    let mut state = shown(forest);
    press(&mut state, "g");
    let wanted = state.wants().error.expect("the whole error");
    update(
        &mut state,
        Input::Error(wanted, Some(format!("{hostile}\n{hostile}"))),
    );
    for size in [SMALL, LARGE, (40, 10), (7, 5)] {
        let buffer = buffer(&mut state, size);
        for cell in buffer.content() {
            let is_fit = |c: char| hero_span_protocol::printable(&c.to_string()) == c.to_string();
            assert!(cell.symbol().chars().all(is_fit), "{:?}", cell.symbol());
            assert!(cell.symbol().chars().count() <= 200, "{:?}", cell.symbol());
        }
    }
    insta::assert_snapshot!(screen(&mut state, SMALL), @r#"
    hero-span top  ● collecting  /home/u/.hero/var/hero-span/spans.db
    runs                    │run 1 ● a\u{1b}[2J\u{9b}31m\u{202e}txt.exe\u{200b}\r\n…
    1 ● a\u{1b}[2J\u… 5.00 s│ ✗ a\u{1b}[2J\u{9b}31m\u{202e}tx… 8.00 ms ▌
                            │ └ ● é́́  step  running              5.00 s █████████████
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │
                            │── details ───────────────────────────── 9 lines below
                            │✗ a\u{1b}[2J\u{9b}31m\u{202e}txt.exe\u{200b}\r\nnext\tl
                            │ine\u{7}日本語  step  failed  8.00 ms  at +0 µs
                            │error   next\tline\u{7}日本語
                            │tags    a\u{1b}[2J\u{9b}31m\u{202e}txt.exe\u{200b}\r\nn
                            │        ext\tline\u{7}日本語="a\u001b[2J\u{9b}31m\u{202
                            │        e}txt.exe\u{200b}\r\nnext\tline\u0007日本語"
    ? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane
    selected 2:0-79
    "#);
}

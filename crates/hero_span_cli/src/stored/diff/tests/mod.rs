//! What a comparison finds and says.

mod laws;
mod order;
mod script;
mod size;
mod times;
mod values;

use insta::assert_snapshot;

use self::script::{compared, told};

#[test]
fn the_same_is_said_in_a_line() {
    let run = "
        nightly flow 100ms params={\"day\":1}
          load 20ms tag:rows=3
          store 30ms";
    assert_snapshot!(told(run, run), @"the same: 3 spans, durations within 30% or 100 ms");
    assert_snapshot!(compared(run, run).stable().told(), @"the same: 3 spans");
}

#[test]
fn what_failed_first_stands_before_all() {
    let before = "
        nightly flow 100ms
          load 20ms
            fetch rpc 10ms
          store 30ms";
    let after = "
        nightly flow failed 100ms error=KeyError:_'id'
          load failed 20ms error=TimeoutError:_no_answer
            fetch rpc failed 10ms error=TimeoutError:_no_answer
          store failed 30ms error=KeyError:_'id'";
    assert_snapshot!(told(before, after), @"
    they differ: 4 statuses
    ✗ failed first in run 2: nightly › load › fetch: TimeoutError: no answer  (ok in run 1)
    status
      nightly  ok → failed  KeyError: 'id'
      nightly › load  ok → failed  TimeoutError: no answer
      nightly › load › fetch  ok → failed  TimeoutError: no answer
      nightly › store  ok → failed  KeyError: 'id'
    ");
    assert_snapshot!(told(after, before), @"
    they differ: 4 statuses
    status
      nightly  failed → ok  KeyError: 'id'
      nightly › load  failed → ok  TimeoutError: no answer
      nightly › load › fetch  failed → ok  TimeoutError: no answer
      nightly › store  failed → ok  KeyError: 'id'
    ");
}

#[test]
fn what_failed_in_both_is_not_new() {
    let before = "
        nightly flow failed 100ms
          load failed 20ms error=ValueError:_a";
    let after = "
        nightly flow failed 100ms
          load failed 20ms error=ValueError:_b
          retry failed 20ms error=OSError:_gone";
    assert_snapshot!(told(before, after), @"
    they differ: 1 new, 1 value
    ✗ failed first in run 2: nightly › retry: OSError: gone  (not in run 1)
    new in run 2
      + nightly › retry  step  failed
    error
      nightly › load  ValueError: a → ValueError: b
    ");
}

#[test]
fn a_status_may_differ_without_a_failure() {
    let before = "
        run 100ms
          a 1ms
          b 1ms
          c open";
    let after = "
        run open
          a cancelled 1ms
          b open
          c 1ms";
    assert_snapshot!(told(before, after), @"
    they differ: 4 statuses
    status
      run  ok → open
      run › a  ok → cancelled
      run › b  ok → open
      run › c  open → ok
    · 3 durations not compared: a start or an end is not known
    ");
}

#[test]
fn new_and_gone_subtrees_are_told_once() {
    let before = "
        nightly flow 100ms
          load 20ms
            fetch rpc 5ms
            parse span 5ms
          store 30ms";
    let after = "
        nightly flow 100ms
          store 30ms
            write span 1ms
          report open
            page span 1ms
            page span 1ms";
    assert_snapshot!(told(before, after), @"
    they differ: 4 new, 3 gone
    new in run 2
      + nightly › store › write  span
      + nightly › report  step  open  2 spans beneath
    gone since run 1
      - nightly › load  step  2 spans beneath
    ");
}

#[test]
fn a_span_of_another_kind_is_another_span() {
    let before = "nightly flow 1ms\n  load step 1ms";
    let after = "nightly flow 1ms\n  load rpc 1ms";
    assert_snapshot!(told(before, after), @"
    they differ: 1 new, 1 gone
    new in run 2
      + nightly › load  rpc
    gone since run 1
      - nightly › load  step
    ");
}

#[test]
fn runs_with_nothing_in_common_are_asked_about() {
    assert_snapshot!(told("nightly flow 1ms", "hourly flow 1ms"), @"
    they differ: 1 new, 1 gone
    ! no span is in both: are they runs of one flow?
    new in run 2
      + hourly  flow
    gone since run 1
      - nightly  flow
    ");
    assert_snapshot!(told("", ""), @"
    the same: 0 spans, durations within 30% or 100 ms
    ! no span is in both: are they runs of one flow?
    ");
}

#[test]
fn losses_make_it_less_than_whole() {
    let lossy = |script: &str| {
        let mut compared = compared("run 1ms", script);
        compared.runs[0].lost = 3;
        compared.runs[1].torn = 1;
        compared.runs[1].unstored = 2;
        compared.told()
    };
    assert_snapshot!(lossy("run 1ms"), @"
    the same as far as is known: 1 span, durations within 30% or 100 ms
    ! run 1 is not whole: 3 events lost
    ! run 2 is not whole: 2 events not kept, 1 line torn
    ! what differs may be owed to that
    ");
    assert_snapshot!(lossy("run failed 1ms").lines().next().unwrap_or_default(), @"they differ: 1 status");
}

#[test]
fn a_run_that_goes_on_is_said_to() {
    let mut compared = compared("run 1ms", "run 1ms");
    compared.runs[1].state = "running".to_owned();
    assert_snapshot!(compared.told(), @"
    the same as far as is known: 1 span, durations within 30% or 100 ms
    ! run 2 goes on: it is compared as far as it is stored
    ");
}

#[test]
fn findings_that_are_alike_make_one_row() {
    let run = |broken: &str| {
        let item = |at: usize| {
            format!(
                "\n  item{} 1ms",
                if at.is_multiple_of(3) { broken } else { "" }
            )
        };
        let items: String = (0..9).map(item).collect();
        format!("loop 10ms{items}")
    };
    assert_snapshot!(told(&run(""), &run(" failed")), @"
    they differ: 3 statuses
    ✗ failed first in run 2: loop › item #1  (ok in run 1)
    status
      loop › item ×3 of 9 (first item #1)  ok → failed
    ");
    let reasons = run(" failed error=a").replacen("error=a", "error=b", 1);
    assert_snapshot!(told(&run(""), &reasons).lines().nth(3).unwrap_or_default(), @"  loop › item ×3 of 9 (first item #1)  ok → failed  b  and others");
    let longer = run("") + "\n  item 1ms\n    row span 1ms\n  item failed 1ms\n  item 1ms";
    assert_snapshot!(told(&run(""), &longer), @"
    they differ: 4 new
    ✗ failed first in run 2: loop › item #11  (not in run 1)
    new in run 2
      + loop › item ×2 of 12 (first item #10)  step  1 span beneath
      + loop › item #11  step  failed
    ");
}

#[test]
fn of_many_rows_some_are_shown() {
    let run = |state: &str| {
        let names = ["a", "b", "c", "d"];
        let spans = names.map(|name| format!("\n  {name} {state} 1ms"));
        format!("run 10ms{}", spans.concat())
    };
    let mut compared = compared(&run("ok"), &run("cancelled"));
    compared.limit = 2;
    assert_snapshot!(compared.told(), @"
    they differ: 4 statuses
    status
      run › a  ok → cancelled
      run › b  ok → cancelled
      … 2 more rows (--limit N)
    ");
}

#[test]
fn names_are_shown_as_they_may_be() {
    let before = "a\u{1b}[2J 1ms tag:k\u{9b}=\"v\u{202e}\"";
    let unnamed = "\n   1ms";
    let after = format!("a\u{1b}[2J 1ms tag:k\u{9b}=\"w\u{202e}\"{unnamed}");
    assert_snapshot!(told(before, &after), @r#"
    they differ: 1 new, 1 value
    new in run 2
      + a\u{1b}[2J › (unnamed)  step
    tags
      a\u{1b}[2J  k\u{9b}: "v\u{202e}" → "w\u{202e}"
    "#);
}

//! What counts as slower, and how it is told.

use std::cmp::Ordering;

use insta::assert_snapshot;

use super::super::times::Tolerance;
use super::script::{compared, told};

#[track_caller]
fn check(tolerance: &str, before: f64, after: f64, expected: Ordering) {
    let parsed = Tolerance::parse(tolerance).expect("a tolerance");
    let about = format!("{before} → {after} within {tolerance}");
    assert_eq!(parsed.judge(before, after), expected, "{about}");
    let turned = expected.reverse();
    assert_eq!(parsed.judge(after, before), turned, "{about}, turned round");
}

#[test]
fn durations_may_be_apart_by_a_share_or_a_duration_or_either() {
    check("20%", 100.0, 120.0, Ordering::Equal);
    check("20%", 100.0, 121.0, Ordering::Greater);
    check("20%", 100.0, 84.0, Ordering::Equal);
    check("20%", 100.0, 83.0, Ordering::Less);
    check("20%", 0.0, 0.001, Ordering::Greater);
    check("50ms", 1.0, 51.0, Ordering::Equal);
    check("50ms", 1.0, 52.0, Ordering::Greater);
    check("20%,50ms", 100.0, 149.0, Ordering::Equal);
    check("20%,50ms", 1000.0, 1199.0, Ordering::Equal);
    check("20%,50ms", 1000.0, 1201.0, Ordering::Greater);
    check("0", 1.0, 1.0, Ordering::Equal);
    check("0", 1.0, 1.001, Ordering::Greater);
    check("0%,0", 1.0, 1.001, Ordering::Greater);
    check("1000000%", 1.0, 9_999.0, Ordering::Equal);
    check("20%", f64::MAX, f64::INFINITY, Ordering::Greater);
    check("20%", f64::INFINITY, f64::INFINITY, Ordering::Equal);
}

#[test]
fn a_tolerance_is_read_as_it_is_shown() {
    let shown = |text: &str| match Tolerance::parse(text) {
        Ok(tolerance) => tolerance.text(),
        Err(error) => error,
    };
    assert_snapshot!(shown("20%"), @"20%");
    assert_snapshot!(shown("50ms"), @"50.0 ms");
    assert_snapshot!(shown("2.5% , 1h 30m"), @"2.5% or 1 h 30 min");
    assert_snapshot!(shown("100us,12.5%"), @"12.5% or 100 µs");
    assert_snapshot!(shown("20"), @"expected a share such as 20%, a duration such as 50ms, or both as in 20%,50ms");
    for wrong in [
        "",
        ",",
        "%",
        "20%,",
        "20%,30%",
        "1s,2s",
        "-1%",
        "1e3%",
        "inf%",
        "nan%",
        "-5ms",
        "20%,5ms,1%",
        "\u{1b}[2J",
    ] {
        let error = shown(wrong);
        assert!(error.starts_with("expected a share"), "{wrong:?}: {error}");
    }
}

#[test]
fn what_is_slower_or_faster_is_told_where_it_is() {
    let before = "
        nightly flow 1300ms
          load 1000ms
          store 300ms
          clean 10ms";
    let after = "
        nightly flow 3050ms
          load 3000ms
          store 50ms
          clean 109ms";
    assert_snapshot!(told(before, after), @"
    they differ: 2 slower, 1 faster
    slower
      nightly  1.30 s → 3.05 s +135%
      nightly › load  1.00 s → 3.00 s +200%
    faster
      nightly › store  300 ms → 50.0 ms -83%
    ");
    assert_snapshot!(compared(before, after).within("95ms").told(), @"
    they differ: 3 slower, 1 faster
    slower
      nightly  1.30 s → 3.05 s +135%
      nightly › load  1.00 s → 3.00 s +200%
      nightly › clean  10.0 ms → 109 ms +990%
    faster
      nightly › store  300 ms → 50.0 ms -83%
    ");
    assert_snapshot!(compared(before, after).stable().told(), @"the same: 4 spans");
}

/// A loop whose steps took so long.
fn looped(name: &str, each: impl Fn(usize) -> f64) -> String {
    let steps: String = (0..1000)
        .map(|at| format!("\n  {name} {}ms", each(at)))
        .collect();
    format!("run 60000ms{steps}")
}

#[test]
fn a_loop_is_judged_by_how_long_it_took_in_all() {
    let before = looped("item", |_| 1.0);
    let slower = looped("item", |_| 3.0);
    assert_snapshot!(told(&before, &slower), @"
    they differ: 1000 slower
    slower
      run › item ×1000  1.00 s → 3.00 s +200% in all  median 1.00 ms → 3.00 ms
    ");
    // Each by itself is far apart, and all together are not.
    let shaken = |phase| looped("item", move |at| if at % 2 == phase { 1.0 } else { 40.0 });
    assert_snapshot!(told(&shaken(0), &shaken(1)), @"the same: 1001 spans, durations within 30% or 100 ms");
}

#[test]
fn one_of_a_loop_that_is_far_apart_is_named() {
    let before = looped("item", |_| 10.0);
    let stalled = looped("item", |at| if at == 699 { 2000.0 } else { 10.0 });
    assert_snapshot!(told(&before, &stalled), @"
    they differ: 1 slower
    slower
      run › item #700  10.0 ms → 2.00 s +19900%
    ");
    let stalls = looped("item", |at| if at % 400 == 7 { 800.0 } else { 10.0 });
    assert_snapshot!(told(&before, &stalls), @"
    they differ: 3 slower
    slower
      run › item ×3 of 1000 (first item #8)  most item #8: 10.0 ms → 800 ms +7900%
    ");
    let stuck = looped("item", |at| if at == 99 { 20_000.0 } else { 10.0 });
    assert_snapshot!(told(&before, &stuck), @"
    they differ: 1000 slower
    slower
      run › item ×1000  10.0 s → 30.0 s +200% in all  median 10.0 ms → 10.0 ms  most item #100: 10.0 ms → 20.0 s +199900%
    ");
}

#[test]
fn durations_that_are_not_known_are_not_compared() {
    let before = "
        run 10000ms
          a 1ms
          a 5000ms
          b open";
    let after = "
        run 10000ms
          a open
          a 5000ms
          b open";
    assert_snapshot!(told(before, after), @"
    they differ: 1 status
    status
      run › a #1  ok → open
    · 2 durations not compared: a start or an end is not known
    ");
}

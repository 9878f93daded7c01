//! Which of several siblings is whose counterpart.

use insta::assert_snapshot;

use super::script::told;

#[test]
fn the_nth_is_the_nth_of_its_name() {
    let before = "
        nightly flow 10ms
          load 1ms tag:n=1
            get 1ms
          store 1ms
          load 1ms tag:n=2";
    let after = "
        nightly flow 10ms
          load 1ms tag:n=1
          load 1ms tag:n=3
            get 1ms
          store 1ms";
    assert_snapshot!(told(before, after), @"
    they differ: 1 new, 1 gone, 1 value
    new in run 2
      + nightly › load #2 › get  step
    gone since run 1
      - nightly › load #1 › get  step
    tags
      nightly › load #2  n: 2 → 3
    ");
}

#[test]
fn what_follows_each_other_is_told_by_its_turn_whatever_it_was_given() {
    let before = "
        run 10ms
          item 1ms params=\"a\"
          item 1ms params=\"b\"";
    let after = "
        run 10ms
          item 1ms params=\"b\"
          item 1ms params=\"a\"";
    assert_snapshot!(told(before, after), @r#"
    they differ: 2 values
    input
      run › item ×2  "a" → "b"  and others
    "#);
}

#[test]
fn of_those_that_ran_at_once_the_same_were_given_the_same() {
    let before = "
        run 10ms
          item 5ms at=1 params=\"a\" tag:k=1 late:v=1
          item 5ms at=2 params=\"b\"
          item 5ms at=3 params=\"b\"
          item 5ms at=4 params=\"c\"";
    let after = "
        run 10ms
          item 5ms at=1 params=\"c\"
          item 5ms at=2 params=\"b\"
          item 5ms at=3 params=\"d\"
          item 5ms at=4 params=\"a\" tag:k=1 late:v=2";
    assert_snapshot!(told(before, after), @r#"
    they differ: 2 values
    input
      run › item #3  "b" → "d"
    tags
      run › item #4  v: 1 → 2
    "#);
}

#[test]
fn what_is_missing_among_those_that_ran_at_once_is_gone() {
    let item = |at: usize| format!("\n  item 50ms at={at} params={at}");
    let all: String = (0..20).map(item).collect();
    let some: String = (0..20).filter(|at| *at != 7).map(item).collect();
    let [all, some] = [all, some].map(|items| format!("run 100ms{items}"));
    assert_snapshot!(told(&all, &some), @"
    they differ: 1 gone
    gone since run 1
      - run › item #8  step
    ");
}

//! Numbers are never used twice in one file.

use insta::assert_snapshot;

use super::script::Kept;

#[test]
fn the_number_of_a_run_that_became_part_of_another_is_not_used_again() {
    let mut kept = Kept::new();
    kept.play(
        r#"1 start a
           2 start b {"parent_span_id":@c}
           1 start c {"parent_span_id":@a}
           1 close
           2 close"#,
    );
    assert_snapshot!(kept.rows("SELECT id, joined, spans FROM runs"), @r"
    1 - 3
    2 1 0
    ");
    let reader = kept.reader();
    let found = |number| reader.numbered_run(number).expect("readable");
    let found = [1, 2, 3].map(|number| found(number).map(|line| line.run));
    assert_eq!(found, [Some(1), Some(1), None]);
    drop(reader);
    let mut kept = kept.again();
    kept.play("3 start d\n3 close");
    assert_snapshot!(kept.rows("SELECT id, joined, spans FROM runs"), @r"
    1 - 3
    2 1 0
    3 - 1
    ");
}

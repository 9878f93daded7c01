//! Which run is meant by a word.

use insta::assert_snapshot;

use super::script::{Kept, kept};

/// The run that is found, or what is said of it.
fn check(kept: &Kept, asked: &str, expected: &str) {
    let found = match kept.reader().find(asked) {
        Ok(run) => format!("run {}", run.run),
        Err(error) => error
            .to_string()
            .replace(&kept.path().display().to_string(), "PATH"),
    };
    assert_eq!(found, expected, "{asked:?}");
}

fn started(session: u64, span: &str, producer: &str, rest: &str) -> String {
    format!(
        r#"{session} start {span} {{"producer":{{"id":"{producer}","sdk":"s","version":"1","protocol":1,"pid":1}}{rest}}}"#
    )
}

fn four() -> Kept {
    let script = [
        started(1, "a", "aaaa0000000000f1", ""),
        started(2, "b", "aaaa1111111111f2", ""),
        started(3, "c", "00000000000012f3", ""),
        // Part of the run of `a` once that says so.
        started(4, "d", "dddd0000000000f4", r#","parent_span_id":@e"#),
        r#"1 start e {"parent_span_id":@a}"#.to_owned(),
    ];
    kept(&script.join("\n"))
}

#[test]
fn a_run_is_found_by_its_number_or_as_the_last_one() {
    let kept = four();
    check(&kept, "1", "run 1");
    check(&kept, "003", "run 3");
    check(&kept, "last", "run 3");
    // It turned out to be a part of it.
    check(&kept, "4", "run 1");
}

#[test]
fn runs_are_counted_back_from_the_last_one() {
    let kept = four();
    check(&kept, "last~0", "run 3");
    check(&kept, "last~1", "run 2");
    check(&kept, "last~02", "run 1");
    // The fourth is a part of the first.
    for asked in [
        "last~3",
        "last~",
        "last~-1",
        "last~+1",
        "last~ 1",
        "last~1~1",
        "last1",
        "last~99999999999",
    ] {
        let none = format!(
            "PATH: expected a run, found none that is called \"{asked}\": hero-span runs lists them"
        );
        check(&kept, asked, &none);
    }
}

#[test]
fn a_run_is_found_by_the_beginning_of_a_producers_id() {
    let kept = four();
    check(&kept, "aaaa1", "run 2");
    check(&kept, "AAAA1111111111F2", "run 2");
    check(&kept, "dddd", "run 1");
    check(&kept, "0000", "run 3");
}

#[test]
fn what_means_no_run_or_several_is_told() {
    let kept = four();
    let found = |asked: &str| {
        let error = kept.reader().find(asked).expect_err("no run").to_string();
        error.replace(&kept.path().display().to_string(), "PATH")
    };
    assert_snapshot!(found("aaaa"), @r#"PATH: expected one run, found 2 that "aaaa" may mean: runs 1, 2: say more of its id"#);
    assert_snapshot!(found("aaa"), @r#"PATH: expected a run, found none that is called "aaa": hero-span runs lists them"#);
    assert_snapshot!(found("9"), @r#"PATH: expected a run, found none that is called "9": hero-span runs lists them"#);
    assert_snapshot!(found("0"), @r#"PATH: expected a run, found none that is called "0": hero-span runs lists them"#);
    assert_snapshot!(found("-1"), @r#"PATH: expected a run, found none that is called "-1": hero-span runs lists them"#);
    assert_snapshot!(found(""), @r#"PATH: expected a run, found none that is called "": hero-span runs lists them"#);
    assert_snapshot!(found("99999999999999999999999999"), @r#"PATH: expected a run, found none that is called "99999999999999999999999999": hero-span runs lists them"#);
    assert_snapshot!(found("aaaa%"), @r#"PATH: expected a run, found none that is called "aaaa%": hero-span runs lists them"#);
    assert_snapshot!(found("1' OR '1'='1"), @r#"PATH: expected a run, found none that is called "1' OR '1'='1": hero-span runs lists them"#);
    assert_snapshot!(found("last\0\u{1b}[2J"), @r#"PATH: expected a run, found none that is called "last\u{0}\u{1b}[2J": hero-span runs lists them"#);
    assert_snapshot!(found("aaaa1111111111f2aaaa"), @r#"PATH: expected a run, found none that is called "aaaa1111111111f2aaaa": hero-span runs lists them"#);
}

#[test]
fn an_empty_store_has_no_last_run() {
    let kept = kept("");
    check(
        &kept,
        "last",
        "PATH: expected a run, found none that is called \"last\": hero-span runs lists them",
    );
}

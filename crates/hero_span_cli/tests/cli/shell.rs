//! Help, versions, completions and clauses.

use crate::common::{hero_span, run};

#[test]
fn the_version_names_the_protocol() {
    let finished = run(hero_span().arg("--version"));
    let package = env!("CARGO_PKG_VERSION");
    assert_eq!(
        finished.stdout,
        format!("hero-span {package} (protocol 1)\n")
    );
}

#[test]
fn help_teaches_by_example() {
    for command in [
        "collect",
        "runs",
        "show",
        "diff",
        "logs",
        "tail",
        "top",
        "export",
        "prune",
        "rebuild",
        "doctor",
        "check",
        "explain",
        "completions",
    ] {
        let finished = run(hero_span().args([command, "--help"]));
        assert_eq!(finished.code, Some(0));
        let example = format!("\n  hero-span {command}");
        assert!(finished.stdout.contains(&example), "{}", finished.stdout);
        assert!(finished.stdout.contains("\nExit codes: 0 "), "{command}");
    }
    let finished = run(hero_span().arg("--help"));
    for code in 0..=4 {
        assert!(finished.stdout.contains(&format!("\n  {code}  ")), "{code}");
    }
}

#[test]
fn conformance_commands_teach_by_example() {
    let help = |args: &[&str]| run(hero_span().arg("conformance").args(args)).stdout;
    let of_all = help(&["--help"]);
    assert!(of_all.contains("\n  hero-span conformance run"), "{of_all}");
    for name in ["run", "parser", "compare", "list"] {
        let help = help(&[name, "--help"]);
        let example = format!("\n  hero-span conformance {name}");
        assert!(help.contains(&example), "{help}");
        assert!(help.contains("\nExit codes: 0 "), "{help}");
    }
}

#[test]
fn wrong_arguments_end_with_two() {
    for args in [
        &["collct"][..],
        &[],
        &["check"],
        &["check", "-", "--max", "many"],
        &["check", "-", "--listen"],
        &["check", "-", "--once"],
        &["check", "--once", "--", "true"],
        &["conformance", "run", "--cases", "many"],
        &["conformance", "sideways"],
        &["conformance", "run", "--adapter"],
    ] {
        let finished = run(hero_span().args(args));
        assert_eq!(finished.code, Some(2), "{args:?}");
        assert!(finished.stderr.contains("--help") || finished.stderr.contains("Usage"));
        assert!(args.is_empty() || finished.stderr.starts_with("hero-span: "));
    }
}

#[test]
fn a_clause_is_explained() {
    let finished = run(hero_span().args(["explain", "rule.end-once"]));
    insta::assert_snapshot!(finished.stdout, @"
    rule.end-once  MUST
        A span ends at most once.
    ");
}

#[test]
fn case_does_not_matter_in_a_clause_s_id() {
    let finished = run(hero_span().args(["explain", "Rule.End-ONCE"]));
    assert!(finished.stdout.starts_with("rule.end-once  MUST"));
}

#[test]
fn what_a_clause_declares_is_shown() {
    let explain = |id: &str| run(hero_span().args(["explain", id])).stdout;
    insta::assert_snapshot!(explain("limit.value"), @"
    limit.value  MUST  VALUE_BYTES = 4096
        Bytes of a value: params, result, message, and each value of a tag or a
        log field.
    ");
    insta::assert_snapshot!(explain("env.parent"), @"
    env.parent  MUST  HERO_FLOW_PARENT_SPAN
        The span id under which the process's root spans hang (a sub-flow). Unset,
        empty or not an id: they are roots.
    ");
    insta::assert_snapshot!(explain("event.any"), @"
    event.any  MUST
        The fields of every event. An SDK sends no field that this contract does
        not name.

        type            name       required  Which event this is: the name that
                                             its clause declares.
        span_id         id         required  The span this event belongs to.
        ts_ms           time       required  When it happened.
        seq             count      expected  0, 1, 2 and so on for each event that
                                             the SDK tried to send on this
                                             connection: a gap is a counted loss.
        producer        producer   first     Who writes.
        truncated       sizes      optional  Which fields were cut.
    ");
    insta::assert_snapshot!(explain("event.span_start"), @r#"
    event.span_start  MUST
        A span begins.

        parent_span_id  id|null    expected  The span it hangs under, null for a
                                             root.
        name            name       required  What it is called. A call of an
                                             instrumented client is called
                                             rpc:Class.method.
        kind            kind       expected  What it stands for.
        tags            members    optional  Tags known at the start.
        params          json       optional  A flow's input, or the arguments of
                                             an rpc as {"args": [...], "kwargs":
                                             {...}} without the empty ones.
    "#);
}

#[test]
fn every_clause_is_listed_and_can_be_explained() {
    let list = run(hero_span().arg("explain")).stdout;
    assert_eq!(list.lines().count(), hero_span_protocol::Clause::ALL.len());
    for line in list.lines() {
        let id = line.split(' ').next().expect("an id");
        let finished = run(hero_span().args(["explain", id]));
        assert_eq!(finished.code, Some(0), "{id}");
        assert!(finished.stdout.starts_with(id));
        assert!(
            finished
                .stdout
                .lines()
                .all(|line| line.chars().count() <= 78),
            "{id}"
        );
    }
}

#[test]
fn an_unknown_clause_is_answered_with_near_ones() {
    let near = |id: &str| {
        let finished = run(hero_span().args(["explain", id]));
        assert_eq!(finished.code, Some(2));
        finished.stderr
    };
    insta::assert_snapshot!(near("rule.end-twice"), @r#"hero-span: expected a clause of the contract, found "rule.end-twice": perhaps rule.end-once or rule.end-last"#);
    insta::assert_snapshot!(near("VALUE.CUTS"), @r#"hero-span: expected a clause of the contract, found "VALUE.CUTS": perhaps value.cut or value.bytes or value.structured or value.numbers"#);
    insta::assert_snapshot!(near("seq-rise"), @r#"hero-span: expected a clause of the contract, found "seq-rise": perhaps rule.seq-rises"#);
    insta::assert_snapshot!(near("nonsense"), @r#"hero-span: expected a clause of the contract, found "nonsense": hero-span explain lists them all"#);
}

#[test]
fn shells_get_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = run(hero_span().args(["completions", shell]));
        assert_eq!(finished.code, Some(0), "{shell}");
        for word in ["HERO_SPAN_COMPLETE", "hero-span"] {
            assert!(finished.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_error_says_who_speaks() {
    for args in [
        &["collect", "--listen", "/no/such/place"][..],
        &["check", "/no/such/capture"],
        &["check", "--listen", "/no/such/place"],
        &["check", "--", "/no/such/program"],
        &["explain", "nonsense"],
        &["runs"],
        &["show", "7"],
        &["export", "--store", "/no/such/store"],
        &["diff"],
        &["prune", "--to", "0"],
        &["conformance", "run"],
        &["conformance", "run", "--adapter", "'"],
        &["conformance", "run", "--adapter", "/no/such/adapter"],
        &["conformance", "parser", "--adapter", "'"],
        &["conformance", "parser", "--adapter", "/no/such/adapter"],
    ] {
        let finished = run(hero_span().args(args));
        assert!(
            finished.stderr.starts_with("hero-span: "),
            "{args:?}: {}",
            finished.stderr
        );
        assert!(matches!(finished.code, Some(2 | 3)), "{args:?}");
    }
}

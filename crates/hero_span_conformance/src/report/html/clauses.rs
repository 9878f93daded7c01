//! The matrix: each clause with its checks and its cases.

use hero_span_protocol::contract::Clause;
use maud::{Markup, html};

use crate::checks::{Coverage, Level, coverage};
use crate::report::clauses::{Row, State, rows};
use crate::report::detail::{first_sentence, line};
use crate::report::facts::{plural, sdk};
use crate::report::{CaseResult, Report, Verdict};

/// Anchors filter the rows: the style hides what is not asked for.
pub(super) fn section(report: &Report) -> Markup {
    let rows = rows(report);
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let states: Vec<State> = State::ALL
        .into_iter()
        .filter(|state| count(*state) > 0)
        .collect();
    html! {
        section #clauses {
            h2 { "Clauses" }
            @for state in &states { span.target id={ "only-" (state.slug()) } {} }
            p.filters {
                "Show " a href="#clauses" { "all" }
                @for state in &states {
                    " " a href={ "#only-" (state.slug()) } {
                        (state.name()) " " span.count { (count(*state)) }
                    }
                }
            }
            (table(report, &rows))
        }
    }
}

fn table(report: &Report, rows: &[Row<'_>]) -> Markup {
    html! {
        table.clauses role="table" {
            caption {
                "The clauses of the contract, and what " (sdk(report)) " makes of the cases of each"
            }
            thead role="rowgroup" { tr role="row" {
                th scope="col" role="columnheader" { "Clause" }
                @for name in ["result", "ran", "passed", "failed", "skipped"] {
                    th scope="col" role="columnheader" { (name) }
                }
            } }
            tbody role="rowgroup" { @for row in rows { (of_clause(row)) } }
        }
    }
}

fn of_clause(row: &Row<'_>) -> Markup {
    let (state, slug) = (row.state.name(), row.state.slug());
    html! {
        tr .(slug) id=(row.clause.id()) role="row" {
            th scope="row" role="rowheader" { (clause(row)) }
            td role="cell" { span.state { (state) } }
            (number(row.ran()))
            @for verdict in [Verdict::Passed, Verdict::Failed, Verdict::Skipped] {
                (number(row.count(verdict)))
            }
        }
    }
}

fn number(count: usize) -> Markup {
    let class = if count == 0 { "none" } else { "some" };
    html! { td .(class) role="cell" { (count) } }
}

fn clause(row: &Row<'_>) -> Markup {
    let level = Level::of(row.clause).name();
    html! {
        details {
            summary { code { (row.clause.id()) } " " span.level { (level) } }
            p { (first_sentence(row.clause)) }
            (checks(row.clause))
            @if row.elsewhere > 0 {
                p { "Found broken in " (plural(row.elsewhere, "case")) " of other clauses or families." }
            }
            @if !row.cases.is_empty() {
                ul { @for case in &row.cases { (of_case(case)) } }
            }
        }
    }
}

fn checks(clause: Clause) -> Markup {
    html! {
        p {
            @match coverage(clause) {
                Coverage::Checks(checks) => {
                    "Checked by "
                    @for (place, check) in checks.iter().enumerate() {
                        @if place > 0 { ", " }
                        code { (check) }
                    }
                    "."
                }
                Coverage::Vectors => {
                    "It binds consumers: " code { "hero-span conformance parser" } " looks at it."
                }
                Coverage::Unchecked(why) => { "Not checked: " (why) "." }
            }
        }
    }
}

fn of_case(case: &CaseResult) -> Markup {
    html! {
        li {
            span.state { (case.standing().name()) } " " code { (line(&case.id)) }
            @if !case.about.is_empty() { " " (line(&case.about)) }
            @if let Some(reason) = &case.reason { " (" (line(reason)) ")" }
        }
    }
}

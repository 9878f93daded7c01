//! The failures: those that count in full, those that are known folded.

use hero_span_protocol::contract::Clause;
use maud::{Markup, html};

use crate::finding::Finding;
use crate::report::detail::{first_difference, first_sentence, line};
use crate::report::facts::plural;
use crate::report::text::{name, reasons};
use crate::report::{CaseResult, Failure, Group, Report, Standing};

/// What failed so, each in full.
pub(super) fn section(report: &Report, standing: Standing) -> Markup {
    let results: Vec<(&Group, &CaseResult)> = report
        .groups
        .iter()
        .flat_map(|group| group.results.iter().map(move |result| (group, result)))
        .filter(|(_, result)| result.standing() == standing)
        .collect();
    let title = match standing {
        Standing::Advice => "Advice",
        _ => "Failures",
    };
    html! {
        @if !results.is_empty() {
            section id=(standing.name()) {
                h2 { (title) }
                @if standing == Standing::Advice {
                    p { "A SHOULD of the contract is not kept. It does not count." }
                }
                @for (group, result) in results { (of_result(group, result)) }
            }
        }
    }
}

fn of_result(group: &Group, result: &CaseResult) -> Markup {
    let failure = result.failure.as_ref();
    let like = failure.and_then(|failure| failure.like.as_deref());
    html! {
        @if let Some(like) = like {
            p.like { code { (name(group, result)) } " fails like " code { (line(like)) } "." }
        } @else {
            article {
                h3 { code { (name(group, result)) } }
                @if !result.about.is_empty() { p { (line(&result.about)) } }
                @if let Some(failure) = failure { (of_failure(failure)) }
            }
        }
    }
}

fn of_failure(failure: &Failure) -> Markup {
    html! {
        @for finding in &failure.findings { (of_finding(finding)) }
        (trees(failure))
        @if let Some(replay) = &failure.replay {
            p.label { "Run it again" }
            pre { code { (line(replay)) } }
        }
    }
}

fn of_finding(finding: &Finding) -> Markup {
    let clause = finding.clause.as_deref().and_then(Clause::from_id);
    html! {
        div.finding {
            p.check {
                code { (line(&finding.check)) }
                " " span.level { (finding.level.name()) }
                @for place in [&finding.field, &finding.place].into_iter().flatten() {
                    " · " (line(place))
                }
            }
            dl {
                dt { "expected" } dd { (line(&finding.expected)) }
                dt { "found" } dd { (line(&finding.found)) }
                @if let Some(clause) = clause {
                    dt { "contract" }
                    dd { a href={ "#" (clause.id()) } { (clause.id()) } ": " (first_sentence(clause)) }
                }
            }
        }
    }
}

/// Both trees side by side, or one under the other where there is no room.
fn trees(failure: &Failure) -> Markup {
    let first = first_difference(failure);
    html! {
        @if !failure.expected_tree.is_empty() || !failure.found_tree.is_empty() {
            div.trees {
                (tree("Expected tree", "expected", &failure.expected_tree, first))
                (tree("Found tree", "found", &failure.found_tree, first))
            }
        }
    }
}

fn tree(title: &str, class: &str, lines: &[String], first: Option<usize>) -> Markup {
    html! {
        figure {
            figcaption { (title) }
            pre .(class) {
                @for (place, shown) in lines.iter().enumerate() {
                    @if first == Some(place) { mark { (line(shown)) } } @else { (line(shown)) }
                    "\n"
                }
            }
        }
    }
}

/// Why cases could not be evaluated.
pub(super) fn faults(report: &Report) -> Markup {
    let is_unknown = |group: &&Group| group.standing(Standing::NotEvaluated) > 0;
    let groups: Vec<&Group> = report.groups.iter().filter(is_unknown).collect();
    html! {
        @if !groups.is_empty() {
            section #not-evaluated {
                h2 { "Not evaluated" }
                @for group in groups {
                    h3 { (line(&group.name)) ": " (plural(group.standing(Standing::NotEvaluated), "case")) }
                    @for reason in reasons(group) { pre { (reason) } }
                }
            }
        }
    }
}

/// The failures of the list, folded.
pub(super) fn known(report: &Report) -> Markup {
    let known: Vec<(&CaseResult, &String)> = report
        .groups
        .iter()
        .flat_map(|group| &group.results)
        .filter_map(|result| Some((result, result.known.as_ref()?)))
        .collect();
    html! {
        @if !known.is_empty() {
            section #known {
                h2 { "Known failures" }
                details {
                    summary { (plural(known.len(), "failure")) " on the list, which do not count" }
                    ul { @for (result, reason) in known {
                        li { code { (line(&result.id)) } ": " (line(reason)) }
                    } }
                }
            }
        }
    }
}

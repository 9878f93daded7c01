//! The report as one HTML page that needs nothing beside it, and no script.
//!
//! Names and values come from SDKs and from files: everything is made
//! printable, and maud escapes it. The page's policy lets nothing in but its
//! own style, which is known by its hash.

mod clauses;
mod failures;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::detail::line;
use super::facts::{brief, facts, sdk, seconds};
use super::text::remarks;
use super::{Conclusion, Group, Report, Standing};

const STYLE: &str = include_str!("style.css");

pub(super) fn html(report: &Report) -> String {
    let title = format!("{}: {}", sdk(report), brief(report));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body(report)) }
        }
    };
    page.into_string() + "\n"
}

fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn body(report: &Report) -> Markup {
    html! {
        a.skip href="#main" { "Skip to the results" }
        header { (head(report)) (navigation(report)) }
        main #main tabindex="-1" {
            (parts(report))
            (failures::section(report, Standing::Failed))
            (failures::section(report, Standing::Advice))
            (failures::faults(report))
            (failures::known(report))
            (clauses::section(report))
        }
        footer { (facts_of(report)) }
    }
}

fn head(report: &Report) -> Markup {
    let conclusion = report.conclusion();
    html! {
        p.over { "hero_span conformance" }
        h1 { (line(&report.sdk.sdk)) " " span.version { (line(&report.sdk.version)) } }
        p .conclusion .(class(conclusion)) {
            strong { (brief(report)) }
            " " span { (meaning(conclusion)) }
        }
    }
}

const fn class(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Conformant => "good",
        Conclusion::NotConformant => "bad",
        Conclusion::NotEvaluated => "unknown",
        Conclusion::Stale => "warn",
    }
}

const fn meaning(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Conformant => "Everything that ran is as the contract says.",
        Conclusion::NotConformant => "The SDK departs from the contract.",
        Conclusion::NotEvaluated => "Something could not be judged, or nothing ran.",
        Conclusion::Stale => "The list of known failures is not true any more.",
    }
}

fn navigation(report: &Report) -> Markup {
    let count = |standing| super::facts::count(report, standing);
    let places = [
        ("failed", "Failures", count(Standing::Failed)),
        ("advice", "Advice", count(Standing::Advice)),
        (
            "not-evaluated",
            "Not evaluated",
            count(Standing::NotEvaluated),
        ),
        ("known", "Known", count(Standing::Known)),
    ];
    html! {
        nav aria-label="Parts of the report" {
            a href="#parts" { "Cases" }
            @for (place, name, count) in places.into_iter().filter(|(_, _, count)| *count > 0) {
                a href={ "#" (place) } { (name) " " span.count { (count) } }
            }
            a href="#clauses" { "Clauses" }
            a href="#about" { "About this run" }
        }
    }
}

const COLUMNS: [Standing; 6] = [
    Standing::Passed,
    Standing::Failed,
    Standing::Advice,
    Standing::Known,
    Standing::Skipped,
    Standing::NotEvaluated,
];

/// What always stands there, and what there is of the rest.
fn columns(report: &Report) -> Vec<Standing> {
    let always = [Standing::Passed, Standing::Failed];
    let stands = |standing: &Standing| {
        always.contains(standing) || super::facts::count(report, *standing) > 0
    };
    COLUMNS.into_iter().filter(stands).collect()
}

fn parts(report: &Report) -> Markup {
    let columns = columns(report);
    html! {
        section #parts {
            h2 { "Cases" }
            div.wide tabindex="0" role="region" aria-labelledby="parts-caption" {
                table {
                    caption #parts-caption { "How the cases of each part ended" }
                    thead { tr {
                        th scope="col" { "Part" }
                        @for standing in &columns { th scope="col" { (standing.name()) } }
                        th scope="col" { "took" }
                    } }
                    tbody { @for group in &report.groups { (part(group, &columns)) } }
                }
            }
            @let remarks = remarks(report);
            @if !remarks.is_empty() { ul.remarks { @for remark in remarks { li { (remark) } } } }
        }
    }
}

fn part(group: &Group, columns: &[Standing]) -> Markup {
    html! {
        tr {
            th scope="row" { (line(&group.name)) }
            @for standing in columns { (number(group.standing(*standing), *standing)) }
            td { (seconds(group.seconds)) }
        }
    }
}

/// A number that stands out where it says something bad.
fn number(count: usize, standing: Standing) -> Markup {
    let is_bad = matches!(standing, Standing::Failed | Standing::NotEvaluated);
    let class = match count {
        0 => "none",
        _ if is_bad => "bad",
        _ => "some",
    };
    html! { td .(class) { (count) } }
}

fn facts_of(report: &Report) -> Markup {
    let features: Vec<String> = report.sdk.features.iter().map(|name| line(name)).collect();
    html! {
        section #about {
            h2 { "About this run" }
            dl {
                @for (name, fact) in facts(report) { dt { (name) } dd { (fact) } }
                dt { "features" } dd {
                    @if features.is_empty() { "none" } @else { (features.join(", ")) }
                }
            }
        }
    }
}

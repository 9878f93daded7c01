//! The report as a badge: an SVG image that needs nothing beside it.

use maud::html;

use super::facts::{brief, facts, sdk};
use super::{Conclusion, Report};

const LABEL: &str = "hero_span";
/// Of the letters, roughly; `textLength` makes it exact.
const LETTER: usize = 7;
const PADDING: usize = 7;

pub(super) fn badge(report: &Report) -> String {
    let words = brief(report);
    let title = format!("hero_span contract, SDK {}: {words}", sdk(report));
    let facts = facts(report).into_iter();
    let facts: Vec<String> = facts
        .map(|(name, fact)| format!("{name}: {fact}"))
        .collect();
    let (label, message) = (width(LABEL), width(&words));
    let whole = label + message;
    let badge = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height="20"
            viewBox={ "0 0 " (whole) " 20" } role="img" aria-labelledby="title" {
            title id="title" { (title) }
            desc { (facts.join("\n")) }
            clipPath id="round" { rect width=(whole) height="20" rx="4" {} }
            g clip-path="url(#round)" {
                rect width=(whole) height="20" fill="#444c56" {}
                rect x=(label) width=(message) height="20" fill=(colour(report.conclusion())) {}
            }
            g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" {
                (text(LABEL, PADDING))
                (text(&words, label + PADDING))
            }
        }
    };
    badge.into_string() + "\n"
}

fn text(text: &str, x: usize) -> maud::Markup {
    html! {
        text x=(x) y="14" textLength=(width(text) - 2 * PADDING) { (text) }
    }
}

fn width(text: &str) -> usize {
    text.chars().count() * LETTER + 2 * PADDING
}

/// White stands on each with a contrast of at least 4.5.
const fn colour(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Conformant => "#1a7f37",
        Conclusion::NotConformant => "#cf222e",
        Conclusion::NotEvaluated => "#5c636b",
        Conclusion::Stale => "#8a5300",
    }
}

//! The page of rules.

use std::fmt::Write as _;

use crate::error::Error;
use crate::rules::{Edits, Rule, rules};

/// Every rule as Markdown: whom it breaks, why, what to do instead, and an edit that it finds
/// beside one that it passes.
///
/// # Errors
///
/// A table of rules that is none.
pub fn rules_page() -> Result<String, Error> {
    let rules = rules()?;
    let mut page = String::from(
        "# The rules of `hero-span spec diff`\n\n\
         What can change between two contracts, and what becomes of a line of one side at the \
         other.\nAn effect is what a rule says can happen; a finding says what did, with the line \
         that shows it.\n\n\
         | Effect | What becomes of a line |\n|---|---|\n\
         | fine | it is taken, and says what it said |\n\
         | ignored | it is taken; what is new in it is passed over, as the contract means it to be |\n\
         | flagged | it is taken, but whoever judges SDKs finds it in breach |\n\
         | lost | it is taken, but something that it says no longer arrives |\n\
         | misread | it is taken, but means something else |\n\
         | refused | it is rejected |\n\n\
         | Rule | What changed | Old SDK → new collector | New SDK → old collector |\n\
         |---|---|---|---|\n",
    );
    for rule in rules {
        let Rule {
            id,
            title,
            old_to_new,
            new_to_old,
            ..
        } = rule;
        let _ = writeln!(
            page,
            "| [{id}](#{id}) | {title} | {old_to_new} | {new_to_old} |"
        );
    }
    for rule in rules {
        page += &section(rule);
    }
    Ok(page)
}

fn section(rule: &Rule) -> String {
    let mut text = format!("\n## {}\n\n{}: ", rule.id, rule.title);
    let _ = writeln!(
        text,
        "an old SDK's line at a new collector is {}, a new SDK's at an old collector {}.",
        rule.old_to_new, rule.new_to_old
    );
    if rule.suspect {
        text += "No line can show it, so it stops a change until a person has approved it.\n";
    }
    let _ = writeln!(text, "\n{}", rule.why);
    if !rule.instead.is_empty() {
        let _ = writeln!(text, "\nInstead: {}", rule.instead);
    }
    text += &format!(
        "\nFound:\n\n{}\nPassed:\n\n{}",
        diff(&rule.fails),
        diff(&rule.passes)
    );
    text
}

fn diff(edits: &Edits) -> String {
    let mut text = String::from("```diff\n");
    for (from, to) in edits {
        for (mark, side) in [("-", from), ("+", to)] {
            for line in side.trim_matches('\n').lines() {
                let _ = writeln!(text, "{mark} {line}");
            }
        }
    }
    text + "```\n"
}

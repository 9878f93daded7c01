//! From lines to sections and clauses.

use super::table::{self, Row};
use super::unreadable;
use crate::error::{Error, quoted};
use crate::model::Requirement;

/// The docstring as it is laid out, nothing looked up yet.
pub(crate) struct Outline<'l, 'a> {
    pub(crate) version: Version,
    pub(crate) sections: Vec<Section<'a>>,
    /// From the heading on.
    pub(crate) text: &'l [Line<'a>],
}

pub(crate) struct Section<'a> {
    pub(crate) area: &'static Area,
    pub(crate) intro: Vec<String>,
    pub(crate) clauses: Vec<Clause<'a>>,
}

pub(crate) struct Clause<'a> {
    pub(crate) line: usize,
    pub(crate) id: &'a str,
    pub(crate) requirement: Requirement,
    pub(crate) declaration: &'a str,
    pub(crate) text: Vec<String>,
    pub(crate) rows: Vec<Row<'a>>,
}

/// A section's heading and the first part of its clauses' ids.
#[derive(Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) title: &'static str,
    pub(crate) name: &'static str,
}

const fn area(title: &'static str, name: &'static str) -> Area {
    Area { title, name }
}

/// The sections, in their order.
pub(crate) const AREAS: [Area; 9] = [
    area("Transport", "transport"),
    area("Environment", "env"),
    area("Types", "type"),
    area("Events", "event"),
    area("Limits", "limit"),
    area("Values", "value"),
    area("Stream rules", "rule"),
    area("SDKs", "sdk"),
    area("Consumers", "consumer"),
];

const OPENING: &str = "r\"\"\"";
const CLOSING: &str = "\"\"\"";
const HEADING: &str = "Wire contract, protocol ";
const CLAUSE_FORM: &str = "a clause, `[area.name] MUST` or `[area.name] SHOULD`";

/// One line and its number, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

type Block<'a> = [Line<'a>];

/// Reads the outline that stands in those lines.
pub(crate) fn read<'l, 'a>(lines: &'l [Line<'a>]) -> Result<Outline<'l, 'a>, Error> {
    let (version, text) = from_heading(lines)?;
    let contract = &text[2..];
    for line in contract {
        check_whitespace(*line)?;
    }
    let mut sections = Vec::new();
    let blocks = contract.split(|line| line.text.is_empty());
    // What stands before the first section explains the notation.
    let blocks = blocks.filter(|block| !block.is_empty());
    for block in blocks.skip_while(|block| !opens_section(block) && is_prose(block)) {
        read_block(block, &mut sections)?;
    }
    match AREAS.get(sections.len()) {
        None => Ok(Outline {
            version,
            sections,
            text,
        }),
        Some(missing) => Err(unreadable(
            lines.len(),
            heading_form(missing),
            "the end of the docstring",
        )),
    }
}

/// The docstring at the head of a Python file.
pub(crate) fn docstring_lines(file: &str) -> Result<Vec<Line<'_>>, Error> {
    let first_line = file.lines().next().unwrap_or_default();
    let Some(body) = file.strip_prefix(OPENING) else {
        let expected = format!("a raw docstring, {}", quoted(OPENING));
        return Err(unreadable(1, expected, &quoted(first_line)));
    };
    let Some((docstring, _)) = body.split_once(CLOSING) else {
        let expected = format!("{} after the docstring", quoted(CLOSING));
        return Err(unreadable(
            file.lines().count(),
            expected,
            "the end of the file",
        ));
    };
    Ok(lines(docstring))
}

/// Every line of a text.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let lines = text.split('\n').enumerate();
    lines
        .map(|(index, text)| Line {
            number: index + 1,
            text,
        })
        .collect()
}

/// A protocol's number and revision.
type Version = (u64, u64);

fn from_heading<'l, 'a>(lines: &'l [Line<'a>]) -> Result<(Version, &'l [Line<'a>]), Error> {
    let position = lines.iter().position(|line| line.text.starts_with(HEADING));
    let Some(position) = position else {
        let expected = format!("a heading {}", quoted(&format!("{HEADING}N")));
        return Err(unreadable(
            lines.len(),
            expected,
            "the end of the docstring",
        ));
    };
    let heading = lines[position];
    let number = &heading.text[HEADING.len()..];
    let version = version(number).ok_or_else(|| {
        let expected = "the protocol's number, with its revision if it has one (`1`, `1.2`)";
        unreadable(heading.number, expected, &quoted(number))
    })?;
    check_underline(heading, lines.get(position + 1), '=')?;
    Ok((version, &lines[position..]))
}

fn version(text: &str) -> Option<Version> {
    match text.split_once('.') {
        None => Some((text.parse().ok()?, 0)),
        // `1.0` would be another way to write `1`.
        Some((protocol, revision)) => {
            let revision = revision.parse().ok().filter(|revision| *revision > 0)?;
            Some((protocol.parse().ok()?, revision))
        }
    }
}

fn check_underline(title: Line<'_>, below: Option<&Line<'_>>, mark: char) -> Result<(), Error> {
    let wanted = mark.to_string().repeat(title.text.chars().count());
    let found = below.map_or("", |line| line.text);
    if found == wanted {
        return Ok(());
    }
    let expected = format!("the underline {}", quoted(&wanted));
    Err(unreadable(title.number + 1, expected, &quoted(found)))
}

fn check_whitespace(line: Line<'_>) -> Result<(), Error> {
    if line.text.contains('\t') || line.text.contains('\r') {
        let found = quoted(&line.text.escape_debug().to_string());
        return Err(unreadable(
            line.number,
            "spaces and no other white space",
            &found,
        ));
    }
    if line.text.ends_with(' ') {
        return Err(unreadable(
            line.number,
            "no space at the end",
            &quoted(line.text),
        ));
    }
    Ok(())
}

/// Two lines, the second an underline of whatever length.
fn opens_section(block: &Block<'_>) -> bool {
    matches!(block, [_, below] if is_underline(below))
}

fn is_underline(line: &Line<'_>) -> bool {
    line.text.chars().all(|c| c == '-' || c == '=')
}

fn is_prose(block: &Block<'_>) -> bool {
    let plain = |line: &Line<'_>| !line.text.starts_with(['[', ' ']) && !is_underline(line);
    block.iter().all(plain)
}

fn read_block<'a>(block: &Block<'a>, sections: &mut Vec<Section<'a>>) -> Result<(), Error> {
    let first = block[0];
    if opens_section(block) {
        sections.push(open_section(block, sections.len())?);
        return Ok(());
    }
    let next_area = AREAS.get(sections.len());
    let Some(section) = sections.last_mut() else {
        let expected = heading_form(&AREAS[0]);
        return Err(unreadable(first.number, expected, &quoted(first.text)));
    };
    if first.text.starts_with('[') {
        let clause = read_clause(block, section)?;
        section.clauses.push(clause);
        return Ok(());
    }
    match section.clauses.last_mut() {
        Some(clause) if first.text.starts_with(' ') => continue_clause(clause, block),
        None if is_prose(block) => {
            section
                .intro
                .push(joined(block.iter().map(|line| line.text)));
            Ok(())
        }
        _ => Err(stray(block, next_area)),
    }
}

fn heading_form(area: &Area) -> String {
    let title = quoted(area.title);
    format!("the heading {title}, underlined, between empty lines")
}

fn stray(block: &Block<'_>, next_area: Option<&Area>) -> Error {
    let line = block.iter().find(|line| is_underline(line));
    let line = line.unwrap_or(&block[0]);
    let next = next_area.map(|area| format!(", or {}", heading_form(area)));
    let expected = format!("{CLAUSE_FORM}{}", next.unwrap_or_default());
    unreadable(line.number, expected, &quoted(line.text))
}

fn open_section<'a>(block: &Block<'a>, position: usize) -> Result<Section<'a>, Error> {
    let title = block[0];
    let Some(area) = AREAS.get(position) else {
        return Err(unreadable(
            title.number,
            "the end of the docstring",
            &quoted(title.text),
        ));
    };
    if title.text != area.title {
        return Err(unreadable(
            title.number,
            heading_form(area),
            &quoted(title.text),
        ));
    }
    check_underline(title, block.get(1), '-')?;
    Ok(Section {
        area,
        intro: Vec::new(),
        clauses: Vec::new(),
    })
}

fn read_clause<'a>(block: &Block<'a>, section: &Section<'a>) -> Result<Clause<'a>, Error> {
    let head = block[0];
    let (id, rest) = head.text[1..]
        .split_once("] ")
        .filter(|(id, _)| is_id(id))
        .ok_or_else(|| unreadable(head.number, CLAUSE_FORM, &quoted(head.text)))?;
    let (level, declaration) = rest.split_once(' ').unwrap_or((rest, ""));
    let requirement = match level {
        "MUST" => Requirement::Must,
        "SHOULD" => Requirement::Should,
        _ => return Err(unreadable(head.number, CLAUSE_FORM, &quoted(head.text))),
    };
    check_area(head, id, section.area)?;
    let mut clause = Clause {
        line: head.number,
        id,
        requirement,
        declaration,
        text: Vec::new(),
        rows: Vec::new(),
    };
    if block.len() == 1 {
        let expected = "the clause's text, indented by 4 spaces";
        return Err(unreadable(head.number + 1, expected, "an empty line"));
    }
    clause.text.push(paragraph(&block[1..])?);
    Ok(clause)
}

/// `area.name`; the name may be words with `-` or `_` between.
fn is_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_word = |word: &str| !word.is_empty() && word.chars().all(allowed);
    let words_of = |part: &str| part.split(['-', '_']).all(is_word);
    id.split_once('.')
        .is_some_and(|(area, name)| words_of(area) && words_of(name))
}

fn check_area(head: Line<'_>, id: &str, area: &Area) -> Result<(), Error> {
    if id.split('.').next() == Some(area.name) {
        return Ok(());
    }
    let expected = format!(
        "an id `{}.…` in the section {}",
        area.name,
        quoted(area.title)
    );
    Err(unreadable(head.number, expected, &quoted(id)))
}

fn continue_clause<'a>(clause: &mut Clause<'a>, block: &Block<'a>) -> Result<(), Error> {
    let first = block[0];
    if !clause.rows.is_empty() {
        let expected = format!("{CLAUSE_FORM}, after a table");
        return Err(unreadable(first.number, expected, &quoted(first.text)));
    }
    if table::is_row(first) {
        clause.rows = table::read(block)?;
    } else {
        clause.text.push(paragraph(block)?);
    }
    Ok(())
}

/// Lines indented by four spaces, without runs of spaces: those mark a table.
fn paragraph(block: &Block<'_>) -> Result<String, Error> {
    for line in block {
        let text = line.text.strip_prefix("    ");
        let fits = text.is_some_and(|text| !text.starts_with(' ') && !text.contains("  "));
        if !fits {
            let expected = "text, indented by 4 spaces, with single spaces between words";
            return Err(unreadable(line.number, expected, &quoted(line.text)));
        }
    }
    Ok(joined(block.iter().map(|line| &line.text[4..])))
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.collect::<Vec<_>>().join(" ")
}

//! Field tables: name, type, presence, meaning.

use super::outline::Line;
use super::unreadable;
use crate::error::{Error, quoted};
use crate::model::Presence;

/// One row, its cells not looked up yet.
pub(crate) struct Row<'a> {
    pub(crate) line: usize,
    pub(crate) name: &'a str,
    pub(crate) type_name: &'a str,
    pub(crate) nullable: bool,
    pub(crate) presence: Presence,
    pub(crate) meaning: String,
}

const ROW_FORM: &str = "a row of four cells (name, type, presence, meaning), \
    indented by 4 spaces, two or more spaces between cells";
const PRESENCES: [(&str, Presence); 7] = [
    ("required", Presence::Required),
    ("expected", Presence::Expected),
    ("optional", Presence::Optional),
    ("first", Presence::First),
    ("failed", Presence::Failed),
    ("deprecated", Presence::Deprecated),
    ("reserved", Presence::Reserved),
];

/// Where each of the four cells begins.
type Columns = [usize; 4];

/// Whether a line looks like a table rather than like text.
pub(crate) fn is_row(line: Line<'_>) -> bool {
    line.text.trim_start().contains("  ")
}

/// Reads a block of rows and continuation lines. The first line sets the columns.
pub(crate) fn read<'a>(block: &[Line<'a>]) -> Result<Vec<Row<'a>>, Error> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let columns = columns_of(block[0])?;
    for line in block {
        match rows.last_mut() {
            Some(row) if line.text.starts_with("     ") => {
                row.meaning.push(' ');
                row.meaning
                    .push_str(continuation(*line, columns, row.name)?);
            }
            _ => rows.push(read_row(*line, columns)?),
        }
    }
    Ok(rows)
}

fn columns_of(line: Line<'_>) -> Result<Columns, Error> {
    let not_a_row = || unreadable(line.number, ROW_FORM, &quoted(line.text));
    if !line.text.starts_with("    ") {
        return Err(not_a_row());
    }
    let mut columns = [4; 4];
    for index in 1..columns.len() {
        let start = columns[index - 1];
        let rest = line.text.get(start..).ok_or_else(not_a_row)?;
        let gap = rest.find("  ").ok_or_else(not_a_row)?;
        let spaces = rest[gap..].len() - rest[gap..].trim_start().len();
        columns[index] = start + gap + spaces;
    }
    Ok(columns)
}

fn read_row<'a>(line: Line<'a>, columns: Columns) -> Result<Row<'a>, Error> {
    let found = columns_of(line)?;
    if found != columns {
        let (wanted, found) = (shown(columns), shown(found));
        let expected = format!("cells in the columns {wanted} of the table's first row");
        return Err(unreadable(
            line.number,
            expected,
            &format!("columns {found}"),
        ));
    }
    let cell = |index: usize| line.text[columns[index]..columns[index + 1]].trim_end();
    let (type_name, nullable) = match cell(1).strip_suffix("|null") {
        Some(type_name) => (type_name, true),
        None => (cell(1), false),
    };
    Ok(Row {
        line: line.number,
        name: field_name(line, cell(0))?,
        type_name,
        nullable,
        presence: presence(line, cell(2))?,
        meaning: meaning(line, columns)?.to_owned(),
    })
}

fn field_name<'a>(line: Line<'a>, name: &'a str) -> Result<&'a str, Error> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed) {
        return Ok(name);
    }
    let expected = "a field's name in lower case, with digits and underscores";
    Err(unreadable(line.number, expected, &quoted(name)))
}

fn presence(line: Line<'_>, word: &str) -> Result<Presence, Error> {
    let known = PRESENCES.iter().find(|(name, _)| *name == word);
    known.map(|(_, presence)| *presence).ok_or_else(|| {
        let words = PRESENCES.map(|(name, _)| quoted(name)).join(", ");
        unreadable(
            line.number,
            format!("a presence, one of {words}"),
            &quoted(word),
        )
    })
}

fn continuation<'a>(line: Line<'a>, columns: Columns, name: &str) -> Result<&'a str, Error> {
    let indent = line.text.len() - line.text.trim_start().len();
    if indent == columns[3] {
        return meaning(line, columns);
    }
    let expected = format!(
        "the meaning of {} to go on in column {}",
        quoted(name),
        columns[3] + 1
    );
    Err(unreadable(
        line.number,
        expected,
        &format!("text in column {}", indent + 1),
    ))
}

/// Editors count columns from 1.
fn shown(columns: Columns) -> String {
    columns.map(|column| (column + 1).to_string()).join(", ")
}

fn meaning(line: Line<'_>, columns: Columns) -> Result<&str, Error> {
    let text = &line.text[columns[3]..];
    if text.contains("  ") {
        let expected = "a meaning with single spaces between words";
        return Err(unreadable(line.number, expected, &quoted(text)));
    }
    Ok(text)
}

//! Which names a pattern means.

use rusqlite::Connection;
use rusqlite::types::Value;

/// Up to so many names are looked for one by one, and so many looked at.
const NAMES: usize = 1_000;
const LOOKED_AT: usize = 20_000;

/// The names that a span may have.
pub(super) enum Names {
    /// One of these.
    These(Vec<String>),
    /// Too many to list, or none: any that fits this pattern of SQLite's.
    Like(String),
}

impl Names {
    /// What is meant by a name, in which `*` stands for anything.
    pub(super) fn of(connection: &Connection, name: &str) -> rusqlite::Result<Self> {
        let pattern = glob(name);
        if name.trim_matches('*').is_empty() {
            return Ok(Self::Like(pattern));
        }
        let Some((beginning, _)) = name.split_once('*') else {
            return Ok(Self::These(vec![name.to_owned()]));
        };
        let found = names(connection, beginning, &pattern, NAMES)?;
        Ok(if found.are_all {
            Self::These(found.list)
        } else {
            Self::Like(pattern)
        })
    }

    pub(super) fn is_none(&self) -> bool {
        self.list().is_some_and(<[String]>::is_empty)
    }

    pub(super) fn list(&self) -> Option<&[String]> {
        match self {
            Self::These(names) => Some(names),
            Self::Like(_) => None,
        }
    }

    /// Adds the question to a condition on spans.
    pub(super) fn ask(&self, condition: &mut String, values: &mut Vec<Value>) {
        match self {
            Self::These(names) => {
                let marks = vec!["?"; names.len()].join(", ");
                *condition += &format!(" AND name IN ({marks})");
                values.extend(names.iter().cloned().map(Value::from));
            }
            Self::Like(pattern) => {
                *condition += " AND name GLOB ?";
                values.push(Value::from(pattern.clone()));
            }
        }
    }
}

/// Names that begin like this, at most so many, in order.
pub(super) fn completed(
    connection: &Connection,
    beginning: &str,
    most: usize,
) -> rusqlite::Result<Vec<String>> {
    let pattern = format!("{}*", escape_glob(beginning));
    Ok(names(connection, beginning, &pattern, most)?.list)
}

/// A pattern of ours as one of SQLite's.
fn glob(pattern: &str) -> String {
    let parts: Vec<_> = pattern.split('*').map(escape_glob).collect();
    parts.join("*")
}

fn escape_glob(text: &str) -> String {
    text.replace('[', "[[]")
        .replace('?', "[?]")
        .replace('*', "[*]")
}

/// The distinct names that fit a pattern, without looking at each span.
fn names(
    connection: &Connection,
    beginning: &str,
    pattern: &str,
    most: usize,
) -> rusqlite::Result<Distinct> {
    let mut fits = connection.prepare_cached("SELECT ?1 GLOB ?2")?;
    let mut fits = |name: &str| {
        fits.query_row([name, pattern], |row| row.get(0))
            .unwrap_or(false)
    };
    let first = "SELECT min(name) FROM names WHERE name >= ?1";
    let next = "SELECT min(name) FROM names WHERE name > ?1";
    distinct(
        connection,
        first,
        next,
        beginning,
        |name| (name.starts_with(beginning), fits(name)),
        most,
    )
}

/// Distinct values of an index, in order.
pub(super) struct Distinct {
    pub(super) list: Vec<String>,
    /// Whether there are no more.
    pub(super) are_all: bool,
}

/// The distinct values of an index from a beginning on, at most so many. `each`
/// says whether to go on after a value, and whether to take it.
pub(super) fn distinct(
    connection: &Connection,
    first: &str,
    next: &str,
    beginning: &str,
    mut each: impl FnMut(&str) -> (bool, bool),
    most: usize,
) -> rusqlite::Result<Distinct> {
    let mut list = Vec::new();
    let mut value: Option<String> = connection.query_row(first, [beginning], |row| row.get(0))?;
    let mut next = connection.prepare_cached(next)?;
    let mut looked_at = 0;
    while let Some(name) = value.take() {
        let (is_near, is_meant) = each(&name);
        if !is_near {
            break;
        }
        looked_at += 1;
        if looked_at > LOOKED_AT || (is_meant && list.len() == most) {
            let are_all = false;
            return Ok(Distinct { list, are_all });
        }
        value = next.query_row([&name], |row| row.get(0))?;
        if is_meant {
            list.push(name);
        }
    }
    let are_all = true;
    Ok(Distinct { list, are_all })
}

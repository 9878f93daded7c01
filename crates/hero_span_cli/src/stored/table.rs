//! Columns that stand under each other.

use unicode_width::UnicodeWidthStr;

/// A cell: its text without colours, to be measured, and as it is shown.
pub(super) struct Cell {
    plain: String,
    shown: String,
    to_the_right: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        let plain = text.into();
        Self {
            shown: plain.clone(),
            plain,
            to_the_right: false,
        }
    }

    pub(super) fn number(number: u64) -> Self {
        Self::new(number.to_string()).right_aligned()
    }

    pub(super) fn right_aligned(self) -> Self {
        Self {
            to_the_right: true,
            ..self
        }
    }

    pub(super) fn painted(self, paint: impl FnOnce(&str) -> String) -> Self {
        let shown = paint(&self.plain);
        Self { shown, ..self }
    }

    fn width(&self) -> usize {
        self.plain.width()
    }
}

/// The rows as lines; the last column is not filled up.
pub(super) fn lines(rows: &[Vec<Cell>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(Cell::width).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(widest).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        let gap = " ".repeat(width.saturating_sub(cell.width()));
        if column > 0 {
            line.push_str("  ");
        }
        if cell.to_the_right {
            line.push_str(&gap);
            line.push_str(&cell.shown);
        } else {
            line.push_str(&cell.shown);
            if column + 1 < row.len() {
                line.push_str(&gap);
            }
        }
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Cell, lines};

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            vec![Cell::new("RUN"), Cell::new("NAME"), Cell::new("")],
            vec![
                Cell::number(7),
                Cell::new("日本").painted(|text| format!("\x1b[1m{text}\x1b[0m")),
                Cell::new("x"),
            ],
        ];
        assert_eq!(lines(&rows), ["RUN  NAME", "  7  \x1b[1m日本\x1b[0m  x"]);
    }
}

//! Bytes as people write and read them.

use std::fmt;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

const UNITS: [(&str, u64); 5] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Reads `500MiB`, `2 GiB`, `1.5G` or a number of bytes.
pub(crate) fn parse(text: &str) -> Result<Size, String> {
    find(text).ok_or_else(|| "expected a size such as 500MiB or 2GiB".to_owned())
}

fn find(text: &str) -> Option<Size> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim().to_ascii_lowercase();
    let is = |(name, _): &&(&str, u64)| {
        let name = name.to_ascii_lowercase();
        unit == name || (!unit.is_empty() && name.replace("ib", "") == unit)
    };
    let factor = match unit.as_str() {
        "" => 1,
        _ => UNITS.iter().find(is)?.1,
    };
    Some(Size((number * factor as f64) as u64))
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.iter().rev().find(|(_, factor)| self.0 >= *factor);
        let (unit, factor) = fits.unwrap_or(&UNITS[0]);
        let number = self.0 as f64 / *factor as f64;
        match *factor {
            1 => write!(f, "{number} {unit}"),
            _ => write!(f, "{number:.1} {unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, find};

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("17", Some(17)),
            ("1KiB", Some(1024)),
            ("1.5 GiB", Some(1_610_612_736)),
            ("2g", Some(2 << 30)),
            ("500 mib", Some(500 << 20)),
            ("", None),
            ("MiB", None),
            ("1 parsec", None),
            ("-1", None),
        ] {
            assert_eq!(find(text).map(|size| size.0), expected, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_unit_that_fits() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (5 << 30, "5.0 GiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), expected);
        }
    }
}

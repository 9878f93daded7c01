//! The first place where two things differ, in words.

use hero_span_protocol::contract::Clause;
use hero_span_protocol::printable;

/// How many bytes of a text stand on either side of the first difference.
const AROUND: usize = 24;

/// Something that is not as the model says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) clause: Clause,
    pub(crate) field: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Difference {
    pub(crate) fn new(
        clause: Clause,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            clause,
            field: field.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// Two texts: both are shown around the first byte that differs.
    pub(crate) fn of_texts(
        clause: Clause,
        field: impl Into<String>,
        expected: &str,
        found: &str,
    ) -> Self {
        let at = first_difference(expected, found);
        let mut found_words = excerpt(found, at);
        if is_long(expected) || is_long(found) {
            found_words += &format!(", differs at byte {at}");
        }
        Self::new(clause, field, excerpt(expected, at), found_words)
    }
}

/// The first byte that differs; the shorter length if one begins the other.
pub(crate) fn first_difference(expected: &str, found: &str) -> usize {
    let pairs = expected.bytes().zip(found.bytes());
    let same = pairs.take_while(|(one, other)| one == other);
    same.count()
}

fn is_long(text: &str) -> bool {
    text.len() > 2 * AROUND
}

/// A text in quotes; of a long one what stands around `at`, and its length.
pub(crate) fn excerpt(text: &str, at: usize) -> String {
    if !is_long(text) {
        return format!("\"{}\"", printable(text));
    }
    let start = floor_boundary(text, at.saturating_sub(AROUND));
    let end = floor_boundary(text, at.saturating_add(AROUND).min(text.len()));
    let shown = text.get(start..end).unwrap_or_default();
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!(
        "{before}\"{}\"{after} ({} bytes)",
        printable(shown),
        text.len()
    )
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, found: &str, words: &str) {
        let difference = Difference::of_texts(Clause::ValueCut, "value", expected, found);
        let shown = format!("{} / {}", difference.expected, difference.found);
        assert_eq!(shown, words);
    }

    #[test]
    fn short_texts_stand_whole() {
        check("ab\n", "ab", r#""ab\n" / "ab""#);
    }

    #[test]
    fn long_texts_stand_around_the_first_difference() {
        let long = "é".repeat(40);
        check(
            &format!("{long}x"),
            &format!("{long}y"),
            "…\"ééééééééééééx\" (81 bytes) / …\"ééééééééééééy\" (81 bytes), differs at byte 80",
        );
    }
}

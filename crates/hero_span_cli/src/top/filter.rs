//! Which spans a few letters mean.

use hero_span_collector::tree::Span;

/// Letters that stand in a span's name, tags, logs or error; small ones also
/// mean capitals.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    /// `None` for no letters, which mean every span.
    pub(super) fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self {
            text: text.to_owned(),
            exact: text.chars().any(char::is_uppercase),
        })
    }

    pub(super) fn fits(&self, span: &Span) -> bool {
        let tag = |(key, value): (&str, &str)| {
            self.is_in(key)
                || self.is_in(value)
                || self.text.contains('=') && self.is_in(&pair(key, value))
        };
        self.is_in(span.name())
            || span.tags().any(tag)
            || span.logs().any(|log| self.is_in(&log.text))
            || span.error_line().is_some_and(|line| self.is_in(line))
            || span.error_type().is_some_and(|kind| self.is_in(kind))
    }

    fn is_in(&self, text: &str) -> bool {
        if self.exact {
            text.contains(&self.text)
        } else if self.text.is_ascii() {
            contains(text.as_bytes(), self.text.as_bytes())
        } else {
            text.to_lowercase().contains(&self.text)
        }
    }
}

/// A tag as people type it, a string without its quotes.
fn pair(key: &str, value: &str) -> String {
    let bare = value.strip_prefix('"').map_or(value, |text| {
        // One that was cut has lost its end.
        text.strip_suffix('"').unwrap_or(text)
    });
    format!("{key}={bare}")
}

/// Whether the small letters stand in a text, small or not. It is asked of each
/// text of a large run: nothing is allocated, and most places are passed over
/// by their first letter.
fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else {
        return true;
    };
    let places = text.len().saturating_sub(rest.len());
    let begins = |at: &usize| text[*at].eq_ignore_ascii_case(first);
    (0..places)
        .filter(begins)
        .any(|at| text[at + 1..at + needle.len()].eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_whatever_their_case() {
        let check = |needle: &str, text: &str, expected: bool| {
            let needle = Needle::new(needle).expect("letters");
            assert_eq!(needle.is_in(text), expected, "{text}");
        };
        check("load", "Loading", true);
        check("load", "unload", true);
        check("load", "loa", false);
        check("load", "", false);
        check("d", "load", true);
        check("Load", "load", false);
        check("Load", "a Load", true);
        check("größe", "GRÖSSE Größe", true);
        check("ö", "o", false);
    }

    #[test]
    fn tags_are_typed_without_quotes() {
        assert_eq!(pair("table", "\"orders\""), "table=orders");
        assert_eq!(pair("table", "\"order…"), "table=order…");
        assert_eq!(pair("n", "3"), "n=3");
    }
}

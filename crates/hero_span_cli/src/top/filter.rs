//! Which spans a few letters mean.

use std::collections::HashSet;

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, Span, SpanKey};

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

    /// The spans that are meant and those above them, and how many are meant.
    pub(super) fn find(&self, forest: &Forest, run: RunId) -> (HashSet<SpanKey>, usize) {
        let (mut kept, mut count) = (HashSet::new(), 0);
        for key in forest.spans_of(run) {
            if self.fits(forest.span(key)) {
                count += 1;
                let mut above = Some(key);
                while let Some(key) = above.filter(|&key| kept.insert(key)) {
                    above = forest.span(key).parent();
                }
            }
        }
        (kept, count)
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
            // Nothing is allocated: it is asked of each text of a large run.
            let needle = self.text.as_bytes();
            let mut windows = text.as_bytes().windows(needle.len());
            windows.any(|window| window.eq_ignore_ascii_case(needle))
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

//! How values are measured and cut (`value.*`), as pure functions.

use std::borrow::Cow;

/// The longest prefix of at most `max` bytes that ends on a code point
/// (`value.cut`).
pub fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// The longest suffix of at most `max` bytes that begins on a code point.
fn cut_front(text: &str, max: usize) -> &str {
    let start =
        (text.len().saturating_sub(max)..=text.len()).find(|&start| text.is_char_boundary(start));
    start
        .and_then(|start| text.get(start..))
        .unwrap_or_default()
}

/// An error of at most `max` bytes (`value.error`): whole when it fits, else
/// its first `head` bytes, LF, three dots, LF, and as much of its end as fits.
pub fn cut_error(text: &str, max: usize, head: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let head = cut(text, head);
    let room = max.saturating_sub(head.len() + ERROR_DOTS.len());
    Cow::Owned(format!("{head}{ERROR_DOTS}{}", cut_front(text, room)))
}

/// What stands for the middle of a cut error.
const ERROR_DOTS: &str = "\n...\n";

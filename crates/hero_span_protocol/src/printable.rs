//! Text from strangers, made fit for a terminal.

use std::borrow::Cow;

/// How much of a found text a message shows.
const SHOWN_BYTES: usize = 60;

/// The text with every character that could steer a terminal or hide text
/// written as an escape: control characters (also LF and TAB), C1, line
/// separators, and the marks that change direction or have no width. One line
/// in, one line out; borrowed when there is nothing to escape.
///
/// ```
/// use hero_span_protocol::printable;
/// assert_eq!(printable("caf\u{e9}"), "caf\u{e9}");
/// assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(needs_escape) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if needs_escape(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn needs_escape(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A found text in quotes, cut when it is long, fit for a terminal.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// A found text without quotes, cut when it is long, fit for a terminal.
pub(crate) fn shortened(text: &str) -> String {
    let head = crate::limits::cut(text, SHOWN_BYTES);
    let dots = if head.len() < text.len() { "..." } else { "" };
    format!("{}{dots}", printable(head))
}

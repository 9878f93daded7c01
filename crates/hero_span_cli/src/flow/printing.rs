//! What a flow prints, on to where this program prints.

use std::io::{self, IsTerminal};

use hero_span_executor::{Piece, Stream};
use hero_span_protocol::printable;

/// So much of a line waits for its end, in bytes: it may have none.
const LONGEST: usize = 64 * 1024;

/// Where a flow's two streams go.
#[derive(Debug)]
pub(super) struct Printing {
    stdout: Outlet,
    stderr: Outlet,
}

impl Printing {
    /// Each to the stream of the same name; or both to standard error, where
    /// standard output is for something else.
    pub(super) fn new(both_to_stderr: bool) -> Self {
        let own = |stream: Stream| match stream {
            Stream::Stdout if !both_to_stderr => Stream::Stdout,
            _ => Stream::Stderr,
        };
        Self {
            stdout: Outlet::new(own(Stream::Stdout)),
            stderr: Outlet::new(own(Stream::Stderr)),
        }
    }

    /// Where a piece goes, and what is printed of it.
    pub(super) fn print(&mut self, piece: &Piece) -> (Stream, Vec<u8>) {
        self.outlet(piece).print(piece)
    }

    /// Whether it goes to a terminal, not to a file or a pipe.
    pub(super) fn is_seen(&mut self, piece: &Piece) -> bool {
        self.outlet(piece).is_terminal
    }

    fn outlet(&mut self, piece: &Piece) -> &mut Outlet {
        match piece.stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// The lines that stand in that piece, as a terminal may show them; a line
    /// without its end waits for it.
    pub(super) fn lines(&mut self, piece: &Piece) -> Vec<String> {
        self.outlet(piece).lines(piece)
    }

    /// What never ended, a line or a character; and where it goes.
    pub(super) fn rest(&mut self) -> Vec<(Stream, String)> {
        let both = [&mut self.stdout, &mut self.stderr];
        let rest = both.map(|outlet| (outlet.to, std::mem::take(&mut outlet.begun)));
        let rest = rest.iter().filter(|(_, rest)| !rest.is_empty());
        rest.map(|(to, rest)| (*to, shown(rest))).collect()
    }
}

#[derive(Debug)]
struct Outlet {
    to: Stream,
    is_terminal: bool,
    /// A line that has no end yet, or a character.
    begun: Vec<u8>,
}

impl Outlet {
    fn new(to: Stream) -> Self {
        let is_terminal = match to {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        let begun = Vec::new();
        Self {
            to,
            is_terminal,
            begun,
        }
    }

    /// The bytes as they are; but a terminal gets none that could steer it, and
    /// no part of a character.
    fn print(&mut self, piece: &Piece) -> (Stream, Vec<u8>) {
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend(lost(piece).into_bytes());
        bytes.extend(&piece.bytes);
        if self.is_terminal {
            self.begun = split_torn(&mut bytes);
            bytes = shown(&bytes).into_bytes();
        }
        (self.to, bytes)
    }

    fn lines(&mut self, piece: &Piece) -> Vec<String> {
        let mut fresh = lost(piece).into_bytes();
        fresh.extend(&piece.bytes);
        let end = fresh.iter().rposition(|byte| *byte == b'\n');
        let rest = end.map(|end| fresh.split_off(end + 1));
        self.begun.extend(fresh);
        let rest = match rest {
            Some(rest) => rest,
            None if self.begun.len() > LONGEST => split_torn(&mut self.begun),
            None => return Vec::new(),
        };
        let whole = std::mem::replace(&mut self.begun, rest);
        shown(&whole).lines().map(str::to_owned).collect()
    }
}

/// Takes away the beginning of a character that has no end yet.
fn split_torn(bytes: &mut Vec<u8>) -> Vec<u8> {
    let is_begun = |at: &usize| {
        let found = std::str::from_utf8(&bytes[*at..]);
        found.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    let begun = (bytes.len().saturating_sub(3)..bytes.len()).find(is_begun);
    begun.map_or_else(Vec::new, |at| bytes.split_off(at))
}

fn lost(piece: &Piece) -> String {
    match piece.lost {
        0 => String::new(),
        lost => format!("\n[{lost} bytes were printed faster than they could be shown]\n"),
    }
}

/// The text as a terminal may show it: its lines and tabs stay.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(['\n', '\t']) {
        let end = part.ends_with(['\n', '\t']);
        let (words, end) = part.split_at(part.len() - usize::from(end));
        shown.push_str(&printable(words.trim_end_matches('\r')));
        shown.push_str(end);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_nothing_that_could_steer_it() {
        assert_eq!(shown(b"a\tb\r\nc"), "a\tb\nc");
        let text = shown("\u{1b}[2J\u{9b}x\u{202e}\n".as_bytes());
        assert!(
            text.ends_with('\n') && !text.trim_end().contains(char::is_control),
            "{text:?}"
        );
    }

    #[test]
    fn lines_wait_for_their_end() {
        let mut printing = Printing::new(false);
        let mut lines = |stream, text: &str| {
            printing.lines(&Piece {
                stream,
                bytes: text.into(),
                lost: 0,
            })
        };
        assert_eq!(lines(Stream::Stdout, "a\nb"), ["a"]);
        assert_eq!(lines(Stream::Stderr, "e\n"), ["e"]);
        assert_eq!(lines(Stream::Stdout, "c\nd"), ["bc"]);
        assert_eq!(printing.rest(), [(Stream::Stdout, "d".to_owned())]);
    }

    #[test]
    fn a_line_that_never_ends_is_shown_in_parts() {
        let mut printing = Printing::new(false);
        let mut lines = |text: &str| {
            let bytes = text.into();
            let (stream, lost) = (Stream::Stdout, 0);
            printing.lines(&Piece {
                stream,
                bytes,
                lost,
            })
        };
        let long = "x".repeat(LONGEST);
        assert_eq!(lines(&long).len(), 0);
        assert_eq!(lines("y"), [long + "y"]);
        assert_eq!(lines("z\n"), ["z"]);
    }

    #[test]
    fn what_is_begun_of_a_character_waits_for_its_end() {
        for (text, expected) in [
            (&b"a"[..], 0),
            (b"a\xc3", 1),
            ("aé".as_bytes(), 0),
            (b"a\xf0\x9f\xa6", 3),
            (b"\xf0\x9f", 2),
            ("🦀".as_bytes(), 0),
            (b"\xff\xbf", 0),
            (b"\xe6a", 0),
            (b"", 0),
        ] {
            let mut bytes = text.to_vec();
            let torn = split_torn(&mut bytes);
            assert_eq!(torn.len(), expected, "{text:?}");
            assert_eq!([bytes, torn].concat(), text);
        }
    }
}

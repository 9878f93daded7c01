//! JSON, also where somebody looks at it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Write};

use hero_span_protocol::printable;
use serde::Serialize;

use crate::error::Error;

/// Something as JSON, on standard output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Error> {
    let out = io::stdout();
    let written = if out.is_terminal() {
        let json = serde_json::to_string(value).map_err(io::Error::from);
        json.and_then(|json| writeln!(out.lock(), "{}", for_terminal(&json)))
    } else {
        write(value, &mut BufWriter::new(out.lock()))
    };
    written.map_err(Error::output)
}

fn write(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The same JSON text without what could steer a terminal. Outside of strings
/// only white space can be that.
pub(super) fn for_terminal(json: &str) -> Cow<'_, str> {
    let is_plain = |text: &str| matches!(printable(text), Cow::Borrowed(_));
    if is_plain(json) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if matches!(c, '\t' | '\r' | '\n') {
            shown.push(' ');
        } else if is_plain(c.encode_utf8(&mut [0; 4])) {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::for_terminal;

    /// JSON text as a terminal gets it; it means the same.
    #[track_caller]
    fn check(json: &str, expected: &str) {
        let shown = for_terminal(json);
        assert_eq!(shown, expected);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(read(&shown), read(json));
    }

    #[test]
    fn what_could_steer_a_terminal_is_escaped() {
        check(r#"{"a":"plain é 日"}"#, r#"{"a":"plain é 日"}"#);
        check(r#"{"a":"\u001b[2J"}"#, r#"{"a":"\u001b[2J"}"#);
        check("\"\u{9b}2J\"", r#""\u009b2J""#);
        check("\"\u{202e}x\u{7f}\"", r#""\u202ex\u007f""#);
        check("\"\u{e0041}\"", r#""\udb40\udc41""#);
        check("{\t\"a\" :\r1}", "{ \"a\" : 1}");
    }
}

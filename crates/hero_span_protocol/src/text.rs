//! JSON text as this crate writes it: no white space, no escape that JSON
//! does not need (`value.structured`).

use std::borrow::Cow;

use crate::bytes::first_escapable;
use crate::contract::limit;
use crate::scan::unescape;

/// Hands out a string's characters, escaped where JSON needs it, in parts.
pub(crate) fn escape(text: &str, mut part: impl FnMut(&str)) {
    let mut rest = text;
    loop {
        let plain = first_escapable(rest.as_bytes());
        let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        part(head);
        let mut tail = tail.chars();
        let Some(c) = tail.next() else { return };
        part(escape_one(c, &mut [0; 6]));
        rest = tail.as_str();
    }
}

/// The escape of a quote, a backslash or a control character.
fn escape_one(c: char, room: &mut [u8; 6]) -> &str {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => {
            let code = c as usize;
            *room = [b'\\', b'u', b'0', b'0', HEX[code >> 4 & 15], HEX[code & 15]];
            std::str::from_utf8(room).unwrap_or_default()
        }
    }
}

/// The compact form of a valid JSON text.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let can_shrink = |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    if !json.bytes().any(can_shrink) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((between, tail)) = rest.split_once('"') {
        push_tokens(&mut out, between);
        let (inner, after) = split_string(tail);
        out.push('"');
        escape(&unescape(inner), |part| out.push_str(part));
        out.push('"');
        rest = after;
    }
    push_tokens(&mut out, rest);
    Cow::Owned(out)
}

fn push_tokens(out: &mut String, between: &str) {
    out.extend(between.split_ascii_whitespace());
}

/// The first integer of a valid JSON text, written without point and
/// exponent, that lies beyond `limit::INTEGER_MAX`.
pub(crate) fn first_big_integer(json: &str) -> Option<&str> {
    let mut rest = json;
    while let Some((between, tail)) = rest.split_once('"') {
        if let Some(number) = big_integer_between(between) {
            return Some(number);
        }
        rest = split_string(tail).1;
    }
    big_integer_between(rest)
}

/// As [`first_big_integer`], in text that holds no string.
fn big_integer_between(between: &str) -> Option<&str> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    between
        .split(|c| !is_number(c))
        .find(|token| is_big_integer(token))
}

fn is_big_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_small = digits
        .parse::<u64>()
        .is_ok_and(|integer| integer <= limit::INTEGER_MAX);
    is_integer && !is_small
}

/// Splits behind an opening quote: a string's raw text, and what follows its
/// closing quote.
fn split_string(tail: &str) -> (&str, &str) {
    let mut at = 0;
    loop {
        at += first_escapable(tail.as_bytes().get(at..).unwrap_or_default());
        match tail.as_bytes().get(at) {
            Some(b'"') | None => break,
            Some(_) => at = (at + 2).min(tail.len()),
        }
    }
    let inner = tail.get(..at).unwrap_or(tail);
    (inner, tail.get(at + 1..).unwrap_or_default())
}

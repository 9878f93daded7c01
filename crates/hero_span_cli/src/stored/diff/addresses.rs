//! Where a process had an object in memory is chance, and says nothing of what
//! it did: `<Cursor object at 0x7fc2ed62f540>`.

use std::borrow::Cow;

/// What stands before an address where an object describes itself.
const MARK: &str = " at 0x";

/// Whether two texts say the same but for such addresses.
pub(super) fn is_alike(one: &str, other: &str) -> bool {
    one == other || without(one) == without(other)
}

/// The text with the digits of addresses left out.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut parts = text.split(MARK);
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut kept = first.to_owned();
    for part in parts {
        kept.push_str(MARK);
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::is_alike;

    #[track_caller]
    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(is_alike(one, other), expected, "{one} and {other}");
        assert_eq!(is_alike(other, one), expected, "{other} and {one}");
    }

    #[test]
    fn addresses_do_not_count() {
        check("<A at 0x7fc2>", "<A at 0x7Fb1bd9d>", true);
        check("[<A at 0x1>, <B at 0x2>]", "[<A at 0x3>, <B at 0x4>]", true);
        check("<A at 0x7fc2>", "<B at 0x7fc2>", false);
        check("<A at 0x7fc2> a", "<A at 0x7fc2> b", false);
        check("read at 0x10", "read at 0x20", true);
        check("0x7fc2", "0x7fb1", false);
        check(" at 0x", " at 0x", true);
        check(" at 0x", "", false);
        check("", "", true);
    }
}

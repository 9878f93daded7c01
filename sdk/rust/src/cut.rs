//! Cuts of texts, in bytes, that never split a code point.

const CUT_MARK: &str = "\n...\n";

/// The longest prefix within the limit that ends on a code point (`value.cut`).
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit; // str::floor_char_boundary is younger than this crate's Rust
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The head and the tail of an error (`value.error`).
pub(crate) fn cut_middle(text: &str, limit: usize, head_limit: usize) -> String {
    let head = cut(text, head_limit);
    let room = limit.saturating_sub(head.len() + CUT_MARK.len());
    let mut start = text.len().saturating_sub(room);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    [head, CUT_MARK, &text[start..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_before_the_code_point_that_does_not_fit() {
        let check = |text: &str, limit, expected: &str| assert_eq!(cut(text, limit), expected);
        check("abc", 4, "abc");
        check("abc", 3, "abc");
        check("abc", 2, "ab");
        check("abc", 0, "");
        check("aéb", 2, "a");
        check("aéb", 3, "aé");
        check("€", 2, "");
        check("a😀", 4, "a");
        check("a😀", 5, "a😀");
    }

    #[test]
    fn an_error_keeps_its_head_and_its_tail() {
        let check = |text: &str, limit, head, expected: &str| {
            assert_eq!(cut_middle(text, limit, head), expected);
        };
        check("0123456789abcdef", 12, 3, "012\n...\ncdef");
        check("0123456789abcdef", 8, 3, "012\n...\n");
        check("éééééééé", 14, 4, "éé\n...\néé");
        check("éééééééé", 13, 5, "éé\n...\néé");
        check("éééééééé", 12, 5, "éé\n...\né");
        check("\n\n\n\n\n\n\n\n", 7, 1, "\n\n...\n\n");
    }
}

//! Text between two marks of a file: what is written there by a chore.

/// The end of what is written, as a line of its own.
const END: &str = "<!-- End -->\n";

/// The text of a file with something else after the line `begin`, up to the end.
pub(crate) fn replace(file: &str, begin: &str, text: &str, with: &str) -> Result<String, String> {
    let parts = text
        .split_once(begin)
        .and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let (head, tail) = parts
        .ok_or_else(|| format!("{file}: expected the lines {begin:?} and {END:?}, found none"))?;
    Ok(format!("{head}{begin}\n{with}\n{END}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced() {
        let begin = "<!-- Begin -->\n";
        let replace = |text: &str| replace("sdk/README.md", begin, text, "new\n");
        let text = format!("# SDKs\n{begin}old\n{END}More.\n");
        let wanted = format!("# SDKs\n{begin}\nnew\n\n{END}More.\n");
        assert_eq!(replace(&text), Ok(wanted));
        insta::assert_snapshot!(replace("no marks").unwrap_err(), @r#"sdk/README.md: expected the lines "<!-- Begin -->\n" and "<!-- End -->\n", found none"#);
    }
}

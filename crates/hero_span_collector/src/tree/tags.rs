//! The tags of a span in one piece of memory: a handful of short texts, each
//! with memory of its own, would be most of what it costs to keep a span.

/// No key and no value may be longer, for its length is one byte of the text.
pub(super) const MOST_BYTES: usize = 127;

/// Tags one behind the other: two characters that say how long key and value
/// are, and then these.
#[derive(Debug, Default)]
pub(super) struct Tags(String);

/// The bytes before a key.
pub(super) const HEAD: usize = 2;

impl Tags {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (key, value, after) = first(rest)?;
            rest = after;
            Some((key, value))
        })
    }

    pub(super) fn reserve(&mut self, bytes: usize) {
        self.0.reserve_exact(bytes);
    }

    /// Adds a tag that is not there. Both texts must be short enough.
    pub(super) fn push(&mut self, key: &str, value: &str) {
        // Mostly all tags come with the start: room for more would cost more
        // than copying.
        self.0.reserve_exact(HEAD + key.len() + value.len());
        self.0.push(length(key));
        self.0.push(length(value));
        self.0.push_str(key);
        self.0.push_str(value);
    }

    /// Gives a tag that is there another value.
    pub(super) fn change(&mut self, key: &str, value: &str) {
        let mut at = 0;
        while let Some((known, before, after)) = self.0.get(at..).and_then(first) {
            let end = self.0.len() - after.len();
            if known == key {
                let was = end - before.len()..end;
                self.0.replace_range(was, value);
                let mut head = [0; 4];
                let head = length(value).encode_utf8(&mut head);
                self.0.replace_range(at + 1..at + HEAD, head);
                return;
            }
            at = end;
        }
    }
}

/// A length below 128 as one byte of text.
fn length(text: &str) -> char {
    char::from(u8::try_from(text.len().min(MOST_BYTES)).unwrap_or_default())
}

/// The first tag, and what comes after it.
fn first(text: &str) -> Option<(&str, &str, &str)> {
    let &[key, value, ..] = text.as_bytes() else {
        return None;
    };
    let (key, rest) = text.get(HEAD..)?.split_at_checked(key.into())?;
    let (value, rest) = rest.split_at_checked(value.into())?;
    Some((key, value, rest))
}

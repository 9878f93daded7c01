//! Many texts in one piece of memory.

/// Texts one behind the other.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<u8>);

/// Where a text stands among others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    start: usize,
    end: usize,
}

impl Part {
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl Texts {
    pub(super) fn add(&mut self, text: &str) -> Part {
        self.add_by(|all| all.extend_from_slice(text.as_bytes()))
    }

    /// Adds what is written, which must be UTF-8.
    pub(super) fn add_by(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Part {
        let start = self.0.len();
        write(&mut self.0);
        let end = self.0.len();
        Part { start, end }
    }

    pub(super) fn get(&self, part: Part) -> &[u8] {
        self.0.get(part.start..part.end).unwrap_or_default()
    }
}

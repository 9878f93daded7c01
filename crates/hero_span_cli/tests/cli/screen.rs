//! A terminal's screen, as far as `hero-span` makes use of one.

/// Lines from the first ever written to the last, scrolled off or not.
#[derive(Default)]
pub(crate) struct Screen {
    lines: Vec<String>,
    row: usize,
    /// The farthest that the cursor was ever sent up at once.
    pub(crate) tallest: usize,
}

impl Screen {
    pub(crate) fn show(bytes: &str) -> Self {
        let mut screen = Self::default();
        let mut rest = bytes;
        while let Some(c) = rest.chars().next() {
            rest = match rest.strip_prefix("\x1b[") {
                Some(sequence) => screen.control(sequence),
                None => {
                    screen.put(c);
                    &rest[c.len_utf8()..]
                }
            };
        }
        screen
    }

    /// What stands there, without empty lines at the end.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n").trim_end().to_owned()
    }

    fn put(&mut self, c: char) {
        match c {
            '\n' => self.row += 1,
            '\r' => {}
            c => self.line().push(c),
        }
    }

    fn line(&mut self) -> &mut String {
        while self.lines.len() <= self.row {
            self.lines.push(String::new());
        }
        &mut self.lines[self.row]
    }

    /// Takes a control sequence, and gives what follows it.
    fn control<'a>(&mut self, sequence: &'a str) -> &'a str {
        let end = sequence
            .find(|c: char| c.is_ascii_alphabetic())
            .expect("it ends");
        let (numbers, rest) = sequence.split_at(end);
        match &rest[..1] {
            "A" => {
                let up = numbers.parse().expect("a number");
                self.tallest = self.tallest.max(up);
                self.row -= up;
            }
            "J" => self.lines.truncate(self.row),
            "m" => {}
            "h" | "l" if numbers.starts_with('?') => {}
            other => panic!("unknown sequence {numbers}{other}"),
        }
        &rest[1..]
    }
}

//! A terminal's screen, as far as `hero-span` makes use of one.

/// Lines from the first ever written to the last, scrolled off or not.
#[derive(Default)]
pub(crate) struct Screen {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
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
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| line.iter().collect())
            .collect();
        lines.join("\n").trim_end().to_owned()
    }

    fn put(&mut self, c: char) {
        match c {
            '\n' => (self.row, self.column) = (self.row + 1, 0),
            '\r' => self.column = 0,
            c => {
                let column = self.column;
                let line = self.line();
                line.splice(column..line.len().min(column + 1), [c]);
                self.column += 1;
            }
        }
    }

    fn line(&mut self) -> &mut Vec<char> {
        while self.lines.len() <= self.row {
            self.lines.push(Vec::new());
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
            "K" => {
                let column = self.column;
                self.line().truncate(column);
            }
            "m" => {}
            "h" | "l" if numbers.starts_with('?') => {}
            other => panic!("unknown sequence {numbers}{other}"),
        }
        &rest[1..]
    }
}

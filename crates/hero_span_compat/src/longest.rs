//! The texts of a pattern whose JSON is longest.

use crate::measure::escaped;
use crate::strings::{LONGEST, Product};

/// The texts of an automaton whose JSON, without its quotes, is longest, longest first: none over
/// so many bytes of it, and each of such a number of bytes itself.
pub(crate) fn longest(automaton: &Product, bytes: (u64, u64), json: u64) -> Vec<String> {
    // A text that is escaped much has few bytes for its length, one that is not has many.
    let mut found: Vec<(usize, String)> = [false, true]
        .into_iter()
        .flat_map(|escapes| Ways::new(automaton, bytes, json, escapes).longest())
        .collect();
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, text)| text).collect()
}

/// How a place was reached by so many bytes of JSON.
#[derive(Clone, Copy)]
struct Way {
    /// Bytes of the text itself.
    bytes: u64,
    /// The length of JSON and the place before, and the byte between; none at the beginning.
    before: Option<(usize, usize, u8)>,
}

/// One way to each place by each length, of fewest bytes or of most.
struct Ways<'a> {
    automaton: &'a Product,
    bytes: (u64, u64),
    /// The longest JSON.
    most: usize,
    /// Whether fewest bytes are kept, and else most.
    escapes: bool,
    live: Vec<bool>,
    by_length: Vec<Vec<Option<Way>>>,
}

impl<'a> Ways<'a> {
    fn new(automaton: &'a Product, bytes: (u64, u64), json: u64, escapes: bool) -> Self {
        let mut ways = Self {
            automaton,
            bytes,
            most: json.min(LONGEST) as usize,
            escapes,
            live: automaton.live(None),
            by_length: vec![vec![None; automaton.places.len()]],
        };
        ways.by_length[0][0] = ways.live[0].then_some(Way {
            bytes: 0,
            before: None,
        });
        ways
    }

    fn longest(mut self) -> Vec<(usize, String)> {
        let mut ends = Vec::new();
        let mut length = 0;
        while length < self.by_length.len() {
            for place in 0..self.live.len() {
                let Some(way) = self.by_length[length][place] else {
                    continue;
                };
                let fits = way.bytes >= self.bytes.0 && way.bytes <= self.bytes.1;
                if fits && self.automaton.is_goal(place, None) {
                    ends.push((length, place));
                }
                self.go_on(length, place, way.bytes + 1);
            }
            length += 1;
        }
        // One or two may be excluded by name.
        let longest = ends.into_iter().rev().take(3);
        longest
            .filter_map(|(length, place)| Some((length, self.text(length, place)?)))
            .collect()
    }

    /// One byte more, of each weight that it can have in JSON.
    fn go_on(&mut self, length: usize, place: usize, bytes: u64) {
        if bytes > self.bytes.1 {
            return;
        }
        let automaton = self.automaton;
        let next = automaton.places[place].next.iter();
        for (next, through) in next.filter(|(next, _)| self.live[*next]) {
            for weight in [1, 2, 6] {
                let after = length + weight;
                let byte = through.iter().find(|byte| escaped(**byte) == weight);
                let Some(byte) = byte.filter(|_| after <= self.most) else {
                    continue;
                };
                if self.by_length.len() <= after {
                    self.by_length
                        .resize(after + 1, vec![None; self.live.len()]);
                }
                let known = &mut self.by_length[after][*next];
                let is_better = known.is_none_or(|known| match self.escapes {
                    true => bytes < known.bytes,
                    false => bytes > known.bytes,
                });
                if is_better {
                    *known = Some(Way {
                        bytes,
                        before: Some((length, place, *byte)),
                    });
                }
            }
        }
    }

    fn text(&self, mut length: usize, mut place: usize) -> Option<String> {
        let mut bytes = Vec::new();
        while let Some((before, from, byte)) = self.by_length[length][place]?.before {
            bytes.push(byte);
            (length, place) = (before, from);
        }
        bytes.reverse();
        String::from_utf8(bytes).ok()
    }
}

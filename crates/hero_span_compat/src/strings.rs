//! Sets of strings: what a pattern, a length, an excluded text and a list of words leave.
//!
//! Whether one side sends a string that the other refuses is decided, not guessed: the two
//! patterns run beside each other as automata, and the first string that tells them apart is the
//! shortest there is.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hero_span_contract::model::Rules;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::faults::Judge;
use crate::longest::longest;
use crate::measure::text_length;

/// A pattern, ready to run.
struct Automat(dense::DFA<Vec<u32>>);

/// More than a string in a line can have; a length beyond it is not told apart.
pub(crate) const LONGEST: u64 = 70_000;

/// Strings excluded by name are shorter than this, so beyond it one string is like another.
const NAMED: u64 = 64;

/// Whether that pattern matches somewhere in a text, as JSON Schema's `pattern` does. A pattern
/// that is none matches nothing: whoever read the contract refused it.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    automaton(pattern).is_some_and(|automat| automat.has(text))
}

/// Whether that is a pattern.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    automaton(pattern).is_some()
}

/// Strings that keep to rules.
pub(crate) struct Strings {
    pattern: Option<String>,
    not: Option<String>,
    words: Vec<String>,
    bytes: (u64, u64),
}

impl Strings {
    pub(crate) fn new(judge: Judge<'_>, rules: &Rules) -> Self {
        let bytes = rules.bytes.as_ref();
        let bytes = bytes.map(|bytes| (judge.whole(&bytes.from), judge.whole(&bytes.to)));
        Self {
            pattern: rules.pattern.clone(),
            not: rules.not.clone(),
            words: rules.one_of.clone(),
            bytes: bytes.unwrap_or((0, LONGEST)),
        }
    }

    /// Strings of this set, the first of them hard for the other: one that it has not, if there
    /// is one, and those at the edge of what it takes.
    pub(crate) fn against(&self, other: &Self) -> Vec<String> {
        if !self.words.is_empty() {
            let own = self.words.iter().filter(|word| self.has(word));
            return own.cloned().collect();
        }
        let mut found: Vec<String> = other.not.iter().chain(&other.words).cloned().collect();
        let (least, most) = other.bytes;
        let within = |from: u64, to: u64| (from.max(self.bytes.0), to.min(self.bytes.1));
        let all = (0, LONGEST);
        let goals = [
            (true, None, all),
            (other.pattern.is_some(), Some(false), all),
            (least > 0, None, (0, least.saturating_sub(1))),
            (most < self.bytes.1, None, (most + 1, LONGEST)),
            (most < LONGEST, None, (most, most)),
            (self.bytes.1 < LONGEST, None, (self.bytes.1, LONGEST)),
        ];
        for (_, taken, (from, to)) in goals.into_iter().filter(|(sought, ..)| *sought) {
            // Some may be excluded by name, so one is not enough.
            let count = 3 + other.words.len();
            found.extend(self.search(other, taken, within(from, to), count));
        }
        found.retain(|text| self.has(text));
        let mut seen = HashSet::new();
        found.retain(|text| seen.insert(text.clone()));
        found
    }

    /// So many of its shortest strings, or all if they are fewer.
    pub(crate) fn some(&self, count: usize) -> Vec<String> {
        let own = self.words.iter().filter(|word| self.has(word)).cloned();
        if !self.words.is_empty() {
            return own.take(count).collect();
        }
        let mut found = self.search(self, None, self.bytes, count + 1);
        found.retain(|text| self.has(text));
        found.truncate(count);
        found
    }

    /// The string whose JSON text is longest, its quotes included, of those of so many bytes at
    /// most. What JSON escapes is longer there than on its own.
    pub(crate) fn longest(&self, most: u64) -> Option<String> {
        let own = self.words.iter().filter(|word| self.has(word));
        if !self.words.is_empty() {
            let fit = own.filter(|word| text_length(word) <= most);
            return fit.max_by_key(|word| text_length(word)).cloned();
        }
        let most = most.checked_sub(2)?;
        let fit = match &self.pattern {
            // One or two may be excluded by name.
            None => (0..3.min(most + 1))
                .map(|less| self.stretched(most - less))
                .collect(),
            Some(pattern) => product(pattern, "")
                .map_or_else(Vec::new, |automaton| longest(&automaton, self.bytes, most)),
        };
        fit.into_iter().find(|text| self.has(text))
    }

    /// A text without a pattern, of just so many bytes of JSON if it can be.
    fn stretched(&self, most: u64) -> String {
        let bytes = most.min(self.bytes.1).min(LONGEST);
        let escaped = most - bytes;
        let long = (escaped / 5).min(bytes);
        let short = (escaped - 5 * long).min(bytes - long);
        let plain = bytes - long - short;
        let parts = [("\u{1}", long), ("\"", short), ("x", plain)];
        parts
            .map(|(piece, count)| piece.repeat(count as usize))
            .concat()
    }

    /// Whether it has a string that the other has not.
    pub(crate) fn exceeds(&self, other: &Self) -> bool {
        self.against(other).iter().any(|text| !other.has(text))
    }

    fn has(&self, text: &str) -> bool {
        let length = text.len() as u64;
        let matched = self
            .pattern
            .as_ref()
            .is_none_or(|pattern| matches(pattern, text));
        let among = self.words.is_empty() || self.words.iter().any(|word| word == text);
        let long = length >= self.bytes.0 && length <= self.bytes.1;
        matched && among && long && self.not.as_deref() != Some(text)
    }

    /// The shortest strings of this set's pattern in that range of lengths, whether or not the
    /// other's pattern takes them, or as it is asked.
    fn search(
        &self,
        other: &Self,
        taken: Option<bool>,
        lengths: (u64, u64),
        count: usize,
    ) -> Vec<String> {
        match (&self.pattern, &other.pattern) {
            (None, None) => plain(lengths, count),
            (ours, theirs) => {
                let name = |pattern: &Option<String>| pattern.clone().unwrap_or_default();
                let product = product(&name(ours), &name(theirs));
                product.map_or_else(Vec::new, |it| it.shortest(taken, lengths, count))
            }
        }
    }
}

/// Without patterns only the length counts.
fn plain((from, to): (u64, u64), count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for length in from..=to {
        let letters = ('a'..='z').take(if length == 0 { 1 } else { count });
        let texts = letters.map(|letter| letter.to_string().repeat(length as usize));
        found.extend(texts);
        if found.len() >= count {
            break;
        }
    }
    found
}

/// Two automata that run through the same bytes.
pub(crate) struct Product {
    pub(crate) places: Vec<Together>,
}

/// Where both are.
#[derive(Default)]
pub(crate) struct Together {
    /// Whether a text that ends here matches as a whole.
    accepts: [bool; 2],
    /// The next places, each with the bytes that lead there, as they should be tried.
    pub(crate) next: Vec<(usize, Vec<u8>)>,
}

/// A beginning of a text: where it leads, and what it is one byte longer than.
struct Prefix {
    place: usize,
    before: usize,
    byte: u8,
}

impl Product {
    fn new(ours: &Automat, theirs: &Automat) -> Self {
        let begin = [ours.begin(), theirs.begin()];
        let mut known = HashMap::from([(begin, 0)]);
        let mut states = vec![begin];
        let mut places: Vec<Together> = Vec::new();
        while places.len() < states.len() {
            let here = states[places.len()];
            let mut place = Together {
                accepts: [ours.accepts(here[0]), theirs.accepts(here[1])],
                next: Vec::new(),
            };
            for byte in bytes() {
                let next = [ours.next(here[0], byte), theirs.next(here[1], byte)];
                let index = *known.entry(next).or_insert_with(|| {
                    states.push(next);
                    states.len() - 1
                });
                match place.next.iter_mut().find(|(known, _)| *known == index) {
                    Some((_, bytes)) => bytes.push(byte),
                    None => place.next.push((index, vec![byte])),
                }
            }
            places.push(place);
        }
        Self { places }
    }

    /// Whether a text that ends there is one that is sought.
    pub(crate) fn is_goal(&self, place: usize, taken: Option<bool>) -> bool {
        let [ours, theirs] = self.places[place].accepts;
        ours && taken.is_none_or(|taken| taken == theirs)
    }

    /// The places from which a goal can still be reached. An anchor that can no longer hold leaves
    /// no dead state behind, so it is asked backwards.
    pub(crate) fn live(&self, taken: Option<bool>) -> Vec<bool> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.places.len()];
        for (place, together) in self.places.iter().enumerate() {
            for (next, _) in &together.next {
                before[*next].push(place);
            }
        }
        let mut live = vec![false; self.places.len()];
        let goals = (0..self.places.len()).filter(|place| self.is_goal(*place, taken));
        let mut waiting: Vec<usize> = goals.collect();
        while let Some(place) = waiting.pop() {
            if !std::mem::replace(&mut live[place], true) {
                waiting.extend(&before[place]);
            }
        }
        live
    }

    /// The shortest texts of such lengths that end at a goal, layer by layer: every place that so
    /// many bytes lead to, by as many ways as texts are wanted.
    fn shortest(&self, taken: Option<bool>, lengths: (u64, u64), count: usize) -> Vec<String> {
        let live = self.live(taken);
        let ways = if lengths.0 > NAMED { 1 } else { count };
        let first = Prefix {
            place: 0,
            before: 0,
            byte: 0,
        };
        let mut layers = vec![vec![first]];
        let mut found = Vec::new();
        for length in 0..=lengths.1.min(LONGEST) {
            let layer = &layers[length as usize];
            let ends = layer.iter().enumerate();
            let ends =
                ends.filter(|(_, end)| length >= lengths.0 && self.is_goal(end.place, taken));
            found.extend(ends.filter_map(|(index, _)| text(&layers, index)));
            if found.len() >= count || layer.is_empty() {
                break;
            }
            layers.push(self.longer(layer, &live, ways));
        }
        found.truncate(count);
        found
    }

    fn longer(&self, layer: &[Prefix], live: &[bool], ways: usize) -> Vec<Prefix> {
        let mut longer = Vec::new();
        let mut known = vec![0; self.places.len()];
        for (before, prefix) in layer.iter().enumerate() {
            let next = self.places[prefix.place].next.iter();
            for (place, bytes) in next.filter(|(place, _)| live[*place]) {
                let room = ways - known[*place];
                let bytes = bytes.iter().take(room);
                known[*place] += bytes.len();
                longer.extend(bytes.map(|byte| Prefix {
                    place: *place,
                    before,
                    byte: *byte,
                }));
            }
        }
        longer
    }
}

fn text(layers: &[Vec<Prefix>], mut index: usize) -> Option<String> {
    let mut bytes = Vec::new();
    for layer in layers[1..].iter().rev() {
        bytes.push(layer[index].byte);
        index = layer[index].before;
    }
    bytes.reverse();
    String::from_utf8(bytes).ok()
}

/// Every byte, the readable ones first, so that they stand in what is shown.
fn bytes() -> impl Iterator<Item = u8> {
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z');
    let others = (0..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric());
    readable.chain(others)
}

type Known<K, V> = OnceLock<Mutex<HashMap<K, Option<Arc<V>>>>>;

/// Making one takes longer than a whole comparison, and each is asked for often.
fn recalled<K: Hash + Eq, V>(
    known: &Known<K, V>,
    key: K,
    make: impl FnOnce() -> Option<V>,
) -> Option<Arc<V>> {
    let known = known.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let made = known.entry(key).or_insert_with(|| make().map(Arc::new));
    made.clone()
}

/// A pattern's automaton.
fn automaton(pattern: &str) -> Option<Arc<Automat>> {
    static KNOWN: Known<String, Automat> = OnceLock::new();
    recalled(&KNOWN, pattern.to_owned(), || compile(pattern))
}

/// Two patterns beside each other, by their texts.
fn product(ours: &str, theirs: &str) -> Option<Arc<Product>> {
    static KNOWN: Known<(String, String), Product> = OnceLock::new();
    let key = (ours.to_owned(), theirs.to_owned());
    recalled(&KNOWN, key, || {
        Some(Product::new(&*automaton(ours)?, &*automaton(theirs)?))
    })
}

fn compile(pattern: &str) -> Option<Automat> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .dfa_size_limit(Some(16 << 20))
        .determinize_size_limit(Some(64 << 20));
    let whole = format!("(?s:.)*(?:{})(?s:.)*", ecma(pattern));
    let dfa = dense::Builder::new().configure(config).build(&whole).ok()?;
    Some(Automat(dfa))
}

/// JSON Schema's patterns are those of ECMA-262, whose digits and letters are those of ASCII.
fn ecma(pattern: &str) -> String {
    let mut translated = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            translated.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => translated += "[0-9]",
            Some('D') => translated += "[^0-9]",
            Some('w') => translated += "[0-9A-Za-z_]",
            Some('W') => translated += "[^0-9A-Za-z_]",
            escaped => {
                translated.push(letter);
                translated.extend(escaped);
            }
        }
    }
    translated
}

impl Automat {
    fn begin(&self) -> StateID {
        let start = start::Config::new().anchored(Anchored::Yes);
        // An automaton that was built for anchored searches has this state.
        self.0.start_state(&start).unwrap_or_default()
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.0.next_state(state, byte)
    }

    fn has(&self, text: &str) -> bool {
        let end = text
            .bytes()
            .fold(self.begin(), |state, byte| self.next(state, byte));
        self.accepts(end)
    }

    /// Whether a text that ends here matches as a whole.
    fn accepts(&self, state: StateID) -> bool {
        self.0.is_match_state(self.0.next_eoi_state(state))
    }
}

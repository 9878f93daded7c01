//! Sets of strings: what a pattern, a length, an excluded text and a list of words leave.
//!
//! Whether one side sends a string that the other refuses is decided, not guessed: the two
//! patterns run beside each other as automata, and the first string that tells them apart is the
//! shortest there is.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hero_span_contract::model::Rules;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::faults::Judge;

/// A pattern, ready to run.
struct Automat {
    dfa: dense::DFA<Vec<u32>>,
    /// The states from which a match can still be reached.
    live: HashSet<StateID>,
}

/// Whether a string is wanted: by whether the other's pattern matches, and by its length.
type Goal<'a> = &'a dyn Fn(bool, u64) -> bool;

/// More than a string in a line can have; a length beyond it is not told apart.
const LONGEST: u64 = 70_000;

/// How many strings are looked at before a difference is given up.
const STEPS: usize = 400_000;

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
    pattern: Option<Arc<Automat>>,
    not: Option<String>,
    words: Vec<String>,
    bytes: (u64, u64),
}

impl Strings {
    pub(crate) fn new(judge: Judge<'_>, rules: &Rules) -> Self {
        let bytes = rules.bytes.as_ref();
        let bytes = bytes.map(|bytes| (judge.whole(&bytes.from), judge.whole(&bytes.to)));
        Self {
            pattern: rules.pattern.as_ref().and_then(|it| automaton(it)),
            not: rules.not.clone(),
            words: rules.one_of.clone(),
            bytes: bytes.unwrap_or((0, LONGEST)),
        }
    }

    /// Strings of this set, the first of them hard for the other: one that it has not, if there
    /// is one, and those at the edge of what it takes.
    pub(crate) fn against(&self, other: &Self) -> Vec<String> {
        if !self.words.is_empty() {
            return self
                .words
                .iter()
                .filter(|word| self.has(word))
                .cloned()
                .collect();
        }
        let mut found: Vec<String> = other.not.iter().cloned().collect();
        let (least, most) = other.bytes;
        let goals: [(bool, Goal<'_>); 5] = [
            (true, &|_, _| true),
            (other.pattern.is_some(), &|taken, _| !taken),
            (least > 0, &|_, length| length < least),
            (most < self.bytes.1, &|_, length| length > most),
            (most < LONGEST, &|_, length| length == most),
        ];
        let goals = goals.into_iter().filter(|(reachable, _)| *reachable);
        for (_, goal) in goals {
            // Some may be excluded by name, so one is not enough.
            found.extend(self.search(other, goal, 3 + other.words.len()));
        }
        found.retain(|text| self.has(text));
        found
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
            .is_none_or(|automat| automat.has(text));
        let among = self.words.is_empty() || self.words.iter().any(|word| word == text);
        let long = length >= self.bytes.0 && length <= self.bytes.1;
        matched && among && long && self.not.as_deref() != Some(text)
    }

    /// The shortest strings of this set's pattern and lengths that reach the goal, which is asked
    /// whether the other's pattern matches, and for the length.
    fn search(&self, other: &Self, goal: Goal<'_>, count: usize) -> Vec<String> {
        let Some(any) = automaton("") else {
            return Vec::new();
        };
        let ours = self.pattern.clone().unwrap_or_else(|| Arc::clone(&any));
        let theirs = other.pattern.clone().unwrap_or(any);
        if self.pattern.is_none() && other.pattern.is_none() {
            return self.plain(goal, count);
        }
        Search::new(&ours, &theirs, self.bytes).run(goal, count)
    }

    /// Without patterns only the length counts.
    fn plain(&self, goal: Goal<'_>, count: usize) -> Vec<String> {
        let (from, to) = (self.bytes.0, self.bytes.1.min(LONGEST));
        let Some(length) = (from..=to).find(|length| goal(true, *length)) else {
            return Vec::new();
        };
        let letters = ('a'..='z').take(if length == 0 { 1 } else { count });
        letters
            .map(|letter| letter.to_string().repeat(length as usize))
            .collect()
    }
}

/// A walk of two automata through the same bytes, broad before deep.
struct Search<'a> {
    automata: [&'a Automat; 2],
    lengths: (u64, u64),
    /// Each place reached, and how: the place before it and the byte between.
    places: Vec<(usize, u8, [StateID; 2], u64)>,
}

impl<'a> Search<'a> {
    fn new(ours: &'a Automat, theirs: &'a Automat, lengths: (u64, u64)) -> Self {
        Self {
            automata: [ours, theirs],
            lengths,
            places: Vec::new(),
        }
    }

    fn run(mut self, goal: Goal<'_>, count: usize) -> Vec<String> {
        let [ours, theirs] = self.automata;
        let begin = [ours.begin(), theirs.begin()];
        self.places.push((0, 0, begin, 0));
        let mut seen: HashSet<([StateID; 2], u64)> = HashSet::from([(begin, 0)]);
        let mut waiting = VecDeque::from([0]);
        let mut found = Vec::new();
        while let Some(place) = waiting.pop_front() {
            let (_, _, states, length) = self.places[place];
            let long_enough = length >= self.lengths.0;
            if long_enough && ours.accepts(states[0]) && goal(theirs.accepts(states[1]), length) {
                found.extend(self.text(place));
                if found.len() == count {
                    break;
                }
            }
            if length >= self.lengths.1.min(LONGEST) || self.places.len() > STEPS {
                continue;
            }
            for byte in bytes() {
                let next = [ours.next(states[0], byte), theirs.next(states[1], byte)];
                if ours.live.contains(&next[0]) && seen.insert((next, length + 1)) {
                    self.places.push((place, byte, next, length + 1));
                    waiting.push_back(self.places.len() - 1);
                }
            }
        }
        found
    }

    fn text(&self, mut place: usize) -> Option<String> {
        let mut bytes = Vec::new();
        while place != 0 {
            let (before, byte, _, _) = self.places[place];
            bytes.push(byte);
            place = before;
        }
        bytes.reverse();
        String::from_utf8(bytes).ok()
    }
}

/// Every byte, the readable ones first, so that they stand in what is shown.
fn bytes() -> impl Iterator<Item = u8> {
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z');
    let others = (0..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric());
    readable.chain(others)
}

/// Compiling one takes longer than a whole comparison, and each is asked for often.
fn automaton(pattern: &str) -> Option<Arc<Automat>> {
    static KNOWN: OnceLock<Mutex<BTreeMap<String, Option<Arc<Automat>>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = known
        .entry(pattern.to_owned())
        .or_insert_with(|| compile(pattern).map(Arc::new));
    compiled.clone()
}

fn compile(pattern: &str) -> Option<Automat> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .dfa_size_limit(Some(16 << 20))
        .determinize_size_limit(Some(64 << 20));
    let whole = format!("(?s:.)*(?:{pattern})(?s:.)*");
    let dfa = dense::Builder::new().configure(config).build(&whole).ok()?;
    let mut automat = Automat {
        dfa,
        live: HashSet::new(),
    };
    automat.live = automat.find_live();
    Some(automat)
}

impl Automat {
    fn begin(&self) -> StateID {
        let start = start::Config::new().anchored(Anchored::Yes);
        // An automaton that was built for anchored searches has this state.
        self.dfa.start_state(&start).unwrap_or_default()
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.dfa.next_state(state, byte)
    }

    fn has(&self, text: &str) -> bool {
        let end = text
            .bytes()
            .fold(self.begin(), |state, byte| self.next(state, byte));
        self.accepts(end)
    }

    /// Whether a text that ends here matches as a whole.
    fn accepts(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }

    /// An anchor that can no longer hold leaves no dead state behind, so it is asked backwards.
    fn find_live(&self) -> HashSet<StateID> {
        let mut before: BTreeMap<StateID, HashSet<StateID>> = BTreeMap::new();
        let mut seen = HashSet::from([self.begin()]);
        let mut waiting = vec![self.begin()];
        while let Some(state) = waiting.pop() {
            for byte in 0..=u8::MAX {
                let next = self.next(state, byte);
                before.entry(next).or_default().insert(state);
                if seen.insert(next) {
                    waiting.push(next);
                }
            }
        }
        let mut waiting: Vec<StateID> = seen
            .into_iter()
            .filter(|state| self.accepts(*state))
            .collect();
        let mut live: HashSet<StateID> = waiting.iter().copied().collect();
        while let Some(state) = waiting.pop() {
            for earlier in before.get(&state).into_iter().flatten() {
                if live.insert(*earlier) {
                    waiting.push(*earlier);
                }
            }
        }
        live
    }
}

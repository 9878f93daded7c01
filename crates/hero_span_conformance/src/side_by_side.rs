//! One script, two SDKs: what each sends and shows, side by side.

use std::fmt::Write;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::case::{Case, Ended};
use crate::compare::Arrival;
use crate::dialogue::Hello;
use crate::draw::whole_tree;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::fault::Fault;
use crate::run::{Bench, Options};
use crate::script::{features, without};

/// How many characters are shown before a difference that is far from the
/// beginning of its line, and at least after it.
const SEEN_BEFORE: usize = 8;
const SEEN_AFTER: usize = 4;

const ALIKE: &str = "alike: both as the contract says; they differ in what it leaves to an SDK, such \
    as its own words, the order\nof what runs at once, and what a stall drops (--filter ID shows one)";

/// What one SDK made of a case: its tree, and a line of what the user's code
/// saw.
type Side = Vec<String>;

/// What came of a case on both.
#[derive(Debug)]
enum Pair {
    Same(Side),
    /// Both are as the contract says, and differ in what it leaves to an SDK.
    Alike(Side, Side),
    /// They differ, and one of them at least is not as the contract says.
    Different(Side, Side),
    /// One of them does not have what the case needs.
    Skipped(String),
}

/// What came of all cases.
#[derive(Debug)]
pub(crate) struct Comparison {
    sdks: [Hello; 2],
    pairs: Vec<(String, Pair)>,
}

/// Runs each case on both SDKs.
pub(crate) fn compare(options: [&Options; 2], cases: &[Case]) -> Result<Comparison, Error> {
    let benches = [Bench::new(options[0])?, Bench::new(options[1])?];
    let mut evaluators = [
        benches[0].evaluator("a".into()),
        benches[1].evaluator("b".into()),
    ];
    let mut pairs = Vec::new();
    for case in cases {
        let pair = pair(&benches, &mut evaluators, case).map_err(Error::adapter)?;
        pairs.push((case.id.clone(), pair));
    }
    evaluators.into_iter().for_each(Evaluator::stop);
    let sdks = benches.map(|bench| bench.hello);
    Ok(Comparison { sdks, pairs })
}

fn pair(
    benches: &[Bench<'_>; 2],
    evaluators: &mut [Evaluator<'_>; 2],
    case: &Case,
) -> Result<Pair, Fault> {
    let is_missing = |name: &str| {
        benches
            .iter()
            .any(|bench| !bench.hello.features.contains(name))
    };
    let case = &Case {
        script: without(&case.script, &is_missing),
        ..case.clone()
    };
    for bench in benches {
        let needed = features(&case.script).into_iter();
        let missing: Vec<&str> = needed
            .filter(|name| !bench.hello.features.contains(*name))
            .collect();
        if !missing.is_empty() {
            let (sdk, missing) = (&bench.hello.sdk, missing.join(", "));
            return Ok(Pair::Skipped(format!("{sdk} does not have: {missing}")));
        }
    }
    let [first, second] = evaluators;
    let (one, one_is_right) = side(&benches[0], first, case)?;
    let (other, other_is_right) = side(&benches[1], second, case)?;
    Ok(match one_is_right && other_is_right {
        _ if one == other => Pair::Same(one),
        true => Pair::Alike(one, other),
        false => Pair::Different(one, other),
    })
}

/// What an SDK made of a case, and whether that is as the contract says.
fn side(
    bench: &Bench<'_>,
    evaluator: &mut Evaluator<'_>,
    case: &Case,
) -> Result<(Side, bool), Fault> {
    let observed = evaluator.observe(case)?;
    let is_right = bench.judge.judge(case, &observed).findings.is_empty();
    let connections = bench.judge.read(&observed);
    let connections: Vec<&[Arrival]> = connections.iter().map(Vec::as_slice).collect();
    let mut side = whole_tree(&connections);
    side.push(saw(&observed.ending));
    Ok((side, is_right))
}

fn saw(ending: &Ended) -> String {
    match ending {
        Ended::Done { outcome, printed } if printed.is_empty() => format!("saw: {outcome}"),
        Ended::Done { outcome, printed } => format!("saw: {outcome}, printed {printed:?}"),
        Ended::Unsupported(what) => format!("saw: unsupported {what}"),
        Ended::Piped(why) | Ended::Hangs(why) => format!("saw: {why}"),
    }
}

impl Comparison {
    /// Whether both made the same of every case that ran, as far as the contract says.
    pub(crate) fn is_same(&self) -> bool {
        !self
            .pairs
            .iter()
            .any(|(_, pair)| matches!(pair, Pair::Different(..)))
    }

    /// Whether any case ran on both.
    pub(crate) fn has_run(&self) -> bool {
        !self
            .pairs
            .iter()
            .all(|(_, pair)| matches!(pair, Pair::Skipped(_)))
    }

    /// For people: what differs side by side, in so many columns. One case is
    /// always told in full.
    pub(crate) fn to_text(&self, columns: usize) -> String {
        let mut text = String::new();
        let tells_all = self.pairs.len() == 1;
        for (id, pair) in &self.pairs {
            match pair {
                Pair::Same(side) if tells_all => {
                    let _ = writeln!(text, "SAME       {id}");
                    text += &self.columns(side, side, columns);
                }
                Pair::Alike(one, other) if tells_all => {
                    let _ = writeln!(text, "ALIKE      {id}");
                    text += &self.columns(one, other, columns);
                }
                Pair::Same(_) | Pair::Alike(..) => {}
                Pair::Different(one, other) => {
                    let _ = writeln!(text, "DIFFERENT  {id}");
                    text += &self.columns(one, other, columns);
                }
                Pair::Skipped(why) => {
                    let _ = writeln!(text, "SKIPPED    {id}: {why}");
                }
            }
        }
        text + &self.totals()
    }

    fn totals(&self) -> String {
        let count = |is: fn(&Pair) -> bool| self.pairs.iter().filter(|(_, pair)| is(pair)).count();
        let same = count(|pair| matches!(pair, Pair::Same(_)));
        let alike = count(|pair| matches!(pair, Pair::Alike(..)));
        let different = count(|pair| matches!(pair, Pair::Different(..)));
        let skipped = count(|pair| matches!(pair, Pair::Skipped(_)));
        let totals =
            format!("{same} same, {alike} alike, {different} different, {skipped} skipped");
        match alike {
            0 => format!("{totals}\n"),
            _ => format!("{totals}\n{ALIKE}\n"),
        }
    }

    fn columns(&self, one: &Side, other: &Side, columns: usize) -> String {
        let width = columns.saturating_sub(5) / 2;
        let [a, b] = &self.sdks;
        let name = |sdk: &Hello| format!("{} {}", sdk.sdk, sdk.version);
        let mut text = row(' ', &name(a), &name(b), width);
        let rule = "─".repeat(width);
        text += &row(' ', &rule, &rule, width);
        for (mark, left, right) in aligned(one, other) {
            let start = start_of_difference(left, right, width);
            text += &row(mark, &from(left, start), &from(right, start), width);
        }
        text + "\n"
    }
}

/// Lines of both, those that are alike beside each other.
fn aligned<'a>(one: &'a Side, other: &'a Side) -> Vec<(char, &'a str, &'a str)> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, one, other) {
        let (tag, left, right) = op.as_tag_tuple();
        let mark = if tag == DiffTag::Equal { ' ' } else { '!' };
        let line = |side: &'a Side, range: &Range<usize>, place: usize| {
            let line = side.get(range.clone()).and_then(|lines| lines.get(place));
            line.map_or("", String::as_str)
        };
        for place in 0..left.len().max(right.len()) {
            rows.push((mark, line(one, &left, place), line(other, &right, place)));
        }
    }
    rows
}

/// Where two lines are shown from, so that their difference is seen.
fn start_of_difference(left: &str, right: &str, width: usize) -> usize {
    let same = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let is_far = same + SEEN_AFTER > width;
    if left == right || left.is_empty() || right.is_empty() || !is_far {
        return 0;
    }
    same.saturating_sub(SEEN_BEFORE)
}

fn from(line: &str, start: usize) -> String {
    match start {
        0 => line.into(),
        start => format!("…{}", line.chars().skip(start).collect::<String>()),
    }
}

fn row(mark: char, left: &str, right: &str, width: usize) -> String {
    let left = clipped(left, width);
    let gap = " ".repeat(width.saturating_sub(left.width()));
    let line = format!("{mark} {left}{gap} │ {}", clipped(right, width));
    format!("{}\n", line.trim_end())
}

fn clipped(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    let clipped: String = text.chars().take_while(fits).collect();
    clipped + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(lines: &[&str]) -> Side {
        lines.iter().map(ToString::to_string).collect()
    }

    fn sdk(name: &str) -> Hello {
        Hello {
            sdk: name.into(),
            version: "1".into(),
            protocol: 1,
            features: Default::default(),
        }
    }

    fn check(pairs: Vec<(String, Pair)>, expected: &str) {
        let sdks = [sdk("a"), sdk("b")];
        let text = Comparison { sdks, pairs }.to_text(45);
        assert_eq!(text, expected);
    }

    #[test]
    fn what_differs_stands_side_by_side() {
        let one = side(&["step s", "  tag k = 1", "  end ok", "saw: returned []"]);
        let long = format!("  tag k = \"{}y\"", "x".repeat(40));
        let other = side(&[
            "step s",
            &long,
            "  log info l",
            "  end ok",
            "saw: returned []",
        ]);
        let pairs = vec![
            ("x/y".into(), Pair::Different(one.clone(), other)),
            ("x/z".into(), Pair::Same(one)),
        ];
        let expected = "\
DIFFERENT  x/y
  a 1                  │ b 1
  ──────────────────── │ ────────────────────
  step s               │ step s
!   tag k = 1          │   tag k = \"xxxxxxxx…
!                      │   log info l
    end ok             │   end ok
  saw: returned []     │ saw: returned []

1 same, 0 alike, 1 different, 0 skipped
";
        check(pairs, expected);
    }

    #[test]
    fn one_case_is_told_even_if_it_is_the_same() {
        let expected = "\
SAME       x/y
  a 1                  │ b 1
  ──────────────────── │ ────────────────────
  step s               │ step s

1 same, 0 alike, 0 different, 0 skipped
";
        check(
            vec![("x/y".into(), Pair::Same(side(&["step s"])))],
            expected,
        );
    }

    #[test]
    fn what_the_contract_leaves_to_an_sdk_is_counted() {
        let (one, other) = (side(&["step a", "step b"]), side(&["step b", "step a"]));
        let pairs = vec![
            ("x/y".into(), Pair::Alike(one.clone(), other)),
            ("x/z".into(), Pair::Same(one)),
        ];
        check(
            pairs,
            &format!("1 same, 1 alike, 0 different, 0 skipped\n{ALIKE}\n"),
        );
    }

    #[test]
    fn a_difference_far_out_is_brought_into_sight() {
        let line = |last: &str| format!("tag k = {}{last}", "x".repeat(100));
        let start = start_of_difference(&line("a"), &line("b"), 20);
        assert_eq!(
            from(&line("a"), start),
            format!("…{}a", "x".repeat(SEEN_BEFORE))
        );
        assert_eq!(start_of_difference(&line("a"), &line("a"), 20), 0);
    }
}

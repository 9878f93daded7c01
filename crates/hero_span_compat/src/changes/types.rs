//! What values may be.

use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Entries, Range, Rules, Type};

use super::{Both, Change, Shift, Spot, fields, number};
use crate::faults::Judge;
use crate::strings::Strings;

/// Types that came, went, or take or hold something else.
pub(super) fn types(both: Both<'_>, found: &mut Vec<Change>) {
    for declared in &both.old.types {
        match both.new.type_named(&declared.name) {
            Some(other) => Pair {
                both,
                old: declared,
                new: other,
            }
            .compare(found),
            None => {
                let before = shown(declared);
                found.push(change("type-removed", declared, before, String::new()));
            }
        }
    }
    let known = |declared: &&Type| both.old.type_named(&declared.name).is_some();
    for declared in both.new.types.iter().filter(|declared| !known(declared)) {
        found.push(change(
            "type-added",
            declared,
            String::new(),
            shown(declared),
        ));
    }
}

struct Pair<'a> {
    both: Both<'a>,
    old: &'a Type,
    new: &'a Type,
}

impl Pair<'_> {
    fn compare(&self, found: &mut Vec<Change>) {
        let (old, new) = (self.old, self.new);
        let shape = |declared: &Type| {
            (
                declared.base,
                declared.fields.is_empty(),
                declared.entries.is_some(),
            )
        };
        if shape(old) != shape(new) {
            let rule = self.shift().of([
                "type-rewritten",
                "type-base-narrowed",
                "type-base-widened",
                "type-base-replaced",
            ]);
            let mut change = self.change(rule, shown(old), shown(new));
            change.spot = Spot::Within(new.name.clone());
            found.push(change);
            return;
        }
        fields::of_type(self.both, old, new, found);
        if let (Some(old), Some(new)) = (&old.entries, &new.entries) {
            self.entries(old, new, found);
        }
        self.unit(found);
        let before = found.len();
        self.words(found);
        let explained = found.len() > before;
        if !self.for_all(found) {
            self.sent(explained, found);
        }
    }

    /// Whether values are refused, whatever it is about them.
    fn shift(&self) -> Shift {
        self.both.shift(&self.old.name, &self.new.name)
    }

    fn entries(&self, old: &Entries, new: &Entries, found: &mut Vec<Change>) {
        if old == new {
            return;
        }
        let rule = self.shift().of([
            "entries-same",
            "entries-narrowed",
            "entries-widened",
            "entries-replaced",
        ]);
        let of = |entries: &Entries| format!("object of {} to {}", entries.keys, entries.values);
        let mut change = self.change(rule, of(old), of(new));
        // What is wrong with a member is wrong by its own type.
        change.spot = Spot::Within(self.new.name.clone());
        found.push(change);
    }

    fn unit(&self, found: &mut Vec<Change>) {
        let (old, new) = (&self.old.rules.unit, &self.new.rules.unit);
        if old == new {
            return;
        }
        let rule = match (old, new) {
            (Some(_), Some(_)) => "unit-changed",
            _ => "unit-declared",
        };
        let of = |unit: &Option<String>| unit.clone().unwrap_or_default();
        found.push(self.change(rule, of(old), of(new)));
    }

    fn words(&self, found: &mut Vec<Change>) {
        let (old, new) = (self.old, self.new);
        let lists = |declared: &Type| {
            let (closed, open) = (&declared.rules.one_of, &declared.sent.one_of);
            (!closed.is_empty(), !open.is_empty())
        };
        let text = |declared: &Type| {
            let rules = declared.rules.merged(&declared.sent);
            let otherwise = declared.otherwise.as_ref();
            let otherwise = otherwise.map_or(String::new(), |word| format!("; else {word}"));
            format!("{}{otherwise}", rules.one_of.join(" "))
        };
        let mut push = |rule| found.push(self.change(rule, text(old), text(new)));
        match (lists(old), lists(new)) {
            ((false, false), (true, _)) => return push("words-listed"),
            ((true, _), (false, false)) => return push("words-unlisted"),
            // With `sent` narrowed or widened, which is looked at as such.
            ((false, false), _) | (_, (false, false)) => return,
            ((true, _), (false, true)) => push("words-opened"),
            ((false, true), (true, _)) => push("words-closed"),
            _ => {}
        }
        if let Some(rule) = lacking(new, old, ["word-added", "sent-word-added"]) {
            push(rule);
        }
        if let Some(rule) = lacking(old, new, ["word-removed", "sent-word-removed"]) {
            push(rule);
        }
        if old.otherwise != new.otherwise && lists(old) == lists(new) {
            push("else-changed");
        }
    }

    /// What binds consumers too. Whether it changed.
    fn for_all(&self, found: &mut Vec<Change>) -> bool {
        let (old, new) = (&self.old.rules, &self.new.rules);
        let before = found.len();
        if old.pattern != new.pattern {
            self.bind(
                pattern(self.both, old, new),
                [
                    "pattern-rewritten",
                    "pattern-narrowed",
                    "pattern-widened",
                    "pattern-replaced",
                ],
                |rules| rules.pattern.clone().unwrap_or_default(),
                found,
            );
        }
        if old.not != new.not {
            let text = |rules: &Rules| rules.not.clone().unwrap_or_default();
            let rules = ["", "excluded-added", "excluded-removed", ""];
            if new.not.is_some() {
                self.bind(Shift::Narrowed, rules, text, found);
            }
            if old.not.is_some() {
                self.bind(Shift::Widened, rules, text, found);
            }
        }
        let numbers = self.numbers(old, new);
        self.range(numbers, "number", numbers_shown, found);
        let decimals = bounds_shift(None, None, whole(old.decimals), whole(new.decimals));
        self.bind(
            decimals,
            ["", "decimals-fewer", "decimals-more", ""],
            |rules| {
                rules
                    .decimals
                    .map_or(String::new(), |decimals| format!("decimals {decimals}"))
            },
            found,
        );
        let bytes = self.ranges(&old.bytes, &new.bytes);
        self.range(
            bytes,
            "byte",
            |rules| range_shown("bytes", &rules.bytes),
            found,
        );
        let members = self.ranges(&old.members, &new.members);
        self.range(
            members,
            "member",
            |rules| range_shown("members", &rules.members),
            found,
        );
        found.len() > before
    }

    fn range(&self, shift: Shift, of: &str, text: fn(&Rules) -> String, found: &mut Vec<Change>) {
        let rules = match of {
            "number" => [
                "",
                "number-range-narrowed",
                "number-range-widened",
                "number-range-moved",
            ],
            "byte" => [
                "",
                "byte-range-narrowed",
                "byte-range-widened",
                "byte-range-moved",
            ],
            _ => [
                "",
                "member-range-narrowed",
                "member-range-widened",
                "member-range-moved",
            ],
        };
        self.bind(shift, rules, text, found);
    }

    /// One kind of constraint that binds consumers. Where it shifts and no value is refused for
    /// it, it binds SDKs already, or still.
    fn bind(
        &self,
        shift: Shift,
        rules: [&'static str; 4],
        text: impl Fn(&Rules) -> String,
        found: &mut Vec<Change>,
    ) {
        if shift == Shift::Same && rules[0].is_empty() {
            return;
        }
        let rule = match (shift, self.shift()) {
            (Shift::Narrowed, Shift::Same | Shift::Widened) => "binds-consumers",
            (Shift::Widened, Shift::Same | Shift::Narrowed) => "binds-sdks-alone",
            _ => shift.of(rules),
        };
        let is_known = |change: &Change| change.rule == rule && change.place == self.new.clause;
        if !rule.is_empty() && !found.iter().any(is_known) {
            let (old, new) = (&self.old.rules, &self.new.rules);
            found.push(self.change(rule, text(old), text(new)));
        }
    }

    /// What binds SDKs alone.
    fn sent(&self, explained: bool, found: &mut Vec<Change>) {
        let merged = |declared: &Type| declared.rules.merged(&declared.sent);
        let (old, new) = (merged(self.old), merged(self.new));
        let listed = |rules: &Rules| !rules.one_of.is_empty();
        let mut shifts = vec![
            self.numbers(&old, &new),
            bounds_shift(None, None, whole(old.decimals), whole(new.decimals)),
            self.ranges(&old.bytes, &new.bytes),
            self.ranges(&old.members, &new.members),
            Shift::new(
                new.not.is_some() && old.not != new.not,
                old.not.is_some() && old.not != new.not,
            ),
        ];
        // A list that binds consumers was looked at as such.
        if self.old.rules.one_of.is_empty() && self.new.rules.one_of.is_empty() {
            let (before, after) = (listed(&old), listed(&new));
            shifts.push(Shift::new(after && !before, before && !after));
        }
        if old.pattern != new.pattern {
            shifts.push(pattern(self.both, &old, &new));
        }
        let declared = Shift::new(
            shifts.iter().any(|shift| shift.narrows()),
            shifts.iter().any(|shift| shift.widens()),
        );
        if declared == Shift::Same {
            return;
        }
        // One rule may hide another, such as a list of words their length.
        let seen = self.both.sent_shift(&self.old.name, &self.new.name);
        let seen = Shift::new(
            declared.narrows() && seen.narrows(),
            declared.widens() && seen.widens(),
        );
        let shift = match seen {
            Shift::Same if explained => return,
            Shift::Same => declared,
            seen => seen,
        };
        let rule = shift.of(["", "sent-narrowed", "sent-widened", "sent-replaced"]);
        found.push(self.change(rule, rules_shown(&old), rules_shown(&new)));
    }

    fn numbers(&self, old: &Rules, new: &Rules) -> Shift {
        let Both {
            old: before,
            new: after,
        } = self.both;
        let of = |contract, bound: &Option<_>| bound.as_ref().map(|bound| number(contract, bound));
        let same = |old: &Option<_>, new: &Option<_>| match (old, new) {
            (Some(old), Some(new)) => self.both.same_bound(old, new),
            _ => false,
        };
        let least = match same(&old.minimum, &new.minimum) {
            true => (None, None),
            false => (of(before, &old.minimum), of(after, &new.minimum)),
        };
        let most = match same(&old.maximum, &new.maximum) {
            true => (None, None),
            false => (of(before, &old.maximum), of(after, &new.maximum)),
        };
        bounds_shift(least.0, least.1, most.0, most.1)
    }

    fn ranges(&self, old: &Option<Range>, new: &Option<Range>) -> Shift {
        let rules = |range: &Option<Range>| Rules {
            minimum: range.as_ref().map(|range| range.from.clone()),
            maximum: range.as_ref().map(|range| range.to.clone()),
            ..Rules::default()
        };
        // Nothing is shorter than nothing.
        let mut old = rules(old);
        let mut new = rules(new);
        let zero = hero_span_contract::model::Bound::Number(0.into());
        old.minimum.get_or_insert(zero.clone());
        new.minimum.get_or_insert(zero);
        self.numbers(&old, &new)
    }

    fn change(&self, rule: &'static str, before: String, after: String) -> Change {
        change(rule, self.new, before, after)
    }
}

/// Which rule names it that one side knows words that the other lacks: in its closed list, or
/// else in what its SDKs send.
fn lacking(some: &Type, other: &Type, rules: [&'static str; 2]) -> Option<&'static str> {
    let sent = |declared: &Type| declared.rules.merged(&declared.sent).one_of;
    let lacks = |words: &[String], known: &[String]| words.iter().any(|it| !known.contains(it));
    let (closed, sends) = (&other.rules.one_of, sent(some));
    let refuses =
        !closed.is_empty() && (lacks(&sends, closed) || lacks(&some.rules.one_of, closed));
    match refuses {
        true => Some(rules[0]),
        false if lacks(&sends, &sent(other)) => Some(rules[1]),
        false => None,
    }
}

fn change(rule: &'static str, declared: &Type, before: String, after: String) -> Change {
    Change {
        rule,
        place: declared.clause.clone(),
        clause: declared.clause.clone(),
        before,
        after,
        spot: Spot::Clauses(vec![declared.clause.clone()]),
    }
}

fn whole(number: Option<u64>) -> Option<f64> {
    number.map(|number| number as f64)
}

fn bounds_shift(
    old_least: Option<f64>,
    new_least: Option<f64>,
    old_most: Option<f64>,
    new_most: Option<f64>,
) -> Shift {
    let least = |bound: Option<f64>| bound.unwrap_or(f64::NEG_INFINITY);
    let most = |bound: Option<f64>| bound.unwrap_or(f64::INFINITY);
    Shift::new(
        least(new_least) > least(old_least) || most(new_most) < most(old_most),
        least(new_least) < least(old_least) || most(new_most) > most(old_most),
    )
}

/// The two patterns alone, as sets of strings.
fn pattern(both: Both<'_>, old: &Rules, new: &Rules) -> Shift {
    let alone = |rules: &Rules| Rules {
        pattern: rules.pattern.clone(),
        ..Rules::default()
    };
    let of = |contract, rules: &Rules| {
        Strings::new(Judge::new(contract, Reading::Accept), &alone(rules))
    };
    let (old, new) = (of(both.old, old), of(both.new, new));
    Shift::new(old.exceeds(&new), new.exceeds(&old))
}

fn shown(declared: &Type) -> String {
    let base = match declared.base {
        Base::String => "string",
        Base::Number => "number",
        Base::Integer => "integer",
        Base::Any => "any",
        Base::Object => "object",
    };
    let of = declared.entries.as_ref();
    let of = of.map_or(String::new(), |of| {
        format!(" of {} to {}", of.keys, of.values)
    });
    let rules = rules_shown(&declared.rules);
    let sent = rules_shown(&declared.sent);
    let mut text = format!("{base}{of}");
    if !rules.is_empty() {
        text += &format!(", {rules}");
    }
    if !sent.is_empty() {
        text += &format!("; sent: {sent}");
    }
    text
}

fn rules_shown(rules: &Rules) -> String {
    let parts = [
        rules.pattern.as_ref().map(|it| format!("pattern {it}")),
        rules.not.as_ref().map(|it| format!("not {it}")),
        rules.unit.as_ref().map(|it| format!("unit {it}")),
        Some(rules.one_of.join(" "))
            .filter(|it| !it.is_empty())
            .map(|it| format!("one of {it}")),
        Some(numbers_shown(rules)).filter(|it| !it.is_empty()),
        rules.decimals.map(|it| format!("decimals {it}")),
        Some(range_shown("bytes", &rules.bytes)).filter(|it| !it.is_empty()),
        Some(range_shown("members", &rules.members)).filter(|it| !it.is_empty()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn numbers_shown(rules: &Rules) -> String {
    let parts = [("minimum", &rules.minimum), ("maximum", &rules.maximum)];
    let parts = parts.iter().filter_map(|(word, bound)| {
        let bound = bound.as_ref()?;
        Some(format!("{word} {}", bound_shown(bound)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn range_shown(word: &str, range: &Option<Range>) -> String {
    range.as_ref().map_or(String::new(), |range| {
        format!(
            "{word} {} to {}",
            bound_shown(&range.from),
            bound_shown(&range.to)
        )
    })
}

fn bound_shown(bound: &hero_span_contract::model::Bound) -> String {
    use hero_span_contract::model::Bound;
    match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Limit(name) => name.clone(),
    }
}

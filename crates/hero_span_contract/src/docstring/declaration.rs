//! Reads `NAME = BASE, constraint…; sent: constraint…; else WORD`.

use super::unreadable;
use crate::error::{Error, quoted};
use crate::model::{Base, Bound, Entries, Range, Rules};

/// What a type's clause declares.
pub(crate) struct Declared {
    pub(crate) base: Base,
    pub(crate) entries: Option<Entries>,
    pub(crate) rules: Rules,
    pub(crate) sent: Rules,
    pub(crate) otherwise: Option<String>,
}

const BASES: [(&str, Base); 5] = [
    ("string", Base::String),
    ("number", Base::Number),
    ("integer", Base::Integer),
    ("any", Base::Any),
    ("object", Base::Object),
];
const BASE_FORM: &str =
    "a base: `string`, `number`, `integer`, `any`, `object` or `object of T to T`";
const CONSTRAINT_FORM: &str = "a constraint: `pattern RE`, `not TEXT`, `unit UNIT`, `one of WORDS`, `minimum N`, \
    `maximum N`, `decimals N`, `bytes N to N` or `members N to N`";
const UNITS: [&str; 4] = ["s", "ms", "us", "ns"];
const BOUND_FORM: &str = "a number or the name of a limit";

/// Reads the part after `=`. `line` is where it stands.
pub(crate) fn read(line: usize, text: &str) -> Result<Declared, Error> {
    let mut parts = text.split("; ").peekable();
    let mut words = parts.next().unwrap_or_default().split(", ");
    let (base, entries) = base(line, words.next().unwrap_or_default())?;
    let mut declared = Declared {
        base,
        entries,
        rules: rules(line, base, words)?,
        sent: Rules::default(),
        otherwise: None,
    };
    if let Some(sent) = parts.next_if(|part| part.starts_with("sent: ")) {
        declared.sent = rules(line, base, sent["sent: ".len()..].split(", "))?;
        if let Some(unit) = &declared.sent.unit {
            let found = quoted(&format!("unit {unit}"));
            return Err(unreadable(line, "a unit before `;`, for all alike", &found));
        }
    }
    if let Some(otherwise) = parts.next_if(|part| part.starts_with("else ")) {
        declared.otherwise = Some(known_word(line, &otherwise["else ".len()..], &declared)?);
    }
    match parts.next() {
        None => Ok(declared),
        Some(rest) => {
            let expected =
                "after `;` first `sent: constraints`, then `else WORD`, each at most once";
            Err(unreadable(line, expected, &quoted(rest)))
        }
    }
}

fn base(line: usize, text: &str) -> Result<(Base, Option<Entries>), Error> {
    if let Some((_, base)) = BASES.iter().find(|(name, _)| *name == text) {
        return Ok((*base, None));
    }
    let entries = text
        .strip_prefix("object of ")
        .and_then(|of| of.split_once(" to "));
    match entries {
        Some((keys, values)) => {
            let entries = Entries {
                keys: keys.to_owned(),
                values: values.to_owned(),
            };
            Ok((Base::Object, Some(entries)))
        }
        None => Err(unreadable(line, BASE_FORM, &quoted(text))),
    }
}

fn known_word(line: usize, word: &str, declared: &Declared) -> Result<String, Error> {
    let words = [&declared.rules.one_of[..], &declared.sent.one_of[..]].concat();
    if words.iter().any(|known| known == word) {
        return Ok(word.to_owned());
    }
    let expected = format!("after `else` one of the words {}", quoted(&words.join(" ")));
    Err(unreadable(line, expected, &quoted(word)))
}

fn rules<'a>(
    line: usize,
    base: Base,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Rules, Error> {
    let mut rules = Rules::default();
    for text in texts {
        let before = rules.clone();
        apply(line, text, &mut rules)?;
        check_fits(line, text, base)?;
        check_once(line, text, &before)?;
    }
    Ok(rules)
}

fn apply(line: usize, text: &str, rules: &mut Rules) -> Result<(), Error> {
    let (word, rest) = split_constraint(text);
    match word {
        "pattern" => rules.pattern = Some(rest.to_owned()),
        "not" => rules.not = Some(rest.to_owned()),
        "unit" => rules.unit = Some(unit(line, rest)?),
        "one of" => rules.one_of = rest.split(' ').map(str::to_owned).collect(),
        "minimum" => rules.minimum = Some(bound(line, rest)?),
        "maximum" => rules.maximum = Some(bound(line, rest)?),
        "decimals" => rules.decimals = Some(whole(line, rest)?),
        "bytes" => rules.bytes = Some(range(line, rest)?),
        "members" => rules.members = Some(range(line, rest)?),
        _ => return Err(unreadable(line, CONSTRAINT_FORM, &quoted(text))),
    }
    Ok(())
}

fn split_constraint(text: &str) -> (&str, &str) {
    match text.strip_prefix("one of ") {
        Some(words) => ("one of", words),
        None => text.split_once(' ').unwrap_or((text, "")),
    }
}

fn check_fits(line: usize, text: &str, base: Base) -> Result<(), Error> {
    let fits = match split_constraint(text).0 {
        "minimum" | "maximum" | "unit" => matches!(base, Base::Number | Base::Integer),
        "decimals" => base == Base::Number,
        "bytes" => matches!(base, Base::String | Base::Any),
        "members" => base == Base::Object,
        _ => base == Base::String,
    };
    if fits {
        return Ok(());
    }
    let name = BASES
        .iter()
        .find(|(_, known)| *known == base)
        .map_or("", |(name, _)| name);
    Err(unreadable(
        line,
        format!("a constraint that fits {}", quoted(name)),
        &quoted(text),
    ))
}

fn check_once(line: usize, text: &str, before: &Rules) -> Result<(), Error> {
    let given = match split_constraint(text).0 {
        "pattern" => before.pattern.is_some(),
        "not" => before.not.is_some(),
        "unit" => before.unit.is_some(),
        "one of" => !before.one_of.is_empty(),
        "minimum" => before.minimum.is_some(),
        "maximum" => before.maximum.is_some(),
        "decimals" => before.decimals.is_some(),
        "bytes" => before.bytes.is_some(),
        _ => before.members.is_some(),
    };
    if given {
        return Err(unreadable(line, "each constraint once", &quoted(text)));
    }
    Ok(())
}

fn range(line: usize, text: &str) -> Result<Range, Error> {
    let (from, to) = text
        .split_once(" to ")
        .ok_or_else(|| unreadable(line, "`N to N`", &quoted(text)))?;
    Ok(Range {
        from: bound(line, from)?,
        to: bound(line, to)?,
    })
}

fn unit(line: usize, text: &str) -> Result<String, Error> {
    if UNITS.contains(&text) {
        return Ok(text.to_owned());
    }
    let expected = format!("a unit of time, one of {}", quoted(&UNITS.join(" ")));
    Err(unreadable(line, expected, &quoted(text)))
}

fn whole(line: usize, text: &str) -> Result<u64, Error> {
    text.parse()
        .map_err(|_| unreadable(line, "a whole number", &quoted(text)))
}

fn bound(line: usize, text: &str) -> Result<Bound, Error> {
    if super::build::is_constant_name(text) {
        return Ok(Bound::Limit(text.to_owned()));
    }
    serde_json::from_str(text)
        .map(Bound::Number)
        .map_err(|_| unreadable(line, BOUND_FORM, &quoted(text)))
}

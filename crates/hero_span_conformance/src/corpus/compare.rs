//! What is made of a capture now, against what was made of it when it was
//! recorded.

use hero_span_protocol::contract::Clause;
use serde::Serialize;

use super::file::Recorded;
use super::reading::{Made, Reading, breach};
use crate::checks::DRIFT_ACCEPT;

/// What is not as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The capture itself: it was changed, or is not there.
    Changed,
    /// A line that was taken is not: by the parser, or by the accept schema.
    Refused,
    /// A line that was an event is of no known type.
    Skipped,
    /// A line says something else.
    ReadDifferently,
    /// A line, or the connection with it, breaks the contract.
    Breach,
}

impl Kind {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Changed => "not the capture that was recorded",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::ReadDifferently => "read differently",
            Self::Breach => "in breach",
        }
    }

    /// What to do about it, where the capture is what was recorded.
    const fn advice(self) -> &'static str {
        match self {
            Self::Changed => {
                "take back the change of the file: what a released version sent stays as it is"
            }
            Self::Refused | Self::Skipped => {
                "take back the change of the parser or the contract, or give the protocol a new \
                 number: programs with this SDK are out there"
            }
            Self::ReadDifferently | Self::Breach => {
                "take back the change of the parser or the contract; if it is meant, and no reader \
                 of this SDK's events is misled, take it over with `replay --accept`"
            }
        }
    }

    /// Whether `--accept` takes it over.
    pub(super) const fn may_be_accepted(self) -> bool {
        matches!(self, Self::ReadDifferently | Self::Breach)
    }
}

/// One thing that is not as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Difference {
    pub(super) case: String,
    pub(super) kind: Kind,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<usize>,
    /// Of the connection, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    /// The check's or the clause's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) check: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) expected: String,
    pub(super) found: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// What to do about it.
    pub(super) to_do: &'static str,
}

impl Difference {
    /// Of a case, without a place in it.
    pub(super) fn of_case(case: &str, expected: &str, found: impl Into<String>) -> Self {
        Self {
            case: case.into(),
            kind: Kind::Changed,
            connection: None,
            line: None,
            check: None,
            field: None,
            expected: expected.into(),
            found: found.into(),
            text: None,
            to_do: Kind::Changed.advice(),
        }
    }
}

/// A capture, what was made of it, and what is made of it.
pub(super) struct Pair<'a> {
    pub(super) case: &'a str,
    /// From 1.
    pub(super) connection: usize,
    pub(super) bytes: &'a [u8],
    pub(super) recorded: &'a Recorded,
    pub(super) made: &'a Made,
}

impl Pair<'_> {
    /// Everything that is not as it was recorded, in the order of the lines.
    pub(super) fn differences(&self) -> Vec<Difference> {
        let now = self.made.record(self.bytes);
        let is_changed = now.sha256 != self.recorded.sha256;
        let mut differences: Vec<Difference> = Vec::new();
        for (index, reading) in self.made.readings.iter().enumerate() {
            let recorded = self.recorded.readings.get(index);
            differences.extend(self.of_reading(index + 1, reading, recorded));
        }
        differences.extend(self.breaches());
        differences.sort_by_key(|difference| difference.line);
        if is_changed {
            let consequences = differences.iter_mut();
            consequences.for_each(|difference| difference.to_do = Kind::Changed.advice());
            let expected = format!(
                "{} lines with the SHA-256 {}",
                self.recorded.readings.len(),
                self.recorded.sha256
            );
            let found = format!("{} lines with {}", now.readings.len(), now.sha256);
            let changed = Difference::of_case(self.case, &expected, found);
            let connection = Some(self.connection);
            differences.insert(
                0,
                Difference {
                    connection,
                    ..changed
                },
            );
        }
        differences
    }

    fn of_reading(
        &self,
        line: usize,
        reading: &Reading,
        recorded: Option<&String>,
    ) -> Option<Difference> {
        let digest = reading.digest();
        if recorded == Some(&digest) {
            return None;
        }
        let expected = match recorded.map(String::as_str) {
            None => "no such line".into(),
            Some("skipped") => "a line that is skipped".into(),
            Some("refused") => "a line that is refused".into(),
            Some("torn") => "the torn end of the capture".into(),
            Some(recorded) if matches!(reading, Reading::Event(..)) => {
                format!("the event that was recorded, {recorded}")
            }
            Some(_) => "an event, as when it was recorded".into(),
        };
        let at = |kind, check: Option<Clause>, field, found| {
            let check = check.map(|clause| clause.id().to_owned());
            Some(self.difference(line, kind, check, field, expected, found))
        };
        match reading {
            Reading::Refused(error) => {
                let field = error.field().map(ToOwned::to_owned);
                let (clause, found) = (error.clause(), error.found());
                let found = format!("{found}, where {} must be", error.expected());
                at(Kind::Refused, Some(clause), field, found)
            }
            Reading::Skipped(name) => {
                let found = format!("a line skipped for its type {name:?}");
                at(
                    Kind::Skipped,
                    Some(Clause::ConsumerUnknownType),
                    None,
                    found,
                )
            }
            Reading::Event(clause, words) => {
                let found = format!("{digest}: {words}");
                at(Kind::ReadDifferently, Some(*clause), None, found)
            }
            Reading::Torn => at(Kind::Changed, None, None, "a line without its LF".into()),
        }
    }

    /// The breaches that nobody found when it was recorded. A line that is
    /// refused is told once.
    fn breaches(&self) -> Vec<Difference> {
        let readings = &self.made.readings;
        let is_refused = |line: usize| {
            let reading = line.checked_sub(1).and_then(|index| readings.get(index));
            matches!(reading, Some(Reading::Refused(_)))
        };
        let breaches = self.made.breaches.iter();
        let new = breaches.filter(|(line, finding)| {
            let is_known = self.recorded.breaches.contains(&breach(*line, finding));
            !is_known && !is_refused(*line)
        });
        new.map(|(line, finding)| {
            // Who reads by the schema takes no such line any more.
            let kind = match finding.check.as_str() {
                DRIFT_ACCEPT => Kind::Refused,
                _ => Kind::Breach,
            };
            let (check, field) = (Some(finding.check.clone()), finding.field.clone());
            let (expected, found) = (finding.expected.clone(), finding.found.clone());
            self.difference(*line, kind, check, field, expected, found)
        })
        .collect()
    }

    fn difference(
        &self,
        line: usize,
        kind: Kind,
        check: Option<String>,
        field: Option<String>,
        expected: String,
        found: String,
    ) -> Difference {
        let mut lines = self.bytes.split(|byte| *byte == b'\n');
        let text = lines.nth(line.saturating_sub(1));
        Difference {
            case: self.case.into(),
            kind,
            connection: Some(self.connection),
            line: Some(line),
            check,
            field,
            expected,
            found,
            text: text.map(|text| String::from_utf8_lossy(text).into_owned()),
            to_do: kind.advice(),
        }
    }
}

//! Durations as people write them.

use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;

/// Reads `90s`, `10m`, `1d` and their like, also `1h 30m`; a day has 24 hours.
/// `0` needs no unit.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let span = SpanParser::new().parse_span(text);
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    // Negative ones fail here, years and months before.
    let duration = duration.ok().and_then(|found| found.try_into().ok());
    duration.ok_or_else(|| "expected a duration such as 90s, 10m, 1h 30m or 1d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("90s", Some(90_000)),
            ("1500ms", Some(1_500)),
            ("10m", Some(600_000)),
            ("10 minutes", Some(600_000)),
            ("1h 30m", Some(5_400_000)),
            ("1d", Some(86_400_000)),
            ("2w", Some(1_209_600_000)),
            ("", None),
            ("90", None),
            ("s", None),
            ("-1s", None),
            ("1h ago", None),
            ("1mo", None),
            ("1y", None),
            ("1 fortnight", None),
            ("99999999999999999999d", None),
            ("PT1M", None),
        ] {
            let found = parse(text).ok().map(|found| found.as_millis());
            assert_eq!(found, expected, "{text:?}");
        }
    }
}

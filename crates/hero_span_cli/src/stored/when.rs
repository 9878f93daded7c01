//! Points in time, as people write and read them.

use hero_span_protocol::TimeMs;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};

/// A time that was given: an RFC 3339 time, a local date with or without a
/// time of day, or how long ago (`90s`, `2h`, `3d`). In milliseconds since the
/// Unix epoch.
pub(super) fn parse(text: &str) -> Result<f64, String> {
    let now = ZonedDateTime::now();
    at(text, &now)
        .map(|at| at.as_microsecond() as f64 / 1e3)
        .ok_or_else(|| {
            format!(
                "expected a time, found \"{}\": use 2h, 2026-11-27, \"2026-11-27 14:30\" or 2026-11-27T14:30:00Z",
                hero_span_protocol::printable(text)
            )
        })
}

fn at(text: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(span) = text.parse::<Span>() {
        return Some(now.checked_sub(span.abs()).ok()?.timestamp());
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned_datetime(now.time_zone().clone()).ok()?;
    Some(zoned.timestamp())
}

/// A local time to the second; `?` for one that no calendar has.
pub(crate) fn local(ms: f64) -> String {
    let zoned = zoned(ms, TimeZone::system());
    zoned.map_or_else(
        || "?".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Tells local times of day, mostly one soon after the other: what they have
/// in common is told once a second.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    second: Option<i64>,
    text: String,
}

/// Of a time of day, what is before its milliseconds, which are three digits.
const SECONDS: usize = "00:00:00.".len();

impl Clock {
    /// As [`time_of_day`].
    pub(crate) fn time_of_day(&mut self, ms: f64) -> &str {
        let is_sane = (0.0..=TimeMs::MAX_SENT).contains(&ms);
        let us = (ms * 1e3) as i64;
        let second = Some(us / 1_000_000).filter(|_| is_sane);
        if second.is_none() || second != self.second {
            self.text = time_of_day(ms);
            self.second = second;
        } else {
            self.text.truncate(SECONDS);
            for unit in [100_000, 10_000, 1_000] {
                let digit = u8::try_from(us / unit % 10).unwrap_or_default();
                self.text.push(char::from(b'0' + digit));
            }
        }
        &self.text
    }
}

/// A local time of day to the millisecond.
pub(crate) fn time_of_day(ms: f64) -> String {
    time_of_day_in(ms, TimeZone::system())
}

fn time_of_day_in(ms: f64, zone: TimeZone) -> String {
    let is_sane = (0.0..=TimeMs::MAX_SENT).contains(&ms);
    let zoned = zoned(ms, zone).filter(|_| is_sane);
    zoned.map_or_else(
        || "??:??:??.???".to_owned(),
        |at| at.strftime("%H:%M:%S%.3f").to_string(),
    )
}

fn zoned(ms: f64, zone: TimeZone) -> Option<ZonedDateTime> {
    let at = Timestamp::from_microsecond((ms * 1e3) as i64).ok()?;
    Some(at.to_zoned_datetime(zone))
}

#[cfg(test)]
mod tests {
    use jiff::ZonedDateTime;

    use jiff::tz::{TimeZone, offset};

    use super::{at, time_of_day_in};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let now: ZonedDateTime = "2026-11-27T12:00:00+01:00[Europe/Berlin]"
            .parse()
            .expect("a time");
        let found = at(text, &now).map(|at| at.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_taken_as_people_write_them() {
        check("2h", Some("2026-11-27T09:00:00Z"));
        check("1d 30m", Some("2026-11-26T10:30:00Z"));
        check("2026-11-26", Some("2026-11-25T23:00:00Z"));
        check("2026-11-26 08:15", Some("2026-11-26T07:15:00Z"));
        check("2026-11-26T08:15:00Z", Some("2026-11-26T08:15:00Z"));
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn the_time_of_day_is_one_of_a_zone() {
        let utc = |ms| time_of_day_in(ms, TimeZone::UTC);
        assert_eq!(utc(1_700_049_600_000.0 + 3_723_004.9), "13:02:03.004");
        assert_eq!(utc(0.0), "00:00:00.000");
        assert_eq!(utc(-1.0), "??:??:??.???");
        assert_eq!(utc(1e300), "??:??:??.???");
        let tokyo = offset(9).to_time_zone();
        assert_eq!(time_of_day_in(0.0, tokyo), "09:00:00.000");
    }
}

//! How things are said.

use hero_span_protocol::Clause;

const DAY_MS: f64 = 86_400_000.0;

/// A stretch of time with about three digits: `412 µs`, `1.23 s`, `3 min 4 s`.
pub(crate) fn duration(ms: f64) -> String {
    match ms {
        ms if !(0.0..DAY_MS * 36_500.0).contains(&ms) => "? s".to_owned(),
        ms if ms < 0.9995 => format!("{:.0} µs", ms * 1e3),
        ms if ms < 9.995 => format!("{ms:.2} ms"),
        ms if ms < 99.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 9_995.0 => format!("{:.2} s", ms / 1e3),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1e3),
        ms => long_duration((ms / 1e3).round() as u64),
    }
}

fn long_duration(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (minutes, hours) {
        (_, 0) => format!("{minutes} min {} s", seconds % 60),
        (_, 1..24) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1e3
}

/// `1 span`, `2 spans`, `2 processes`.
pub(crate) fn plural(count: u64, thing: &str) -> String {
    match (count, thing.ends_with('s')) {
        (1, _) => format!("1 {thing}"),
        (_, true) => format!("{count} {thing}es"),
        (_, false) => format!("{count} {thing}s"),
    }
}

/// `3 failed`; nothing for none.
pub(super) fn part(count: u64, word: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {word}"))
}

/// What a span did against a rule, in a few words.
pub(super) fn finding(clause: Clause) -> &'static str {
    match clause {
        Clause::RuleStartFirst => "spoke before its start",
        Clause::RuleStartOnce => "started twice",
        Clause::RuleEndLast => "spoke after its end",
        Clause::RuleEndOnce => "ended twice",
        Clause::RuleParentStarted => "started before its parent",
        Clause::RuleTimeOrder => "time went back",
        Clause::RuleSeqRises => "seq went back",
        Clause::RuleProducerFirst => "producer not where it belongs",
        Clause::TypeId => "id used twice",
        Clause::TypeTime => "absurd time",
        clause => clause.id(),
    }
}

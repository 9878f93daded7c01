//! An event in a line: when, in which span, and what it says.

use hero_span_collector::store::Stored;
use hero_span_protocol::{Event, Level, Status, printable};

use super::when;
use crate::view::{Look, tags};

/// The lines of an event: more than one for an error with its traceback.
pub(super) fn lines(stored: &Stored, event: &Event<'_>, look: Look) -> Vec<String> {
    let time = if look.stable {
        String::new()
    } else {
        look.paint.dim(&when::time_of_day(event.ts_ms().as_f64())) + " "
    };
    let name = look.paint.bold(&printable(&stored.name));
    let text = text(event, look);
    let mut lines = vec![format!("{time}{name}  {text}")];
    if let Event::End(end) = event {
        let error = end.error.as_deref().unwrap_or_default();
        let error = error.lines().map(|line| {
            let line = printable(line);
            format!("    {}", look.paint.bad(&line))
        });
        lines.extend(error);
    }
    lines
}

fn text(event: &Event<'_>, look: Look) -> String {
    let paint = look.paint;
    match event {
        Event::Start(start) => {
            let pairs = start.tags.iter();
            let pairs = tags(pairs.map(|(key, value)| (&**key, value.as_str())));
            let parts = [format!("{} {}", paint.live("▶"), start.kind)].into_iter();
            parts.chain(pairs).collect::<Vec<_>>().join("  ")
        }
        Event::Tag(tag) => {
            let tag: String = tags([(&*tag.key, tag.value.as_str())].into_iter()).collect();
            format!("{} {tag}", paint.dim("="))
        }
        Event::Log(log) => {
            let pairs = log.fields.iter();
            let pairs = tags(pairs.map(|(key, value)| (&**key, value.as_str())));
            let pairs: String = pairs.map(|pair| format!("  {pair}")).collect();
            format!(
                "{}  {}{pairs}",
                level(log.level, look),
                printable(&log.message)
            )
        }
        Event::End(end) => match end.status {
            Status::Ok => paint.good("✓ ok"),
            Status::Failed => paint.bad("✗ failed"),
            Status::Cancelled => paint.warn("⊘ cancelled"),
        },
    }
}

fn level(level: Level, look: Look) -> String {
    let word = format!("{level:<5}");
    match level {
        Level::Debug => look.paint.dim(&word),
        Level::Info => word,
        Level::Warn => look.paint.warn(&word),
        Level::Error => look.paint.bad(&word),
    }
}

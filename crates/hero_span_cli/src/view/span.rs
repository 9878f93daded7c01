//! One row of a tree as text.

use hero_span_collector::Forest;
use hero_span_collector::store::{RunLine, RunState};
use hero_span_collector::tree::{Ending, LogLine, Span, SpanKey, State, What};
use hero_span_protocol::{Clause, Level, Status, printable};

use super::words::{duration, finding, plural};
use super::{Item, Look, Paint, Row, Tone};

impl Look {
    /// The text of a row, fit for a terminal.
    pub(crate) fn row(self, forest: &Forest, row: &Row) -> String {
        let rails = self.paint.dim(&row.rails);
        let text = match row.item {
            Item::Span {
                key,
                hidden,
                elsewhere,
            } => self.span(forest, key, hidden, elsewhere),
            Item::LogsLeftOut(key) => {
                let left_out = forest.span(key).logs_left_out();
                self.note(&plural(left_out.into(), "earlier log"))
            }
            Item::Log(key, index) => {
                let log = forest.span(key).logs().nth(index);
                log.map_or_else(String::new, |log| self.log(log))
            }
            Item::Error(key) => self.error(forest.span(key)),
        };
        format!("{rails}{text}").trim_end().to_owned()
    }

    fn span(self, forest: &Forest, key: SpanKey, hidden: u32, elsewhere: bool) -> String {
        let span = forest.span(key);
        let mut parts = vec![format!(
            "{} {}",
            mark(forest, key, self.paint),
            self.paint.bold(&self.name(span))
        )];
        if span.started().is_some() {
            parts.push(self.paint.dim(span.kind().as_str()));
        }
        parts.extend(self.state(forest, key));
        parts.extend(self.time(span));
        parts.extend(tags(span.tags()));
        let remarks = self.remarks(forest, key, hidden, elsewhere);
        if !remarks.is_empty() {
            parts.push(self.paint.warn(&format!("[{}]", remarks.join(", "))));
        }
        parts.join("  ")
    }

    /// The span's name; its id stands in for one that was never heard.
    pub(crate) fn name(self, span: &Span) -> String {
        if span.started().is_some() {
            printable(span.name()).into_owned()
        } else if self.stable {
            "(unnamed)".to_owned()
        } else {
            span.id().to_string()
        }
    }

    /// How the span stands, unless that is as it should be.
    pub(crate) fn state(self, forest: &Forest, key: SpanKey) -> Option<String> {
        let span = forest.span(key);
        let paint = self.paint;
        match span.state() {
            State::Ended(Status::Ok) => None,
            State::Ended(Status::Failed) => Some(paint.bad("failed")),
            State::Ended(Status::Cancelled) => Some(paint.warn("cancelled")),
            State::Open | State::Unknown if forest.is_left_open(key) => {
                Some(paint.warn(&self.left_open(forest, span)))
            }
            State::Open => Some(paint.live("running")),
            State::Unknown => Some(paint.warn("start not seen")),
        }
    }

    /// An open span whose producer is gone, with the last thing heard of it.
    fn left_open(self, forest: &Forest, span: &Span) -> String {
        let session = forest.session(span.session());
        let state = match span.state() {
            State::Unknown => "start and end not seen",
            _ => "open",
        };
        let why = match session.and_then(|session| session.ending()) {
            Some(Ending::Broken) => "connection broken",
            Some(Ending::Stopped) => "collector stopped",
            Some(Ending::Idle) => "silent too long",
            Some(Ending::Closed) | None => "producer gone",
        };
        let (what, at) = span.last_heard();
        let heard = match what {
            What::Start => "its start",
            What::Tag => "a tag",
            What::Log => "a log",
            What::End => "its end",
        };
        let since = span.started().map(|start| at.as_f64() - start.as_f64());
        match since.filter(|_| !self.stable && what != What::Start) {
            Some(ms) => format!("{state}, {why}; last heard {heard} after {}", duration(ms)),
            None => format!("{state}, {why}; last heard {heard}"),
        }
    }

    pub(crate) fn time(self, span: &Span) -> Option<String> {
        if self.stable {
            return None;
        }
        let running = || match (span.state(), self.now_ms, span.started()) {
            (State::Open, Some(now), Some(start)) => Some(now - start.as_f64()),
            _ => None,
        };
        let ms = span.duration_ms().or_else(running)?;
        (ms >= 0.0).then(|| self.paint.dim(&duration(ms)))
    }

    pub(crate) fn remarks(
        self,
        forest: &Forest,
        key: SpanKey,
        hidden: u32,
        elsewhere: bool,
    ) -> Vec<String> {
        let span = forest.span(key);
        let mut remarks = Vec::new();
        if elsewhere {
            remarks.push(self.process(forest, span));
        }
        if span.started().is_none() && span.ended().is_some() {
            remarks.push("start not seen".to_owned());
        }
        if span.is_orphan() {
            remarks.push("parent not seen".to_owned());
        }
        if span.is_in_cycle() {
            remarks.push("hangs under itself".to_owned());
        }
        if span.lost() > 0 {
            remarks.push(format!("{} lost here", plural(span.lost().into(), "event")));
        }
        let unseen = span.started().is_none();
        let flags = span
            .flags()
            .filter(|&clause| !(unseen && clause == Clause::RuleStartFirst));
        remarks.extend(flags.map(|clause| finding(clause).to_owned()));
        if span.tags_left_out() > 0 {
            let more = plural(span.tags_left_out().into(), "more tag");
            remarks.push(more);
        }
        let what = match span.children_let_go() {
            0 => "span",
            _ => "earlier span",
        };
        if hidden > 0 {
            remarks.push(format!("{} not shown", plural(hidden.into(), what)));
        }
        remarks
    }

    /// Which process the span ran in, when that is not its parent's.
    fn process(self, forest: &Forest, span: &Span) -> String {
        let producer = forest
            .session(span.session())
            .and_then(|session| session.producer());
        match producer.and_then(|producer| producer.pid) {
            _ if self.stable => "another process".to_owned(),
            Some(pid) => format!("process {pid}"),
            None => format!("connection {}", span.session()),
        }
    }

    fn log(self, log: &LogLine) -> String {
        let level = match log.level {
            Level::Debug => self.paint.dim("debug"),
            Level::Info => "info".to_owned(),
            Level::Warn => self.paint.warn("warn"),
            Level::Error => self.paint.bad("error"),
        };
        format!("· {level}: {}", printable(&log.text))
    }

    fn note(self, text: &str) -> String {
        self.paint.dim(&format!("· {text}"))
    }

    fn error(self, span: &Span) -> String {
        let text = error_text(span.error_type(), span.error_line());
        format!("{} {}", self.paint.bad("!"), self.paint.bad(&text))
    }
}

/// The sign of how a span stands, in its colour.
pub(crate) fn mark(forest: &Forest, key: SpanKey, paint: Paint) -> String {
    let (sign, tone) = sign(forest, key);
    paint.toned(tone, sign)
}

/// The sign of how a span stands.
pub(crate) fn sign(forest: &Forest, key: SpanKey) -> (&'static str, Tone) {
    match forest.span(key).state() {
        State::Ended(Status::Ok) => ("✓", Tone::Good),
        State::Ended(Status::Failed) => ("✗", Tone::Bad),
        State::Ended(Status::Cancelled) => ("⊘", Tone::Warn),
        State::Open if forest.is_left_open(key) => ("○", Tone::Warn),
        State::Open => ("●", Tone::Live),
        State::Unknown => ("?", Tone::Warn),
    }
}

/// It failed, and not because a child did with the same error: that is told
/// there.
pub(crate) fn is_origin(forest: &Forest, key: SpanKey) -> bool {
    let is_failed = |key: SpanKey| forest.span(key).state() == State::Ended(Status::Failed);
    let error = |key: SpanKey| {
        let span = forest.span(key);
        (span.error_type(), span.error_line())
    };
    let came_up = |child: SpanKey| is_failed(child) && error(child) == error(key);
    is_failed(key) && !forest.children_unsorted(key).any(came_up)
}

/// The sign of how a run stands.
pub(crate) fn run_sign(run: &RunLine) -> (&'static str, Tone) {
    match RunState::from_word(&run.state) {
        _ if run.is_running() => ("●", Tone::Live),
        Some(RunState::Ok) => ("✓", Tone::Good),
        Some(RunState::Failed) => ("✗", Tone::Bad),
        Some(RunState::Cancelled) => ("⊘", Tone::Warn),
        Some(RunState::Open) => ("○", Tone::Warn),
        Some(RunState::Unknown) | None => ("?", Tone::Warn),
    }
}

/// `key=value` for each tag.
pub(crate) fn tags<'a>(
    tags: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = String> {
    tags.map(|(key, value)| format!("{}={}", printable(key), printable(value)))
}

/// The last line of an error, which in a traceback begins with the type.
pub(crate) fn error_text(error_type: Option<&str>, line: Option<&str>) -> String {
    let text = match (error_type, line) {
        (Some(kind), Some(line)) if !line.contains(kind) => format!("{kind}: {line}"),
        (_, Some(line)) => line.to_owned(),
        (Some(kind), None) => kind.to_owned(),
        (None, None) => String::new(),
    };
    printable(&text).into_owned()
}

//! Which spans of a connection are remembered, where not all are.

use std::collections::VecDeque;

use crate::id::SpanId;

/// What is remembered, in the order in which it is forgotten. An entry whose
/// span came to be something else since is passed over when its turn comes.
#[derive(Debug)]
pub(super) struct Memory {
    /// How many ended spans, and how many named parents.
    most: usize,
    /// How many open spans; `None` remembers all.
    most_open: Option<usize>,
    /// Ended spans, with the order in which they began.
    ended: VecDeque<(SpanId, u32)>,
    /// Parents that are only named, with their first child.
    named: VecDeque<(SpanId, SpanId)>,
    /// Spans that have begun, with that order; some have ended since.
    open: VecDeque<(SpanId, u32)>,
    /// Whether one was forgotten while it was open.
    lacks_open: bool,
}

impl Memory {
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            most_open: None,
            ended: VecDeque::new(),
            named: VecDeque::new(),
            open: VecDeque::new(),
            lacks_open: false,
        }
    }

    /// A span has begun; returns those there is no room for then. Who has
    /// ended is only looked at now and then, so that it costs little: up to
    /// twice as many stay.
    pub(super) fn begin(
        &mut self,
        span: SpanId,
        order: u32,
        is_open: impl Fn(SpanId, u32) -> bool,
    ) -> Vec<(SpanId, u32)> {
        let Some(most) = self.most_open else {
            return Vec::new();
        };
        self.open.push_back((span, order));
        if self.open.len() <= most.saturating_mul(2) {
            return Vec::new();
        }
        self.open.retain(|&(span, order)| is_open(span, order));
        let over = self.open.len().saturating_sub(most);
        self.lacks_open |= over > 0;
        self.open.drain(..over).collect()
    }

    pub(super) fn limit_open(&mut self, most: usize) {
        self.most_open = Some(most);
    }

    pub(super) fn lacks_open(&self) -> bool {
        self.lacks_open
    }

    /// A span has ended; returns which one there is no room for then.
    pub(super) fn end(&mut self, span: SpanId, order: u32) -> Option<(SpanId, u32)> {
        rotate(&mut self.ended, self.most, (span, order))
    }

    /// A parent was named by its first child; returns which one there is no
    /// room for then.
    pub(super) fn name(&mut self, parent: SpanId, child: SpanId) -> Option<(SpanId, SpanId)> {
        rotate(&mut self.named, self.most, (parent, child))
    }
}

/// Adds an entry, and takes the oldest if there are too many.
fn rotate<T>(entries: &mut VecDeque<T>, most: usize, entry: T) -> Option<T> {
    entries.push_back(entry);
    let is_full = entries.len() > most;
    is_full.then(|| entries.pop_front()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::contract::Clause;
    use crate::id::SpanId;
    use crate::parse::{Parsed, parse};
    use crate::stream::{Finding, Stream};

    fn id(bits: u64) -> SpanId {
        SpanId::try_from(bits).unwrap()
    }

    fn observe(stream: &mut Stream, line: &str) -> Vec<Finding> {
        let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
            panic!("no event: {line}");
        };
        stream.observe(&event)
    }

    fn start(stream: &mut Stream, span: u64, parent: u64) {
        let (span, parent) = (id(span), id(parent));
        observe(
            stream,
            &format!(
                r#"{{"type":"span_start","span_id":"{span}","ts_ms":1,"parent_span_id":"{parent}","name":"n"}}"#
            ),
        );
    }

    fn end(stream: &mut Stream, span: u64) -> Vec<Finding> {
        let span = id(span);
        observe(
            stream,
            &format!(r#"{{"type":"span_end","span_id":"{span}","ts_ms":1,"status":"ok"}}"#),
        )
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let mut stream = Stream::remembering(10);
        // Each with a parent of its own that never starts.
        for span in 1..=10_000 {
            start(&mut stream, span, 1 << 32 | span);
        }
        assert_eq!(stream.spans.len(), 10_010, "all that are open");
        for span in 1..=9_999 {
            end(&mut stream, span);
        }
        assert_eq!(stream.spans.len(), 21);
        assert!(stream.spans.capacity() < 200, "{}", stream.spans.capacity());
        assert_eq!(stream.open_spans(), [id(10_000)]);
        let memory = stream.memory.as_ref().unwrap();
        assert_eq!((memory.ended.len(), memory.named.len()), (10, 10));
    }

    #[test]
    fn so_many_open_spans_are_remembered() {
        let mut stream = Stream::remembering(10).with_most_open(10);
        for span in 1..=10_000 {
            start(&mut stream, span, 1 << 32 | span);
        }
        let open = stream.open_spans();
        assert!((10..=20).contains(&open.len()), "{} are open", open.len());
        assert_eq!(open.last(), Some(&id(10_000)));
        assert_eq!(stream.spans.len(), open.len() + 10);
        assert!(stream.spans.capacity() < 200, "{}", stream.spans.capacity());
        let memory = stream.memory.as_ref().unwrap();
        assert!(memory.open.len() <= 20, "{}", memory.open.len());
    }

    #[test]
    fn a_span_that_stays_open_outlives_any_number_that_end() {
        let mut stream = Stream::remembering(10).with_most_open(10);
        start(&mut stream, 1, 1 << 32);
        for span in 2..10_000 {
            start(&mut stream, span, 1);
            end(&mut stream, span);
        }
        assert_eq!(stream.open_spans(), [id(1)]);
        assert_eq!(end(&mut stream, 1), []);
    }

    #[test]
    fn what_is_said_of_a_forgotten_open_span_is_excused() {
        let mut stream = Stream::remembering(10).with_most_open(10);
        for span in 1..=21 {
            start(&mut stream, span, 1 << 32);
        }
        let [found] = &end(&mut stream, 1)[..] else {
            panic!("one finding");
        };
        assert_eq!(found.clause, Clause::RuleStartFirst);
        assert!(found.explained_by_loss);
        assert_eq!(end(&mut stream, 21), [], "it is remembered");
    }

    #[test]
    fn a_span_that_begins_again_is_not_forgotten_while_it_is_open() {
        let mut stream = Stream::remembering(2);
        for span in [1, 1, 1, 2, 3] {
            start(&mut stream, span, 9);
            end(&mut stream, span);
            start(&mut stream, 1, 9);
        }
        assert_eq!(stream.open_spans(), [id(1)]);
    }
}

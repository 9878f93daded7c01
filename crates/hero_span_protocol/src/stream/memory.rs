//! Which spans of a connection are remembered, where not all are.

use std::collections::VecDeque;

use crate::id::SpanId;

/// What is remembered, in the order in which it is forgotten. An entry whose
/// span came to be something else since is passed over when its turn comes.
#[derive(Debug)]
pub(super) struct Memory {
    /// How many entries of either kind.
    most: usize,
    /// Ended spans, with the order in which they began.
    ended: VecDeque<(SpanId, u32)>,
    /// Parents that are only named, with their first child.
    named: VecDeque<(SpanId, SpanId)>,
}

impl Memory {
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            ended: VecDeque::new(),
            named: VecDeque::new(),
        }
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
    use crate::id::SpanId;
    use crate::parse::{Parsed, parse};
    use crate::stream::Stream;

    fn id(bits: u64) -> SpanId {
        SpanId::try_from(bits).unwrap()
    }

    fn observe(stream: &mut Stream, line: &str) {
        let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
            panic!("no event: {line}");
        };
        stream.observe(&event);
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

    fn end(stream: &mut Stream, span: u64) {
        let span = id(span);
        observe(
            stream,
            &format!(r#"{{"type":"span_end","span_id":"{span}","ts_ms":1,"status":"ok"}}"#),
        );
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

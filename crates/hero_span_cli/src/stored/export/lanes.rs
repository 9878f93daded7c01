//! Lanes of a process, as threads are drawn: on one lane, spans lie within
//! each other or side by side, and never across.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When a span ran, in microseconds.
pub(super) struct Stretch {
    pub(super) start: u64,
    /// `u64::MAX` while it is open.
    pub(super) end: u64,
    /// Its parent's place in the list, if it is of the same process.
    pub(super) parent: Option<usize>,
}

/// The lane of each span, from 0. Parents come before their children in the
/// list. A span stays on its parent's lane unless another lies there at that
/// time or it outlives its parent; else it takes the lowest lane that is free.
pub(super) fn assign(spans: &[Stretch]) -> Vec<usize> {
    let mut order: Vec<_> = (0..spans.len()).collect();
    // Stable: of those that start together, a parent stays first.
    order.sort_by_key(|&at| spans[at].start);
    let mut lanes = Lanes {
        spans,
        of: vec![None; spans.len()],
        open: Vec::new(),
        busy: BinaryHeap::new(),
        free: BinaryHeap::new(),
    };
    for at in order {
        let lane = lanes.parents(at).unwrap_or_else(|| lanes.own(at));
        lanes.of[at] = Some(lane);
    }
    lanes
        .of
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect()
}

struct Lanes<'a> {
    spans: &'a [Stretch],
    of: Vec<Option<usize>>,
    /// The spans of each lane that may go on, each within the one before.
    open: Vec<Vec<usize>>,
    /// When the outermost span of a lane ends.
    busy: BinaryHeap<Reverse<(u64, usize)>>,
    free: BinaryHeap<Reverse<usize>>,
}

impl Lanes<'_> {
    /// The parent's lane, if nothing but the parent lies there.
    fn parents(&mut self, at: usize) -> Option<usize> {
        let span = &self.spans[at];
        let parent = span.parent?;
        let lane = self.of[parent]?;
        let open = &mut self.open[lane];
        let is_over = |top: usize| top != parent && self.spans[top].end <= span.start;
        while open.pop_if(|top| is_over(*top)).is_some() {}
        let fits = open.last() == Some(&parent) && span.end <= self.spans[parent].end;
        fits.then(|| {
            open.push(at);
            lane
        })
    }

    /// A lane that is free, or a new one.
    fn own(&mut self, at: usize) -> usize {
        let Stretch { start, end, .. } = self.spans[at];
        while let Some(Reverse((until, lane))) = self.busy.peek().copied() {
            if until > start {
                break;
            }
            self.busy.pop();
            self.free.push(Reverse(lane));
        }
        let lane = match self.free.pop() {
            Some(Reverse(lane)) => lane,
            None => {
                self.open.push(Vec::new());
                self.open.len() - 1
            }
        };
        self.open[lane] = vec![at];
        self.busy.push(Reverse((end, lane)));
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::{Stretch, assign};

    const OPEN: u64 = u64::MAX;

    /// The lanes of spans, each with its start, its end and its parent.
    #[track_caller]
    fn check(spans: &[(u64, u64, Option<usize>)], expected: &[usize]) {
        let stretch = |&(start, end, parent): &_| Stretch { start, end, parent };
        let spans: Vec<_> = spans.iter().map(stretch).collect();
        assert_eq!(assign(&spans), expected);
    }

    #[test]
    fn children_one_after_another_stay_with_their_parent() {
        let spans = [
            (0, 9, None),
            (1, 4, Some(0)),
            (2, 3, Some(1)),
            (4, 9, Some(0)),
        ];
        check(&spans, &[0, 0, 0, 0]);
    }

    #[test]
    fn what_overlaps_a_sibling_moves_with_its_children() {
        let spans = [
            (0, 9, None),
            (1, 5, Some(0)),
            (2, 6, Some(0)),
            (3, 4, Some(2)),
            (3, 4, Some(1)),
            (6, 9, Some(0)),
        ];
        check(&spans, &[0, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn what_outlives_its_parent_or_came_before_it_moves() {
        check(&[(0, 5, None), (1, 7, Some(0))], &[0, 1]);
        check(&[(3, 5, None), (1, 4, Some(0))], &[1, 0]);
    }

    #[test]
    fn a_lane_that_is_free_is_taken_again() {
        let spans = [
            (0, 2, None),
            (1, 3, None),
            (2, 4, None),
            (3, 5, None),
            (3, 6, None),
        ];
        check(&spans, &[0, 1, 0, 1, 2]);
    }

    #[test]
    fn a_lane_is_not_free_while_something_is_open() {
        let spans = [
            (0, OPEN, None),
            (1, OPEN, Some(0)),
            (2, 3, Some(0)),
            (4, 5, None),
        ];
        check(&spans, &[0, 0, 1, 1]);
    }

    #[test]
    fn what_takes_no_time_stays_with_its_parent() {
        check(
            &[(5, 5, None), (5, 5, Some(0)), (5, 5, Some(1))],
            &[0, 0, 0],
        );
        check(&[(1, 5, None), (5, 5, Some(0)), (5, 8, None)], &[0, 0, 0]);
    }

    #[test]
    fn many_at_once_are_as_many_lanes() {
        let at_once = |start| (start, 1_000_000 + start, None);
        let spans: Vec<_> = (0..100_000).map(at_once).collect();
        let expected: Vec<_> = (0..100_000).collect();
        check(&spans, &expected);
    }
}

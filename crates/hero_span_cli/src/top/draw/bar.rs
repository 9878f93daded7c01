//! When in a run a span ran, as a bar.

/// From when to when, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A bar in so many columns, of which each tells of two halves. However short
/// the stretch is, something shows where it lies; nothing where that cannot be
/// said.
pub(super) fn bar(stretch: Stretch, whole: Stretch, columns: usize) -> String {
    let halves = columns * 2;
    let length = whole.to - whole.from;
    let share = |at: f64| ((at - whole.from) / length).clamp(0.0, 1.0);
    let (from, to) = if length > 0.0 {
        (share(stretch.from), share(stretch.to))
    } else {
        (0.0, 1.0)
    };
    if columns == 0 || !from.is_finite() || !to.is_finite() {
        return String::new();
    }
    let first = ((from * halves as f64).floor() as usize).min(halves - 1);
    let end = ((to * halves as f64).round() as usize).clamp(first + 1, halves);
    let is_filled = |half: usize| (first..end).contains(&half);
    let column = |at: usize| match (is_filled(2 * at), is_filled(2 * at + 1)) {
        (true, true) => '█',
        (true, false) => '▌',
        (false, true) => '▐',
        (false, false) => ' ',
    };
    (0..columns).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((from, to): (f64, f64), expected: &str) {
        let whole = Stretch {
            from: 100.0,
            to: 200.0,
        };
        assert_eq!(bar(Stretch { from, to }, whole, 5), expected, "{from} {to}");
    }

    #[test]
    fn a_bar_shows_when_it_was() {
        check((100.0, 200.0), "█████");
        check((100.0, 150.0), "██▌  ");
        check((150.0, 200.0), "  ▐██");
        check((120.0, 120.1), " ▌   ");
        check((200.0, 200.0), "    ▐");
        check((0.0, 300.0), "█████");
        check((150.0, 120.0), "  ▐  ");
        check((f64::NAN, 120.0), "");
    }

    #[test]
    fn a_run_without_length_is_filled() {
        let now = Stretch { from: 5.0, to: 5.0 };
        assert_eq!(bar(now, now, 3), "███");
        assert_eq!(bar(now, now, 0), "");
    }
}

//! When a watch that ends by itself may end.

/// For how many ticks nothing may happen before all are taken to be gone: a
/// process that was forked may be about to connect.
const TICKS: u32 = 4;

/// Follows connections until all that ever spoke are gone.
#[derive(Debug, Default)]
pub(super) struct Settled {
    has_ended: bool,
    quiet: u32,
}

impl Settled {
    /// Something happened.
    pub(super) fn stir(&mut self) {
        self.quiet = 0;
    }

    /// A connection that had spoken is over.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
    }

    /// Takes a tick, with as many connections open that have spoken.
    pub(super) fn tick(&mut self, speaking: usize) -> bool {
        self.quiet += 1;
        self.has_ended && speaking == 0 && self.quiet >= TICKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many ticks from now a watch ends, with so many that speak.
    fn left(settled: &mut Settled, speaking: usize) -> Option<u32> {
        (1..=3 * TICKS).find(|_| settled.tick(speaking))
    }

    #[test]
    fn it_ends_when_all_that_spoke_are_gone_and_nobody_comes() {
        let mut settled = Settled::default();
        assert_eq!(left(&mut settled, 0), None, "nobody has spoken");
        settled.end();
        assert_eq!(left(&mut settled, 1), None, "somebody speaks");
        settled.stir();
        assert_eq!(left(&mut settled, 0), Some(TICKS));
    }
}

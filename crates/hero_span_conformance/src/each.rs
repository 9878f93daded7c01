//! Work that several threads share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does the work of `count` places in several threads, each with a state of its
/// own; what came of it, in order.
pub(crate) fn each<S, T: Send>(
    jobs: usize,
    count: usize,
    start: impl Fn(usize) -> S + Sync,
    step: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for job in 0..jobs.clamp(1, count.max(1)) {
            let (next, all, start, step) = (&next, &all, &start, &step);
            scope.spawn(move || {
                let mut state = start(job);
                let place = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < count);
                for place in std::iter::from_fn(place) {
                    let done = step(&mut state, place);
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push((place, done));
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, done)| done).collect()
}

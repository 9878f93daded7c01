//! Maps by the ids of spans, which those who send them choose.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::id::SpanId;

/// A map by ids. Several are looked at for each event.
pub type ById<V> = HashMap<SpanId, V, Keys>;

/// The hash of a map by ids: two secret numbers, other ones in each map, so
/// that nobody outside can tell which ids collide. The standard library's hash
/// is made for texts of any length, and takes several times as long for one id.
#[derive(Debug, Clone, Copy)]
pub struct Keys(u64, u64);

impl Default for Keys {
    fn default() -> Self {
        let secret = RandomState::new();
        Self(secret.hash_one(0), secret.hash_one(1) | 1)
    }
}

impl BuildHasher for Keys {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher(*self, 0)
    }
}

/// The hash of one id.
#[derive(Debug)]
pub struct IdHasher(Keys, u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    /// Twice: one product spreads ids that are some distances apart badly.
    fn write_u64(&mut self, number: u64) {
        let Keys(one, other) = self.0;
        self.1 = fold(fold(self.1 ^ number ^ one, other), GOLDEN);
    }

    fn finish(&self) -> u64 {
        self.1
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product, one put upon the other: each bit of both numbers
/// changes many of it.
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Ids that are `step` apart fall into as many of 4,096 places as chance has it,
    /// by their lowest bits, which choose a place in a map, and by their highest.
    fn check(step: u64) {
        const COUNT: u64 = 4096;
        let keys = Keys::default();
        let hashes: Vec<u64> = (1..=COUNT)
            .filter_map(|number| SpanId::try_from(number.wrapping_mul(step)).ok())
            .map(|id| keys.hash_one(id))
            .collect();
        for shift in [0, 52] {
            let places: HashSet<u64> = hashes
                .iter()
                .map(|hash| hash >> shift & (COUNT - 1))
                .collect();
            assert!(places.len() > 2000, "{step:#x}: {} places", places.len());
        }
    }

    #[test]
    fn ids_are_spread_however_they_are_chosen() {
        for step in [1, 2, 1 << 20, 1 << 40, 1 << 51, 0x9e37_79b9_7f4a_7c15] {
            check(step);
        }
    }
}

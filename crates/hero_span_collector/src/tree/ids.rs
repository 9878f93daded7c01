//! Maps by ids, which those who connect choose.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Several of these are looked at for each event.
pub(super) type ById<K, V> = HashMap<K, V, Keys>;

/// Two secret numbers, other ones in each map: nobody outside can tell which
/// ids collide. The standard library's hash, made for texts of any length,
/// takes several times as long for eight bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys(u64, u64);

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

#[derive(Debug)]
pub(super) struct IdHasher(Keys, u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    /// Both halves of a product, one put upon the other: each bit of the
    /// number and of the secrets changes all of it.
    fn write_u64(&mut self, number: u64) {
        let Keys(one, other) = self.0;
        let product = u128::from(self.1 ^ number ^ one) * u128::from(other);
        self.1 = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.1
    }
}

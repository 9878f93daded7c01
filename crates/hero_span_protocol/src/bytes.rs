//! Looking for bytes eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first that cannot stand in a JSON string as
/// it is: a quote, a backslash or a control character.
#[inline]
pub(crate) fn first_escapable(bytes: &[u8]) -> usize {
    let is_escapable = |byte| byte < 0x20 || byte == b'"' || byte == b'\\';
    find(bytes, escapable, is_escapable).unwrap_or(bytes.len())
}

/// Where the first LF is.
pub(crate) fn first_lf(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| equal(word, b'\n'), |byte| byte == b'\n')
}

/// `hits` sets the high bit of each byte that is looked for. Bits above the
/// lowest may be wrong (a subtraction borrows); the lowest is right.
#[inline]
fn find(bytes: &[u8], hits: impl Fn(u64) -> u64, is_hit: impl Fn(u8) -> bool) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, next)) = rest.split_first_chunk::<8>() {
        let hits = hits(u64::from_le_bytes(*word)) & HIGHS;
        if hits != 0 {
            let at = bytes.len() - rest.len();
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        rest = next;
    }
    find_in_tail(bytes, rest.len(), is_hit)
}

/// Looks at the last bytes, too few for a word. Apart, to keep the loop small.
#[cold]
#[inline(never)]
fn find_in_tail(bytes: &[u8], tail: usize, is_hit: impl Fn(u8) -> bool) -> Option<usize> {
    let at = bytes.len() - tail;
    let hit = bytes.get(at..)?.iter().position(|&byte| is_hit(byte))?;
    Some(at + hit)
}

const fn escapable(word: u64) -> u64 {
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    equal(word, b'"') | equal(word, b'\\') | controls
}

const fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * byte as u64);
    difference.wrapping_sub(ONES) & !difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_a_time_finds_what_one_at_a_time_finds(bytes: Vec<u8>, hit in 0_usize..64) {
            let mut bytes = bytes;
            for byte in [b'\n', b'"', b'\\', 0x1f] {
                if let Some(place) = bytes.get_mut(hit) {
                    *place = byte;
                }
                let lf = bytes.iter().position(|&byte| byte == b'\n');
                prop_assert_eq!(first_lf(&bytes), lf);
                let escapable = bytes.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\');
                prop_assert_eq!(first_escapable(&bytes), escapable.unwrap_or(bytes.len()));
            }
        }
    }
}

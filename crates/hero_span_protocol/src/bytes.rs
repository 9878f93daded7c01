//! Looking for bytes eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first that cannot stand in a JSON string as
/// it is: a quote, a backslash or a control character.
#[inline]
pub(crate) fn first_escapable(bytes: &[u8]) -> usize {
    find(bytes, escapable).unwrap_or(bytes.len())
}

/// Where the first LF is.
pub(crate) fn first_lf(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| equal(word, b'\n'))
}

/// `hits` sets the high bit of each byte that is looked for. Bits above the
/// lowest may be wrong (a subtraction borrows); the lowest is right.
#[inline]
fn find(bytes: &[u8], hits: impl Fn(u64) -> u64) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, next)) = rest.split_first_chunk::<8>() {
        let hits = hits(u64::from_le_bytes(*word)) & HIGHS;
        if hits != 0 {
            let at = bytes.len() - rest.len();
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        rest = next;
    }
    find_in_tail(bytes, rest, hits)
}

/// Looks at the last bytes, too few for a word. Apart, to keep the loop small.
#[inline(never)]
fn find_in_tail(bytes: &[u8], tail: &[u8], hits: impl Fn(u64) -> u64) -> Option<usize> {
    // What is behind the bytes may look like a hit, but none before it does.
    let hits = hits(few_bytes(tail)) & HIGHS;
    let at = (hits.trailing_zeros() / 8) as usize;
    (at < tail.len()).then(|| bytes.len() - tail.len() + at)
}

/// The first eight bytes as a word, the first of them lowest; zeros where there are
/// fewer.
#[inline]
pub(crate) fn first_bytes(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => few_bytes(bytes),
    }
}

/// Less than eight bytes as a word, in two loads that overlap.
#[inline(never)]
fn few_bytes(bytes: &[u8]) -> u64 {
    let count = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (count - 4));
    }
    match *bytes {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        _ => 0,
    }
}

/// Of a byte that is no ASCII all three are right to say no: its high bit is taken
/// from each at once.
const fn escapable(word: u64) -> u64 {
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote | backslash | control) & !word
}

/// How many of eight bytes, from a place on, come before one that cannot stand in a
/// JSON string as it is; the end of the bytes is such a one too.
#[inline(always)] // of nearly every text this is all that is looked at
pub(crate) fn plain_at(bytes: &[u8], at: usize) -> usize {
    let word = first_bytes(bytes.get(at..).unwrap_or_default());
    ((escapable(word) & HIGHS).trailing_zeros() / 8) as usize
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
        fn the_first_bytes_are_a_word(bytes: Vec<u8>) {
            let mut word = [0; 8];
            let count = bytes.len().min(8);
            word[..count].copy_from_slice(&bytes[..count]);
            prop_assert_eq!(first_bytes(&bytes), u64::from_le_bytes(word));
        }

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

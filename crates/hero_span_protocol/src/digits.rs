//! Decimal digits, eight at a time.

use crate::bytes::first_bytes;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const ZEROS: u64 = ONES * b'0' as u64;

/// How many digits stand in one word.
const WORD: usize = 8;

/// So many values have eight digits at most.
const IN_A_WORD: u64 = 100_000_000;

/// So many values are written here; there are few beyond, and none of them is sent.
const IN_TWO_WORDS: u64 = IN_A_WORD * IN_A_WORD;

/// How many digits a word of text begins with.
#[inline]
const fn digits_of(word: u64) -> usize {
    let worth = word ^ ZEROS;
    // No byte carries into the next: what is ten or more gets a high bit, or has it.
    let others = (((worth & !HIGHS) + ONES * (0x80 - 10)) | worth) & HIGHS;
    others.trailing_zeros() as usize / 8
}

/// What the first digits of a word are worth; `count` of them, not none.
#[inline]
const fn worth(word: u64, count: usize) -> u64 {
    // The last digit comes to stand in the last byte, with zeros before the first.
    let digits = (word ^ ZEROS) << (64 - 8 * count);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let odd = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let even = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    odd.wrapping_add(even) >> 32
}

/// How many digits stand from a place on, as far as they fill two words.
#[inline(always)]
pub(crate) fn digits_at(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    match digits_of(first_bytes(rest)) {
        WORD => WORD + digits_of(first_bytes(rest.get(WORD..).unwrap_or_default())),
        few => few,
    }
}

/// The number whose digits stand from a place on, and how many they are: some, and
/// less than two words.
#[inline(always)]
pub(crate) fn number_at(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let rest = text.get(at..)?;
    let first = first_bytes(rest);
    match digits_of(first) {
        0 => None,
        WORD => {
            let next = first_bytes(rest.get(WORD..)?);
            match digits_of(next) {
                0 => Some((worth(first, WORD), WORD)),
                WORD => None,
                more => {
                    let number = worth(first, WORD) * TENS[more] + worth(next, more);
                    Some((number, WORD + more))
                }
            }
        }
        few => Some((worth(first, few), few)),
    }
}

const TENS: [u64; WORD] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The eight digits of a value below [`IN_A_WORD`], the first in the lowest byte.
///
/// Halves, quarters and eighths of the word are divided side by side; each factor is
/// the inverse of 100 or 10, good enough for what is left of the value there.
#[inline]
const fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let twos = (fours - 100 * hundreds) << 16 | hundreds;
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    ((twos - 10 * tens) << 8) + tens
}

/// Appends a whole number.
#[inline]
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    match number {
        0..IN_A_WORD => {
            let digits = eight_digits(number);
            let zeros = (digits.trailing_zeros() as usize / 8).min(WORD - 1);
            let text = (digits | ZEROS) >> (8 * zeros);
            push_first(out, text.to_le_bytes(), WORD - zeros);
        }
        IN_A_WORD..IN_TWO_WORDS => {
            let (digits, zeros) = sixteen_digits(number);
            push_first(out, (digits >> (8 * zeros)).to_le_bytes(), 2 * WORD - zeros);
        }
        _ => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

/// Appends a number of thousandths with as many decimals as it needs; below
/// [`IN_TWO_WORDS`].
#[inline]
pub(crate) fn push_thousandths(out: &mut Vec<u8>, number: u64) {
    push_number(out, number / 1_000);
    let decimals = number % 1_000;
    if decimals > 0 {
        let (tenths, hundredths) = (decimals / 100, decimals / 10 % 10);
        let thousandths = decimals % 10;
        let digits = [tenths, hundredths, thousandths].map(|digit| b'0' + digit as u8);
        let needed = match (hundredths, thousandths) {
            (0, 0) => 1,
            (_, 0) => 2,
            _ => 3,
        };
        out.push(b'.');
        push_first(out, digits, needed);
    }
}

/// The digits as text, the first in the lowest byte, and how many zeros lead.
#[inline]
fn sixteen_digits(number: u64) -> (u128, usize) {
    let first = u128::from(eight_digits(number / IN_A_WORD));
    let digits = first | u128::from(eight_digits(number % IN_A_WORD)) << 64;
    let zeros = digits.trailing_zeros() as usize / 8;
    let text = digits | (u128::from(ZEROS) << 64) | u128::from(ZEROS);
    (text, zeros)
}

/// Appends the first of some bytes. All are written and the others taken back: a copy
/// of a length that is known costs less than a call.
#[inline]
fn push_first<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N], count: usize) {
    let end = out.len() + count;
    out.extend_from_slice(&bytes);
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some_number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0_u32..64).prop_map(|(number, bits)| number >> bits)
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_the_library_writes_them(number in some_number()) {
            let mut out = b"[".to_vec();
            push_number(&mut out, number);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("[{number}"));
        }

        #[test]
        fn thousandths_are_the_shortest_number(number in some_number()) {
            // Below 2^43 thousandths of it are wider apart than doubles.
            let number = number % (1000 << 43);
            let mut out = Vec::new();
            push_thousandths(&mut out, number);
            let shortest = format!("{}", number as f64 / 1000.0);
            prop_assert_eq!(String::from_utf8(out).unwrap(), shortest);
        }

        #[test]
        fn digits_are_counted_and_read(number in some_number(), rest in "[^0-9].{0,9}|", zeros in 0_usize..4) {
            let digits = format!("{}{number}", "0".repeat(zeros));
            let text = format!("..{digits}{rest}");
            prop_assert_eq!(digits_at(text.as_bytes(), 2), digits.len().min(2 * WORD));
            let expected = (digits.len() < 2 * WORD).then_some((number, digits.len()));
            prop_assert_eq!(number_at(text.as_bytes(), 2), expected);
        }

        #[test]
        fn any_bytes_have_their_digits_counted(bytes: Vec<u8>) {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(digits_at(&bytes, 0), digits.min(2 * WORD));
        }
    }

    #[test]
    fn no_digits_are_no_number() {
        assert_eq!(number_at(b"", 0), None);
        assert_eq!(number_at(b".5", 0), None);
        assert_eq!(number_at(b"5", 2), None);
        assert_eq!(digits_at(b"5", 2), 0);
    }
}

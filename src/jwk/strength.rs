//! The minimum strength of public keys.

use std::ops::RangeInclusive;

use super::SkipReason;

/// The accepted lengths of an RSA modulus in bytes: 2048 bits (RFC 7518 §3.3) to 8192 bits.
const RSA_LEN: RangeInclusive<usize> = 256..=1024;
/// No prime factor of an RSA modulus is below this number.
const SMALL_FACTORS_END: u64 = 752;
/// The maximum length of an RSA exponent in bytes. Longer ones only cost time.
const MAX_EXPONENT_LEN: usize = 4;

/// Rejects an RSA key by its modulus and its exponent, both without leading zero bytes. With an
/// exponent of 1, the padded hash of a message is its signature; an even exponent belongs to no
/// key. A modulus with a small factor is not the product of two primes of about its half length: it
/// is damaged, or can be factored.
pub(super) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), SkipReason> {
    check_modulus_len(n)?;
    if has_small_factor(n) {
        return Err(SkipReason::RsaSmallFactor);
    }
    let is_odd = e.last().is_some_and(|last| last & 1 == 1);
    if !is_odd || e == [1] || e.len() > MAX_EXPONENT_LEN {
        return Err(SkipReason::RsaExponent);
    }
    Ok(())
}

fn check_modulus_len(n: &[u8]) -> Result<(), SkipReason> {
    let has_top_bit = n.first().is_some_and(|first| first & 0x80 != 0);
    if n.len() < *RSA_LEN.start() || (n.len() == *RSA_LEN.start() && !has_top_bit) {
        return Err(SkipReason::RsaTooSmall);
    }
    if n.len() > *RSA_LEN.end() {
        return Err(SkipReason::RsaTooLarge);
    }
    Ok(())
}

/// Returns whether the modulus has a factor below 752 (NIST SP 800-89 §5.3.3).
fn has_small_factor(n: &[u8]) -> bool {
    // A number below 28² that is not prime has a divisor below 28.
    let is_prime = |number: &u64| (2..28).all(|d| d >= *number || !number.is_multiple_of(d));
    let mut primes = (2..SMALL_FACTORS_END).filter(is_prime);
    primes.any(|prime| remainder(n, prime) == Some(0))
}

/// Returns the remainder of a big-endian number, or `None` for a divisor of 0. The divisor is less
/// than 1024, so that a remainder and 6 more bytes fit in 64 bits.
fn remainder(number: &[u8], divisor: u64) -> Option<u64> {
    let append = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let mut chunks = number.rchunks(6).rev();
    chunks.try_fold(0, |remainder, chunk| {
        chunk.iter().fold(remainder, append).checked_rem(divisor)
    })
}

/// Returns whether an Ed25519 key is one of the points of order 1, 2, 4 or 8, for which signatures
/// can be forged. aws-lc-rs loads them.
///
/// The sign bit is ignored. Encodings of y ≥ p, which RFC 8032 §5.1.3 rejects, count as well.
pub(super) fn has_small_order(public: &[u8; 32]) -> bool {
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y = *public;
    y[31] &= 0x7f;
    let [first, middle @ .., last] = y;
    let all = |byte: u8| middle.iter().all(|other| *other == byte);
    // Little-endian: y is 0 or 1, or at least p - 1, where p = 2^255 - 19.
    let is_low = first <= 1 && all(0) && last == 0;
    let is_high = first >= 0xec && all(0xff) && last == 0x7f;
    is_low || is_high || ORDER_8.contains(&y)
}

/// Returns a big-endian number without leading zero bytes, which some issuers add.
pub(super) fn significant(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_has_2048_to_8192_bits() {
        let check = |len, first| {
            let mut n = vec![0xff; len];
            n[0] = first;
            check_modulus_len(&n)
        };
        for (len, first) in [(1, 1), (128, 0xff), (255, 0xff), (256, 1), (256, 0x7f)] {
            assert_eq!(
                check(len, first),
                Err(SkipReason::RsaTooSmall),
                "{len} {first}"
            );
        }
        for (len, first) in [
            (256, 0x80),
            (256, 0xff),
            (257, 1),
            (384, 0x80),
            (1024, 0xff),
        ] {
            assert_eq!(check(len, first), Ok(()), "{len} {first}");
        }
        for (len, first) in [(1025, 1), (1025, 0xff), (2048, 0x80)] {
            assert_eq!(
                check(len, first),
                Err(SkipReason::RsaTooLarge),
                "{len} {first}"
            );
        }
        assert_eq!(check_modulus_len(&[]), Err(SkipReason::RsaTooSmall));
    }

    #[test]
    fn a_remainder_is_that_of_the_whole_number() {
        let number = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
        for len in 1..=16 {
            let value = number >> (8 * (16 - len));
            let bytes = &number.to_be_bytes()[..len.try_into().unwrap()];
            for divisor in [1, 2, 3, 255, 256, 751, 1023] {
                let expected = u64::try_from(value.checked_rem(divisor.into()).unwrap()).unwrap();
                assert_eq!(remainder(bytes, divisor), Some(expected), "{len} {divisor}");
            }
        }
        assert_eq!((remainder(&[], 3), remainder(&[1], 0)), (Some(0), None));
    }

    #[test]
    fn only_factors_below_752_are_small() {
        // The primes around the bound, and products of primes above it.
        for (number, expected) in [(743, true), (751, true), (757, false), (757 * 761, false)] {
            let bytes = u32::to_be_bytes(number);
            assert_eq!(has_small_factor(&bytes), expected, "{number}");
        }
        assert!((2..752_u32).all(|number| has_small_factor(&number.to_be_bytes())));
    }

    #[test]
    fn only_leading_zero_bytes_are_cut() {
        assert_eq!(significant(&[0, 0, 1, 0]), [1, 0]);
        assert!(significant(&[0, 0]).is_empty() && significant(&[]).is_empty());
    }
}

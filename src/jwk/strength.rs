//! What a key must be to be trusted at all. Each reason is the end of a sentence that starts with "the key".

use super::SkipReason;
use crate::algorithm::Algorithm;

/// The fewest distinct byte values in a secret: 32 random bytes practically never have so few, typed fillers do.
const MIN_DISTINCT_BYTES: usize = 8;
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The hash's output in bytes: the least that RFC 7518 §3.2 allows as a secret.
pub(super) const fn shortest_secret(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::HS256 => Some(32),
        Algorithm::HS384 => Some(48),
        Algorithm::HS512 => Some(64),
        _ => None,
    }
}

pub(super) fn check_secret(secret: &[u8], shortest: usize) -> Result<(), SkipReason> {
    if secret.len() < shortest {
        return Err(SkipReason::SecretTooShort { min: shortest });
    }
    if is_public_key(secret) {
        return Err(SkipReason::SecretIsPublicKey);
    }
    let distinct = (0..=u8::MAX).filter(|byte| secret.contains(byte)).count();
    if distinct < MIN_DISTINCT_BYTES {
        Err(SkipReason::SecretNotRandom)
    } else {
        Ok(())
    }
}

/// A file of the wrong kind: whoever knows the public key could sign with it (CVE-2015-9235). It is looked at where it
/// is, since a copy of what may after all be a secret would not be wiped.
fn is_public_key(secret: &[u8]) -> bool {
    let text = secret.trim_ascii_start();
    let jwk = text.starts_with(b"{") && contains(text, b"\"kty\"");
    contains(text, b"-----BEGIN ")
        || text.starts_with(b"ssh-")
        || jwk
        || super::pem::is_public_der(secret)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// RFC 7518 §3.3 asks for 2048 bits; e = 1 makes every message its own signature, an even e is no key.
pub(super) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), SkipReason> {
    let leading = n.first().map_or(0, |first| first.leading_zeros());
    let bits = n
        .len()
        .saturating_mul(8)
        .saturating_sub(usize::try_from(leading).unwrap_or(0));
    if !RSA_BITS.contains(&bits) {
        return Err(SkipReason::RsaSize);
    }
    let odd = e.last().is_some_and(|last| last & 1 == 1);
    if !odd || e == [1] || e.len() > 4 {
        return Err(SkipReason::RsaExponent);
    }
    Ok(())
}

/// The encodings of the points of order 1, 2, 4 and 8, without the sign bit: under such a key signatures can be made up.
/// aws-lc-rs loads them.
pub(super) fn has_small_order(public: &[u8]) -> bool {
    const LOW: [[u8; 32]; 2] = [
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
    let Some((&last, rest)) = public.split_last() else {
        return true;
    };
    let (top, first) = (last & 0x7f, rest.first().copied().unwrap_or_default());
    let middle = |byte: u8| rest.iter().skip(1).all(|other| *other == byte);
    // y = 0 or 1, or p - 1, p, p + 1.
    let edge =
        (top == 0 && first <= 1 && middle(0)) || (top == 0x7f && first >= 0xec && middle(0xff));
    let same = |low: &[u8; 32]| {
        low.split_last()
            .is_some_and(|(end, start)| *end == top && start == rest)
    };
    edge || LOW.iter().any(same)
}

/// Without leading zero bytes, which some issuers add.
pub(super) fn significant(id: &[u8]) -> &[u8] {
    let zeros = id.iter().take_while(|byte| **byte == 0).count();
    id.get(zeros..).unwrap_or_default()
}

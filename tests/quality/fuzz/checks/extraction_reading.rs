//! Reads the token from a request as the standards say, independently of the crate.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The default of `max_token_len`, as in `SECURITY.md`.
const MAX_TOKEN_LEN: usize = 16 * 1024;

/// What is in one location of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Nothing,
    Token(String),
    /// There is a value that can't be a token.
    Unreadable,
    /// The value is longer than a token may be, so it is not decoded.
    TooLarge,
    Twice,
}

/// Reads all values of one location.
pub fn read(location: u8, values: &[&[u8]]) -> Reading {
    match location {
        b'A' | b'S' => authorization(values),
        b'C' => cookie(values),
        b'X' => header(values),
        b'Q' => query(values),
        b'B' => websocket_bearer(values),
        _ => websocket(values),
    }
}

fn one<T>(found: Vec<T>, read: impl FnOnce(T) -> Reading) -> Reading {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Reading::Nothing,
        (Some(one), None) => read(one),
        _ => Reading::Twice,
    }
}

fn text(bytes: Vec<u8>) -> Reading {
    String::from_utf8(bytes).map_or(Reading::Unreadable, Reading::Token)
}

/// Replaces bytes that are not ASCII with `!`, which is not base64url either, so the token is
/// malformed in the same way.
fn visible(token: &[u8]) -> String {
    token
        .iter()
        .map(|byte| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                '!'
            }
        })
        .collect()
}

/// `credentials = auth-scheme 1*SP token68` (RFC 9110 §11.4). A comma separates two (§5.3).
fn authorization(values: &[&[u8]]) -> Reading {
    one(values.to_vec(), |value| {
        // White space before a field's value does not belong to it (§5.5).
        let start = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        let value = &value[start.count()..];
        let end = value
            .iter()
            .position(|byte| !is_tchar(*byte))
            .unwrap_or(value.len());
        let (scheme, rest) = value.split_at(end);
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Reading::Nothing;
        }
        if rest.contains(&b',') {
            return Reading::Twice;
        }
        let from = rest
            .iter()
            .position(|byte| *byte != b' ')
            .unwrap_or(rest.len());
        let to = rest
            .iter()
            .rposition(|byte| *byte != b' ')
            .map_or(from, |last| last + 1);
        if from == 0 || from == to {
            Reading::Unreadable
        } else {
            Reading::Token(visible(&rest[from..to]))
        }
    })
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Cookies of RFC 6265 §4.1.1 and §5.4: pairs separated by semicolons, with optional quotes around
/// the value. An empty cookie counts as a deleted one. Equal ones count as one, and different ones
/// can't be a token.
fn cookie(values: &[&[u8]]) -> Reading {
    let mut found = Vec::new();
    for pair in values
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b';'))
    {
        let pair = pair.trim_ascii();
        if let Some(equals) = pair.iter().position(|byte| *byte == b'=')
            && &pair[..equals] == b"session"
        {
            found.push(match &pair[equals + 1..] {
                [b'"', inside @ .., b'"'] => inside,
                plain => plain,
            });
        }
    }
    found.retain(|value| !value.is_empty());
    found.dedup();
    match found[..] {
        [] => Reading::Nothing,
        [value] => text(value.to_vec()),
        _ => Reading::Unreadable,
    }
}

/// A field value consists of visible ASCII, spaces and tabs. Other bytes are opaque (RFC 9110
/// §5.5).
fn header(values: &[&[u8]]) -> Reading {
    one(values.to_vec(), |value| {
        let visible = value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        if visible {
            text(value.to_vec())
        } else {
            Reading::Unreadable
        }
    })
}

/// A query in `application/x-www-form-urlencoded`, decoded as in the URL standard.
fn query(values: &[&[u8]]) -> Reading {
    let pairs = values
        .iter()
        .flat_map(|query| query.split(|byte| *byte == b'&'));
    let pairs = pairs.map(|pair| {
        let equals = pair
            .iter()
            .position(|byte| *byte == b'=')
            .unwrap_or(pair.len());
        (
            decoded(&pair[..equals]),
            decoded(pair.get(equals + 1..).unwrap_or_default()),
        )
    });
    let found = pairs
        .filter(|(name, _)| name == "access_token")
        .map(|(_, value)| value)
        .collect();
    one(found, Reading::Token)
}

fn decoded(text: &[u8]) -> String {
    let hex = |at: usize| u8::try_from(char::from(*text.get(at)?).to_digit(16)?).ok();
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high * 16 + low);
                at += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The protocol after `bearer`, or what follows `bearer.` in one.
fn websocket_bearer(values: &[&[u8]]) -> Reading {
    let joined = values.join(&b","[..]);
    let names: Vec<_> = joined
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty())
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < names.len() {
        if names[at] == b"bearer" {
            at += 1;
            found.push(names.get(at).copied().unwrap_or_default());
        } else if names[at].starts_with(b"bearer.") {
            found.push(&names[at][b"bearer.".len()..]);
        }
        at += 1;
    }
    one(found, |token: &[u8]| text(token.to_vec()))
}

/// The protocol that starts with this prefix contains the token, as in Kubernetes.
fn websocket(values: &[&[u8]]) -> Reading {
    const PREFIX: &[u8] = b"base64url.bearer.authorization.k8s.io.";
    let protocols = values
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let found = protocols
        .filter(|protocol| protocol.starts_with(PREFIX))
        .collect();
    one(found, |protocol: &[u8]| match &protocol[PREFIX.len()..] {
        encoded if encoded.len() > (MAX_TOKEN_LEN * 4).div_ceil(3) => Reading::TooLarge,
        encoded => URL_SAFE_NO_PAD
            .decode(encoded)
            .map_or(Reading::Unreadable, text),
    })
}

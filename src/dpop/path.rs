//! The path of a URI, normalized (RFC 3986 §6.2.2, §6.2.3).

/// Returns whether two paths are the same after normalization. The first is given in two parts, of
/// which the prefix is normalized: dot segments of the path do not remove it.
pub(super) fn is_same_path(prefix: &str, path: &str, other: &str) -> bool {
    // What is equal before normalization is so after it: most paths, without an allocation.
    let is_separate = !prefix.is_empty() && may_change(path);
    if !is_separate && other.strip_prefix(prefix) == Some(path) {
        return true;
    }
    let parts = [prefix, path, other];
    // An empty path becomes a slash.
    let may_change = path.is_empty() || other.is_empty() || parts.into_iter().any(may_change);
    // `*` (RFC 9112 §3.2.4) is no path.
    let is_path = path.starts_with('/') || path.is_empty();
    let path = match path {
        "" if !prefix.is_empty() => Vec::new(),
        path => normalized(path),
    };
    may_change && is_path && [prefix.as_bytes(), &path].concat() == normalized(other)
}

/// Returns whether normalization may change a part of a path.
fn may_change(part: &str) -> bool {
    part.bytes()
        .any(|byte| matches!(byte, b'%' | b'.') || !byte.is_ascii())
}

/// Returns the normalized path: percent-escapes of unreserved characters are decoded, the others
/// have upper-case digits, and dot segments are removed. An empty path is `/`.
///
/// Bytes that are not ASCII, which a path on the wire may have, count as their escapes.
pub(super) fn normalized(path: &str) -> Vec<u8> {
    without_dot_segments(&with_normal_escapes(path.as_bytes()))
}

/// Returns whether each percent sign starts an escape (RFC 3986 §2.1).
pub(super) fn has_valid_escapes(path: &str) -> bool {
    let mut parts = path.as_bytes().split(|byte| *byte == b'%');
    // What precedes the first percent sign is no escape.
    parts.next();
    parts.all(|part| {
        part.first_chunk()
            .is_some_and(|digits| decode(*digits).is_some())
    })
}

fn with_normal_escapes(path: &[u8]) -> Vec<u8> {
    let mut normal = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let escaped = tail.first_chunk().filter(|_| *first == b'%');
        let byte = escaped.and_then(|digits| decode(*digits));
        (rest, ()) = match byte {
            Some(byte) => (
                tail.get(2..).unwrap_or_default(),
                push(&mut normal, byte, true),
            ),
            None => (tail, push(&mut normal, *first, !first.is_ascii())),
        };
    }
    normal
}

/// Appends a byte, as an escape if it is one and must stay one.
fn push(normal: &mut Vec<u8>, byte: u8, is_escape: bool) {
    let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if is_escape && !is_unreserved {
        normal.extend(format!("%{byte:02X}").into_bytes());
    } else {
        normal.push(byte);
    }
}

fn decode([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let value = digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?;
    u8::try_from(value).ok()
}

/// Removes the segments `.` and `..` (RFC 3986 §5.2.4).
fn without_dot_segments(path: &[u8]) -> Vec<u8> {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let mut output = Vec::with_capacity(path.len().saturating_add(1));
    let mut segments = path.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => {
                let parent = output.iter().rposition(|byte| *byte == b'/');
                output.truncate(parent.unwrap_or(0));
            }
            _ => {
                output.push(b'/');
                output.extend_from_slice(segment);
                continue;
            }
        }
        if is_last {
            output.push(b'/');
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(path: &str) -> String {
        String::from_utf8(normalized(path)).unwrap()
    }

    #[test]
    fn escapes_of_unreserved_characters_are_decoded_and_the_others_are_upper_case() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/%7Euser/%61%2D%2e%5f", "/~user/a-._"),
            ("/a%2fb", "/a%2Fb"),
            ("/%e2%82%ac", "/%E2%82%AC"),
            ("/\u{20ac}", "/%E2%82%AC"),
            ("/%", "/%"),
            ("/%4", "/%4"),
            ("/%zz%41", "/%zzA"),
            ("/%%41", "/%A"),
            ("/a+b|c", "/a+b|c"),
            ("/%2541", "/%2541"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }

    // RFC 3986 §5.4, resolved against `/b/c/d;p`.
    #[test]
    fn dot_segments_are_removed() {
        for (path, expected) in [
            ("/b/c/.", "/b/c/"),
            ("/b/c/./", "/b/c/"),
            ("/b/c/..", "/b/"),
            ("/b/c/../g", "/b/g"),
            ("/b/c/../..", "/"),
            ("/b/c/../../../g", "/g"),
            ("/./g", "/g"),
            ("/../g", "/g"),
            ("/b/c/g.", "/b/c/g."),
            ("/b/c/..g", "/b/c/..g"),
            ("/b/c/./g/.", "/b/c/g/"),
            ("/b/c/g;x=1/../y", "/b/c/y"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/..%2fb", "/a/..%2Fb"),
            ("//a", "//a"),
            ("/a//../b", "/a/b"),
            ("/..", "/"),
            ("/.", "/"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_differ_after_normalization_are_different() {
        for (prefix, path, other) in [
            ("", "/a", "/a/"),
            ("", "/a", "/A"),
            ("", "//a", "/a"),
            ("", "/a%2Fb", "/a/b"),
            ("", "/a%252Fb", "/a%2Fb"),
            ("/v1", "/a", "/a"),
            ("/v1", "/a", "/v1a"),
            ("", "*", "/*"),
            ("", "*", "/"),
            ("/v1", "/../a", "/a"),
            ("/v1", "/%2e%2e/a", "/a"),
        ] {
            assert!(
                !is_same_path(prefix, path, other),
                "{prefix} {path} {other}"
            );
        }
        for (prefix, path, other) in [
            ("", "/", ""),
            ("/v1", "/a", "/v1/a"),
            ("/v1", "/a", "/v1/./%61"),
            ("", "/a%2fb", "/a%2Fb"),
            ("/v1", "/../a", "/v1/a"),
        ] {
            assert!(is_same_path(prefix, path, other), "{prefix} {path} {other}");
        }
    }

    #[test]
    fn a_percent_sign_must_start_an_escape() {
        for (path, expected) in [
            ("/a", true),
            ("/%41%zz", false),
            ("/%", false),
            ("/%4", false),
            ("/%%41", false),
            ("%41", true),
        ] {
            assert_eq!(has_valid_escapes(path), expected, "{path}");
        }
    }

    proptest! {
        // The fast way, without normalization, decides as the slow one.
        #[test]
        fn paths_are_the_same_exactly_if_they_are_so_after_normalization(
            prefix in "(/v1)?",
            path in "(/|/a|\\.|%61|%2f|%2F){0,4}",
            other in "(/v1)?(/|/a|\\.|%61|%2f|%2F){0,4}",
        ) {
            prop_assume!([&path, &other].iter().all(|one| one.is_empty() || one.starts_with('/')));
            let own = if path.is_empty() && !prefix.is_empty() { String::new() } else { normal(&path) };
            let expected = format!("{prefix}{own}") == normal(&other);
            prop_assert_eq!(is_same_path(&prefix, &path, &other), expected);
        }

        #[test]
        fn a_normalized_path_is_normal_and_has_no_dot_segment(
            path in "(/|\\.|%[0-9a-fA-F]{2}|%2[eEfF5]|[a-z\u{e9}:@]){0,12}",
        ) {
            let once = normal(&format!("/{path}"));
            prop_assert_eq!(&normal(&once), &once);
            prop_assert!(once.starts_with('/') && once.is_ascii());
            prop_assert!(once.split('/').all(|segment| segment != "." && segment != ".."));
        }

        #[test]
        fn an_escape_of_an_unreserved_character_is_that_character(
            before in "[a-z/]{0,5}", unreserved in "[0-9A-Za-z._~-]", after in "[a-z/]{0,5}",
        ) {
            let byte = unreserved.as_bytes()[0];
            let plain = format!("/{before}{unreserved}{after}");
            for escape in [format!("%{byte:02x}"), format!("%{byte:02X}")] {
                let escaped = format!("/{before}{escape}{after}");
                prop_assert!(is_same_path("", &plain, &escaped) && is_same_path("", &escaped, &plain));
            }
        }
    }
}

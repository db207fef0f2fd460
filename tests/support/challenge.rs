//! A strict reader of challenges (RFC 6750 §3, RFC 9110 §11.6.1).

/// A challenge: its scheme, and its attributes in their order.
pub(crate) type Challenge<'c> = (&'c str, Vec<(&'c str, &'c str)>);

/// Returns the scheme and the attributes of a challenge.
///
/// # Panics
///
/// If the challenge does not have the form that the RFC prescribes.
pub(crate) fn parse(challenge: &str) -> Challenge<'_> {
    let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let schemes = ["Bearer", "DPoP"].into_iter();
    let mut known = schemes.filter_map(|scheme| Some((scheme, challenge.strip_prefix(scheme)?)));
    let (scheme, rest) = known.next().expect("a scheme");
    let mut rest = if rest.is_empty() {
        rest
    } else {
        rest.strip_prefix(' ').expect("a space")
    };
    let mut found: Vec<(&str, &str)> = Vec::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect("an attribute");
        let (value, after) = value.split_once('"').expect("its end");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{challenge}"
        );
        assert!(
            !value.is_empty() && value.bytes().all(allowed),
            "{challenge}"
        );
        assert!(
            found.iter().all(|(other, _)| *other != name),
            "twice: {challenge}"
        );
        found.push((name, value));
        rest = if after.is_empty() {
            after
        } else {
            after
                .strip_prefix(',')
                .expect("a comma")
                .trim_start_matches(' ')
        };
    }
    (scheme, found)
}

//! The location of the token in the request, and its size.

use crate::attack::{Attack, MALFORMED, NO_TOKEN, TOO_LONG, TWICE, authorization, request};
use crate::site::token as valid_token;

pub(crate) fn credentials() -> Vec<Attack> {
    let bearer = format!("Bearer {}", valid_token().sign());
    let (valid, invalid) = (bearer.as_bytes(), &b"Bearer telltale.telltale.telltale"[..]);
    let two = |one: &[u8], two: &[u8]| {
        request(
            "two Authorization headers",
            &[("authorization", one), ("authorization", two)],
            TWICE,
        )
    };
    let joined =
        |with: &[u8]| authorization("joined by a comma", &[valid, with, valid].concat(), TWICE);
    vec![
        two(valid, valid),
        two(valid, invalid),
        two(invalid, valid),
        two(valid, b"Basic dGVsbHRhbGU6dGVsbHRhbGU"),
        two(b"Basic dGVsbHRhbGU6dGVsbHRhbGU", valid),
        joined(b", "),
        joined(b","),
        joined(b" , "),
        authorization("a trailing comma", &[valid, b","].concat(), TWICE),
        authorization(
            "bytes beyond ASCII",
            "Bearer telltaletökén".as_bytes(),
            MALFORMED,
        ),
        authorization(
            "bytes that are not UTF-8",
            b"Bearer \xff\xfe\x80telltale",
            MALFORMED,
        ),
        authorization("empty", b"", NO_TOKEN),
        authorization("Bearer alone", b"Bearer", MALFORMED),
        authorization("Bearer and a space", b"Bearer ", MALFORMED),
        authorization("Bearer and two spaces", b"Bearer  ", MALFORMED),
        authorization(
            "a tab for a space",
            &[b"Bearer\t", &valid[7..]].concat(),
            MALFORMED,
        ),
        authorization(
            "a space and a tab",
            &[b"Bearer \t", &valid[7..]].concat(),
            MALFORMED,
        ),
        authorization(
            "two spaces and no token",
            b"Bearer  telltale-telltale",
            MALFORMED,
        ),
        authorization(
            "bearer and no token",
            b"bearer telltale-telltale",
            MALFORMED,
        ),
        authorization("a colon", &[b"Bearer: ", &valid[7..]].concat(), MALFORMED),
        authorization("the scheme twice", &[b"Bearer ", valid].concat(), MALFORMED),
        authorization("another scheme", b"Basic dGVsbHRhbGU6dGVsbHRhbGU", NO_TOKEN),
        authorization("DPoP", &[b"DPoP ", &valid[7..]].concat(), NO_TOKEN),
        authorization("no scheme", &valid[7..], NO_TOKEN),
        authorization(
            "a scheme that starts with Bearer",
            &[b"BearerToken ", &valid[7..]].concat(),
            NO_TOKEN,
        ),
    ]
}

/// The service also reads tokens from a cookie and from a custom header.
pub(crate) fn locations() -> Vec<Attack> {
    // Signatures with ECDSA are random, so the three differ.
    let [token, other, third] = [(); 3].map(|()| valid_token().sign());
    let (bearer, cookie) = (format!("Bearer {third}"), format!("a=b; session={other}"));
    let different = format!("session={token}; session={other}");
    let (bearer, cookie, token) = (bearer.as_bytes(), cookie.as_bytes(), token.as_bytes());
    let two = |headers: &[(&str, &[u8])]| request("in two locations", headers, TWICE);
    vec![
        two(&[("authorization", bearer), ("cookie", cookie)]),
        two(&[("authorization", bearer), ("x-token", token)]),
        two(&[("cookie", cookie), ("x-token", token)]),
        request(
            "two cookies of one name",
            &[("cookie", different.as_bytes())],
            MALFORMED,
        ),
        two(&[("x-token", token), ("x-token", token)]),
        two(&[
            ("authorization", b"Bearer telltale-telltale"),
            ("cookie", cookie),
        ]),
        request(
            "in a location that is not read",
            &[("x-other", token), ("proxy-authorization", bearer)],
            NO_TOKEN,
        ),
    ]
}

/// Names of another host, of a proxy or of another method: none of them decides anything, and none
/// gets into a challenge.
pub(crate) fn hosts() -> Vec<Attack> {
    let host = &b"telltale.example"[..];
    let names = [
        "host",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-original-url",
        "x-rewrite-url",
        "origin",
        "referer",
    ];
    let mut attacks: Vec<_> = names
        .into_iter()
        .map(|name| request(name, &[(name, host)], NO_TOKEN))
        .collect();
    let others: [&[(&str, &[u8])]; 5] = [
        &[(
            "forwarded",
            b"for=127.0.0.1;host=telltale.example;proto=https",
        )],
        &[("x-forwarded-for", b"127.0.0.1"), ("x-real-ip", b"::1")],
        &[
            ("x-forwarded-user", b"telltale-admin"),
            ("remote-user", b"telltale-admin"),
        ],
        &[("x-http-method-override", b"OPTIONS"), ("origin", host)],
        &[("host", host), ("host", b"telltale.other.example")],
    ];
    attacks.extend(others.map(|headers| request(headers[0].0, headers, NO_TOKEN)));
    attacks
}

pub(crate) fn sizes() -> Vec<Attack> {
    let long = |bytes: usize| format!("Bearer {}", "telltale".repeat(bytes / 8));
    let padded = valid_token()
        .claim("filler", "telltale".repeat(2000))
        .sign();
    let cookie = format!("session={}", "telltale".repeat(7500));
    vec![
        authorization("a header of 60 KB", long(60_000).as_bytes(), TOO_LONG),
        authorization("a header of 17 KB", long(17_000).as_bytes(), TOO_LONG),
        authorization(
            "a valid token that is too long",
            format!("Bearer {padded}").as_bytes(),
            TOO_LONG,
        ),
        request(
            "a cookie of 60 KB",
            &[("cookie", cookie.as_bytes())],
            TOO_LONG,
        ),
        authorization(
            "60 KB of spaces",
            format!("Bearer {}", " ".repeat(60_000)).as_bytes(),
            MALFORMED,
        ),
        authorization(
            "60 KB of commas",
            format!("Bearer {}", ",".repeat(60_000)).as_bytes(),
            TWICE,
        ),
    ]
}

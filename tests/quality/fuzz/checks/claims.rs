//! Claims, with a valid header and a valid signature.
//!
//! Input: the payload.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use tower_jwt_auth::{Algorithm, Authenticator, Claims, ErrorKind};

use super::reading::Members;
use super::reverify;
use super::world::{AUDIENCE, ISSUER, LEEWAY, NOW, Reason, builder, decide, key};

const HEADER: &str = r#"{"alg":"HS256","kid":"HS256","typ":"at+jwt"}"#;
/// The latest supported time, the end of the year 9999.
const LATEST: f64 = 253_402_300_799.0;

pub fn check(payload: &[u8]) {
    let token = key(Algorithm::HS256).sign_raw(HEADER, payload);
    let default = flaws(payload);
    assert_decision(authenticator(false), &token, payload, &default);
    let strict = default
        .into_iter()
        .chain(profile_flaws(payload))
        .collect::<Vec<_>>();
    assert_decision(authenticator(true), &token, payload, &strict);
}

/// Returns an authenticator with the default rules, or a strict one, which requires access tokens
/// of RFC 9068 and a scope.
fn authenticator(strict: bool) -> &'static Authenticator {
    static AUTHENTICATORS: [OnceLock<Authenticator>; 2] = [const { OnceLock::new() }; 2];
    AUTHENTICATORS[usize::from(strict)].get_or_init(|| {
        let builder = if strict {
            builder().access_tokens_only().require_scopes(["read"])
        } else {
            builder()
        };
        builder.build_authenticator().unwrap()
    })
}

/// Asserts that a token without flaws is accepted, and that another is rejected for one of its
/// flaws.
fn assert_decision(authenticator: &Authenticator, token: &str, payload: &[u8], flaws: &[Reason]) {
    match decide(authenticator, token) {
        Ok(claims) => {
            assert_eq!(flaws, [], "accepted");
            assert_agrees(&claims, payload);
            reverify::accepted(token, &claims);
        }
        // Malformed JSON within the value of a claim may be reported as an error of that claim.
        Err((ErrorKind::InvalidClaim, Some(_)))
            if flaws.contains(&(ErrorKind::MalformedToken, None)) => {}
        Err(reason) => assert!(
            flaws.contains(&reason),
            "rejected for {reason:?}, but has {flaws:?}"
        ),
    }
}

/// Returns all flaws of a payload, in no particular order.
fn flaws(payload: &[u8]) -> Vec<Reason> {
    let Some(members) = Members::read(payload) else {
        return vec![(ErrorKind::MalformedToken, None)];
    };
    let mut flaws: Vec<Reason> = Vec::new();
    if !members.is_sound(payload) {
        flaws.extend([
            (ErrorKind::MalformedToken, None),
            (ErrorKind::TokenTooLarge, None),
        ]);
    }
    for name in ["exp", "iss", "aud"] {
        flaws.extend(
            members
                .raw(name)
                .is_none()
                .then_some((ErrorKind::MissingClaim, Some(name))),
        );
    }
    let invalid = |name| (ErrorKind::InvalidClaim, Some(name));
    let wrong = |name: &str, right: bool| members.raw(name).is_some() && !right;
    for name in ["iss", "sub", "jti"] {
        flaws.extend(wrong(name, members.is_string(name)).then_some(invalid(name)));
    }
    flaws.extend(wrong("aud", members.strings("aud").is_some()).then_some(invalid("aud")));
    for name in ["exp", "nbf", "iat"] {
        flaws.extend(wrong(name, date(&members, name).is_some()).then_some(invalid(name)));
    }
    flaws.extend(
        members
            .string("iss")
            .is_some_and(|iss| iss != ISSUER)
            .then_some((ErrorKind::UnknownIssuer, None)),
    );
    if let Some(audience) = members.strings("aud") {
        let claim = audience.is_empty().then_some("aud");
        let is_other = audience.iter().all(|aud| aud != AUDIENCE);
        flaws.extend(is_other.then_some((ErrorKind::WrongAudience, claim)));
    }
    flaws.extend(out_of_time(&members));
    for name in [
        "client_id",
        "azp",
        "scope",
        "scp",
        "sid",
        "acr",
        "nonce",
        "cnf",
    ] {
        flaws.extend(wrong(name, members.raw(name) != Some("null")).then_some(invalid(name)));
    }
    flaws.extend(
        wrong("auth_time", date(&members, "auth_time").is_some()).then_some(invalid("auth_time")),
    );
    flaws.extend(wrong("cnf", is_confirmation(members.raw("cnf"))).then_some(invalid("cnf")));
    if is_confirmation(members.raw("cnf")) {
        flaws.push((ErrorKind::UnprovenBinding, Some("cnf")));
    }
    if members.raw("events").is_some() || has_other_purpose(&members) {
        flaws.push((ErrorKind::WrongTokenType, None));
    }
    flaws
}

/// Returns whether a claim says that it is another token than an access token. Its `typ` in the
/// header is that of an access token, so no other claims are a sign of that.
fn has_other_purpose(members: &Members) -> bool {
    let uses = ["typ", "token_use", "token_type"].map(|name| members.string(name));
    let others = [
        "id",
        "id_token",
        "refresh",
        "refresh_token",
        "offline",
        "logout",
        "logout_token",
    ];
    let is_other = |text: &String| others.contains(&text.to_ascii_lowercase().as_str());
    uses.iter().flatten().any(is_other)
}

/// Returns whether it is an object with a member, whose thumbprints have the right form.
fn is_confirmation(cnf: Option<&str>) -> bool {
    let Some(members) = cnf.and_then(|cnf| Members::read(cnf.as_bytes())) else {
        return false;
    };
    let is_thumbprint = |text: String| {
        text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let thumbprints = ["jkt", "x5t#S256"]
        .into_iter()
        .filter(|name| members.raw(name).is_some());
    members.names().next().is_some()
        && thumbprints
            .into_iter()
            .all(|name| members.string(name).is_some_and(is_thumbprint))
}

fn date(members: &Members, name: &str) -> Option<f64> {
    members
        .number(name)
        .filter(|seconds| (0.0..=LATEST).contains(seconds))
}

fn out_of_time(members: &Members) -> Vec<Reason> {
    let [earliest, latest] =
        [NOW - LEEWAY, NOW + LEEWAY].map(|time| Duration::from_secs(time).as_secs_f64());
    let expired = date(members, "exp")
        .is_some_and(|exp| exp <= earliest)
        .then_some((ErrorKind::Expired, None));
    let early = |name| date(members, name).is_some_and(|date| date > latest);
    let early = ["nbf", "iat"]
        .into_iter()
        .filter(|name| early(name))
        .map(|name| (ErrorKind::NotYetValid, Some(name)));
    expired.into_iter().chain(early).collect()
}

fn profile_flaws(payload: &[u8]) -> Vec<Reason> {
    let Some(members) = Members::read(payload) else {
        return Vec::new();
    };
    let missing = ["jti", "sub", "client_id", "iat"]
        .into_iter()
        .filter(|name| match *name {
            // A value of another type counts as missing.
            "client_id" => !members.is_string(name),
            _ => members.raw(name).is_none(),
        });
    let mut flaws: Vec<Reason> = missing
        .map(|name| (ErrorKind::MissingClaim, Some(name)))
        .collect();
    let granted = scopes(&members).iter().any(|scope| scope == "read");
    flaws.extend((!granted).then_some((ErrorKind::InsufficientScope, None)));
    flaws
}

fn scopes(members: &Members) -> Vec<String> {
    let lists = members
        .strings("scope")
        .or_else(|| members.strings("scp"))
        .unwrap_or_default();
    let all = lists
        .iter()
        .flat_map(|list| list.split(' '))
        .filter(|scope| !scope.is_empty());
    all.map(ToOwned::to_owned).collect()
}

/// Asserts that the accessors of the claims return what is in the payload.
fn assert_agrees(claims: &Claims, payload: &[u8]) {
    let members = Members::read(payload).unwrap();
    assert_eq!(claims.json().as_bytes(), payload);
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(claims.subject(), members.string("sub").as_deref());
    assert_eq!(claims.id(), members.string("jti").as_deref());
    assert_eq!(
        claims.audience().collect::<Vec<_>>(),
        members.strings("aud").unwrap()
    );
    assert_eq!(claims.scopes().collect::<Vec<_>>(), scopes(&members));
    let time = |name| {
        date(&members, name).map(|date| SystemTime::UNIX_EPOCH + Duration::from_secs_f64(date))
    };
    assert_eq!(Some(claims.expires_at()), time("exp"));
    assert_eq!(
        (claims.not_before(), claims.issued_at()),
        (time("nbf"), time("iat"))
    );
}

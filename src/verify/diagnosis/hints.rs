//! Hints: the usual causes of rejections, by provider.
//!
//! A hint depends only on members that are not secret, and on nothing that a token could make long.

use super::facts::Facts;

pub(super) type Rule = (fn(&Facts) -> bool, &'static str);

const ALGORITHM: &[Rule] = &[
    (is_supabase_key, SUPABASE_KEY),
    (
        |facts| is_hmac(facts) && issuer_has(facts, |name| name.ends_with("/auth/v1")),
        "add the JWT secret of Supabase with Issuer::add_secrets, or move to its signing keys",
    ),
    (
        is_hmac,
        "have the issuer sign with a key pair (RS256, ES256): HS256 needs the shared secret",
    ),
    (
        |facts| {
            facts
                .header_text("alg")
                .is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
        },
        "have the issuer sign its tokens: this one has no signature",
    ),
    (
        |facts| {
            facts
                .header_text("alg")
                .is_some_and(|alg| alg.starts_with("ML-DSA-"))
        },
        "list it with Issuer::algorithms if the issuer uses it: ML-DSA is off by default",
    ),
];

const LOGOUT: Rule = (
    |facts| {
        facts
            .header_text("typ")
            .is_some_and(|typ| typ.contains("logout"))
    },
    "send the access token: this is a logout token",
);

/// No advice to allow the type: tokens of another one prove nothing to a service.
const OTHER_TYPE: Rule = (
    |_| true,
    "send an access token: this token is of another type",
);

const TYPE: &[Rule] = &[
    (
        |facts| facts.header("typ").is_none(),
        "have the issuer set `typ`, or set allow_missing_token_type",
    ),
    LOGOUT,
    OTHER_TYPE,
];

/// With `access_tokens_only`.
const ACCESS_TOKEN_TYPE: &[Rule] = &[
    (
        |facts| {
            let is_usual = |typ: &str| typ.eq_ignore_ascii_case("JWT");
            facts.header("typ").is_none() || facts.header_text("typ").is_some_and(is_usual)
        },
        "send an access token, and enable those of RFC 9068 (`typ` at+jwt) at the issuer",
    ),
    LOGOUT,
    OTHER_TYPE,
];

pub(super) const ISSUER: &[Rule] = &[
    // Before the rule for v1 tokens, which these are as well.
    (is_for_graph, GRAPH),
    (
        |facts| issuer_has(facts, |name| name.starts_with("https://sts.windows.net/")),
        "set requestedAccessTokenVersion to 2 in the manifest: this is a v1 token of Entra ID",
    ),
    (
        |facts| issuer_has(facts, |name| name == "accounts.google.com"),
        "configure https://accounts.google.com, which Google's ID tokens name today",
    ),
    (
        |facts| {
            issuer_has(facts, |name| {
                name.starts_with("https://session.firebase.google.com/")
            })
        },
        "send the ID token of Firebase, or add this issuer, too: this is a session cookie",
    ),
    (
        |facts| facts.has_audience(|aud| aud.contains("identitytoolkit.googleapis.com/")),
        "sign in with this custom token of Firebase, and send the ID token that you get",
    ),
    (is_supabase_key, SUPABASE_KEY),
    (
        |facts| issuer_has(facts, |name| name == "kubernetes/serviceaccount"),
        "use a projected token of Kubernetes: this one was made for a Secret, and never expires",
    ),
    (is_okta_org, OKTA),
    (
        |facts| facts.claim("iss").is_none(),
        "have the issuer set `iss`: without it, nothing tells its tokens from those of others",
    ),
];

/// No advice to add the issuer alone: anyone can run one.
pub(super) const OTHER_ISSUER: &str =
    "request the token from the configured issuer; add this one only if you trust its tokens";

pub(super) const OKTA: &str =
    "use a custom authorization server: tokens of the org authorization server are for Okta only";
const SUPABASE_KEY: &str =
    "send the user's access token: this is an API key of the Supabase project";
pub(super) const GRAPH: &str =
    "request a token for your own API: this one is signed for Microsoft Graph";

const SIGNATURE: &[Rule] = &[(is_for_graph, GRAPH)];

/// `has_secrets` says whether tokens with HMAC are allowed: then the issuer may go on with them.
pub(super) fn algorithm(facts: &Facts, has_secrets: bool) -> Option<String> {
    if has_secrets && is_hmac(facts) && !is_supabase_key(facts) {
        return None;
    }
    first(ALGORITHM, facts)
}

pub(super) fn token_type(facts: &Facts, access_tokens_only: bool) -> Option<String> {
    let rules = if access_tokens_only {
        ACCESS_TOKEN_TYPE
    } else {
        TYPE
    };
    first(rules, facts)
}

pub(super) fn signature(facts: &Facts) -> Option<String> {
    first(SIGNATURE, facts)
}

pub(super) fn first(rules: &[Rule], facts: &Facts) -> Option<String> {
    let rule = rules.iter().find(|(applies, _)| applies(facts))?;
    Some(rule.1.to_owned())
}

fn is_hmac(facts: &Facts) -> bool {
    facts
        .header_text("alg")
        .is_some_and(|alg| alg.starts_with("HS"))
}

pub(super) fn issuer_has(facts: &Facts, fits: impl Fn(&str) -> bool) -> bool {
    facts.claim_text("iss").is_some_and(fits)
}

/// Returns whether it is the key `anon` or `service_role`, which is a JWT with HS256.
fn is_supabase_key(facts: &Facts) -> bool {
    issuer_has(facts, |name| name == "supabase")
}

pub(super) fn is_for_graph(facts: &Facts) -> bool {
    facts.has_audience(|aud| {
        let bare = aud.trim_end_matches('/');
        bare == "00000003-0000-0000-c000-000000000000" || bare == "https://graph.microsoft.com"
    })
}

/// Returns whether it is a token of Microsoft Entra ID, of either version. Scopes of Azure AD B2C
/// have other names.
pub(super) fn is_entra(facts: &Facts) -> bool {
    issuer_has(facts, |name| {
        let rest = name.strip_prefix("https://").unwrap_or_default();
        let host = rest.split('/').next().unwrap_or_default();
        matches!(host, "login.microsoftonline.com" | "sts.windows.net")
            || host.ends_with(".ciamlogin.com")
    })
}

pub(super) fn is_okta_org(facts: &Facts) -> bool {
    issuer_has(facts, |name| {
        let host = name.strip_prefix("https://").unwrap_or_default();
        [".okta.com", ".oktapreview.com", ".okta-emea.com"]
            .iter()
            .any(|domain| host.ends_with(domain))
    })
}

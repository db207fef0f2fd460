//! Hints: the usual causes of rejections, by provider.
//!
//! A hint depends only on members that are not secret, and on nothing that a token could make long.

use super::facts::Facts;

pub(super) type Rule = (fn(&Facts) -> bool, &'static str);

const ALONE: &str = "pass the token alone, without a scheme before it";

const FORM: &[Rule] = &[
    (|facts| facts.has_scheme, ALONE),
    (
        |facts| facts.parts == 5 && facts.header_text("alg") == Some("dir"),
        "request the token with the parameter audience: this one is encrypted for the issuer (Auth0)",
    ),
    (
        |facts| facts.parts == 5,
        "have the issuer sign its tokens: this one is encrypted (JWE)",
    ),
    (
        |facts| facts.parts != 3,
        "this token is opaque: have the issuer issue JWTs (Google: send the ID token)",
    ),
];

const HEADER: &[Rule] = &[
    (|facts| facts.has_scheme, ALONE),
    (
        |facts| facts.has_padding,
        "set allow_padding: the token is padded, as those of AWS load balancers are",
    ),
];

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
];

const LOGOUT: Rule = (
    |facts| {
        facts
            .header_text("typ")
            .is_some_and(|typ| typ.contains("logout"))
    },
    "send the access token: this is a logout token",
);

const TYPE: &[Rule] = &[
    (
        |facts| facts.header("typ").is_none(),
        "have the issuer set `typ`, or set allow_missing_token_type",
    ),
    LOGOUT,
    (
        |_| true,
        "send an access token, or allow this type with token_types",
    ),
];

/// With `access_tokens_only`.
const ACCESS_TOKEN_TYPE: &[Rule] = &[
    LOGOUT,
    (
        |_| true,
        "have the issuer set `typ` to at+jwt, or do not use access_tokens_only",
    ),
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
        "have the issuer set `iss`, or use Issuer::allow_missing_issuer",
    ),
];

const OKTA: &str =
    "use a custom authorization server: tokens of the org authorization server are for Okta only";
const SUPABASE_KEY: &str =
    "send the user's access token: this is an API key of the Supabase project";
const GRAPH: &str = "request a token for your own API: this one is signed for Microsoft Graph";

pub(super) const AUDIENCE: &[Rule] = &[
    (
        |facts| facts.has_audience(|aud| aud == "account"),
        "add an audience mapper to the client in Keycloak, for example in a client scope",
    ),
    (is_for_graph, GRAPH),
    (is_okta_org, OKTA),
    (
        |facts| facts.header("signer").is_some() && facts.claim("aud").is_none(),
        "use Audience::header_parameter(\"signer\", …): tokens of AWS load balancers have no aud",
    ),
    (
        |facts| facts.has_audience(|aud| aud.ends_with("/userinfo")),
        "request the token with the parameter audience, set to the identifier of your API (Auth0)",
    ),
    (
        |facts| {
            facts.claim("aud").is_none()
                && issuer_has(facts, |name| name.starts_with("https://cognito-idp."))
        },
        "use Audience::claim(\"client_id\", …): access tokens of Amazon Cognito have no aud",
    ),
    (
        |facts| facts.claim("aud").is_none() && issuer_has(facts, is_clerk),
        "list the frontend's origin in Audience::claim(\"azp\", …): by default, Clerk writes no aud",
    ),
    (
        |facts| {
            facts
                .claim("aud")
                .and_then(|aud| aud.as_array())
                .is_some_and(Vec::is_empty)
        },
        "list the audience at the client, and request it with audience=… (Ory Hydra)",
    ),
    (
        |facts| {
            facts.has_audience(|aud| {
                aud.ends_with(".svc.cluster.local") || aud == "https://kubernetes.default.svc"
            })
        },
        "mount a projected service account token whose audience is this service",
    ),
    (
        |facts| {
            let is_github = |name: &str| name == "https://token.actions.githubusercontent.com";
            issuer_has(facts, is_github)
                && facts.has_audience(|aud| aud.starts_with("https://github.com/"))
        },
        "request the token of GitHub Actions with &audience=…, or core.getIDToken(audience)",
    ),
    (
        |facts| issuer_has(facts, |name| name.ends_with(".cloudflareaccess.com")),
        "add this AUD tag, if that application of Cloudflare Access leads to this service",
    ),
    (
        |facts| issuer_has(facts, |name| name == "https://appleid.apple.com"),
        "configure the app's bundle id, or the identifier of the Services ID (Apple)",
    ),
    ZITADEL_ID_TOKEN,
    (
        |facts| facts.has_audience(is_zitadel),
        "request the scope urn:zitadel:iam:org:project:id:…:aud with the id of your project",
    ),
    (
        |facts| facts.claim("aud").is_none() && facts.claim("azp").is_some(),
        "have the issuer set `aud`, or use Audience::claim(\"azp\", …)",
    ),
    (
        |facts| facts.claim("aud").is_none() && facts.claim("client_id").is_some(),
        "have the issuer set `aud`, or use Audience::claim(\"client_id\", …)",
    ),
];

const ZITADEL_ID_TOKEN: Rule = (
    |facts| facts.has_audience(is_zitadel) && facts.claim("jti").is_none(),
    "send the access token: this is an ID token of Zitadel, which has no jti",
);

const SIGNATURE: &[Rule] = &[(is_for_graph, GRAPH)];

pub(super) fn form(facts: &Facts) -> Option<String> {
    first(FORM, facts)
}

pub(super) fn header(facts: &Facts) -> Option<String> {
    first(HEADER, facts)
}

pub(super) fn algorithm(facts: &Facts) -> Option<String> {
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

/// Names the cause of a missing `jti`.
pub(super) fn without_jti(facts: &Facts) -> Option<String> {
    first(&[ZITADEL_ID_TOKEN], facts)
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

fn issuer_has(facts: &Facts, fits: impl Fn(&str) -> bool) -> bool {
    facts.claim_text("iss").is_some_and(fits)
}

/// Returns whether it is the key `anon` or `service_role`, which is a JWT with HS256.
fn is_supabase_key(facts: &Facts) -> bool {
    issuer_has(facts, |name| name == "supabase")
}

fn is_for_graph(facts: &Facts) -> bool {
    facts.has_audience(|aud| {
        let bare = aud.trim_end_matches('/');
        bare == "00000003-0000-0000-c000-000000000000" || bare == "https://graph.microsoft.com"
    })
}

fn is_okta_org(facts: &Facts) -> bool {
    issuer_has(facts, |name| {
        let host = name.strip_prefix("https://").unwrap_or_default();
        [".okta.com", ".oktapreview.com", ".okta-emea.com"]
            .iter()
            .any(|domain| host.ends_with(domain))
    })
}

fn is_clerk(name: &str) -> bool {
    name.starts_with("https://clerk.") || name.ends_with(".clerk.accounts.dev")
}

/// Returns whether it is the id of a project or of an application of Zitadel.
fn is_zitadel(aud: &str) -> bool {
    let id = aud.split_once('@').map_or(aud, |(id, _)| id);
    id.len() >= 15 && id.bytes().all(|byte| byte.is_ascii_digit())
}

//! Hints about audiences: the usual causes, by provider.

use super::facts::Facts;
use super::hints::{GRAPH, OKTA, Rule, first, is_for_graph, is_okta_org, issuer_has};

const MAPPER: &str =
    "add an audience mapper to the client in Keycloak, for example in a client scope";

const AUDIENCE: &[Rule] = &[
    (
        |facts| facts.claim("aud").is_none() && is_keycloak(facts),
        MAPPER,
    ),
    (|facts| facts.has_audience(|aud| aud == "account"), MAPPER),
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
        is_for_zitadel,
        "request the scope urn:zitadel:iam:org:project:id:…:aud with the id of your project",
    ),
    (
        |facts| facts.claim("aud").is_none() && facts.claim("client_id").is_some(),
        "have the issuer set `aud`, or use Audience::claim(\"client_id\", …)",
    ),
    (
        |facts| facts.claim("aud").is_none(),
        "have the issuer set `aud` to the name of this service",
    ),
];

const ZITADEL_ID_TOKEN: Rule = (
    |facts| is_for_zitadel(facts) && facts.claim("jti").is_none(),
    "send the access token: this is an ID token of Zitadel, which has no jti",
);

/// Names the cause of an `aud` without the name of this service.
pub(super) fn audience(facts: &Facts) -> Option<String> {
    first(AUDIENCE, facts)
}

/// Names the cause of a missing `jti`.
pub(super) fn without_jti(facts: &Facts) -> Option<String> {
    first(&[ZITADEL_ID_TOKEN], facts)
}

fn is_clerk(name: &str) -> bool {
    name.starts_with("https://clerk.") || name.ends_with(".clerk.accounts.dev")
}

/// Returns whether it is a token of Zitadel, whose `aud` has ids of its projects and applications.
fn is_for_zitadel(facts: &Facts) -> bool {
    let is_zitadel =
        issuer_has(facts, |name| name.contains("zitadel")) || facts.has_claim_of("urn:zitadel:");
    is_zitadel && facts.has_audience(is_zitadel_id)
}

/// Returns whether it is a token of Keycloak, which writes `typ` into the payload.
fn is_keycloak(facts: &Facts) -> bool {
    issuer_has(facts, |name| name.contains("/realms/")) || facts.claim_text("typ") == Some("Bearer")
}

/// Returns whether it is the id of a project or of an application of Zitadel.
fn is_zitadel_id(aud: &str) -> bool {
    let id = aud.split_once('@').map_or(aud, |(id, _)| id);
    id.len() >= 15 && id.bytes().all(|byte| byte.is_ascii_digit())
}

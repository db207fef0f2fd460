//! Hints about audiences: the usual causes, by provider.

use serde_json::Value;

use super::facts::Facts;
use super::hints::{GRAPH, OKTA, Rule, first, is_entra, is_for_graph, is_okta_org, issuer_has};
use super::quoted::quoted;

const MAPPER: &str =
    "add an audience mapper to the client in Keycloak, for example in a client scope";

const AUDIENCE: &[Rule] = &[
    ZITADEL_ID_TOKEN,
    ID_TOKEN,
    (|facts| facts.has_audience(|aud| aud == "account"), MAPPER),
    (is_for_graph, GRAPH),
    (is_keycloak, MAPPER),
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
        |facts| facts.claim("aud").is_none() && is_cognito(facts),
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
    (
        |_| true,
        "request a token for this service; configure this audience only if it names this service",
    ),
];

/// Before hints that say what to configure: an ID token is for its client.
const ID_TOKEN: Rule = (
    looks_like_id_token,
    "send the access token: this looks like an ID token",
);

/// Where tokens have no `aud`.
const UNEXPECTED: &[Rule] = &[
    (
        |facts| is_cognito(facts) && facts.claim_text("token_use") != Some("access"),
        "send the access token: this is an ID token of Amazon Cognito, whose access tokens have no aud",
    ),
    ID_TOKEN,
    (
        |_| true,
        "configure this audience in place of Audience::claim, if it names this service",
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

/// Names the cause of an `aud` that is no audience.
pub(super) fn invalid(facts: &Facts) -> Option<String> {
    let is_null = facts.claim("aud").is_some_and(Value::is_null);
    let hint = "have the issuer name this service in `aud`, or omit it: null is not an audience";
    is_null.then(|| hint.to_owned())
}

/// Names the cause of an `aud` where a rule expects none.
pub(super) fn unexpected(facts: &Facts) -> Option<String> {
    first(UNEXPECTED, facts)
}

/// Names the cause of a missing scope.
pub(super) fn scope(facts: &Facts, scope: &str) -> String {
    // What an application of Entra ID gets for itself has no scopes, whatever it requests.
    let of_application = ["roles", "azpacr", "appidacr"];
    let is_application = of_application.iter().any(|name| facts.has_claim(name));
    if is_entra(facts) && is_application && !facts.has_claim("scp") {
        return APPLICATION.to_owned();
    }
    let scope = if is_entra(facts) {
        format!("api://CLIENT_ID/{scope}")
    } else {
        scope.to_owned()
    };
    format!("have the client request the scope {}", quoted(&scope))
}

const APPLICATION: &str =
    "an application has no scopes: grant it a role, and ask for that with and_claim(\"roles\", …)";

/// Names the cause of a missing `jti`.
pub(super) fn without_jti(facts: &Facts) -> Option<String> {
    first(&[ZITADEL_ID_TOKEN], facts)
}

/// Returns whether it has what ID tokens have, and nothing that access tokens have. It is a guess:
/// without `typ` in the header, nothing tells them apart for certain.
fn looks_like_id_token(facts: &Facts) -> bool {
    let has = |name: &&str| facts.has_claim(name);
    let is_access = ["scope", "scp", "roles", "permissions"].iter().any(has)
        || facts.claim_text("typ") == Some("Bearer")
        || facts.claim_text("token_use") == Some("access");
    if facts.allows_id_tokens || is_access {
        return false;
    }
    let is_of_session = facts.has_claim("sid") && facts.audiences().count() == 1;
    let names_client = ["azp", "cid", "client_id", "appid"].iter().any(has);
    let of_ids = ["nonce", "at_hash", "c_hash", "s_hash"];
    of_ids.iter().any(has) || is_of_session && !names_client
}

fn is_cognito(facts: &Facts) -> bool {
    issuer_has(facts, |name| name.starts_with("https://cognito-idp."))
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

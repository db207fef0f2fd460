//! `docs/troubleshooting.md`: the response and the log of each kind of rejection are those that
//! requests really get.

use std::convert::Infallible;
use std::io;
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::Full;
use serde::Deserialize;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::{DpopClient, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, CheckContext, CheckOutcome, Claims, Dpop, DpopNonces, Error, ErrorClass, HttpClient,
    IntrospectionCredentials, Issuer, JsonClaims, JwtAuthBuilder, JwtAuthLayer, KeySet, Rule,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, NOW, at, builder_for, key_set, token_of};
use crate::{TURN, capture, text};

const PAGE: &str = include_str!("../../../docs/troubleshooting.md");
const RUNBOOK: &str = include_str!("../../../docs/observability/runbook.md");
const KINDS: &str = include_str!("../../../src/error/kind.rs");

/// The id of the issuer's key: no name of an algorithm, which a reader could take it for.
const KEY_ID: &str = "2026-10";

type Rejected = BoxFuture<'static, Response<Body>>;

/// Claims of this page only: a missing layer is logged once a minute for each claims type.
#[derive(Clone, Deserialize)]
struct OfNoLayer {}

/// Requests to a layer, of which the last one is rejected.
struct Case {
    title: &'static str,
    send: Box<dyn Fn() -> Rejected>,
}

async fn send_to<C>(auth: JwtAuthLayer<C>, requests: Vec<Request<Body>>) -> Response<Body>
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let inner =
        service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let mut response = Response::new(Body::empty());
    for request in requests {
        response = auth.layer(inner).oneshot(request).await.unwrap();
    }
    response
}

fn case<C>(
    title: &'static str,
    builder: impl Fn() -> JwtAuthBuilder<C> + Send + Sync + 'static,
    requests: impl Fn() -> Vec<Request<Body>> + Send + Sync + 'static,
) -> Case
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let send = move || -> Rejected { Box::pin(send_to(builder().build().unwrap(), requests())) };
    Case {
        title,
        send: Box::new(send),
    }
}

fn issuer_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::generate(Algorithm::ES256).with_key_id(KEY_ID))
}

fn builder() -> JwtAuthBuilder {
    builder_for(Issuer::from_keys(ISSUER, key_set([issuer_key()]), AUDIENCE))
}

fn token() -> TokenBuilder {
    token_of(issuer_key())
}

fn request(authorization: &str) -> Request<Body> {
    let request = Request::get("https://api.example/orders");
    let request = request.header("authorization", authorization);
    request.body(Body::empty()).unwrap()
}

/// Returns a case of the usual layer and one token.
fn rejected(title: &'static str, token: impl Fn() -> TokenBuilder + Send + Sync + 'static) -> Case {
    case(title, builder, move || vec![request(&bearer(&token()))])
}

fn bearer(token: &TokenBuilder) -> String {
    format!("Bearer {}", token.sign())
}

fn raw(title: &'static str, authorization: &'static str) -> Case {
    case(title, builder, move || vec![request(authorization)])
}

fn usual() -> Vec<Request<Body>> {
    vec![request(&bearer(&token()))]
}

fn client() -> DpopClient {
    DpopClient::generate(Algorithm::ES256)
}

/// Returns a case of a bound token, with or without a proof of this age in seconds.
fn of_dpop(title: &'static str, dpop: fn() -> Dpop, proof_age: Option<u64>) -> Case {
    let builder = move || builder().dpop(dpop().algorithms([Algorithm::ES256]));
    case(title, builder, move || {
        let client = client();
        let token = token().bound_to(&client).sign();
        let mut request = request(&format!("DPoP {token}"));
        if let Some(age) = proof_age {
            let proof = client.proof("GET", "https://api.example/orders", &token);
            let proof = proof.claim("iat", NOW - age).sign();
            request.headers_mut().insert("dpop", proof.parse().unwrap());
        }
        vec![request]
    })
}

/// Returns a request of a client, and what another caller who has seen it sends.
fn the_same_proof_twice() -> Vec<Request<Body>> {
    let client = client();
    let token = token().bound_to(&client).sign();
    let proof = client.proof("GET", "https://api.example/orders", &token);
    let proof = proof.claim("iat", NOW).sign();
    let send = || {
        let mut request = request(&format!("DPoP {token}"));
        request.headers_mut().insert("dpop", proof.parse().unwrap());
        request
    };
    vec![send(), send()]
}

/// Returns a builder for an issuer that responds to each fetch with this.
fn answering(status: u16, body: &'static str, opaque: bool) -> JwtAuthBuilder {
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| async move {
        let mut response = Response::new(Full::<Bytes>::from(body));
        *response.status_mut() = status.try_into().unwrap();
        Ok::<_, io::Error>(response)
    }));
    let issuer = if opaque {
        let credentials = IntrospectionCredentials::client_secret_post("me", "a-secret");
        Issuer::introspection(
            ISSUER,
            "https://issuer.example/introspect",
            credentials,
            AUDIENCE,
        )
    } else {
        Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
    };
    builder_for(issuer.http_client(client))
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only deserialized")]
struct MyClaims {
    tenant: String,
}

fn nine_keys() -> JwtAuthBuilder {
    let keys: Vec<_> = (0..9)
        .map(|_| TestKey::generate(Algorithm::ES256))
        .collect();
    let keys: KeySet = key_set(&keys);
    builder_for(Issuer::from_keys(ISSUER, keys, AUDIENCE))
}

fn unknown_user(_: &Claims<JsonClaims>, _: &CheckContext<'_>) -> CheckOutcome {
    let error = Error::custom(ErrorClass::Forbidden, "unknown_user", "the user is unknown");
    CheckOutcome::reject(error.unwrap())
}

fn database_down(_: &Claims<JsonClaims>, _: &CheckContext<'_>) -> CheckOutcome {
    CheckOutcome::reject(tower_jwt_auth::ErrorKind::CheckUnavailable)
}

fn cases() -> Vec<Case> {
    let all = [of_form(), of_claims(), of_checks()];
    all.into_iter().flatten().collect()
}

/// Cases about the form of requests and tokens, and about keys.
fn of_form() -> Vec<Case> {
    vec![
        case("missing_token", builder, || {
            vec![Request::get("/").body(Body::empty()).unwrap()]
        }),
        case(
            "missing_token, with DPoP",
            || builder().dpop(Dpop::optional().algorithms([Algorithm::ES256])),
            || vec![Request::get("/").body(Body::empty()).unwrap()],
        ),
        case("missing_token, another scheme", builder, || {
            vec![request("Token abc")]
        }),
        case("invalid_request", builder, || {
            let mut twice = request(&bearer(&token()));
            let other = bearer(&token()).parse().unwrap();
            twice.headers_mut().append("authorization", other);
            vec![twice]
        }),
        raw("malformed_token", "Bearer 8ca95afd47a3"),
        raw("malformed_token, an absent value", "Bearer undefined"),
        rejected("token_too_large", || token().claim("x", "x".repeat(20_000))),
        rejected("unsupported_header", || token().header("crit", ["x"])),
        rejected("algorithm_not_allowed", || {
            token().key(&TestKey::generate(Algorithm::ES384))
        }),
        rejected("wrong_token_type", || token().header("typ", "logout+jwt")),
        rejected("wrong_token_type, an ID token", || {
            token().claim("token_use", "id")
        }),
        rejected("unknown_issuer", || {
            token().issuer("https://issuer.example/")
        }),
        rejected("unknown_key", || token().header("kid", "2026-11")),
        rejected("invalid_signature", || {
            token().key(&TestKey::generate(Algorithm::ES256).with_key_id(KEY_ID))
        }),
        case("too_many_keys", nine_keys, || {
            vec![request(&bearer(&token().without_header("kid")))]
        }),
    ]
}

/// Cases about claims and bindings.
fn of_claims() -> Vec<Case> {
    vec![
        rejected("missing_claim", || token().without_claim("exp")),
        rejected("missing_claim, the audience", || {
            token().without_claim("aud")
        }),
        rejected("invalid_claim", || token().claim("exp", "tomorrow")),
        case(
            "invalid_claim, the claims type",
            || builder().claims::<MyClaims>(),
            usual,
        ),
        rejected("wrong_audience", || {
            token().audience("https://other.example")
        }),
        rejected("unproven_binding", || token().bound_to(&client())),
        case(
            "unproven_binding, a bound token as a bearer token",
            || builder().dpop(Dpop::optional().algorithms([Algorithm::ES256])),
            || vec![request(&bearer(&token().bound_to(&client())))],
        ),
        case("unbound_token", || builder().dpop(one_algorithm()), usual),
        of_dpop("invalid_dpop_proof", Dpop::optional, None),
        of_dpop("invalid_dpop_proof, an old one", Dpop::optional, Some(3600)),
        case(
            "invalid_dpop_proof, a used one",
            || builder().dpop(Dpop::optional().algorithms([Algorithm::ES256])),
            the_same_proof_twice,
        ),
        of_dpop(
            "use_dpop_nonce",
            || Dpop::optional().nonces(DpopNonces::random()),
            Some(0),
        ),
        rejected("expired", || token().issued_at(at(NOW - 3600))),
        rejected("not_yet_valid", || token().issued_at(at(NOW + 3600))),
    ]
}

/// Cases of verified tokens, and of services that are unavailable.
fn of_checks() -> Vec<Case> {
    vec![
        case(
            "inactive",
            || answering(200, r#"{"active":false}"#, true),
            || vec![request("Bearer 8ca95afd47a3")],
        ),
        case("revoked", || builder().reject_revoked(|_| true), usual),
        case(
            "replayed",
            || builder().reject_replays(10),
            || {
                let used = bearer(&token());
                vec![request(&used), request(&used)]
            },
        ),
        case(
            "insufficient_scope",
            || builder().require_scopes(["orders:write"]),
            || vec![request(&bearer(&token().scope("orders:read")))],
        ),
        case(
            "insufficient_scope, a predicate",
            || builder().authorize(|_| false),
            usual,
        ),
        case(
            "insufficient_user_authentication",
            || builder().check(Rule::acr(["gold"]).unwrap()),
            || vec![request(&bearer(&token().claim("acr", "silver")))],
        ),
        case("keys_unavailable", || answering(500, "", false), usual),
        case(
            "introspection_unavailable",
            || answering(500, "", true),
            || vec![request("Bearer 8ca95afd47a3")],
        ),
        case(
            "introspection_unavailable, the credentials",
            || answering(401, "", true),
            || vec![request("Bearer 8ca95afd47a3")],
        ),
        case(
            "check_unavailable",
            || builder().check_fn(database_down),
            usual,
        ),
        case(
            "check_unavailable, a full store",
            || builder().reject_replays(1),
            || vec![request(&bearer(&token())), request(&bearer(&token()))],
        ),
        Case {
            title: "A handler without its layer",
            send: Box::new(|| {
                let app = Router::new().route("/", get(|_: Claims<OfNoLayer>| async {}));
                let request = Request::get("/").body(Body::empty()).unwrap();
                Box::pin(async { app.oneshot(request).await.unwrap() })
            }),
        },
        case(
            "An error of your own",
            || builder().check_fn(unknown_user),
            usual,
        ),
    ]
}

fn one_algorithm() -> Dpop {
    Dpop::required().algorithms([Algorithm::ES256])
}

/// What a client sees.
fn shown(response: &Response<Body>) -> String {
    let challenges = response.headers().get_all("www-authenticate").iter();
    let challenges = challenges.map(|value| value.to_str().unwrap());
    let retry = response.headers().get("retry-after").map(|value| {
        let seconds = value.to_str().unwrap();
        format!("Retry-After: {seconds}")
    });
    let status = response.status().as_u16().to_string();
    let parts = [status]
        .into_iter()
        .chain(challenges.map(ToOwned::to_owned))
        .chain(retry);
    parts.collect::<Vec<_>>().join("\n")
}

/// Returns the block below the heading of a case: the response, and lines of the log, as they are
/// seen, so that a search for a text finds it.
fn block(title: &str) -> (String, Vec<String>) {
    let heading = format!("\n### {}\n", heading(title));
    let section = PAGE.split(&heading).nth(1);
    let section = section.unwrap_or_else(|| panic!("docs/troubleshooting.md has no {heading}"));
    let section = section.split("\n### ").next().unwrap();
    let block = section
        .split("```text\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    let (response, log) = block.split_once("\n\n").unwrap();
    (
        response.to_owned(),
        log.lines().map(ToOwned::to_owned).collect(),
    )
}

fn heading(title: &str) -> String {
    match title.split_once(", ") {
        Some((kind, what)) => format!("`{kind}`: {what}"),
        None if title.contains(' ') => title.to_owned(),
        None => format!("`{title}`"),
    }
}

/// Removes the span of a request that waits, which the page leaves out.
fn without_span(line: &str) -> String {
    let span = line.split_once("jwt_auth{");
    let parts = span.and_then(|(before, rest)| Some((before, rest.split_once("}: ")?.1)));
    parts.map_or_else(
        || line.to_owned(),
        |(before, after)| format!("{before}{after}"),
    )
}

/// Returns whether a line of the log has the parts between `…`, in this order.
fn has(line: &str, parts: &str) -> bool {
    let mut rest = Some(line);
    for part in parts.split('…') {
        rest = rest.and_then(|rest| rest.split_once(part).map(|(_, after)| after));
    }
    rest.is_some()
}

#[tokio::test]
async fn the_page_shows_what_clients_and_the_log_really_get() {
    let _turn = TURN.lock().await;
    let print = std::env::var_os("PRINT_TROUBLESHOOTING").is_some();
    for Case { title, send } in cases() {
        capture();
        let response = send().await;
        let (seen, log) = (shown(&response), text());
        if print {
            println!("### {}\n{seen}\n\n{log}", heading(title));
            continue;
        }
        let (documented, lines) = block(title);
        assert_eq!(seen, documented, "{title}");
        assert!(!lines.is_empty(), "{title}");
        for line in lines {
            assert!(
                log.lines().any(|logged| has(&without_span(logged), &line)),
                "{title}: {line}\n{log}"
            );
        }
        let kind = title.split(", ").next().unwrap();
        if !kind.contains(' ') {
            let error = response.extensions().get::<Error>().unwrap();
            assert_eq!(error.kind().name(), kind, "{title}");
        }
    }
}

#[test]
fn every_kind_of_rejection_is_on_the_page() {
    let names = KINDS.split("pub const fn name(self)").nth(1).unwrap();
    let names = names.split("Self::Custom").next().unwrap();
    let names: Vec<_> = names.split('"').skip(1).step_by(2).collect();
    assert!(names.len() >= 28, "{names:?}");
    let titles: Vec<_> = cases().iter().map(|case| case.title).collect();
    for name in names {
        assert!(PAGE.contains(&format!("\n### `{name}`\n")), "{name}");
        assert!(titles.contains(&name), "{name} has no case");
    }
    let headings = PAGE.matches("\n### ").count();
    assert_eq!(headings, titles.len(), "each section has a case");
}

/// Returns the source of the events that the log has, with each text in one line.
fn sources() -> String {
    let files = [
        include_str!("../../../src/trace/events.rs"),
        include_str!("../../../src/trace/redis_events.rs"),
        include_str!("../../../src/trace/state_events.rs"),
    ];
    let mut parts = files.iter().flat_map(|file| file.split("\\\n"));
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

/// Returns the texts in backquotes that stand at `start` of a line. Two backquotes enclose a text
/// with backquotes.
fn quoted<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(start));
    let quoted = lines.filter_map(|line| match line.strip_prefix("``") {
        Some(text) => text.split("``").next(),
        None => line.strip_prefix('`')?.split('`').next(),
    });
    quoted.collect()
}

#[test]
fn every_event_for_operators_is_one_of_the_source_and_the_other_way_round() {
    let section = PAGE.split("\n## Keys and files\n").nth(1).unwrap();
    let sources = sources();
    let mut events = Vec::new();
    for level in ["ERROR", "WARN", "INFO"] {
        events.extend(quoted(section, &format!("| {level} | ")));
    }
    assert!(events.len() > 30, "{events:?}");
    for event in &events {
        let is_there = sources.contains(&format!("\"{event}"));
        assert!(is_there, "{event}: not in the source");
    }
    for level in ["error!", "warn!", "info!"] {
        for call in sources.split(&format!("tracing::{level}(")).skip(1) {
            let call = call.split(");").next().unwrap();
            let text = call.rsplit('"').nth(1).unwrap();
            // A text with two levels is a constant, which has been found above.
            let is_listed = events.iter().any(|event| text.starts_with(event));
            assert!(text == "{MESSAGE}" || is_listed, "{text}: not on the page");
        }
    }
}

#[test]
fn the_runbook_quotes_events_of_the_source_for_each_alert() {
    let sources = sources();
    for section in RUNBOOK.split("\n## ").skip(1) {
        let events = quoted(section, "- ");
        assert!(!events.is_empty(), "{section}");
        for event in events {
            let is_there = sources.contains(&format!("\"{event}"));
            assert!(is_there, "{event}: not in the source");
        }
    }
}

#[test]
fn a_part_that_is_not_in_the_log_is_noticed() {
    assert!(has("DEBUG x: a b c", "a…c"));
    assert!(!has("DEBUG x: a b c", "c…a"));
    assert!(!has("DEBUG x: a b c", "a…d"));
}

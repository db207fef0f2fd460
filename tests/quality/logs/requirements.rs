//! The target `tower_jwt_auth::diagnosis` says what a request lacks that a `RequireLayer`, `Scoped`
//! or `SteppedUp` rejects.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use tower_jwt_auth::{
    CheckContext, CheckOutcome, Claims, ErrorKind, JwtAuthLayer, RequireLayer, RouteRules, Rule,
    Scoped, Scopes, StepUp, SteppedUp, TokenCheck,
};

use crate::support::system_clock::layer;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::{TURN, capture, text};

struct ReadAndWrite;

impl Scopes for ReadAndWrite {
    const ALL: &'static [&'static str] = &["read", "write"];
}

/// Returns the event of the target that a request causes. Its token grants `read` and a scope that
/// no event may show.
async fn event(app: Router, token: Option<String>, status: StatusCode) -> String {
    capture();
    let mut request = Request::get("/");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), status);
    let log = text();
    assert!(!log.contains("telltale"), "{log}");
    let mut events = log.lines().filter_map(|line| {
        let (start, event) = line.split_once("tower_jwt_auth::diagnosis: ")?;
        assert!(start.contains("DEBUG"), "{line}");
        Some(event.to_owned())
    });
    let event = events.next().unwrap();
    assert_eq!(events.next(), None);
    event
}

fn token() -> String {
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    token.subject("telltale").scope("read telltale").sign()
}

fn app(require: RequireLayer) -> Router {
    Router::new()
        .route("/", get(|| async {}).layer(require))
        .layer(layer())
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named() {
    let _turn = TURN.lock().await;
    let hint = "(hint: have the client request what is missing) error.type=\"insufficient_scope\"";
    let all = format!("scopes: expected all of \"read write\", missing \"write\" {hint}");
    let any = format!("scopes: expected one of \"a b\", missing \"a b\" {hint}");
    let scoped = |_: Scoped<ReadAndWrite>| async {};
    for (app, expected) in [
        (
            app(RequireLayer::all_scopes(["read", "write"]).unwrap()),
            &all,
        ),
        (app(RequireLayer::any_scope(["a", "b"]).unwrap()), &any),
        (Router::new().route("/", get(scoped)).layer(layer()), &all),
    ] {
        let event = event(app, Some(token()), StatusCode::FORBIDDEN).await;
        assert_eq!(&event, expected);
    }
}

#[tokio::test]
async fn a_predicate_that_returns_false_is_named() {
    let _turn = TURN.lock().await;
    let app = app(RequireLayer::from_fn(|_, _| false));
    let event = event(app, Some(token()), StatusCode::FORBIDDEN).await;
    assert!(
        event.starts_with("requirement: the predicate of RequireLayer::from_fn"),
        "{event}"
    );
}

struct Recent;

impl StepUp for Recent {
    const ACR_VALUES: &'static [&'static str] = &["gold", "silver"];
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
    const SCOPES: &'static [&'static str] = &["read"];
}

#[tokio::test]
async fn the_parts_of_a_rule_that_are_not_met_are_named() {
    let _turn = TURN.lock().await;
    let admin = Rule::any_of("/scope", ["admin"]).unwrap();
    let absent = Rule::any_of("/roles", ["admin"]).unwrap();
    let rule = Rule::all_scopes(["read"]).unwrap().and(admin).and(absent);
    let event = event(
        app(RequireLayer::rule(rule)),
        Some(token()),
        StatusCode::FORBIDDEN,
    )
    .await;
    assert_eq!(
        event,
        "rule: not met: any_of(\"/scope\", [\"admin\"]); any_of(\"/roles\", [\"admin\"]) (a claim of \
         it is absent, or has another JSON type) error.type=\"insufficient_scope\""
    );
}

#[tokio::test]
async fn the_parts_of_a_rule_of_the_layer_that_are_not_met_are_named_once() {
    let _turn = TURN.lock().await;
    let hint = "(a claim of it is absent, or has another JSON type)";
    let admin = "any_of(\"/roles\", [\"admin\"])";
    for (rule, parts, kind) in [
        (
            Rule::any_of("/roles", ["admin"]).unwrap(),
            format!("{admin} {hint}"),
            "insufficient_scope",
        ),
        (
            Rule::any_scope(["write"]).unwrap(),
            "any_scope(\"write\")".to_owned(),
            "insufficient_scope",
        ),
        (
            Rule::acr(["gold"]).unwrap(),
            format!("acr([\"gold\"]) {hint}"),
            "insufficient_user_authentication",
        ),
    ] {
        let layer = crate::support::system_clock::builder().check(rule);
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(layer.build().unwrap());
        let status = match kind {
            "insufficient_scope" => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        let event = event(app, Some(token()), status).await;
        assert_eq!(
            event,
            format!("rule: not met: {parts} error.type=\"{kind}\"")
        );
    }
}

/// A check of the program that says what a token lacks.
struct Tenant;

impl TokenCheck for Tenant {
    fn check(&self, _: &Claims, _: &CheckContext<'_>) -> CheckOutcome {
        CheckOutcome::reject(ErrorKind::InsufficientScope)
    }

    fn unmet(&self, _: &Claims) -> Option<String> {
        Some("tenant: expected one that has paid".to_owned())
    }
}

#[tokio::test]
async fn a_check_of_the_program_says_what_a_token_lacks_or_the_event_has_the_error() {
    let _turn = TURN.lock().await;
    let app = |layer: JwtAuthLayer| Router::new().route("/", get(|| async {})).layer(layer);
    let builder = crate::support::system_clock::builder;
    let of_type = app(builder().check(Tenant).build().unwrap());
    let closure = builder().check_fn(|_: &Claims, _: &CheckContext<'_>| {
        CheckOutcome::reject(ErrorKind::InsufficientScope)
    });
    let closure = app(closure.build().unwrap());
    for (app, text) in [
        (of_type, "tenant: expected one that has paid"),
        (
            closure,
            "policy: the access token does not grant what the request needs",
        ),
    ] {
        let event = event(app, Some(token()), StatusCode::FORBIDDEN).await;
        assert_eq!(event, format!("{text} error.type=\"insufficient_scope\""));
    }
}

#[tokio::test]
async fn a_request_that_a_table_does_not_list_is_named() {
    let _turn = TURN.lock().await;
    let app = app(RequireLayer::route_rules(RouteRules::new(|_| Some("/"))));
    let event = event(app, Some(token()), StatusCode::FORBIDDEN).await;
    let expected = "rule: the table has none for this request";
    assert!(event.starts_with(expected), "{event}");
}

#[tokio::test]
async fn the_authentication_that_a_handler_requires_is_named() {
    let _turn = TURN.lock().await;
    let handler = |_: SteppedUp<Recent>| async {};
    let app = Router::new().route("/", get(handler)).layer(layer());
    let event = event(app, Some(token()), StatusCode::UNAUTHORIZED).await;
    assert_eq!(
        event,
        "authentication: expected `acr` one of \"gold silver\", `auth_time` at most 300 s ago \
         error.type=\"insufficient_user_authentication\""
    );
}

#[tokio::test]
async fn a_request_that_was_let_through_without_a_token_is_named() {
    let _turn = TURN.lock().await;
    let layer = crate::support::builder().optional().build().unwrap();
    let require = RequireLayer::all_scopes(["read"]).unwrap();
    let app = Router::new()
        .route("/", get(|| async {}).layer(require))
        .layer(layer);
    let event = event(app, None, StatusCode::UNAUTHORIZED).await;
    assert!(
        event.starts_with("claims: found none, expected those of a token"),
        "{event}"
    );
    assert!(event.ends_with(" error.type=\"missing_token\""), "{event}");
}

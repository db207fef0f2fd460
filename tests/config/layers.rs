//! Layers that are built from data accept and reject as those that are built in code.

use std::collections::HashMap;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode, Version};
use serde_json::json;
use tower::ServiceExt as _;
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Claims, JwtAuthLayer, ProblemDetails};

use crate::page::{Files, read, write};
use crate::support::AUDIENCE;
use crate::support::tokio;

async fn subject(claims: Option<Claims>) -> String {
    let subject = claims.as_ref().and_then(|claims| claims.subject());
    subject.unwrap_or("anonymous").to_owned()
}

fn layer(text: &str) -> JwtAuthLayer {
    read(text).unwrap().build().unwrap()
}

async fn send(auth: &JwtAuthLayer, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let app = Router::new().fallback(get(subject)).layer(auth.clone());
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn status(auth: &JwtAuthLayer, token: &TokenBuilder) -> u16 {
    let token = format!("Bearer {}", token.sign());
    send(auth, "/", &[("authorization", &token)])
        .await
        .status()
        .as_u16()
}

fn now() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    now.unwrap().as_secs()
}

fn issuer_table(issuer: &TestIssuer, keys: &str) -> String {
    format!(
        "[[issuers]]\nissuer = \"{}\"\naudience = \"{AUDIENCE}\"\n{keys}\n",
        issuer.issuer()
    )
}

#[tokio::test]
async fn keys_are_found_by_discovery_or_at_a_url() {
    let issuer = TestIssuer::start().await.unwrap();
    let url = format!("jwks_uri = \"{}\"", issuer.jwks_uri());
    for keys in ["", "discovery = true", &url] {
        let auth = layer(&issuer_table(&issuer, keys));
        let token = issuer.token().audience(AUDIENCE);
        assert_eq!(status(&auth, &token).await, 200, "{keys}");
        let other = TestKey::generate(Algorithm::ES256);
        assert_eq!(status(&auth, &token.clone().key(&other)).await, 401);
        assert_eq!(
            status(&auth, &token.audience("https://other.example")).await,
            401
        );
    }
}

#[tokio::test]
async fn keys_are_read_from_files() {
    let files = Files::new();
    let key = TestKey::generate(Algorithm::ES256);
    let jwks = files.path().join("keys.json");
    write(&jwks, &serde_json::json!({"keys": [key.jwk()]}).to_string());
    let pem = files.path().join("key.pem");
    write(&pem, &key.pem());
    for (setting, file) in [("jwks_file", jwks), ("pem_file", pem)] {
        let auth = layer(&format!(
            "[[issuers]]\nissuer = \"a\"\naudience = \"b\"\n{setting} = \"{}\"\n",
            file.display()
        ));
        let token = key.token().issuer("a").audience("b");
        assert_eq!(status(&auth, &token).await, 200, "{setting}");
        assert_eq!(status(&auth, &token.issuer("c")).await, 401, "{setting}");
    }
}

#[tokio::test]
async fn secrets_are_read_from_files_folders_and_the_environment() {
    let files = Files::new();
    let folder = files.path().join("secrets/jwt-dir");
    let secret = "1f0e5c7b9d3a4862f1e0c5b7d9a34268";
    let file = folder.join("2026-01");
    write(&file, secret);
    let key = TestKey::from_secret(Algorithm::HS256, secret).with_key_id("2026-01");
    let (file, folder) = (file.display(), folder.display());
    for (setting, any_kid) in [
        (format!("file = \"{file}\""), true),
        (format!("dir = \"{folder}\""), false),
        (format!("files = [\"{file}\"]"), false),
    ] {
        let auth = layer(&format!(
            "[[issuers]]\nissuer = \"a\"\naudience = \"b\"\n[issuers.secrets]\n{setting}\n"
        ));
        let token = key.token().issuer("a").audience("b");
        assert_eq!(status(&auth, &token).await, 200, "{setting}");
        let renamed = token.header("kid", "other");
        let expected = if any_kid { 200 } else { 401 };
        assert_eq!(status(&auth, &renamed).await, expected, "{setting}");
    }
}

#[tokio::test]
async fn a_secret_can_stand_beside_fetched_keys() {
    let files = Files::new();
    let file = files.path().join("secrets/jwt");
    let secret = "1f0e5c7b9d3a4862f1e0c5b7d9a34268";
    write(&file, secret);
    let issuer = TestIssuer::start().await.unwrap();
    let auth = layer(&issuer_table(
        &issuer,
        &format!(
            "discovery = true\nsecrets = {{ file = \"{}\" }}",
            file.display()
        ),
    ));
    let token = issuer.token().audience(AUDIENCE);
    assert_eq!(status(&auth, &token).await, 200);
    let key = TestKey::from_secret(Algorithm::HS256, secret);
    assert_eq!(status(&auth, &token.key(&key)).await, 200);
}

#[tokio::test]
async fn settings_of_tokens_apply() {
    let issuer = TestIssuer::start().await.unwrap();
    let table = issuer_table(&issuer, "");
    let token = || issuer.token().audience(AUDIENCE);
    let hour = std::time::Duration::from_secs(3600);
    for (setting, accepted, rejected, expected) in [
        (
            "max_lifetime = \"30m\"",
            token(),
            token().expires_in(hour),
            401,
        ),
        (
            "max_token_len = 2000",
            token(),
            token().claim("x", "x".repeat(2000)),
            401,
        ),
        (
            "require_scopes = [\"a\"]",
            token().scope("a b"),
            token().scope("b"),
            403,
        ),
        (
            "require_scopes = [\"a\"]\nimplied_scopes = { admin = [\"a\"] }",
            token().scope("admin"),
            token().scope("b"),
            403,
        ),
        (
            "token_types = [\"JOSE\"]",
            token().header("typ", "JOSE"),
            token(),
            401,
        ),
        (
            "rules = [{ claim = \"/roles\", any_of = [\"editor\"] }, { claim = \"/ok\", equals = true }]",
            token().claim("roles", ["editor"]).claim("ok", true),
            token().claim("roles", ["editor"]).claim("ok", false),
            403,
        ),
        (
            "rules = [{ claim = \"/a\", all_of = [\"x\", \"y\"] }, { claim = \"/b\", present = true }]",
            token().claim("a", ["x", "y"]).claim("b", 1),
            token().claim("a", ["x"]).claim("b", 1),
            403,
        ),
        (
            "rules = [{ all_scopes = [\"a\", \"b\"] }]",
            token().scope("b a"),
            token().scope("b"),
            403,
        ),
        (
            "rules = [{ any_scope = [\"a\", \"b\"], acr = [\"gold\"] }]",
            token().scope("b").claim("acr", "gold"),
            token().scope("b").claim("acr", "silver"),
            401,
        ),
        (
            "rules = [{ any_scope = [\"a\", \"b\"], max_age = \"1h\" }]",
            token().scope("b").claim("auth_time", now()),
            token().scope("b").claim("auth_time", 1),
            401,
        ),
    ] {
        let auth = layer(&format!("{setting}\n{table}"));
        assert_eq!(status(&auth, &accepted).await, 200, "{setting}");
        assert_eq!(status(&auth, &rejected).await, expected, "{setting}");
    }
}

#[tokio::test]
async fn leeway_decides_whether_an_expired_token_is_accepted() {
    let issuer = TestIssuer::start().await.unwrap();
    let table = issuer_table(&issuer, "");
    let auth = |leeway: &str| layer(&format!("leeway = \"{leeway}\"\n{table}"));
    let expired = issuer.token().audience(AUDIENCE);
    let expired = expired.claim("iat", now() - 600).claim("exp", now() - 5);
    assert_eq!(status(&auth("1h"), &expired).await, 200);
    assert_eq!(status(&auth("0s"), &expired).await, 401);
    let valid = issuer.token().audience(AUDIENCE);
    assert_eq!(status(&auth("0s"), &valid).await, 200);
}

/// Returns the status of the response to a POST request over HTTP/2 without a token, and its
/// `grpc-status`.
async fn rejection(auth: &JwtAuthLayer, path: &str, content_type: &str) -> (u16, Option<String>) {
    let app = Router::new().fallback(subject).layer(auth.clone());
    let request = Request::post(path)
        .version(Version::HTTP_2)
        .header("te", "trailers")
        .header("content-type", content_type)
        .body(Body::empty())
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let grpc = response.headers().get("grpc-status");
    let grpc = grpc.map(|status| status.to_str().unwrap().to_owned());
    (response.status().as_u16(), grpc)
}

#[tokio::test]
async fn grpc_responses_and_grpc_paths_decide_which_requests_get_a_grpc_status() {
    const GRPC: &str = "application/grpc";
    let table = "[[issuers]]\nissuer = \"https://a.example\"\naudience = \"b\"\n";
    let (http, grpc) = ((401, None), (200, Some("16".to_owned())));
    let (method, other) = ("/shop.Orders/Get", "/shop.Stock/Get");
    let paths = "grpc_paths = { grpc_methods = [\"shop.Orders\"] }";
    for (setting, path, content_type, expected) in [
        ("", method, GRPC, &grpc),
        ("", method, "application/json", &http),
        ("grpc_responses = true", method, GRPC, &grpc),
        ("grpc_responses = true", method, "application/json", &http),
        ("grpc_responses = false", method, GRPC, &http),
        (paths, method, GRPC, &grpc),
        (paths, method, "application/json", &http),
        (paths, other, GRPC, &http),
    ] {
        let auth = layer(&format!("{setting}\n{table}"));
        let rejection = rejection(&auth, path, content_type).await;
        assert_eq!(rejection, *expected, "{setting}, {path}, {content_type}");
    }
}

#[tokio::test]
async fn a_token_is_accepted_once_with_reject_replays() {
    let issuer = TestIssuer::start().await.unwrap();
    let auth = layer(&format!(
        "reject_replays = 10\n{}",
        issuer_table(&issuer, "")
    ));
    let token = format!("Bearer {}", issuer.token().audience(AUDIENCE).sign());
    for expected in [200, 401] {
        let response = send(&auth, "/", &[("authorization", &token)]).await;
        assert_eq!(response.status().as_u16(), expected);
    }
}

#[tokio::test]
async fn settings_of_requests_and_responses_apply() {
    let issuer = TestIssuer::start().await.unwrap();
    let table = issuer_table(&issuer, "");
    let token = issuer.token().audience(AUDIENCE).sign();
    let cookie = format!("session={token}");
    let sources = layer(&format!(
        "token_sources = [{{ cookie = \"session\" }}]\n{table}"
    ));
    let response = send(&sources, "/", &[("cookie", &cookie)]).await;
    assert_eq!(response.status(), StatusCode::OK);

    let open = layer(&format!("skip_paths = {{ prefix = [\"/open\"] }}\n{table}"));
    assert_eq!(send(&open, "/open/a", &[]).await.status(), StatusCode::OK);
    assert_eq!(
        send(&open, "/a", &[]).await.status(),
        StatusCode::UNAUTHORIZED
    );

    let paths = "skip_paths = { exact = [\"/a\"], grpc_methods = [\"b.C\"] }";
    let open = layer(&format!("{paths}\n{table}"));
    for (path, expected) in [("/a", 200), ("/a/b", 401), ("/b.C/D", 200), ("/b.D/D", 401)] {
        assert_eq!(
            send(&open, path, &[]).await.status().as_u16(),
            expected,
            "{path}"
        );
    }

    let optional = layer(&format!("optional = true\n{table}"));
    assert_eq!(send(&optional, "/", &[]).await.status(), StatusCode::OK);

    let realm = layer(&format!("realm = \"shop\"\n{table}"));
    let response = send(&realm, "/", &[]).await;
    assert_eq!(
        response.headers()["www-authenticate"],
        "Bearer realm=\"shop\""
    );

    let resource = layer(&format!(
        "resource = {{ resource = \"{AUDIENCE}\" }}\n{table}"
    ));
    let document = send(&resource, "/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!(document.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_builder_takes_what_is_set_in_code() {
    let issuer = TestIssuer::start().await.unwrap();
    let config = read(&issuer_table(&issuer, "")).unwrap();
    let builder = config.into_builder().unwrap();
    let auth = builder
        .rejection_response(ProblemDetails::new())
        .build()
        .unwrap();
    let app = Router::new().fallback(get(subject)).layer(auth);
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
}

/// Stands for a proxy on loopback, which presents the client certificate.
async fn tls_proxy(form: axum::Form<HashMap<String, String>>) -> axum::Json<serde_json::Value> {
    let is_known = form.get("client_id").is_some_and(|id| id == "orders-api");
    let response = json!({
        "active": is_known, "aud": AUDIENCE, "sub": "alice", "exp": now() + 60,
    });
    axum::Json(response)
}

#[tokio::test]
async fn a_proxy_on_loopback_presents_the_certificate_of_mutual_tls() {
    let listener = ::tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Router::new().route("/introspect", post(tls_proxy));
    ::tokio::spawn(async { axum::serve(listener, proxy).await });
    let auth = layer(&format!(
        "[[issuers]]\nissuer = \"https://issuer.example\"\naudience = \"{AUDIENCE}\"\n\
         [issuers.introspection]\nurl = \"http://{address}/introspect\"\n\
         auth_method = \"mutual_tls\"\nclient_id = \"orders-api\"\n"
    ));
    let response = send(&auth, "/", &[("authorization", "Bearer opaque")]).await;
    assert_eq!(response.status(), 200);
}

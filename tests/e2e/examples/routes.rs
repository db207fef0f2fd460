//! The routes of the resource server.

use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::{Server, example, in_time};
use crate::support::tokio;

#[tokio::test]
async fn the_routes_are_printed_at_the_start() {
    let issuer = TestIssuer::start().await.unwrap();
    let mut server = Server::trusting(&issuer, &["--resource", "https://api.example/mcp"]).await;
    let printed = server.printed_until("GET /.well-known").await.join("\n");
    for route in [
        "GET /whoami",
        "DELETE /account",
        "GET /public",
        "GET /healthz",
    ] {
        assert!(printed.contains(&format!("\n{route} ")), "{printed}");
    }
    let metadata = printed
        .lines()
        .last()
        .unwrap()
        .strip_prefix("GET ")
        .unwrap();
    server.get(metadata).await.assert_accepted();
}

/// As a script does with `read`, or `head -1`.
#[tokio::test]
async fn the_server_goes_on_if_only_its_first_line_is_read() {
    for name in ["resource_server", "operated"].repeat(10) {
        let mut server = example(name)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let first = in_time(lines.next_line()).await.unwrap().unwrap();
        drop(lines);
        let address = first.strip_prefix("listening on ").unwrap();
        let response = in_time(reqwest::get(format!("{address}/healthz"))).await;
        assert_eq!(response.unwrap().status(), StatusCode::OK);
        assert!(server.try_wait().unwrap().is_none());
    }
}

#[tokio::test]
async fn the_public_route_needs_no_token() {
    let server = Server::trusting(&TestIssuer::start().await.unwrap(), &[]).await;
    server.get("/public").await.assert_accepted();
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_found_rather_than_unauthorized() {
    let server = Server::trusting(&TestIssuer::start().await.unwrap(), &[]).await;
    assert_eq!(server.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_token_the_challenge_is_bare() {
    let server = Server::trusting(&TestIssuer::start().await.unwrap(), &[]).await;
    let answer = server.get("/whoami").await;
    assert_eq!(
        (answer.status, answer.challenge()),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
}

#[tokio::test]
async fn all_claims_arrive_as_they_were_signed() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    let nested =
        json!({"roles": ["a", "b"], "deep": {"nothing": null, "text": "Ünï \"quoted\" \u{1f511}"}});
    let token = issuer
        .token()
        .claim("nested", nested.clone())
        .claim("nothing", Value::Null);
    let token = token
        .claim("large", 9_007_199_254_740_992_u64)
        .claim("fraction", 0.1)
        .claim("exp", 4_102_444_800_u64);
    let answer = server.whoami(&token.subject("alice").sign()).await;
    answer.assert_accepted();
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    let claims = answer.json();
    assert_eq!(
        (&claims["nested"], &claims["sub"]),
        (&nested, &json!("alice"))
    );
    assert_eq!(claims.get("nothing"), Some(&Value::Null));
    assert_eq!(
        (&claims["large"], &claims["fraction"]),
        (&json!(9_007_199_254_740_992_u64), &json!(0.1))
    );
    let mut names: Vec<_> = claims
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "aud", "exp", "fraction", "iat", "iss", "jti", "large", "nested", "nothing", "sub"
        ]
    );
}

#[tokio::test]
async fn the_health_route_shows_the_state_of_every_issuer() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
    let answer = server.get("/healthz").await;
    answer.assert_accepted();
    let health = answer.json();
    assert_eq!(
        (&health["status"], &health["issuers"][0]["serving"]),
        (&json!("ready"), &json!(true))
    );
    assert_eq!(health["issuers"][0]["issuer"], issuer.issuer());
    assert_eq!(health["issuers"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn deleting_the_account_requires_a_recent_sign_in() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &["--leeway", "0"]).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let signed_in = |seconds_ago: u64| {
        let time = now.as_secs() - seconds_ago;
        issuer.token().claim("auth_time", time).sign()
    };
    let recent = server.delete("/account", &signed_in(200)).await;
    recent.assert_accepted();
    for token in [signed_in(301), issuer.token().sign()] {
        let answer = server.delete("/account", &token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let challenge = answer.challenge();
        assert!(
            challenge.starts_with("Bearer error=\"insufficient_user_authentication\",")
                && challenge.ends_with(",max_age=\"300\""),
            "{challenge}"
        );
        server.whoami(&token).await.assert_accepted();
    }
}

use reqwest::{Client, Response, StatusCode};
use tokio::net::TcpListener;
use tower_jwt_auth::JwtAuthLayer;
use tower_jwt_auth::testing::TestIssuer;

use crate::server::serve;

const AUDIENCE: &str = "https://api.example";

async fn started(issuer: &TestIssuer) -> String {
    let auth = JwtAuthLayer::discover(issuer.issuer(), AUDIENCE).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, auth.unwrap()));
    url
}

async fn get(url: &str, token: Option<&str>) -> Response {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(url);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap()
}

fn challenge(response: &Response) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn a_valid_token_is_accepted_and_others_are_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let url = started(&issuer).await;
    let token = || issuer.token().subject("alice").audience(AUDIENCE);

    let response = get(&url, Some(&token().sign())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.text().await.unwrap(), "hello alice\n");

    let response = get(&url, None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(challenge(&response), "Bearer");

    for invalid in [
        token().expired().sign(),
        token().audience("https://other.example").sign(),
        "no.token".to_owned(),
    ] {
        let response = get(&url, Some(&invalid)).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(challenge(&response).contains("error=\"invalid_token\""));
    }
}

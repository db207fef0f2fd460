use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, rt::System};
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Authenticator, Issuer, JwtAuthLayer};

use crate::routes;

const AUDIENCE: &str = "https://api.example";

fn authenticator(issuer: &TestIssuer) -> Authenticator {
    let issuer = Issuer::discovery(issuer.issuer(), AUDIENCE);
    JwtAuthLayer::builder(issuer).build_authenticator().unwrap()
}

async fn get(auth: &Authenticator, path: &str, token: Option<&str>) -> ServiceResponse {
    let app = init_service(App::new().configure(|config| routes(config, auth))).await;
    let request = TestRequest::get().uri(path);
    let request = match token {
        Some(token) => request.insert_header((AUTHORIZATION, format!("Bearer {token}"))),
        None => request,
    };
    call_service(&app, request.to_request()).await
}

async fn text(response: ServiceResponse) -> String {
    let body = to_bytes(response.into_body()).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn challenge(response: &ServiceResponse) -> &str {
    let value = response.headers().get(WWW_AUTHENTICATE).unwrap();
    value.to_str().unwrap()
}

#[test]
fn a_valid_token_is_accepted_and_others_are_rejected() {
    System::new().block_on(async {
        let issuer = TestIssuer::start().await.unwrap();
        let auth = authenticator(&issuer);
        let token = || issuer.token().subject("alice").audience(AUDIENCE);

        let response = get(&auth, "/api/whoami", Some(&token().sign())).await;
        assert_eq!(response.status(), 200);
        assert_eq!(text(response).await, "hello alice\n");

        let response = get(&auth, "/api/whoami", None).await;
        assert_eq!(
            (response.status().as_u16(), challenge(&response)),
            (401, "Bearer")
        );
        assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");

        for invalid in [
            token().expired().sign(),
            token().audience("https://other.example").sign(),
            "no.token".to_owned(),
        ] {
            let response = get(&auth, "/api/whoami", Some(&invalid)).await;
            assert_eq!(response.status(), 401);
            assert!(challenge(&response).contains("error=\"invalid_token\""));
        }
    });
}

#[test]
fn a_route_outside_of_the_scope_is_open() {
    System::new().block_on(async {
        let issuer = TestIssuer::start().await.unwrap();
        let response = get(&authenticator(&issuer), "/public", None).await;
        assert_eq!(
            (response.status().as_u16(), text(response).await.as_str()),
            (200, "this is public\n")
        );
    });
}

#[test]
fn without_keys_the_response_is_503_and_says_when_to_try_again() {
    System::new().block_on(async {
        let issuer = TestIssuer::start().await.unwrap();
        issuer.stop().await;
        let token = issuer.token().subject("alice").audience(AUDIENCE).sign();
        let response = get(&authenticator(&issuer), "/api/whoami", Some(&token)).await;
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key("retry-after"));
        assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
    });
}

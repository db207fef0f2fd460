//! Events of API Gateway, and a runtime that stands still between them, as Lambda's does.

mod freeze;
mod issuer;
mod world;

use lambda_http::Body;

use world::World;

#[test]
fn a_valid_token_is_accepted_and_others_are_rejected() {
    let world = World::new();
    let response = world.invoke(Some(&world.token().sign()));
    assert_eq!(response.status(), 200);
    assert!(matches!(response.body(), Body::Text(text) if text == "hello alice\n"));

    let response = world.invoke(None);
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");

    for invalid in [
        world.token().expired().sign(),
        world.token().audience("https://other.example").sign(),
        "no.token".to_owned(),
    ] {
        let response = world.invoke(Some(&invalid));
        assert_eq!(response.status(), 401);
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    assert_eq!(world.issuer.fetches(), 1);
}

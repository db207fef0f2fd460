//! The warnings about issuers that the metadata of the resource does not name.

use tower_jwt_auth::{Algorithm, Audience, Issuer, JwtAuthLayer, Key, ResourceMetadata};

use crate::support::tokio;
use crate::support::{ISSUER, public_key};
use crate::{TURN, capture, text};

#[tokio::test]
async fn each_issuer_that_is_left_out_is_warned_about_once_with_the_reason() {
    let _turn = TURN.lock().await;
    capture();
    let secret = Key::from_secret(Algorithm::HS256, b"k8Zp2vQx9mTn4rWc7yHd1sLf6gJb3aEu").unwrap();
    let shared = Issuer::from_keys("https://shared.example", secret, Audience::resource());
    let named = Issuer::from_keys("login", public_key(), Audience::resource());
    let issuer = Issuer::from_keys(ISSUER, public_key(), Audience::resource());
    let builder = JwtAuthLayer::builder(issuer)
        .add_issuer(shared)
        .add_issuer(named);
    let resource = ResourceMetadata::new("https://api.example/mcp");
    let _ = builder.resource(resource).build().unwrap();
    let text = text();
    let event = "the resource's metadata does not name the issuer";
    assert_eq!(text.matches(event).count(), 2, "{text}");
    for (issuer, reason) in [
        ("https://shared.example", "it has only a shared secret"),
        ("login", "its name is not the URL of one"),
    ] {
        let of_issuer = format!("issuer={issuer:?}");
        let mut lines = text.lines().filter(|line| line.contains(event));
        let line = lines.find(|line| line.contains(&of_issuer));
        assert!(line.is_some_and(|line| line.contains(reason)), "{text}");
    }
}

//! Firebase. Shapes: "Verify ID tokens" ("using a third-party JWT library"), "Create custom tokens",
//! and the discovery document below `https://securetoken.google.com/PROJECT`.

use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, next_key};
use crate::support::tokio;

const NAME: &str = "https://securetoken.google.com/shop-12345";
const KEYS: &str = "https://www.googleapis.com/service_accounts/v1/jwk/\
                    securetoken@system.gserviceaccount.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let project = "shop-12345";
    let name = format!("https://securetoken.google.com/{project}");
    let issuer = Issuer::discovery(name, project).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn metadata() -> Value {
    json!({
        "issuer": NAME,
        "jwks_uri": KEYS,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/firebase.md"));
    site.publish(
        &format!("{NAME}/.well-known/openid-configuration"),
        &metadata(),
    );
    let other = next_key(Algorithm::RS256);
    site.publish_keys(KEYS, [site.key.jwk(), other.jwk()]);
    site
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("tZ3Wq1oR8vXbN5yK0mLcJ7dPfGh2"));
    assert_eq!(claims.get("clerk").unwrap(), true);
    assert_eq!(
        claims.get("firebase").unwrap()["sign_in_provider"],
        "password"
    );
    assert!(claims.authenticated_at().is_some());
}

#[tokio::test(start_paused = true)]
async fn tokens_of_other_projects_are_rejected_though_their_keys_are_the_same() {
    let site = site();
    let layer = site.layer(auth);
    let theirs = "https://securetoken.google.com/other-6789";
    for (token, kind) in [
        (
            site.token().claim("iss", theirs).claim("aud", "other-6789"),
            ErrorKind::UnknownIssuer,
        ),
        (site.token().claim("iss", theirs), ErrorKind::UnknownIssuer),
        (
            site.token().claim("aud", "other-6789"),
            ErrorKind::WrongAudience,
        ),
        (
            site.token()
                .claim("iss", "https://session.firebase.google.com/shop-12345"),
            ErrorKind::UnknownIssuer,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_of_the_emulator_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let signed = site.token().header("alg", "none").sign(&site.key);
    let (unsigned, _) = signed.rsplit_once('.').unwrap();
    // The emulator leaves the signature empty.
    let token = format!("{unsigned}.");
    site.rejects_text(&layer, &token, ErrorKind::MalformedToken)
        .await;
    site.rejects_text(&layer, &signed, ErrorKind::AlgorithmNotAllowed)
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_a_custom_token_the_log_says_what_to_send() {
    let site = site();
    let layer = site.layer(auth);
    let account = "firebase-adminsdk-x1y2z@shop-12345.iam.gserviceaccount.com";
    let toolkit = "https://identitytoolkit.googleapis.com/\
                   google.identity.identitytoolkit.v1.IdentityToolkit";
    let claims = json!({
        "iss": account, "sub": account, "aud": toolkit, "uid": "tZ3Wq1oR8vXbN5yK0mLcJ7dPfGh2",
        "iat": site.token().get("iat"), "exp": site.token().get("exp"),
    });
    let token = site.key.sign_raw(
        r#"{"alg":"RS256","typ":"JWT"}"#,
        claims.to_string().as_bytes(),
    );
    site.explains_text(0, &layer, &token, ErrorKind::UnknownIssuer)
        .await;
    assert!(site.fetched().is_empty());
}
